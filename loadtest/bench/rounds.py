"""What is measured, and in which order?

Each measurement begins alike: an empty Redis, then the same load as warm-up. Odd rounds begin with the peer, so that neither is
always first. Nothing else runs meanwhile, but the other service's idle processes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from loadtest.bench import layers, wrk
from loadtest.bench.holders import User
from loadtest.bench.sequence import turns
from loadtest.bench.wrk import Load, Run
from loadtest.place import store
from loadtest.what.sentences import Corpus
from pyshim.settings import Settings

MIX_DEEP = 0.08
PACED_AT = 0.7
EDGE_CONNECTIONS = 64
TRITON_CONNECTIONS = 96  # more turns in flight fill Triton's batches
PEER_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of load on one service."""

    name: str
    service: str
    deep_share: float
    connections: int
    paced_at: float | None = None  # share of the rate that the case before it reached


SLUICE = (
    Case("hot", "sluice", 0.0, EDGE_CONNECTIONS),
    Case("triton", "sluice", 1.0, TRITON_CONNECTIONS),
    Case("mix", "sluice", MIX_DEEP, EDGE_CONNECTIONS),
    Case("paced", "sluice", MIX_DEEP, TRITON_CONNECTIONS, paced_at=PACED_AT),
)
PEER = (
    Case("peer_hot", "peer", 0.0, PEER_CONNECTIONS),
    Case("peer_mix", "peer", MIX_DEEP, PEER_CONNECTIONS),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What stands ready to be measured. urls: by service; files: by share of deep questions."""

    settings: Settings
    urls: dict[str, str]
    files: dict[float, Path]
    seconds: float
    warm_s: float

    def load(self, case: Case, reached: float) -> Load:
        rate = reached * case.paced_at if case.paced_at is not None else None
        return Load(f"{self.urls[case.service]}/v1/chat", self.files[case.deep_share], case.connections, rate)


def files(folder: Path, users: list[User], corpus: dict[str, Corpus]) -> dict[float, Path]:
    """The turns of every share that some case wants."""
    shares = sorted({case.deep_share for case in SLUICE + PEER})
    return {share: wrk.write(folder / f"turns-{share:g}.tsv", turns(users, corpus, share)) for share in shares}


def _one(bench: Bench, case: Case, reached: float) -> Run:
    store.emptied(bench.settings)
    load = bench.load(case, reached)
    wrk.run(load, bench.warm_s)
    before = layers.read(bench.settings)
    run = wrk.run(load, bench.seconds)
    if case.service == "sluice":
        layers.check(layers.read(bench.settings) - before, case.deep_share)
    return run


def measure(bench: Bench, rounds: int, say: Callable[[str], None]) -> Iterator[tuple[Case, Run]]:
    """Every case in every round. Raises BadRun, Unexpected."""
    for number in range(1, rounds + 1):
        reached = 0.0
        for case in PEER + SLUICE if number % 2 else SLUICE + PEER:
            run = _one(bench, case, reached)
            reached = run.per_s
            say(f"round {number}  {case.name:9} {run.per_s:9,.0f}/s  p50 {run.p50_ms:7.2f} ms  p99 {run.p99_ms:7.2f} ms")
            yield case, run
