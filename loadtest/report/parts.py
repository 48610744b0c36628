"""What did the processes, Triton and Redis do meanwhile?"""

from collections.abc import Sequence
from statistics import fmean
from typing import Literal

from loadtest.report import units
from loadtest.report.plot import Line, Plot
from loadtest.seen.record import Reading, Record, Redis, Triton

COLOURS = {"nginx": 0, "redis": 5, "triton": 1, "load generator": 7}
OTHERS = (2, 3, 6, 4)  # shims and whatever else ran
JOINED = 2.5  # readings are taken about once a second; one may be late


def processes(record: Record) -> list[Plot]:
    if not record.processes:
        return []
    return [_processor(record.processes), _memory(record.processes)]


def _processor(readings: Sequence[Reading]) -> Plot:
    lines = _by_name(readings, "processor")
    return Plot("processor", "Processor", "cores", lines, "1.0 is one core busy all the time.", joined=JOINED)


def _memory(readings: Sequence[Reading]) -> Plot:
    note = "PSS: a page shared by n processes counts 1/n for each."
    return Plot("memory", "Memory", "MB", _by_name(readings, "memory"), note, joined=JOINED)


def _by_name(readings: Sequence[Reading], field: Literal["processor", "memory"]) -> list[Line]:
    kept: dict[str, list[tuple[float, float]]] = {}
    for one in sorted(readings, key=lambda reading: reading.t):
        kept.setdefault(one.name, []).append((one.t, getattr(one, field)))
    others = [name for name in sorted(kept) if name not in COLOURS]
    colours = COLOURS | {name: OTHERS[at % len(OTHERS)] for at, name in enumerate(others)}
    return [Line(name, kept[name], colours[name], _told(kept[name], field)) for name in sorted(kept)]


def _told(points: Sequence[tuple[float, float]], field: str) -> str:
    values = [value for _, value in points]
    if field == "memory":
        return f"{units.number(values[0])} → {units.number(values[-1])} MB"
    return f"mean {units.number(fmean(values))}, max {units.number(max(values))}"


def triton(readings: Sequence[Triton]) -> list[Plot]:
    if not readings:
        return []
    asked = Line("questions", [(one.t, one.per_s) for one in readings], 1)
    runs = Line("executions", [(one.t, one.executions_per_s) for one in readings], 7)
    batch = Line("questions in an execution", [(one.t, one.batch) for one in readings], 1)
    queue = Line("waiting in the queue", [(one.t, one.queue_ms) for one in readings], 5)
    compute = Line("being computed", [(one.t, one.compute_ms) for one in readings], 2)
    return [
        Plot("triton", "Triton: questions", "1/s", [asked, runs], joined=JOINED),
        Plot("batches", "Triton: batch size", "questions", [batch], joined=JOINED, least=1),
        Plot("queue", "Triton: time of a question", "ms", [queue, compute], log=True, worst=True, joined=JOINED),
    ]


def redis(readings: Sequence[Redis]) -> list[Plot]:
    if not readings:
        return []
    commands = Line("commands", [(one.t, one.commands_per_s) for one in readings], 5)
    memory = Line("used", [(one.t, one.memory) for one in readings], 5)
    return [
        Plot("redis", "Redis: commands", "1/s", [commands], joined=JOINED),
        Plot("redis-memory", "Redis: memory of its data", "MB", [memory], joined=JOINED),
    ]
