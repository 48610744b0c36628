"""`sluice token`: who is this user, signed by the tenant's own key?"""

from typing import Annotated

import typer

from pyshim.commands.terminal import check_tenant, check_user, fail, read_settings
from pyshim.errors import BadTenant
from pyshim.identity import tokens
from pyshim.settings import Settings
from pyshim.tenants import source
from pyshim.tenants.reader import about

app = typer.Typer(add_completion=False)

TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="whose service desk")]
UserOption = Annotated[str, typer.Option("--user", "-u", help="who asks: 1 to 64 of A-Z a-z 0-9 . _ @ : + = -")]


def minted(settings: Settings, tenant: str, user: str, seconds: int, seq: int | None = None) -> str:
    """Fails the command where that cannot be."""
    check_tenant(settings, tenant)
    check_user(user)
    if seconds > settings.token_life_max_s:
        raise fail(f"no token may live for longer than {settings.token_life_max_s} s (SLUICE_TOKEN_LIFE_MAX_S)")
    try:
        key = tokens.signing_key(settings.keys, tenant)
        issuer = about(source.of_folder(settings.tenants / tenant)).issuer
    except BadTenant as error:
        raise fail(str(error)) from None
    return tokens.mint(key, tenant, user, settings.token_audience, seconds, issuer, seq)


@app.command()
def token(
    tenant: TenantOption = "shop",
    user: UserOption = "me",
    seconds: Annotated[int | None, typer.Option(min=1, help="how long it is good; default SLUICE_TOKEN_S")] = None,
    seq: Annotated[int | None, typer.Option(min=1, help="refuse turns before this position")] = None,
) -> None:
    """Mint a token for one user of one tenant, with the tenant's first key that signs."""
    settings = read_settings()
    print(minted(settings, tenant, user, seconds or settings.token_s, seq))
