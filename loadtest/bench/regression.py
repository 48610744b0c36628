"""Is it slower than it was? loadtest/results/gate.json says how fast it was, and how far one measurement is from the next.

Turns a second say more of the machine than of sluice. So each is divided by what an empty Lua handler of the same nginx reaches a
moment before and after: the hot path (no Triton), and the mix (8 % for Triton). The baseline is the same measurement several
times over, at several hours: its scatter is the noise. (A neighbour who uses the caches slows what needs them, and hardly an
empty handler: one hour's scatter is not all.) Slower is what lies below the baseline by more than that; it is measured again
before it counts. Each kind of processor has a baseline of its own: the same code makes 0.18 of an empty handler on one and 0.12
on another, whose memory is slower. Where a processor has none, the slowest that is known stands in.

    python -m loadtest.bench.regression             ends with 1 where something is slower
    python -m loadtest.bench.regression --baseline  measures the baseline
    python -m loadtest.bench.regression --more      measures it again at another hour, beside what is known
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, stdev

import msgspec

from loadtest.bench import holders, options, rounds, wrk
from loadtest.bench.edge import CONF, WIDE
from loadtest.bench.options import say
from loadtest.bench.sequence import turns
from loadtest.bench.wrk import BadRun, Load
from loadtest.place import edges, stack
from loadtest.place.stack import CannotStart, free_ports
from loadtest.readme import RESULTS
from loadtest.seen import machine
from loadtest.what import scouting
from pyshim.settings import Settings, read_settings
from pyshim.tenants.compile import compile_all

FILE = "gate.json"
WORKERS, USERS, CONNECTIONS = 2, 2000, 64
CASES = {"hot": 0.0, "mix": rounds.MIX_DEEP}  # share for Triton
EMPTY_S, TURNS_S, WARM_S = 2, 3, 1  # whole seconds: wrk knows no others
BASELINE, AGAIN = 6, 2  # measurements; how often something slow is measured again
SCATTERS, LEAST = 3.0, 0.1  # noise: so many standard deviations; never less, since one day differs from the next, too

Baseline = dict[str, list[float]]
Ratios = dict[str, float]  # case -> turns/s of it / turns/s of an empty handler


class Measured(msgspec.Struct):
    """A baseline, where and when it was measured last, and how far below its median one may lie by chance."""

    machine: dict[str, str | int | float]
    baseline: Baseline
    noise: dict[str, float]


class _File(msgspec.Struct):
    processors: dict[str, Measured]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where to send: case -> load; empty: the handler beside it."""

    settings: Settings
    empty: Load
    loads: Mapping[str, Load]

    def measure(self, how_often: int) -> Ratios:
        """Medians. Raises BadRun."""
        found: dict[str, list[float]] = {name: [] for name in self.loads}
        for _ in range(how_often):
            before = wrk.run(self.empty, EMPTY_S).per_s
            for name, load in self.loads.items():
                wrk.run(load, WARM_S)
                turns = wrk.run(load, TURNS_S).per_s
                after = wrk.run(self.empty, EMPTY_S).per_s
                found[name].append(2 * turns / (before + after))
                before = after
        return {name: round(median(ratios), 5) for name, ratios in found.items()}


@contextmanager
def _standing(folder: Path) -> Iterator[Bench]:
    """A sluice, and beside it an nginx with an empty handler. Raises CannotStart, TooFewQuestions."""
    env = stack.environment(folder, WORKERS)
    port = free_ports(1)[0]
    extra = CONF.read_text(encoding="utf-8").replace("${BENCH_PORT}", str(port))
    with stack.sluice(folder, env) as ours:
        settings = read_settings(env)
        socket, redis = edges.redis(_made(folder / "redis"))  # its own: on sluice's the two would share their limits
        try:
            edge = edges.start(folder, "empty", socket, extra, TENANTS=str(settings.tenants), EDGE_WORKERS=str(WORKERS), **WIDE)
            try:
                yield _bench(folder, settings, ours.url, f"http://127.0.0.1:{port}/empty")
            finally:
                edge.stop()
        finally:
            redis.terminate()
            redis.wait(10)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _bench(folder: Path, settings: Settings, url: str, empty: str) -> Bench:
    compiled = compile_all(settings)
    tenants = sorted(compiled.tenants)
    corpus = scouting.scouted(url, compiled, holders.mint(settings, tenants, len(tenants), "scout"))
    people = holders.mint(settings, list(corpus), USERS)
    files = {name: wrk.write(folder / f"{name}.tsv", turns(people, corpus, deep_share)) for name, deep_share in CASES.items()}
    loads = {name: Load(f"{url}/v1/chat", file, CONNECTIONS) for name, file in files.items()}
    return Bench(settings, Load(empty, files["hot"], CONNECTIONS, named=True), loads)


def noise(measured: Sequence[float]) -> float:
    """As a share of their median: how far below the median of several measurements one may lie by chance."""
    return max(LEAST, SCATTERS * stdev(measured) / median(measured))


def slower(baseline: Mapping[str, Sequence[float]], now: Ratios) -> dict[str, str]:
    """Cases that lie below the baseline by more than noise, with a sentence each."""
    found = {}
    for name, measured in baseline.items():
        was, may = median(measured), noise(measured)
        if now[name] < was * (1 - may):
            found[name] = (
                f"{name}: {now[name]:.4f} of an empty handler, {1 - now[name] / was:.1%} below {was:.4f}; noise is {may:.1%}"
            )
    return found


def _checked(bench: Bench, baseline: Mapping[str, Sequence[float]], how_often: int) -> dict[str, str]:
    """What is slower in every one of at most 1 + AGAIN measurements."""
    worse: dict[str, str] = {}
    for number in range(1 + AGAIN):
        now = bench.measure(how_often)
        say(f"measured {now}")
        found = slower(baseline, now)
        worse = {name: text for name, text in found.items() if number == 0 or name in worse}
        if not worse:
            return {}
    return worse


def read(path: Path, cpu: str) -> Baseline:
    """The baseline for this processor: case -> ratios. Raises OSError, msgspec.DecodeError."""
    known = _known(path)
    if cpu in known:
        return known[cpu].baseline
    say(f"no baseline for {cpu}: the slowest of {', '.join(known)} stands in; --baseline measures one")
    return {case: min((one.baseline[case] for one in known.values()), key=median) for case in CASES}


def _known(path: Path) -> dict[str, Measured]:
    """By processor."""
    return msgspec.json.decode(path.read_bytes(), type=_File).processors


def _measure_baseline(bench: Bench, how_often: int, path: Path, more: bool) -> None:
    """more: beside what is known of this processor, instead of in its place."""
    known = _known(path) if path.exists() else {}
    about = machine.about(bench.settings)
    cpu = str(about["cpu"])
    before = known[cpu].baseline if more and cpu in known else {}
    each = [bench.measure(how_often) for _ in range(BASELINE)]
    baseline = {name: [*before.get(name, []), *(ratios[name] for ratios in each)] for name in CASES}
    found = Measured(about, baseline, {name: round(noise(one), 4) for name, one in baseline.items()})
    options.write(path, {"processors": known | {cpu: found}, "command": "make bench-gate, --baseline"})
    say(f"baseline {baseline}")


def main() -> int:
    parser = options.parser(__doc__, FILE)
    parser.add_argument("--baseline", action="store_true", help="measure how fast it is now, for others to be compared with")
    parser.add_argument("--more", action="store_true", help="measure the baseline once more, at another hour")
    told = parser.parse_args()
    how_often = 1 if told.quick else 3
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        try:
            measures = told.baseline or told.more
            baseline = {} if measures else read(told.result, machine.cpu())
            with _standing(Path(name)) as bench:
                if measures:
                    _measure_baseline(bench, how_often, told.result, told.more)
                    return 0
                worse = _checked(bench, baseline, how_often)
        except (CannotStart, BadRun, scouting.TooFewQuestions, OSError, msgspec.DecodeError) as error:
            say(f"not measured: {error!r}")
            return 2
    print("\n".join(worse.values()) or f"as fast as {RESULTS.name}/{FILE} says, give or take its noise")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
