"""How much does it hold, what happens at a peak, what is forgotten? `python -m loadtest --scenario spike`: see --help.

Exits with 0 where all gates hold, 1 where one is broken, 2 where no load could be made.
"""

import argparse
import importlib.util
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import locust  # noqa: F401  first: it makes what the others import wait without blocking
import msgspec

from loadtest.place import stack
from loadtest.running import kill, master, planning, progress, target
from loadtest.running.target import NoTarget, Target
from loadtest.seen import machine, record, recording, watch
from loadtest.seen.record import Record
from loadtest.seen.recording import About
from loadtest.verdict import gates
from loadtest.verdict.gates import BadGate, Wanted
from pyshim.errors import BadTenant
from pyshim.settings import ROOT, read_settings
from triton_models.build.corpus import CorpusError

RESTART_SHIMS = 2  # one dies, the other goes on


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="loadtest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    planning.add(parser)
    parser.add_argument("--url", help="a sluice elsewhere; without it one is started for this run")
    parser.add_argument("--operations-url", help="its operations port, for breakers and versions")
    parser.add_argument("--local", action="store_true", help="the sluice that runs here, by the settings of the environment")
    parser.add_argument("--workers", type=int, default=1, help="processes that send")
    parser.add_argument("--kill", choices=kill.PARTS, default="shim", help="what the scenario restart kills")
    parser.add_argument("--gate", action="append", default=[], metavar="NAME=LIMIT", help="another limit; p99= for none")
    parser.add_argument("--out", type=Path, help="where record and report go; var/load/<scenario>-<date>-<time> else")
    return parser.parse_args(given)


@contextmanager
def targeted(told: argparse.Namespace, folder: Path) -> Iterator[Target]:
    """Raises NoTarget, stack.CannotStart."""
    wanted = planning.wanted(told)
    if told.url:
        file, keys = planning.path(told.tokens), planning.path(told.keys)
        yield target.elsewhere(told.url, read_settings(), wanted, file, keys, told.operations_url)
    elif told.local:
        yield target.running(read_settings(), wanted)
    else:
        say("starting a sluice for this run")
        with target.started(folder, wanted, RESTART_SHIMS if told.scenario == "restart" else 1) as one:
            yield one


def measured(told: argparse.Namespace, folder: Path, to: Target, limits: Wanted) -> Record:
    """Makes the load. Raises what planned() does, master.CannotRun."""
    plan, missing = planning.planned(told, to, told.workers)
    for text in [*missing, *to.missing]:
        say(text)
    watching = watch.local(to.settings, []) if to.local else watch.remote(to.operations_url, [])
    load = master.Load(plan, limits, watching.look, progress.show)
    if to.own:
        load.kill = lambda: kill.kill(to.settings, told.kill)
    about = About(
        datetime.now(UTC).isoformat(timespec="seconds"),
        shlex.join(["python", "-m", "loadtest", *sys.argv[1:]]),
        machine.about(to.settings) if to.local else machine.generator(),
        [*missing, *to.missing],
    )
    end = load.run(folder, watching.processes.of_generators)
    progress.end()
    found = recording.record(plan, about, load.told, watching, limits, end, load.held_until)
    return msgspec.structs.replace(found, knee=load.knee) if plan.scenario.ends else found


def reported(folder: Path, found: Record) -> Path:
    """record.json, and the page where it can be made."""
    path = record.write(folder, found)
    if importlib.util.find_spec("loadtest.report") is None:
        return path
    from loadtest import report  # noqa: PLC0415

    return report.write(folder)


def summary(found: Record) -> str:
    lines = [f"{found.scenario}: {found.offered:,} turns in {found.seconds:,.0f} s, {found.model} model, seed {found.seed}"]
    for layer, one in found.layers.items():
        lines.append(f"  {layer:28}{one.count:>10,} turns  p50 {one.p50:8.1f}  p99 {one.p99:8.1f} ms")
    errors = ", ".join(f"{code}: {count:,}" for code, count in found.errors.items())
    lines += [f"  errors: {errors}"] if errors else []
    lines += [f"  knee: {', '.join(f'{name} {value:g}' for name, value in found.knee.items())}"] if found.knee else []
    lines += [
        f"  forgotten: {one.tenant}, {one.conversation}, seq {one.turn}: {one.wanted}; got {one.got}"
        for one in found.context_failures[:5]
    ]
    return "\n".join([*lines, *(f"  {text}" for text in found.missing), "", gates.table(found.gates)])


def main(given: list[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    told = arguments(given)
    now = datetime.now(UTC).astimezone()
    out = told.out or ROOT / "var/load" / f"{told.scenario}-{now:%Y%m%d-%H%M%S}"
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        folder = Path(name)
        try:
            limits = gates.wanted(told.gate)
            with targeted(told, folder) as to:
                found = measured(told, folder, to, limits)
        except (NoTarget, stack.CannotStart, master.CannotRun, BadGate, CorpusError, BadTenant) as error:
            say(f"no load could be made: {error}")
            return 2
    page = reported(out, found)
    print(summary(found))
    print(f"\n{page}")
    return 1 if gates.broken(found.gates) else 0


if __name__ == "__main__":
    sys.exit(main())
