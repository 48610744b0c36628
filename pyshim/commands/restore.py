"""`sluice restore`: put back what a backup has and Redis lost; first only said."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pyshim.backup import file
from pyshim.backup.file import Backup
from pyshim.backup.restoring import Restoring, moment_of
from pyshim.commands.terminal import away, fail, out, read_settings
from pyshim.errors import BadBackup, RedisAway
from pyshim.outside.redis import opened
from pyshim.settings import Settings
from pyshim.turns import erasures
from pyshim.turns.erasures import Erasure

PATIENCE_S = 10.0
UNCHANGED = "nothing was changed"
ROWS = {
    "users": "users of whom something was missing",
    **{"turns": "  turns", "dialogues": "  open dialogues", "intents": "  last turns of an intent"},
    **{"calls": "  calls whose outcome was not told", "events": "  events"},
    **{"users there already": "users of whom all is there", "erased": "users forgotten since, who are not put back"},
    **{"here again": "users who were forgotten and are here again: erased, but for what they said afterwards"},
    **{"consents": "consents and what came of them", "erasures": "erasures", "revocations": "revocations"},
    **{"keys of the configuration": "keys of versions of the configuration, which serve only as is said below"},
}

app = typer.Typer(add_completion=False)


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="what `sluice backup` wrote")],
    apply: Annotated[bool, typer.Option("--apply", help="do it; without, only say what would be done")] = False,
    erased: Annotated[
        list[Path] | None,
        typer.Option("--erased", help="another machine's var/erased (a folder, or a file of it): who was forgotten there"),
    ] = None,
) -> None:
    """Put back what a backup has and Redis lost. What is newer stays, who was forgotten stays forgotten, and twice is once."""
    settings = read_settings()
    try:
        backup = file.opened(path)
    except BadBackup as error:
        raise fail(f"{error}; nothing was changed") from None
    try:
        notes = list(_notes(settings, erased or []))
        told = asyncio.run(_restore(settings, backup, notes, apply))
    finally:
        backup.close()
    out.print(Text("\n".join(_lines(backup, settings.redis, told, len(notes), apply))), soft_wrap=True)


def _notes(settings: Settings, others: list[Path]) -> Iterator[Erasure]:
    if settings.erased.exists():  # somebody was forgotten on this machine
        yield from _read(settings.erased)
    for path in others:
        found = list(_read(path))
        if not found:
            raise fail(
                f"--erased {path}: no erasure is noted there; a machine's var/erased is wanted, or a file of it; {UNCHANGED}"
            )
        yield from found


def _read(path: Path) -> Iterator[Erasure]:
    try:
        yield from erasures.noted(path)
    except OSError as error:
        raise fail(f"{path} cannot be read: {error.strerror or error}; {UNCHANGED}") from None


async def _restore(settings: Settings, backup: Backup, notes: list[Erasure], write: bool) -> Restoring:
    async with opened(settings, PATIENCE_S) as redis:
        restoring = Restoring(settings, redis, backup, notes, write)
        try:
            await restoring.run()
        except (RedisAway, BadBackup) as error:
            raise _interrupted(error, settings, restoring.done if write else Counter()) from None
    return restoring


def _interrupted(error: Exception, settings: Settings, done: Counter[str]) -> typer.Exit:
    """To be raised. done: what was written until then."""
    if done.total():
        why = f"Redis at {settings.redis}: {error}" if isinstance(error, RedisAway) else str(error)
        return fail(f"{why}; put back until then: {_said(done)}. That stays, and the same command goes on")
    return away(error, settings.redis) if isinstance(error, RedisAway) else fail(f"{error}; nothing was changed")


def _said(done: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in done.items() if count) or "nothing"


def _lines(backup: Backup, target: object, told: Restoring, notes: int, applied: bool) -> list[str]:
    header, done = backup.header, told.done
    rows = [f"{done[name]:>9,}  {title}" for name, title in ROWS.items() if done[name]]
    changed = any(done[name] for name in (*ROWS, "records") if name not in ("users there already", "erased"))
    if applied:
        end = "done" if changed else "nothing was missing, and nothing was changed"
    else:
        end = "nothing was changed: --apply does it" if changed else "nothing is missing"
    return [
        f"{backup.path}: whole; {moment_of(header.at)}, by {header.by}, of {header.of}, sluice {header.version}",
        f"into Redis at {target}",
        "put back:" if applied else "would be put back:",
        *(rows or ["        0"]),
        *told.said,
        f"erasures noted on this machine and by --erased: {notes:,}; those of other machines are in their var/erased",
        end,
    ]
