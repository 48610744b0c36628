"""`sluice late`: which answered turns does Redis not take, and what becomes of them?"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import typer

from pyshim.commands.terminal import fail, out, read_settings
from pyshim.errors import RedisAway, RedisRefused
from pyshim.outside.redis import Redis, Script, opened
from pyshim.settings import Settings
from pyshim.turns import aside

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Turns that were answered, and that Redis did not take.")


@app.command("list")
def list_() -> None:
    """Show which were set aside, and why; never what was said."""
    turns = [turn for path in aside.files(read_settings().run) for turn in aside.read(path)]
    for turn in turns:
        at = datetime.fromtimestamp(turn.at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        out.print(f"{at}  {turn.by}  {turn.whose}  {turn.turn_id}  {turn.why}", soft_wrap=True, highlight=False)
    out.print(f"{len(turns)} set aside")


@app.command()
def retry() -> None:
    """Write them once more; who is refused again stays. A turn that was written meanwhile is not written twice."""
    written, left = asyncio.run(_retry(read_settings()))
    out.print(f"written: {written}, still set aside: {left}")


async def _retry(settings: Settings) -> tuple[int, int]:
    written = left = 0
    async with opened(settings) as redis:
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
