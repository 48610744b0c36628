"""`sluice logs`: when do logs begin anew?"""

import typer

from pyshim.commands.terminal import fail, out, read_settings
from pyshim.telemetry import logs

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Logs of this machine.")


@app.callback()
def _group() -> None:
    pass


@app.command()
def rotate() -> None:
    """Put every log aside as name.1 and begin a new one. The launcher does it by itself with one of SLUICE_LOG_MB."""
    settings = read_settings()
    try:
        moved = logs.rotate(settings, logs.of(settings))
    except OSError as error:
        raise fail(str(error)) from None
    out.print(f"begun anew: {', '.join(path.name for path in moved) or 'none, all were empty'}")
