"""What do all commands of `sluice` share? Where they print, how they fail, and the settings."""

import typer
from rich.console import Console
from rich.text import Text

from pyshim import settings
from pyshim.settings import BadSetting, Settings

out = Console()


def fail(message: str) -> typer.Exit:
    """To be raised: one sentence for whoever typed the command."""
    out.print(Text(message, style="red"), soft_wrap=True)
    return typer.Exit(1)


def check_tenant(settings: Settings, tenant: str) -> None:
    """Raises typer.Exit where there is no such tenant."""
    if not (settings.tenants / tenant / "tenant.yaml").exists():
        known = ", ".join(sorted(path.name for path in settings.tenants.iterdir() if path.is_dir()))
        raise fail(f"no tenant {tenant!r}; there are: {known}")


def read_settings() -> Settings:
    try:
        return settings.read_settings()
    except BadSetting as error:
        raise fail(str(error)) from None
