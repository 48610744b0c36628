"""`sluice consents`: what did a tenant's customers agree to, in which words, and what came of it? JSON lines, oldest first."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from pyshim.commands.control import served
from pyshim.commands.terminal import away, fail, read_settings
from pyshim.errors import BadTenant, RedisAway
from pyshim.outside.redis import Redis, opened
from pyshim.settings import Settings
from pyshim.turns.journal import consents_of

PAGE = 1000


class Outcome(StrEnum):
    """What came of it."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    LOST = "lost"


app = typer.Typer(add_completion=False)


def _moment(text: str | None) -> int | None:
    """Milliseconds since 1970."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise fail(f"a moment as in 2026-11-30 or 2026-11-30T08:00+08:00 is wanted, not {text!r}") from None
    return int((moment if moment.tzinfo else moment.astimezone()).timestamp() * 1000)


@app.command()
def consents(
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="whose customers")],
    user: Annotated[str | None, typer.Option("--user", "-u", help="only this one's")] = None,
    since: Annotated[str | None, typer.Option("--from", help="from this moment on")] = None,
    until: Annotated[str | None, typer.Option("--until", help="before this moment")] = None,
    outcome: Annotated[Outcome | None, typer.Option("--outcome", help="only those of which this came")] = None,
) -> None:
    """Write a tenant's consents, a line of JSON each: when, who, what was shown, what agreed, what came of it."""
    settings = read_settings()
    bounds = _moment(since), _moment(until)
    try:
        asyncio.run(_export(settings, tenant, user, *bounds, outcome))
    except BadTenant as error:
        raise fail(f"the configuration that serves cannot be read: {error}") from None
    except RedisAway as error:
        raise away(error, settings.redis) from None


async def _export(
    settings: Settings, tenant: str, user: str | None, since: int | None, until: int | None, wanted: Outcome | None
) -> None:
    async with opened(settings) as redis:
        if not await redis.command("EXISTS", consents_of(tenant)):  # one that is gone may have left some
            await served(redis, tenant)
        outcomes: dict[str, list[dict[str, Any]]] = {}  # of a key, one for each consent; an outcome may come days after it
        newest = await _newest(redis, tenant)
        async for _, entry in _entries(redis, tenant, _from(since), newest):
            if "consent" in entry:
                outcomes.setdefault(json.loads(entry["consent"])["key"], []).append({})
            else:
                outcome = json.loads(entry["outcome"])
                if outcome["key"] in outcomes:
                    outcomes[outcome["key"]][-1] = outcome
        async for at, entry in _entries(redis, tenant, _from(since), newest):
            if until is not None and at >= until:
                break
            if "consent" not in entry:
                continue
            consent = json.loads(entry["consent"])
            came = outcomes[consent["key"]].pop(0)  # what was refused unsent, and agreed to again, has the same key
            if user in (None, entry["user"]) and wanted in (None, came.get("outcome", Outcome.UNKNOWN)):
                sys.stdout.write(_line(at, entry, consent, came) + "\n")


async def _newest(redis: Redis, tenant: str) -> str:
    """Id of the last entry: what is written from now on is not read, or only one of two readings would know it."""
    entries = await redis.command("XREVRANGE", consents_of(tenant), "+", "-", "COUNT", 1)
    return entries[0][0].decode() if entries else "0-0"


def _from(since: int | None) -> str:
    return "-" if since is None else str(since)


async def _entries(redis: Redis, tenant: str, begins: str, ends: str) -> AsyncIterator[tuple[int, dict[str, str]]]:
    """When each was written, and its fields. begins, ends: ids, which belong to them."""
    while True:
        page = await redis.command("XRANGE", consents_of(tenant), begins, ends, "COUNT", PAGE)
        for name, fields in page:
            yield int(name.decode().partition("-")[0]), {field.decode(): text.decode() for field, text in fields.items()}
        if len(page) < PAGE:
            return
        begins = "(" + page[-1][0].decode()


def _line(at: int, entry: dict[str, str], consent: dict[str, Any], outcome: dict[str, Any]) -> str:
    whole = {
        "at": datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds"),
        "user": entry["user"],
        "session": entry["session"],
        "turn": entry["turn"],
        **consent,
        "outcome": outcome.get("outcome", Outcome.UNKNOWN),
        "code": outcome.get("code", ""),
    }
    return json.dumps(whole, ensure_ascii=False)
