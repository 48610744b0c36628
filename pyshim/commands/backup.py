"""`sluice backup`: write what matters of Redis into a file, while everything goes on."""

import asyncio
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pyshim.agreement.records import me
from pyshim.backup.file import NAME, writing
from pyshim.backup.record import FORMAT, Header
from pyshim.backup.taking import Taken, Taking
from pyshim.commands.terminal import away, fail, out, read_settings
from pyshim.errors import BadBackup, RedisAway
from pyshim.outside.redis import opened
from pyshim.settings import Settings

PATIENCE_S = 10.0
SHOWN = 5

app = typer.Typer(add_completion=False)


@app.command()
def backup(path: Annotated[Path, typer.Argument(metavar="FILE", help="a new file; only its owner can read it")]) -> None:
    """Write conversations, consents, erasures, revocations, configuration and rollout into a file. Nothing serving notices."""
    settings = read_settings()
    began = time.monotonic()
    try:
        taken, counts = asyncio.run(_take(settings, path))
    except RedisAway as error:
        raise away(error, settings.redis) from None
    except BadBackup as error:
        raise fail(f"{error}; nothing was written") from None
    except OSError as error:
        raise fail(f"{path} cannot be written: {error.strerror or error}; nothing was written") from None
    size = f"{path.stat().st_size / 1e6:,.1f} MB, {time.monotonic() - began:.1f} s"
    out.print(Text("\n".join([f"{path}: {size}", *_lines(settings, taken, counts)])), soft_wrap=True)


async def _take(settings: Settings, path: Path) -> tuple[Taken, dict[str, int]]:
    header = Header(NAME, FORMAT, _version(), round(time.time(), 3), me(), str(settings.redis))
    async with opened(settings, PATIENCE_S) as redis:
        with writing(path, header) as writer:
            taken = await Taking(redis, writer).run()
        return taken, dict(writer.counts)


def _version() -> str:
    try:
        return version("sluice")
    except PackageNotFoundError:  # read from its folder
        return "unknown"


def _lines(settings: Settings, taken: Taken, counts: dict[str, int]) -> list[str]:
    lines = [
        f"users: {counts.get('User', 0):,}, with {taken.turns:,} turns, {taken.dialogues:,} open dialogues and "
        f"{taken.calls:,} calls whose outcome was not told",
        f"erasures: {counts.get('Forgotten', 0):,}, revocations: {counts.get('Revoked', 0):,}",
        f"configuration: {'yes' if counts.get('Configuration') else 'there is none'}, model's rollout: "
        f"{'yes' if counts.get('Rollout') else 'there is none'}",
        *(f"left out: {count:,} {name}" for name, count in sorted(taken.left_out.items())),
    ]
    if taken.wrong:
        more = f" and {len(taken.wrong) - SHOWN} more" if len(taken.wrong) > SHOWN else ""
        lines.append(f"NOT in it, for they are of another kind than they should be: {', '.join(taken.wrong[:SHOWN])}{more}")
    return [
        *lines,
        f"not in it, and to be kept beside it: {settings.keys} (signing keys) and {settings.erased} (who was forgotten)",
    ]
