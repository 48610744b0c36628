"""What do all commands of `sluice` share? Where they print, how they fail, and the settings."""

import re

import typer
from rich.console import Console
from rich.text import Text

from pyshim import settings
from pyshim.errors import RedisAway, RedisRefused, RedisTakesNothing
from pyshim.settings import BadSetting, Settings

START = "`make run` starts sluice"
out = Console()
PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}  # a command's arguments, unread
USER = re.compile(r"[A-Za-z0-9._@:+=-]{1,64}")  # as lua/edge/identity.lua has it


def fail(message: str) -> typer.Exit:
    """To be raised: one sentence for whoever typed the command."""
    out.print(Text(message, style="red"), soft_wrap=True)
    return typer.Exit(1)


def away(error: RedisAway, where: object) -> typer.Exit:
    """To be raised: what the state store there said, or that it says nothing."""
    if isinstance(error, RedisTakesNothing | RedisRefused):
        return fail(f"Redis at {where} {error}")
    return fail(f"nothing answers at {where} ({error}); {START}")


def check_tenant(settings: Settings, tenant: str) -> None:
    """Raises typer.Exit where there is no such tenant."""
    if not (settings.tenants / tenant / "tenant.yaml").exists():
        found = settings.tenants.iterdir() if settings.tenants.is_dir() else []
        known = ", ".join(sorted(path.name for path in found if path.is_dir()))
        raise fail(f"no tenant {tenant!r}; there are: {known or f'none, for there is no folder {settings.tenants}'}")


def check_user(user: str) -> None:
    """Raises typer.Exit where no token may say so."""
    if not USER.fullmatch(user):
        raise fail(f"no user is called {user!r}: 1 to 64 of A-Z a-z 0-9 . _ @ : + = - is wanted")


def read_settings() -> Settings:
    try:
        return settings.read_settings()
    except BadSetting as error:
        raise fail(str(error)) from None
