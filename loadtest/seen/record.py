"""What was seen during a load? One Record a run: record.json in the run's folder; report.html and `compare` are made from it.

Times t are seconds since the load began; latencies are milliseconds from the intended start of a turn (open model) or from its
sending (closed model); processor is in cores (1.0: one core busy), memory in MB.
"""

from pathlib import Path
from typing import Any, Literal

import msgspec

FILE = "record.json"
VERSION = 1


class Percentiles(msgspec.Struct, forbid_unknown_fields=True):
    """Of count turns; within_50_ms is a share, 0 to 1."""

    count: int
    mean: float
    p50: float
    p90: float
    p95: float
    p99: float
    max: float
    within_50_ms: float


class Second(msgspec.Struct, forbid_unknown_fields=True):
    """One second of the load. offered: turns that were due in it; answered: turns whose intended start lies in it and that were
    answered well; errors by code ("429", "503", "timeout", "connection"); layers: answered turns by layer."""

    t: int
    users: int
    offered: int
    answered: int
    errors: dict[str, int]
    p50: float
    p95: float
    p99: float
    layers: dict[str, int]


class Group(msgspec.Struct, forbid_unknown_fields=True):
    """Turns of one tenant that one layer answered (layer "none": no answer came)."""

    tenant: str
    layer: str
    latency: Percentiles | None
    errors: dict[str, int]


class Reading(msgspec.Struct, forbid_unknown_fields=True):
    """What one process used, about once a second. name: nginx, shim-0, redis, triton, load generator."""

    t: float
    name: str
    processor: float
    memory: float


class Triton(msgspec.Struct, forbid_unknown_fields=True):
    """Since the reading before: questions and executions a second, questions in an execution, and how long each waited, ms."""

    t: float
    per_s: float
    executions_per_s: float
    batch: float
    queue_ms: float
    compute_ms: float


class Redis(msgspec.Struct, forbid_unknown_fields=True):
    """Since the reading before: commands a second; now: memory, MB."""

    t: float
    commands_per_s: float
    memory: float


class Event(msgspec.Struct, forbid_unknown_fields=True):
    """Something that happened. kind: breaker, rollout, killed, shape, gate; text: "open, shim 0", "no candidate model"."""

    t: float
    kind: str
    text: str


class Gate(msgspec.Struct, forbid_unknown_fields=True):
    """What was wanted of one figure, and what it was. measured is None where nothing was there to measure."""

    name: str
    wanted: str
    measured: float | None
    unit: str
    holds: bool


class ContextFailure(msgspec.Struct, forbid_unknown_fields=True):
    """A conversation whose answer did not fit what was said before. wanted and got name intents, slots and numbers; no message of
    a customer's stands here (turns are the corpus' own)."""

    t: float
    tenant: str
    conversation: str
    turn: int
    wanted: str
    got: str


class Record(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A whole run. total, offered, errors, layers and groups leave out the rows of the shape that warm up. rounds: latencies and
    rates of equal parts of the steady time (for intervals of `compare`). figures: what else was counted (turns sent twice,
    degraded answers, attacks, how late the generator was, ms); missing: what could not be seen or asked, a sentence each."""

    version: int = VERSION
    scenario: str
    model: Literal["open", "closed"]
    url: str
    tenants: list[str]
    seed: int
    started: str
    seconds: float
    command: str
    machine: dict[str, str | int | float]
    plan: dict[str, Any]
    total: Percentiles
    offered: int
    errors: dict[str, int]
    layers: dict[str, Percentiles]
    groups: list[Group]
    rounds: list[dict[str, float]]
    series: list[Second]
    processes: list[Reading] = []
    triton: list[Triton] = []
    redis: list[Redis] = []
    events: list[Event] = []
    gates: list[Gate] = []
    context_failures: list[ContextFailure] = []
    knee: dict[str, float] | None = None
    figures: dict[str, float] = {}
    missing: list[str] = []


def read(folder: Path) -> Record:
    """Raises FileNotFoundError; msgspec.ValidationError, naming the field that is wrong."""
    path = folder / FILE if folder.is_dir() else folder
    return msgspec.json.decode(path.read_bytes(), type=Record)


def write(folder: Path, record: Record) -> Path:
    """Whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    part = path.with_suffix(".part")
    part.write_bytes(msgspec.json.encode(record) + b"\n")
    return part.replace(path)
