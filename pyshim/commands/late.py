"""`sluice late`: which answered turns does Redis not take, and what becomes of them?"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pyshim.commands.terminal import fail, out, read_settings
from pyshim.errors import RedisAway, RedisRefused
from pyshim.outside.redis import Redis, Script, opened
from pyshim.settings import Settings
from pyshim.turns import aside
from pyshim.turns.aside import Turn

KINDS = ("string", "list", "hash")  # of what a turn is written to: state, history, last turns of intents

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Turns that were answered, and that Redis did not take.")


@app.command("list")
def list_() -> None:
    """Show which were set aside, why, and which key of Redis is in the way; never what was said."""
    settings = read_settings()
    turns = [turn for path in aside.files(settings.run) for turn in aside.read(path)]
    for turn, wrong in zip(turns, asyncio.run(_wrong(settings, turns)), strict=True):
        at = datetime.fromtimestamp(turn.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        line = f"{at}  {turn.by}  {turn.whose}  {turn.turn_id}  {turn.why}{wrong}"
        out.print(line, soft_wrap=True, highlight=False, markup=False)
    out.print(f"{len(turns)} set aside")


async def _wrong(settings: Settings, turns: list[Turn]) -> list[str]:
    """What is in the way of each, as far as Redis can tell."""
    try:
        async with opened(settings) as redis:
            return ["".join([await _key(redis, *pair) for pair in zip(turn.keys, KINDS, strict=False)]) for turn in turns]
    except RedisAway as error:
        return [f"; which key it was cannot be asked: {error}" for _ in turns]


async def _key(redis: Redis, key: bytes, kind: str) -> str:
    found = (await redis.command("TYPE", key)).decode()
    return "" if found in (kind, "none") else f"; the key {key.decode(errors='replace')} is a {found}, a {kind} is wanted"


@app.command()
def retry() -> None:
    """Write them once more; who is refused again stays. A turn that was written meanwhile is not written twice."""
    written, left = asyncio.run(_retry(read_settings()))
    out.print(f"written: {written}, still set aside: {left}")


@app.command()
def discard(
    turn_ids: Annotated[list[str] | None, typer.Argument(metavar="[TURN_ID]...", help="as `list` shows them")] = None,
    everything: Annotated[bool, typer.Option("--all", help="all of this machine")] = False,
) -> None:
    """Erase them for good: what was said and answered is then in no history."""
    if bool(turn_ids) == everything:
        raise fail("turn ids as `sluice late list` shows them, or --all, are wanted")
    found = aside.discard(read_settings().run, lambda turn: everything or turn.turn_id in (turn_ids or ()))
    out.print(f"erased: {found}")
    if turn_ids and not found:
        raise fail("none of these is set aside on this machine")


async def _retry(settings: Settings) -> tuple[int, int]:
    written = left = 0
    async with opened(settings) as redis:
        with aside.alone(settings.run):
            for path in aside.files(settings.run):
                done, stays = await _file(redis, path)
                written, left = written + done, left + stays
    return written, left


async def _file(redis: Redis, path: Path) -> tuple[int, int]:
    taken = aside.taken(path)
    commit, done, stays = Script("commit-3"), 0, list(aside.read(taken))
    for turn in list(stays):
        try:
            if turn.arguments:
                await redis.run(commit, *turn.arguments)
                stays.remove(turn)
                done += 1
        except RedisRefused:
            continue
        except RedisAway as error:
            raise fail(f"{redis.where}: {error}; nothing is lost, try again") from None
    aside.keep(taken, stays)
    return done, len(stays)
