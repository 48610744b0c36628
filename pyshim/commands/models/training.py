"""How is a new version made?

`sluice models train` is the pipeline of triton_models/build, with its options. It needs torch, which nothing that serves does, so
it is imported only when asked for. --fine-tune without a version goes on from the one that serves.
"""

import sys
from importlib.util import find_spec

import typer

from pyshim.commands.control import run
from pyshim.commands.models.control import ModelControl
from pyshim.commands.terminal import fail, read_settings

FINE_TUNE = "--fine-tune"


def train(context: typer.Context) -> None:
    """Train a version from sentences and place it: --data ... --out ... (--help lists all options)."""
    missing = [name for name in ("torch", "onnx", "pypinyin") if find_spec(name) is None]
    if missing:
        raise fail(f"{', '.join(missing)} not installed: `make setup-models` installs what training needs")
    from triton_models.build.__main__ import main  # noqa: PLC0415 - torch takes a second to import

    sys.exit(main(goes_on(context.args), "sluice models train"))


def goes_on(arguments: list[str]) -> list[str]:
    """--fine-tune without a version goes on from the one that serves."""
    at = arguments.index(FINE_TUNE) + 1 if FINE_TUNE in arguments else 0
    if not at or not all(after.startswith("-") for after in arguments[at : at + 1]):
        return arguments
    return [*arguments[:at], *_serving(), *arguments[at:]]


def _serving() -> list[str]:
    """The folder of the stable version. Fails the command where nothing runs."""
    found: list[str] = []

    async def work(control: ModelControl) -> None:
        found.append(str(control.settings.student / str((await control.record()).stable)))

    run(ModelControl, read_settings(), work)
    return found
