"""How does a version of the configuration come to serve, and go?"""

import time
from dataclasses import replace
from typing import Annotated

import msgspec
import typer

from pyshim.agreement.records import me
from pyshim.commands.config import changes
from pyshim.commands.config.checking import Folder, advise, compiled, faulty, settings_with
from pyshim.commands.config.control import ConfigControl
from pyshim.commands.control import run
from pyshim.commands.terminal import fail, out, read_settings
from pyshim.errors import BadTenant
from pyshim.rollout import start
from pyshim.tenants.compile import new_compiler
from pyshim.tenants.source import Source, without_private

Why = Annotated[str, typer.Option(help="for those who read the log")]
Percent = Annotated[float, typer.Option(min=0.1, max=100, help="share of the users who get it")]


def apply(folder: Folder = None, why: Why = "", percent: Percent = 100) -> None:
    """Make the folder the next version: checked whole, loaded by everybody, then served."""
    settings = settings_with(folder)

    async def work(control: ConfigControl) -> None:
        try:
            _, sources, made = await compiled(settings)
        except BadTenant as error:
            raise faulty(error) from None
        advise(made)
        record = await control.record()
        if record.candidate:
            raise fail(f"version {record.candidate} is the candidate; `sluice config promote` or `rollback` it first")
        changed = changes.summary(await control.store.sources(record.serving), sources)
        if not changed:
            out.print(f"nothing is different from version {record.serving}, which serves")
            return
        number = await control.store.next_number()
        await control.store.put(replace(made, number=number), sources, me(), time.time(), why)
        await control.prepare(number)
        took = await control.serve(lambda now: now.given(number, percent))
        share = "" if percent == 100 else f" to {percent:g} % of the users"
        await control.note(f"applied{share}", number, why, changed)
        for line in changed:
            out.print(line, soft_wrap=True)
        out.print(f"version {number} serves{share} everywhere after {took}")
        await control.store.prune(await control.record())

    run(ConfigControl, settings, work)


def promote(why: Why = "") -> None:
    """Let the candidate serve everybody."""

    async def work(control: ConfigControl) -> None:
        candidate = (await control.record()).candidate
        if not candidate:
            raise fail("no candidate; `sluice config apply --percent 5` makes one")
        took = await control.serve(lambda now: now.given(candidate, 100))
        await control.note("promoted", candidate, why)
        out.print(f"version {candidate} serves everywhere after {took}")

    run(ConfigControl, read_settings(), work)


def rollback(
    version: Annotated[
        int | None, typer.Argument(min=1, help="default: the candidate goes, or the version before serves again")
    ] = None,
    why: Why = "",
) -> None:
    """Drop the candidate, or serve an earlier version again."""

    async def work(control: ConfigControl) -> None:
        record = await control.record()
        if record.candidate and version is None:
            took = await control.serve(lambda now: now.but(candidate=0, percent=0.0))
            await control.note("dropped", record.candidate, why)
            out.print(f"version {record.candidate} is dropped; {record.serving} serves everywhere after {took}")
            return
        wanted = version or record.previous
        if not wanted:
            raise fail(f"no version served before {record.serving}: nothing to go back to")
        if wanted == record.serving:
            raise fail(f"version {wanted} serves already")
        try:
            serving, earlier = await control.store.sources(record.serving), await control.store.sources(wanted)
            sources = [without_private(one) for one in with_keys(earlier, serving)]
            number = wanted
            if [one.digest for one in sources] != [one.digest for one in earlier]:
                number = await control.store.next_number()
                told = f"{wanted} with the keys of {record.serving}"
                compiler = new_compiler(control.settings, await start.first_version(control.settings))
                await control.store.put(compiler.compile(sources, number), sources, me(), time.time(), why or told)
        except BadTenant as error:
            raise fail(str(error)) from None
        await control.prepare(number)
        took = await control.serve(lambda now: now.given(number, 100))
        await control.note(f"rolled back to {wanted}: serves as", number, why, changes.summary(serving, sources))
        out.print(f"version {number} serves everywhere after {took}")

    run(ConfigControl, read_settings(), work)


def with_keys(earlier: list[Source], serving: list[Source]) -> list[Source]:
    """Earlier tenants with the keys they have now: a key that was taken away must not come back with old replies."""
    now = {one.tenant: one for one in serving}
    return [
        msgspec.structs.replace(
            one, keys=now[one.tenant].keys, keys_where=now[one.tenant].keys_where, signs=now[one.tenant].signs
        )
        if one.tenant in now
        else one
        for one in earlier
    ]
