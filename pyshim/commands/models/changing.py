"""How does a version come, and go?

    load       checked on disk, against every tenant, in Triton, and once more from outside; then everybody has it, and no turns
    canary     ... and it gets a share of the users
    promote    ... in steps all of them; the old version is unloaded
    rollback   the candidate goes; or, without one, the version before the stable one comes back

A version that is refused changes nothing.
"""

import time
from typing import Annotated

import typer

from pyshim.agreement.records import me
from pyshim.commands.control import run
from pyshim.commands.models.control import ModelControl
from pyshim.commands.terminal import fail, out, read_settings
from pyshim.errors import BadTenant, TritonAway
from pyshim.rollout.rollout import Rollout
from pyshim.rollout.steps import STEPS
from pyshim.settings import Settings
from pyshim.tenants.compile import compile_all
from pyshim.understanding.folder import SENTENCES, IncompleteVersion, check, scores, versions

VersionArgument = Annotated[int, typer.Argument(min=1, metavar="VERSION", help="number of a version folder")]
NEAR = 0.05  # eight-bit scores of one sentence differ by less between two runs
GRACE_S = 30.0


def load(version: VersionArgument) -> None:
    """Check a version and have everybody load it; it gets no turns yet."""
    run(ModelControl, read_settings(), lambda control: _loaded(control, version))
    out.print(f"version {version} is loaded everywhere; `sluice models canary {version} --percent 1` gives it users")


def canary(
    version: VersionArgument,
    percent: Annotated[float, typer.Option(min=0, max=99, help="share of the users it gets; `promote` gives it all")] = 1.0,
) -> None:
    """Give a version a share of the users (loads it first if need be)."""

    async def work(control: ModelControl) -> None:
        await _loaded(control, version)
        began = time.time()

        def give(record: Rollout) -> Rollout:
            if record.candidate != version:
                raise fail(_gone(record, version))
            who, share = me(), {"wanted": percent, "goal": "hold", "since": record.since}
            return record.but(who, f"canary {version} at {percent:g} %", **share)

        await control.change(give)
        done = await control.until(lambda record: record.candidate != version or record.percent == percent, began, GRACE_S)
        if done.candidate != version:
            raise fail(_gone(done, version))

    run(ModelControl, read_settings(), work)


def promote() -> None:
    """Take the candidate to all users, step by step, and follow it until it is the stable version or rolled back."""

    async def work(control: ModelControl) -> None:
        began = time.time()

        def go(record: Rollout) -> Rollout:
            if not record.candidate:
                raise fail(f"no candidate beside the stable version {record.stable}; `sluice models canary VERSION` first")
            return record.but(me(), f"promote {record.candidate}", goal="promote", since=record.since)

        version = (await control.change(go)).candidate
        s = control.settings
        patience_s = s.rollout_load_s + (len(STEPS) + 1) * (max(s.rollout_step_s, s.rollout_step_max_s) + GRACE_S)
        done = await control.until(lambda record: record.candidate != version, began, patience_s)
        if done.stable != version:
            raise fail(_gone(done, version))
        out.print(f"version {version} is the stable one")

    run(ModelControl, read_settings(), work)


def rollback() -> None:
    """Drop the candidate; without one, go back to the version before the stable one."""

    async def work(control: ModelControl) -> None:
        began = time.time()

        def back(record: Rollout) -> Rollout:
            if record.candidate:
                return record.without_candidate(me(), f"rolled back {record.candidate} by hand")
            if not record.previous:
                raise fail(f"no candidate, and no version before {record.stable} is known: nothing to go back to")
            _check(control.settings, record.previous)
            return record.with_candidate(me(), record.previous, goal="return", why="return to")

        wanted = (await control.change(back)).candidate
        done = await control.until(lambda record: not record.candidate, began, control.settings.rollout_load_s + GRACE_S)
        if wanted and done.stable != wanted:
            raise fail(_gone(done, wanted))
        out.print(f"version {done.stable} is the stable one")

    run(ModelControl, read_settings(), work)


def _check(known: Settings, version: int) -> None:
    """Is the version whole, and does it know every tenant's intents?"""
    student = known.student
    if version not in versions(student):
        listed = ", ".join(map(str, versions(student))) or "none"
        raise fail(f"{student}: no version {version}; there are: {listed}")
    try:
        check(student / str(version), known.triton_python)
        compile_all(known, version)
    except (IncompleteVersion, BadTenant) as error:
        raise fail(f"version {version} is refused, nothing was changed: {error}") from None


async def _loaded(control: ModelControl, version: int) -> None:
    """Everybody has this version as the candidate, and Triton says with it what the files say."""
    control.asks_triton()
    record = await control.record()
    if record.candidate == version and record.compared == record.attempt:
        return
    _check(control.settings, version)
    began = time.time()

    def name(record: Rollout) -> Rollout:
        if record.stable == version:
            raise fail(f"version {version} is the stable one already")
        if record.candidate:
            raise fail(f"version {record.candidate} is the candidate; `sluice models rollback` drops it first")
        return record.with_candidate(me(), version)

    if record.candidate != version:
        await control.change(name)
    done = await control.until(
        lambda record: record.loaded or record.candidate != version, began, control.settings.rollout_load_s + GRACE_S
    )
    if done.candidate != version:
        raise fail(_gone(done, version))
    await _compare(control, version)


async def _compare(control: ModelControl, version: int) -> None:
    """Triton's scores of a few sentences against those of the files on disk, before the first customer sees them."""
    try:
        wanted = scores(control.settings.student / str(version), SENTENCES, control.settings.triton_python)
        found = [(await control.repository.scores([text], version))[0] for text in SENTENCES]
    except (TritonAway, IncompleteVersion) as error:
        wrong = str(error)
    else:
        apart = max(float(abs(ours - theirs).max()) for ours, theirs in zip(wanted, found, strict=True))
        wrong = "" if apart <= NEAR else f"scores by Triton and from the files are {apart:.2g} apart, at most {NEAR} is wanted"
    if not wrong:
        await control.change(lambda record: record.but(me(), f"compared {version}", compared=record.attempt, since=record.since))
    else:
        await control.change(lambda record: record.without_candidate(me(), f"refused {version}: {wrong}"))
        raise fail(f"version {version} is refused, nothing was changed: {wrong}")


def _gone(record: Rollout, version: int) -> str:
    """Why the version is no candidate any more, as far as the record says."""
    about = [event.what for event in record.events if f" {version}" in event.what]
    reason = about[-1] if about else f"version {version} was dropped"
    return f"{reason}; version {record.stable} serves on"
