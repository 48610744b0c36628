"""The `sluice` command: talk to a running sluice, mint and revoke tokens, export consents, forget users, change the configuration
and the lists of addresses, back up and restore what Redis has, look after turns that Redis did not take and after logs, replace
models.

A command's file is read when somebody types it, and no other: what serves shares the cores with whoever types.
"""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from pyshim.commands.terminal import PASSED_ON, fail

COMMANDS = {  # its `app` is the command, or the group of commands
    "chat": "pyshim.commands.chat",
    "token": "pyshim.commands.token",
    "tokens": "pyshim.commands.tokens",
    "consents": "pyshim.commands.consents",
    "users": "pyshim.commands.users",
    "config": "pyshim.commands.config",
    "addresses": "pyshim.commands.addresses",
    "backup": "pyshim.commands.backup",
    "restore": "pyshim.commands.restore",
    "late": "pyshim.commands.late",
    "logs": "pyshim.commands.logs",
    "models": "pyshim.commands.models",
    "load": "loadtest.cli",
    "plan": "loadtest.capacity.command",
}
EXTRAS = {"simpy": "plan", "starlette": "example"}  # module -> which extra of pyproject.toml brings it


class Commands(TyperGroup):
    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # names, for the list and for "did you mean"

    def list_commands(self, ctx: object) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        try:
            found = typer.main.get_command(import_module(COMMANDS[cmd_name]).app)
        except ModuleNotFoundError as error:
            if error.name not in EXTRAS:
                raise
            found = typer.main.get_command(_lacking(error.name))
        found.name = cmd_name
        return found


def _lacking(module: str) -> typer.Typer:
    """What stands for a command that cannot be read: it says what is missing, in the list of commands and when it is typed."""
    lacks = f"needs {module}, which is not installed: `make setup EXTRAS={EXTRAS[module]}`"
    made = typer.Typer(add_completion=False)

    @made.command(help=lacks, context_settings=PASSED_ON)
    def lacking() -> None:
        raise fail(lacks)

    return made


app = typer.Typer(cls=Commands, add_completion=False, no_args_is_help=True)


@app.callback(help=(__doc__ or "").partition("\n\n")[0])
def sluice() -> None:
    pass
