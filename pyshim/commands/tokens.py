"""`sluice tokens`: take tokens back on a running system, say which are, give them back.

--id     one token, by its jti
--user   all tokens of a user that were issued until now; new ones are good
--all    all tokens of the tenant that were issued until now
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from pyshim.agreement.records import me
from pyshim.commands.terminal import away, check_tenant, check_user, fail, out, read_settings
from pyshim.errors import RedisAway
from pyshim.identity.revocations import Revocations, Said, revocations
from pyshim.settings import Settings

T = TypeVar("T")

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Tokens that are revoked: say so, list them, restore them.")

TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="whose tokens")]
UserOption = Annotated[str | None, typer.Option("--user", "-u", help="this user's, as issued until now")]
IdOption = Annotated[str | None, typer.Option("--id", help="the one token with this jti")]
AllOption = Annotated[bool, typer.Option("--all", help="all of the tenant's, as issued until now")]
WhyOption = Annotated[str, typer.Option("--why", help="kept beside it")]
WORDS = {"token": "the token {}", "user": "the tokens of user {}", "tenant": "all tokens"}


def _meant(user: str | None, token: str | None, everything: bool) -> tuple[str, str]:
    named = [
        (kind, value)
        for kind, value in (("user", user), ("token", token), ("tenant", "" if everything else None))
        if value is not None
    ]
    if len(named) != 1:
        raise fail("one of --user, --id and --all is wanted")
    kind, value = named[0]
    if kind == "user":
        check_user(value)
    if kind == "token" and not (1 <= len(value.encode()) <= 256 and value.isprintable()):
        raise fail("a jti of 1 to 256 bytes is wanted")
    return kind, value


def _why(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:500]


def _with_log(settings: Settings, work: Callable[[Revocations], Coroutine[Any, Any, T]]) -> T:
    """What work() makes of the log. Fails the command where the state store is away."""

    async def whole() -> T:
        async with revocations(settings) as log:
            return await work(log)

    try:
        return asyncio.run(whole())
    except RedisAway as error:
        raise away(error, settings.redis) from None


def _said(said: Said) -> str:
    return f"{said.tenant}: {WORDS[said.kind].format(said.value)}"


@app.command()
def revoke(
    tenant: TenantOption, user: UserOption = None, token: IdOption = None, everything: AllOption = False, why: WhyOption = ""
) -> None:
    """Refuse tokens that are still good; in force on all edges within two seconds."""
    settings = read_settings()
    check_tenant(settings, tenant)
    kind, value = _meant(user, token, everything)
    said = _with_log(settings, lambda log: log.say(tenant, kind, value, me(), _why(why)))
    until = "" if kind == "token" else f", as issued until {_moment(said.at)},"
    out.print(Text(f"{_said(said)}{until} will be refused"), soft_wrap=True)


@app.command()
def restore(
    tenant: TenantOption, user: UserOption = None, token: IdOption = None, everything: AllOption = False, why: WhyOption = ""
) -> None:
    """Take back a revocation: the tokens are good again until they expire."""
    settings = read_settings()
    check_tenant(settings, tenant)
    meant = (tenant, *_meant(user, token, everything))

    async def work(log: Revocations) -> Said:
        if meant not in {said.meant for said in await log.standing(tenant)}:
            raise fail("this is not revoked; `sluice tokens revoked` lists what is")
        return await log.say(*meant, me(), _why(why), restored=True)

    said = _with_log(settings, work)
    out.print(Text(f"{_said(said)} will be taken again"), soft_wrap=True)


@app.command()
def revoked(tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="of this tenant only")] = None) -> None:
    """List what is revoked: since when, until when it must be remembered, by whom and why."""
    standing = _with_log(read_settings(), lambda log: log.standing(tenant))
    if not standing:
        out.print("nothing is revoked")
        return
    table = Table("tenant", "revoked", "at", "until", "by", "why", box=None)
    for said in standing:
        what = WORDS[said.kind].format(said.value)
        table.add_row(*map(Text, (said.tenant, what, _moment(said.at), _moment(said.until), said.by, said.why)))
    out.print(table)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="seconds")
