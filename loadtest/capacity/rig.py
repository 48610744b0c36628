"""What is loaded, at which pace, and what did each part spend on it? A sluice of its own, wrk, and the kernel's counts.

The pace is chosen by what the parts spend, never by how much they could take: what is measured here knows nothing of the knee.
"""

import os
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from loadtest.bench import holders, layers, wrk
from loadtest.bench.sequence import turns
from loadtest.bench.wrk import Load, Run
from loadtest.capacity.service import PARTS, Seen
from loadtest.place import stack, store
from loadtest.seen import processor
from loadtest.seen.memory import PROC, family
from loadtest.seen.watch import fetch, summed
from loadtest.what.scouting import scouted
from loadtest.what.sentences import Corpus
from pyshim.settings import MODEL, Settings, read_settings
from pyshim.tenants.compile import compile_all

EDGE_WORKERS = 2
CONNECTIONS = 96  # of wrk: enough that a moderate pace never waits for one
WARM_S = 2.0
FIRST_HOT_PER_S, FIRST_DEEP_PER_S = 400.0, 60.0  # a careful first pace
MEANT, SCATTERS = 0.01, 5.0  # the share for Triton may differ by so much from what was meant, and by chance
LABEL = f'model="{MODEL}"'

Counts = dict[str, tuple[float, float]]  # by part: processor seconds, and times that it was woken


def _wakes(pid: int) -> int:
    """Of a process and its children, all threads: how often they had nothing to do and were woken."""
    found = 0
    for one in family(pid):
        for path in (PROC / str(one) / "task").glob("*/status"):
            line = next(line for line in path.read_text().splitlines() if line.startswith("voluntary_ctxt_switches"))
            found += int(line.split()[1])
    return found


@dataclass(frozen=True, slots=True)
class Rig:
    """files: what wrk sends, by share of turns for Triton."""

    settings: Settings
    url: str
    files: dict[float, Path]
    questions: dict[str, Corpus]

    @property
    def cores(self) -> int:
        """That all parts share, wrk among them."""
        return len(os.sched_getaffinity(0))

    def pids(self) -> dict[str, list[int]]:
        """By part."""
        found: dict[str, list[int]] = {}
        for path in sorted(self.settings.run.glob("*.pid")):
            part = {"nginx": "edge"}.get(path.stem, path.stem.rstrip("0123456789").rstrip("-"))
            found.setdefault(part, []).append(int(path.read_text()))
        return {part: found[part] for part in PARTS if part in found}

    def counts(self) -> Counts:
        """So far."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)  # children that have ended: wrk, each time
        found = {"generator": (used.ru_utime + used.ru_stime, float(used.ru_nvcsw))}
        for part, pids in self.pids().items():
            found[part] = sum(map(processor.seconds, pids)), float(sum(map(_wakes, pids)))
        return found

    def clear(self) -> None:
        """Every measurement begins with an empty Redis."""
        store.emptied(self.settings)

    def crowd(self, folder: Path, count: int) -> Path:
        """Hot turns of so many more users, who come once a round."""
        asking = holders.mint(self.settings, sorted(self.questions), count, "crowd")
        return wrk.write(folder / "crowd.tsv", turns(asking, self.questions, 0.0)[:count])

    def run(self, file: Path, seconds: float, rate: float | None, connections: int = CONNECTIONS) -> Run:
        """rate: None for as fast as it goes. Raises BadRun."""
        return wrk.run(Load(f"{self.url}/v1/chat", file, connections, rate), seconds)

    def paced(self, share: float, rate: float, seconds: float, file: Path | None = None) -> Seen:
        """What so many turns a second cost each part, after a warm-up. Raises BadRun, Unexpected."""
        sent = file or self.files[share]
        self.clear()
        self.run(sent, min(seconds, WARM_S), rate)
        answered, batches, before = layers.read(self.settings), self.batches(), self.counts()
        run = self.run(sent, seconds, rate)
        after, more = self.counts(), self.batches()
        counted = layers.read(self.settings) - answered
        layers.check(counted, share, MEANT + SCATTERS * sqrt(share * (1 - share) / max(1, counted.total())))
        questions, executions = (now - then for now, then in zip(more, batches, strict=True))
        spent = {
            part: tuple((now - then) / run.seconds for now, then in zip(after[part], before[part], strict=True)) for part in after
        }
        return Seen(
            share=share if share in (0.0, 1.0) else layers.deep_share_of(counted),
            per_s=run.per_s,
            busy={part: one[0] for part, one in spent.items()},
            wakes={part: one[1] for part, one in spent.items()},
            batch=questions / executions if executions else 0.0,
            p50_ms=run.p50_ms,
            p99_ms=run.p99_ms,
        )

    def batches(self) -> tuple[float, float]:
        """Questions, and executions, of the student so far."""
        found = fetch(f"http://127.0.0.1:{self.settings.triton_metrics_port}/metrics")
        return summed(found, "nv_inference_count", LABEL), summed(found, "nv_inference_exec_count", LABEL)


def climb(rig: Rig, share: float, levels: Sequence[float], seconds: float) -> Iterator[Seen]:
    """A careful pace finds what a turn costs; then the paces at which all cores together would be busy to these levels."""
    seen = rig.paced(share, share * FIRST_DEEP_PER_S + (1 - share) * FIRST_HOT_PER_S, seconds)
    yield seen
    for level in levels:
        seen = rig.paced(share, level * rig.cores / sum(seen.busy.values()) * seen.per_s, seconds)
        yield seen


@contextmanager
def standing(folder: Path, people: int, shares: Sequence[float], tenants: Sequence[str] = ()) -> Iterator[Rig]:
    """tenants: some of them; all where empty. Raises CannotStart, TooFewQuestions."""
    env = stack.environment(folder, EDGE_WORKERS)
    with stack.sluice(folder, env) as service:
        settings = read_settings(env)
        compiled = compile_all(settings)
        names = sorted(tenants or compiled.tenants)
        questions = scouted(service.url, compiled, holders.mint(settings, names, len(names), "scout"))
        asking = holders.mint(settings, sorted(questions), people)
        files = {share: wrk.write(folder / f"turns-{share:g}.tsv", turns(asking, questions, share)) for share in shares}
        yield Rig(settings, service.url, files, questions)
