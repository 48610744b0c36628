"""Which figures of two sides are compared?"""

from collections.abc import Callable, Sequence
from math import floor

import msgspec

from loadtest.report import noise, timeline
from loadtest.report.figures import Figure, between, paired, seconds
from loadtest.report.noise import Sample
from loadtest.seen.record import Percentiles, Record

LATENCIES = ("p50", "p90", "p95", "p99", "mean")
Side = Sequence[Record]


def of_turns(a: Side, b: Side) -> list[Figure]:
    """What customers notice."""
    if len(a) > 1 or len(b) > 1:
        return _whole(a, b, LATENCIES)
    latencies = _rounds(a[0], b[0]) or _latencies_of_seconds(a[0], b[0])
    return [one for one in [*latencies, _answered(a[0], b[0]), _errors(a[0], b[0])] if one is not None]


def of_whole_runs(a: Side, b: Side) -> list[Figure]:
    """The figures of the two reports, which one run a side cannot judge."""
    return _whole(a, b, (*LATENCIES, "max")) if len(a) == len(b) == 1 else []


def _whole(a: Side, b: Side, latencies: Sequence[str]) -> list[Figure]:
    def total(name: str) -> Callable[[Record], float]:
        return lambda one: float(getattr(one.total, name))

    return [
        *(between(name, "ms", "more", *_both(a, b, total(name))) for name in latencies),
        between("within 50 ms", "", "less", *_both(a, b, total("within_50_ms")), share=True),
        between("answered", "turns/s", "less", *_both(a, b, timeline.rate)),
        between("errors", "", "more", *_both(a, b, _error_share), share=True),
        between("contexts lost", "", "more", *_both(a, b, lambda one: len(one.context_failures))),
    ]


def _both(a: Side, b: Side, of: Callable[[Record], float]) -> tuple[list[float], list[float]]:
    return [of(one) for one in a], [of(one) for one in b]


def _error_share(record: Record) -> float:
    return sum(record.errors.values()) / record.offered if record.offered else 0.0


def _rounds(a: Record, b: Record) -> list[Figure]:
    """Empty where either has too few rounds."""
    if min(len(a.rounds), len(b.rounds)) < noise.FEWEST_PARTS:
        return []
    shared = set(a.rounds[0]).intersection(*a.rounds, *b.rounds)
    return [_of_rounds(name, a, b) for name in LATENCIES if name in shared]


def _of_rounds(name: str, a: Record, b: Record) -> Figure:
    before, after = (noise.sample("rounds", [part[name] for part in one.rounds]) for one in (a, b))
    return Figure(name, "ms", before.value, after.value, "more", noise.of_parts(before, after, True))


def _latencies_of_seconds(a: Record, b: Record) -> list[Figure | None]:
    """The mean over the seconds in which both answered."""
    left, right = (msgspec.structs.replace(one, series=[second for second in one.series if second.answered]) for one in (a, b))

    def of(name: str) -> tuple[Sample, Sample] | None:
        return seconds(left, right, lambda second: float(getattr(second, name)))

    return [paired(name, "ms", "more", of(name)) for name in ("p50", "p95", "p99")]


def _answered(a: Record, b: Record) -> Figure | None:
    return paired("answered", "turns/s", "less", seconds(a, b, lambda one: one.answered))


def _errors(a: Record, b: Record) -> Figure | None:
    found = seconds(a, b, lambda one: sum(one.errors.values()), lambda one: one.offered)
    return paired("errors", "", "more", found, share=True)


# ---- the layers ----


def of_layers(a: Side, b: Side) -> list[Figure]:
    """Which share of the answers each gave, and how slowly. Only those that both sides have."""
    shared = set[str].intersection(*(_answering(one) for one in [*a, *b]))
    found = []
    for name in timeline.layer_order(shared):
        found.append(_share(name, a, b))
        found += [_layer_latency(name, p, a, b) for p in ("p95", "p99")]
    return [one for one in found if one is not None]


def _answering(record: Record) -> set[str]:
    return {name for name, of in record.layers.items() if of.count}


def _share(name: str, a: Side, b: Side) -> Figure | None:
    if len(a) == len(b) == 1:
        found = seconds(a[0], b[0], lambda one: one.layers.get(name, 0), lambda one: sum(one.layers.values()))
        return paired(f"{name}: share", "", "", found, share=True)

    def of(one: Record) -> float:
        return one.layers[name].count / sum(layer.count for layer in one.layers.values())

    return between(f"{name}: share", "", "", *_both(a, b, of), share=True)


def _layer_latency(name: str, percentile: str, a: Side, b: Side) -> Figure:
    def of(one: Record) -> float:
        found: Percentiles = one.layers[name]
        return float(getattr(found, percentile))

    return between(f"{name}: {percentile}", "ms", "more", *_both(a, b, of))


# ---- the processes ----


def of_processes(a: Side, b: Side) -> list[Figure]:
    """Processor, in cores; memory when the run ended, MB. Only those that both sides have."""
    shared = set[str].intersection(*({one.name for one in record.processes} for record in [*a, *b]))
    return [figure for name in sorted(shared) for figure in (_processor(name, a, b), _memory(name, a, b)) if figure is not None]


def _readings(record: Record, name: str) -> dict[int, float]:
    """Cores by whole second."""
    return {floor(one.t): one.processor for one in record.processes if one.name == name}


def _processor(name: str, a: Side, b: Side) -> Figure | None:
    if len(a) == len(b) == 1:
        left, right = _readings(a[0], name), _readings(b[0], name)
        both = sorted(left.keys() & right.keys())
        samples = [noise.sample(name, [side[t] for t in both]) for side in (left, right)]
        return paired(f"{name}: processor", "cores", "more", (samples[0], samples[1]))

    def of(one: Record) -> float:
        values = list(_readings(one, name).values())
        return sum(values) / len(values)

    return between(f"{name}: processor", "cores", "more", *_both(a, b, of))


def _memory(name: str, a: Side, b: Side) -> Figure:
    def of(one: Record) -> float:
        return max((reading for reading in one.processes if reading.name == name), key=lambda reading: reading.t).memory

    return between(f"{name}: memory, end", "MB", "more", *_both(a, b, of))
