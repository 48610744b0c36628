"""How is a new version made?

`sluice models train` is the pipeline of triton_models/build, with its options. It needs torch, which nothing that serves does, so
it is imported only when asked for.
"""

import sys
from importlib.util import find_spec

import typer

from pyshim.commands.terminal import fail

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def train(context: typer.Context) -> None:
    """Train a version from sentences and place it: --data ... --out ... (--help lists all options)."""
    missing = [name for name in ("torch", "onnx", "pypinyin") if find_spec(name) is None]
    if missing:
        raise fail(f"{', '.join(missing)} not installed: `make setup-models` installs what training needs")
    from triton_models.build.__main__ import main  # noqa: PLC0415 - torch takes a second to import

    sys.exit(main(context.args, "sluice models train"))
