"""Is a folder of tenants good, and what is different in it?"""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from pyshim.commands.config import changes
from pyshim.commands.config.control import ConfigControl
from pyshim.commands.control import run
from pyshim.commands.terminal import fail, out, read_settings
from pyshim.errors import BadTenant
from pyshim.rollout import start
from pyshim.settings import Settings
from pyshim.tenants import source
from pyshim.tenants.checks.advice import advice
from pyshim.tenants.compile import Compiler, Snapshot, lacks, new_compiler
from pyshim.tenants.source import Source
from pyshim.understanding.model import read_model

COLOURS = {"+": "green", "-": "red", "@": "cyan"}

Folder = Annotated[Path | None, typer.Argument(metavar="[FOLDER]", help="folder of tenants; default SLUICE_TENANTS")]


def settings_with(folder: Path | None) -> Settings:
    settings = read_settings()
    return replace(settings, tenants=folder.resolve()) if folder else settings


async def compiled(settings: Settings) -> tuple[Compiler, list[Source], Snapshot]:
    """The folder, checked against every version of the model that serves. Raises BadTenant with all faults."""
    compiler = new_compiler(settings, await start.first_version(settings))
    sources = source.of_settings(settings)
    compiled = compiler.compile(sources)
    record = await start.record(settings)
    if record is not None and record.candidate and start.has_files(settings, record.candidate):
        unknown = lacks(compiled.tenants.values(), read_model(settings.models, record.candidate))
        if unknown:
            raise BadTenant(*unknown)
    return compiler, sources, compiled


def faulty(error: BadTenant) -> typer.Exit:
    count = len(error.faults)
    return fail("\n".join([*error.faults, f"{count} fault{'s' if count > 1 else ''}; nothing was changed"]))


def advise(made: Snapshot) -> None:
    """Says what should be better and is no fault."""
    for tenant in made.tenants.values():
        for line in advice(tenant):
            out.print(Text(line, style="yellow"), soft_wrap=True)


def check(folder: Folder = None) -> None:
    """Read every tenant and the model, and say all that is wrong, or what would serve."""
    try:
        compiler, _, made = asyncio.run(compiled(settings_with(folder)))
    except BadTenant as error:
        raise faulty(error) from None
    for tenant in made.tenants.values():
        rules, tasks, faq = len(tenant.replies), len(tenant.tasks), len(tenant.faq)
        out.print(f"{tenant.id:10} {tenant.about.name}: {rules} replies, {tasks} flows and actions, {faq} FAQ entries")
    advise(made)
    out.print(f"no fault; content {made.digest}, model {compiler.model.version}")


def diff(
    before: Annotated[int | None, typer.Argument(min=1, help="a version; default: the one that serves")] = None,
    after: Annotated[int | None, typer.Argument(min=1, help="another version; default: the folder")] = None,
) -> None:
    """Show what is different between two versions, or between a version and the folder SLUICE_TENANTS."""
    settings = read_settings()

    async def work(control: ConfigControl) -> None:
        was = before or (await control.record()).serving
        try:
            old = await control.store.sources(was)
            new = await control.store.sources(after) if after else source.of_settings(settings)
        except BadTenant as error:
            raise fail(str(error)) from None
        lines = list(changes.text(old, new, f"version {was}", f"version {after}" if after else "folder"))
        for line in lines:
            out.print(Text(line, style=COLOURS.get(line[:1], "")), soft_wrap=True)
        if not lines:
            out.print("no difference")

    run(ConfigControl, settings, work)
