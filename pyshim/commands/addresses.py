"""`sluice addresses`: which addresses does this machine refuse, and which does it trust, from now on?"""

import typer

from pyshim.commands.terminal import fail, out, read_settings
from pyshim.errors import BadTenant
from pyshim.tenants import addresses as address_lists

app = typer.Typer(add_completion=False)


@app.command()
def addresses() -> None:
    """Read SLUICE_ADDRESSES_REFUSED and SLUICE_ADDRESSES_TRUSTED again; nginx of this machine goes by them within two seconds."""
    settings = read_settings()
    try:
        refused, trusted = address_lists.keep(settings)
    except (BadTenant, OSError) as error:
        raise fail(str(error)) from None
    out.print(f"refused: {refused}, trusted: {trusted}")
