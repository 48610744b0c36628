"""`sluice late`: which answered turns does Redis not take, and what becomes of them?"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pyshim.commands.terminal import fail, out, read_settings
from pyshim.errors import RedisAway, RedisRefused
from pyshim.outside import kinds
from pyshim.outside.redis import Redis, Script, opened
from pyshim.outside.slots import slot_of
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
    async with opened(settings) as redis:
        away = _Away(redis)
        return [await _one(redis, away, turn) for turn in turns]


class _Away:
    """Which nodes did not answer: none is waited for twice."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._found: dict[str, RedisAway] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def __str__(self) -> str:
        return "; ".join(map(str, self._found.values()))

    def _node(self, turn: Turn) -> str:
        return self._redis.owner(slot_of(turn.keys[0]))

    def has(self, turn: Turn) -> RedisAway | None:
        return self._found.get(self._node(turn))

    def note(self, turn: Turn, error: RedisAway) -> None:
        self._found[self._node(turn)] = error


async def _one(redis: Redis, away: _Away, turn: Turn) -> str:
    if not turn.keys:
        return ""
    fault = away.has(turn)
    if fault is None:
        try:
            return "".join([await _key(redis, *pair) for pair in zip(turn.keys, KINDS, strict=False)])
        except RedisAway as error:
            away.note(turn, fault := error)
    return f"; which key it was cannot be asked: {fault}"


async def _key(redis: Redis, key: bytes, kind: str) -> str:
    why = await kinds.wrong(redis, key, kind)
    return why and f"; {why}"


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
        away = _Away(redis)
        with aside.alone(settings.run):
            for path in aside.files(settings.run):
                done, stays = await _file(redis, away, path)
                written, left = written + done, left + stays
        if away:
            raise fail(f"written: {written}, still set aside: {left}; {redis.where}: {away}; nothing is lost, try again")
    return written, left


async def _file(redis: Redis, away: _Away, path: Path) -> tuple[int, int]:
    taken = aside.taken(path)
    commit, done, stays = Script("commit-3"), 0, list(aside.read(taken))
    for turn in [one for one in stays if one.arguments]:
        if away.has(turn):
            continue
        try:
            await redis.run(commit, *turn.arguments)
        except RedisRefused:
            continue
        except RedisAway as error:
            away.note(turn, error)
        else:
            stays.remove(turn)
            done += 1
    aside.keep(taken, stays)
    return done, len(stays)
