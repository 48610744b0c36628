"""`sluice config`: what tenants brought, on a running system.

    check      reads a folder of tenants and says all that is wrong, or what would serve
    diff       what is different between two versions, or a version and the folder
    apply      the folder becomes the next version, for all users or for a share of them
    promote    the candidate serves everybody
    rollback   the candidate goes; or the version before, or any other, serves again
    versions   what there is, and who did what

What has a fault changes nothing.
"""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from pyshim import snapshot, source
from pyshim.config import Settings
from pyshim.configuration import changes
from pyshim.configuration.desk import Desk, run
from pyshim.configuration.record import Configuration
from pyshim.configuration.store import Event
from pyshim.errors import BadTenant
from pyshim.rollout import start
from pyshim.rollout.record import me
from pyshim.snapshot import Compiler, Snapshot
from pyshim.source import Source
from pyshim.terminal import fail, out, read_settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help="What tenants brought: check, compare, apply, take back.")
COLOURS = {"+": "green", "-": "red", "@": "cyan"}
SHOWN = 15

Folder = Annotated[Path | None, typer.Argument(metavar="[FOLDER]", help="folder of tenants; default SLUICE_TENANTS")]
Why = Annotated[str, typer.Option(help="for those who read the log")]
Percent = Annotated[float, typer.Option(min=0.1, max=100, help="share of the users who get it")]


def _settings(folder: Path | None) -> Settings:
    settings = read_settings()
    return replace(settings, tenants=folder.resolve()) if folder else settings


async def _compiled(settings: Settings) -> tuple[Compiler, list[Source], Snapshot]:
    """The folder, checked against every version of the model that serves. Raises BadTenant with all faults."""
    compiler = snapshot.compiler(settings, await start.first_version(settings))
    sources = source.of_settings(settings)
    compiled = compiler.compile(sources)
    record = await start.record(settings)
    if record is not None and record.candidate and start.has_files(settings, record.candidate):
        unknown = snapshot.lacks(compiled.tenants.values(), snapshot.read_model(settings.models, record.candidate))
        if unknown:
            raise BadTenant(*unknown)
    return compiler, sources, compiled


def _fault(error: BadTenant) -> typer.Exit:
    count = len(error.faults)
    return fail("\n".join([*error.faults, f"{count} fault{'s' if count > 1 else ''}; nothing was changed"]))


@app.command()
def check(folder: Folder = None) -> None:
    """Read every tenant and the model, and say all that is wrong, or what would serve."""
    try:
        compiler, _, compiled = asyncio.run(_compiled(_settings(folder)))
    except BadTenant as error:
        raise _fault(error) from None
    for tenant in compiled.tenants.values():
        rules, tasks, faq = len(tenant.replies), len(tenant.tasks), len(tenant.faq)
        out.print(f"{tenant.id:10} {tenant.about.name}: {rules} replies, {tasks} flows and actions, {faq} FAQ entries")
    out.print(f"no fault; content {compiled.digest}, model {compiler.model.version}")


@app.command()
def diff(
    before: Annotated[int | None, typer.Argument(min=1, help="a version; default: the one that serves")] = None,
    after: Annotated[int | None, typer.Argument(min=1, help="another version; default: the folder")] = None,
) -> None:
    """Show what is different between two versions, or between a version and the folder SLUICE_TENANTS."""
    settings = read_settings()

    async def work(desk: Desk) -> None:
        was = before or (await desk.record()).serving
        try:
            old = await desk.store.sources(was)
            new = await desk.store.sources(after) if after else source.of_settings(settings)
        except BadTenant as error:
            raise fail(str(error)) from None
        lines = list(changes.text(old, new, f"version {was}", f"version {after}" if after else "folder"))
        for line in lines:
            out.print(Text(line, style=COLOURS.get(line[:1], "")), soft_wrap=True)
        if not lines:
            out.print("no difference")

    run(settings, work)


@app.command()
def apply(folder: Folder = None, why: Why = "", percent: Percent = 100) -> None:
    """Make the folder the next version: checked whole, loaded by everybody, then served."""
    settings = _settings(folder)

    async def work(desk: Desk) -> None:
        try:
            _, sources, compiled = await _compiled(settings)
        except BadTenant as error:
            raise _fault(error) from None
        record = await desk.record()
        if record.candidate:
            raise fail(f"version {record.candidate} is the candidate; `sluice config promote` or `rollback` it first")
        changed = changes.summary(await desk.store.sources(record.serving), sources)
        if not changed:
            out.print(f"nothing is different from version {record.serving}, which serves")
            return
        number = await desk.store.next_number()
        await desk.store.put(replace(compiled, number=number), sources, me(), time.time(), why)
        await desk.prepare(number)
        took = await desk.serve(lambda now: now.given(number, percent))
        share = "" if percent == 100 else f" to {percent:g} % of the users"
        await desk.note(f"applied{share}", number, why, changed)
        for line in changed:
            out.print(line, soft_wrap=True)
        out.print(f"version {number} serves{share} everywhere after {took:.1f} s")
        await desk.store.prune(await desk.record())

    run(settings, work)


@app.command()
def promote(why: Why = "") -> None:
    """Let the candidate serve everybody."""

    async def work(desk: Desk) -> None:
        candidate = (await desk.record()).candidate
        if not candidate:
            raise fail("no candidate; `sluice config apply --percent 5` makes one")
        took = await desk.serve(lambda now: now.given(candidate, 100))
        await desk.note("promoted", candidate, why)
        out.print(f"version {candidate} serves everywhere after {took:.1f} s")

    run(read_settings(), work)


@app.command()
def rollback(
    version: Annotated[
        int | None, typer.Argument(min=1, help="default: the candidate goes, or the version before serves again")
    ] = None,
    why: Why = "",
) -> None:
    """Drop the candidate, or serve an earlier version again."""

    async def work(desk: Desk) -> None:
        record = await desk.record()
        if record.candidate and version is None:
            took = await desk.serve(lambda now: now.but(candidate=0, percent=0.0))
            await desk.note("dropped", record.candidate, why)
            out.print(f"version {record.candidate} is dropped; {record.serving} serves everywhere after {took:.1f} s")
            return
        wanted = version or record.previous
        if not wanted:
            raise fail(f"no version served before {record.serving}: nothing to go back to")
        if wanted == record.serving:
            raise fail(f"version {wanted} serves already")
        try:
            serving, earlier = await desk.store.sources(record.serving), await desk.store.sources(wanted)
            sources = with_keys(earlier, serving)
            number = wanted
            if [one.digest for one in sources] != [one.digest for one in earlier]:
                number = await desk.store.next_number()
                told = f"{wanted} with the keys of {record.serving}"
                compiler = snapshot.compiler(desk.settings, await start.first_version(desk.settings))
                await desk.store.put(compiler.compile(sources, number), sources, me(), time.time(), why or told)
        except BadTenant as error:
            raise fail(str(error)) from None
        await desk.prepare(number)
        took = await desk.serve(lambda now: now.given(number, 100))
        await desk.note(f"rolled back to {wanted}: serves as", number, why, changes.summary(serving, sources))
        out.print(f"version {number} serves everywhere after {took:.1f} s")

    run(read_settings(), work)


def with_keys(earlier: list[Source], serving: list[Source]) -> list[Source]:
    """Earlier tenants with the keys they have now: a key that was taken away must not come back with old replies."""
    now = {one.tenant: one for one in serving}
    return [
        msgspec.structs.replace(one, keys=now[one.tenant].keys, keys_where=now[one.tenant].keys_where)
        if one.tenant in now
        else one
        for one in earlier
    ]


@app.command()
def versions() -> None:
    """Versions that are stored, which one serves, and who did what last."""

    async def work(desk: Desk) -> None:
        record = await desk.record()
        made = Table("version", "content", "tenants", "serves", "made", "by", "why", box=None, pad_edge=False)
        for number in (await desk.store.numbers())[-SHOWN:]:
            one = await desk.store.manifest(number)
            made.add_row(str(number), one.digest, str(len(one.tenants)), _serves(number, record), _at(one.at), one.who, one.why)
        out.print(made)
        for event in reversed(await desk.store.events(SHOWN)):
            out.print(_line(event), soft_wrap=True)

    run(read_settings(), work)


def _serves(number: int, record: Configuration) -> str:
    if number == record.serving:
        return f"{100 - record.percent:g} %"
    if number == record.candidate:
        return f"{record.percent:g} %"
    return "before" if number == record.previous else ""


def _at(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _line(event: Event) -> Text:
    told = Text(f"{_at(event.at)}  ", style="dim") + Text(f"{event.what} {event.version}")
    more = "; ".join([*([event.why] if event.why else []), *event.changes])
    return told + Text(f"  ({event.who})", style="dim") + Text(f"  {more}" if more else "")
