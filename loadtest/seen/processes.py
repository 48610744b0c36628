"""What does each process use meanwhile? Processor and memory (PSS) by name, from pid files; children count with their parents."""

import os
from collections.abc import Iterable

from loadtest.seen import memory, processor
from loadtest.seen.record import Reading
from pyshim.settings import Settings

GENERATOR = "load generator"


class Processes:
    """CPU and PSS by name, from pid files and of the generators; children count with their parents."""

    def __init__(self, settings: Settings | None, generators: Iterable[int] = ()) -> None:
        self._run = settings.run if settings else None
        self._generators = list(generators)
        self._before: dict[str, tuple[float, float]] = {}
        self.readings: list[Reading] = []

    def of_generators(self, pids: list[int]) -> None:
        """The processes that send, once they are there."""
        self._generators = list(pids)

    def _named(self) -> dict[str, list[int]]:
        found: dict[int, str] = {}
        for path in sorted(self._run.glob("*.pid")) if self._run else []:
            if path.stem != "launcher":
                found.setdefault(int(path.read_text()), path.stem.removesuffix("-master"))
        named = {name: [pid] for pid, name in found.items()}
        return {**named, GENERATOR: self._generators} if self._generators else named

    def look(self, t: float) -> None:
        for name, pids in self._named().items():
            try:
                spent = sum(processor.seconds(pid) for pid in pids) + (_own() if name == GENERATOR else 0.0)
                held = sum(memory.pss_mb(pid) for pid in pids)
            except (OSError, StopIteration):  # it ended a moment ago
                continue
            then, before = self._before.get(name, (t, spent))
            if t > then and spent >= before:
                self.readings.append(Reading(round(t, 2), name, round((spent - before) / (t - then), 3), round(held, 1)))
            self._before[name] = (t, spent)


def _own() -> float:
    """Processor time of this process without its children, which are sluice itself, s."""
    times = os.times()
    return times.user + times.system
