"""What would a spike look like in which Triton is killed? Made up from a seed, for tests: nothing here was measured."""

from collections import Counter
from typing import Any

import msgspec
import numpy as np

from loadtest.seen.record import (
    ContextFailure,
    Event,
    Gate,
    Group,
    Percentiles,
    Reading,
    Record,
    Redis,
    Second,
    Triton,
)

SECONDS = 180
KILLED, BACK = 72, 79
TENANTS = {"shop": 0.6, "telecom": 0.25, "bank": 0.15}
SHARES = {"l3_hot": 0.78, "l5_dialogue": 0.14, "l6_recall": 0.05, "l7_fallback": 0.03}
MEDIAN_MS = {"l3_hot": 1.9, "l5_dialogue": 19.0, "l6_recall": 16.0, "l7_fallback": 23.0}
SPREAD = {"l3_hot": 0.45, "l5_dialogue": 0.5, "l6_recall": 0.45, "l7_fallback": 0.6}  # of the logarithm
PROCESSES = {"nginx": (0.02, 1.5e-4, 54), "shim-0": (0.03, 2.1e-4, 69), "redis": (0.01, 7e-5, 79), "triton": (0.02, 1.2e-4, 109)}


def rate(t: int) -> int:
    """Turns due in this second: 200, fifteen times that within 10 s, 30 s of it, and back."""
    grown = np.interp(t, [0, 50, 60, 90, 100, SECONDS], [1, 1, 15, 15, 1, 1])
    return int(200 * grown)


def percentiles(values: np.ndarray[Any, np.dtype[np.float64]]) -> Percentiles:
    p50, p90, p95, p99 = (round(float(one), 2) for one in np.percentile(values, [50, 90, 95, 99]))
    mean, most = round(float(values.mean()), 2), round(float(values.max()), 2)
    return Percentiles(len(values), mean, p50, p90, p95, p99, most, round(float((values <= 50).mean()), 4))


class Maker:
    """slower: every latency times this. noise: how much one second differs from the next, of the logarithm."""

    def __init__(self, seed: int, slower: float, noise: float) -> None:
        self.rng = np.random.default_rng(seed)
        self.slower, self.noise = slower, noise
        self.latencies: dict[tuple[str, str], list[Any]] = {(t, one): [] for t in TENANTS for one in SHARES}
        self.seconds: list[Second] = []
        self.steady: list[Any] = []

    def second(self, t: int) -> None:
        due = int(self.rng.poisson(rate(t)))
        lost = KILLED <= t < BACK
        shares = dict(SHARES)
        if lost:
            shares |= {"l7_fallback": 0.17, "l5_dialogue": 0.05, "l6_recall": 0.0}
        weights = np.array(list(shares.values())) / sum(shares.values())
        errors = {"503": int(self.rng.binomial(due, 0.012))} if t in (KILLED, KILLED + 1) else {}
        errors |= {"timeout": int(self.rng.binomial(due, 0.004))} if t == KILLED else {}
        answered = 0 if t == 130 else due - sum(errors.values())  # a second in which nothing came back
        errors = {"connection": due} if t == 130 else {code: count for code, count in errors.items() if count}
        counts = dict(zip(shares, self.rng.multinomial(answered, weights).tolist(), strict=True))
        busy = self.slower * (1 + (rate(t) / 3400) ** 4) * float(np.exp(self.rng.normal(0, self.noise)))
        drawn = [self.drawn(layer, count, busy * (2.5 if lost else 1)) for layer, count in counts.items()]
        every = np.concatenate(drawn)
        p50, p95, p99 = np.percentile(every, [50, 95, 99]).round(2).tolist() if answered else (0.0, 0.0, 0.0)
        layers = {layer: count for layer, count in counts.items() if count}
        self.seconds.append(Second(t, 600, due, answered, errors, p50, p95, p99, layers))
        if t < 50:
            self.steady.append(every)

    def drawn(self, layer: str, count: int, busy: float) -> Any:
        values = MEDIAN_MS[layer] * busy * np.exp(self.rng.normal(0, SPREAD[layer], count))
        owners = self.rng.choice(len(TENANTS), count, p=list(TENANTS.values()))
        for at, tenant in enumerate(TENANTS):
            self.latencies[tenant, layer].append(values[owners == at])
        return values

    def groups(self) -> list[Group]:
        kept = {key: np.concatenate(values) for key, values in self.latencies.items()}
        answered = [Group(tenant, layer, percentiles(all_), {}) for (tenant, layer), all_ in kept.items() if len(all_)]
        lost = Counter[str]()
        for second in self.seconds:
            lost.update(second.errors)
        halves = {code: count // 2 for code, count in lost.items()}
        others = {code: count - halves[code] for code, count in lost.items()}
        return [*answered, Group("shop", "none", None, halves), Group("bank", "none", None, others)]

    def by_layer(self) -> dict[str, Percentiles]:
        return {
            layer: percentiles(np.concatenate([one for tenant in TENANTS for one in self.latencies[tenant, layer]]))
            for layer in SHARES
        }

    def rounds(self, parts: int = 10) -> list[dict[str, float]]:
        length = len(self.steady) // parts
        pieces = [np.concatenate(self.steady[at * length : (at + 1) * length]) for at in range(parts)]
        figures = [(percentiles(one), len(one) / length) for one in pieces]
        return [{"p50": of.p50, "p95": of.p95, "p99": of.p99, "mean": of.mean, "per_s": per_s} for of, per_s in figures]

    def processes(self) -> list[Reading]:
        found = []
        for name, (rest, a_turn, memory) in PROCESSES.items():
            for second in self.seconds:
                if name == "triton" and KILLED <= second.t < BACK:
                    continue
                used = (rest + a_turn * second.answered) * float(np.exp(self.rng.normal(0, 0.06)))
                grown = memory * (1 + 0.0006 * second.t) + (2 if second.t > 60 else 0)
                found.append(Reading(second.t + 0.4, name, round(used, 3), round(grown, 1)))
        return found

    def triton(self) -> list[Triton]:
        found = []
        for second in self.seconds:
            if KILLED <= second.t < BACK:
                continue
            per_s = 0.2 * second.answered
            batch = 1 + 15 * float(1 - np.exp(-per_s / 260))
            queue = 0.4 + 6 * (per_s / 600) ** 3
            found.append(Triton(second.t + 0.4, per_s, per_s / batch, round(batch, 2), round(queue, 2), round(3 + batch / 4, 2)))
        return found

    def redis(self) -> list[Redis]:
        return [Redis(one.t + 0.4, 40 + 1.6 * one.answered, round(20 + one.t * 0.05, 2)) for one in self.seconds]


EVENTS = [
    Event(50.0, "shape", "15 times within 10 s"),
    Event(72.0, "killed", "triton pid 4711"),
    Event(72.6, "breaker", "open"),
    Event(79.1, "breaker", "closed"),
    Event(100.0, "shape", "back"),
    Event(140.2, "rollout", "canary 2 at 1 %"),
]
FAILURE = ContextFailure(73.2, "telecom", "c-1041", 3, "bill_query month=2026-09", "clarify: which month")


def spike(seed: int = 7, slower: float = 1.0, noise: float = 0.03) -> Record:
    """Three minutes, three tenants, four layers; Triton dies in the middle of the peak and comes back."""
    made = Maker(seed, slower, noise)
    for t in range(SECONDS):
        made.second(t)
    total = percentiles(np.concatenate([one for values in made.latencies.values() for one in values]))
    offered = sum(one.offered for one in made.seconds)
    errors: dict[str, int] = {}
    for second in made.seconds:
        for code, count in second.errors.items():
            errors[code] = errors.get(code, 0) + count
    share = round(100 * sum(errors.values()) / offered, 3)
    return Record(
        scenario="spike",
        model="open",
        url="http://127.0.0.1:8080",
        tenants=list(TENANTS),
        seed=seed,
        started="2026-11-27T20:14:03+00:00",
        seconds=SECONDS,
        command="python -m loadtest --scenario spike --rate 200 --seed 7",
        machine={"cpu": "an imagined processor", "cores": 2, "memory_mb": 8192, "kernel": "6.1", "nginx": "nginx/1.22.1"},
        plan={
            "rate_per_s": 200,
            "rows": [{"seconds": 50, "rate_per_s": 200}, {"seconds": 10, "rate_per_s": 3000, "shape": "ramp"}],
        },
        total=total,
        offered=offered,
        errors=errors,
        layers=made.by_layer(),
        groups=made.groups(),
        rounds=made.rounds(),
        series=made.seconds,
        processes=made.processes(),
        triton=made.triton(),
        redis=made.redis(),
        events=EVENTS,
        gates=[
            Gate("p95", "under 300", total.p95, "ms", total.p95 < 300),
            Gate("p99", "under 420", total.p99, "ms", total.p99 < 420),
            Gate("errors", "at most 0.17", share, "%", share <= 0.17),
            Gate("within 50 ms", "at least 90", round(100 * total.within_50_ms, 1), "%", total.within_50_ms >= 0.9),
            Gate("context failures", "none", 1, "", False),
            Gate("memory slope of nginx", "at most 1", None, "MB/min", True),
        ],
        context_failures=[FAILURE],
        figures={"sent_twice": 412.0, "late_p99_ms": 3.1},
        missing=["no dialogues about restaurants among the questions out of scope"],
    )


def bare(record: Record) -> Record:
    """The same run where nothing but turns could be seen, and nothing went wrong."""
    return msgspec.structs.replace(
        record,
        errors={},
        groups=[],
        rounds=[],
        series=[msgspec.structs.replace(one, errors={}) for one in record.series],
        processes=[],
        triton=[],
        redis=[],
        events=[],
        gates=[],
        context_failures=[],
        knee=None,
        figures={},
        missing=[],
    )
