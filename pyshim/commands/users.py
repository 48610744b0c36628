"""`sluice users`: forget a customer on a running system, and say what was erased and what the tenant keeps."""

import asyncio
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from pyshim.commands.control import served
from pyshim.commands.terminal import away, check_user, fail, out, read_settings
from pyshim.configuration.store import Store
from pyshim.errors import BadTenant, RedisAway
from pyshim.outside.redis import Redis, opened
from pyshim.settings import Settings
from pyshim.tenants.compile import Compiled
from pyshim.turns import aside, forgetting
from pyshim.turns.forgetting import Consents, Forgotten

NAMES = {
    **{"turns": "turns of the history", "intents": "last turns of an intent", "states": "open dialogues"},
    **{"calls": "calls whose outcome was not told", "events": "events", "consents": "acts that were agreed to"},
}

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Customers: forget one.")


@app.callback()
def users() -> None:
    pass


@app.command()
def forget(
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="whose customer")],
    user: Annotated[str, typer.Option("--user", "-u", help="the user_id of their tokens")],
) -> None:
    """Erase what is kept of a customer: history, intents, dialogue, calls; consents where the tenant says so."""
    settings = read_settings()
    check_user(user)
    try:
        told = asyncio.run(_forget(settings, tenant, user))
        told.erased.turns += aside.drop(settings.run, tenant, user)
    except RedisAway as error:
        raise away(error, settings.redis) from None
    out.print(Text("\n".join(_lines(told))), soft_wrap=True)


async def _forget(settings: Settings, tenant: str, user: str) -> Forgotten:
    async with opened(settings) as redis:
        consents = await _setting(redis, tenant)
        return await forgetting.forget(redis, tenant, user, consents, thoroughly=True, notes=settings.erased)


async def _setting(redis: Redis, tenant: str) -> Consents:
    """What the configuration that serves says of the tenant's consents. Fails the command where there is no such tenant."""
    try:
        packed = await Store(redis).compiled((await served(redis, tenant)).source)
        return msgspec.msgpack.decode(packed, type=Compiled).tenant.about.history.consents
    except (BadTenant, msgspec.DecodeError) as error:
        raise fail(f"the configuration that serves cannot be read: {error}") from None


def _lines(told: Forgotten) -> list[str]:
    erased = {NAMES[name]: count for name, count in msgspec.structs.asdict(told.erased).items() if count}
    listed = ", ".join(f"{count} {name}" for name, count in erased.items())
    kept = f"{told.kept.consents} {NAMES['consents']} (tenant.yaml: `history: {{consents: erased}}` would erase them, too)"
    return [
        f"{told.tenant}: {told.user_id}: erased: {listed or 'nothing, for nothing was kept'}",
        *([f"kept: {kept}"] if told.kept.consents else []),
        "turns answered while Redis was away, on any node, are not written any more",
        "the tokens stay good: `sluice tokens revoke` takes them back",
    ]
