"""What does a turn cost? What was measured on a machine: service.json, made by `python -m loadtest.capacity measure`.

A part's processor time for a turn is work, and wakes: a part that had nothing to do, on a core that slept, has to be woken, and
the host of a virtual machine, the kernel, cold caches and an event loop that finds a single event cost it again. A busy part is
woken seldom and a busy core seldom sleeps, so a turn costs the less the more there are. Both are told apart by counting the
voluntary context switches.
"""

from pathlib import Path
from typing import Annotated, Any

import msgspec

from loadtest.capacity.errors import BadService
from pyshim.settings import ROOT

FILE = ROOT / "loadtest/results/service.json"
MAKE = "python -m loadtest.capacity measure"
PARTS = ("edge", "redis", "shim", "triton", "generator")  # generator: wrk, which shares the cores where it is measured

Above0 = Annotated[float, msgspec.Meta(gt=0)]
From0 = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Seen(msgspec.Struct, frozen=True):
    """One paced load. share: of turns for Triton; busy: cores by part; wakes: a second by part; batch: mean questions an
    execution, 0 for none."""

    share: Share
    per_s: Above0
    busy: dict[str, From0]
    wakes: dict[str, From0]
    batch: From0
    p50_ms: From0
    p99_ms: From0


class Part(msgspec.Struct, frozen=True):
    """Processor time, us: work of a hot and of a deep turn, a wake of a sleeping core; and how often an idle part is woken for a
    turn.
    batch_us: of Triton, for each execution. error: of the fit, root mean square, relative. apart: whether work and wakes could
    be told apart."""

    hot_us: From0
    deep_us: From0
    wake_us: From0
    hot_wakes: From0
    deep_wakes: From0
    batch_us: From0 = 0.0
    error: From0 = 0.0
    apart: bool = True

    def us(self, share: float, idle: float, batch: float = 1.0, asleep: float | None = None) -> float:
        """Of a turn, where so much of them is deep. idle: share of time in which this part has nothing to do; asleep: in which
        its core has nothing to do, the same where the core is its own."""
        wakes = self.wake_us * idle * (idle if asleep is None else asleep)
        deep = self.deep_us + self.batch_us / batch + wakes * self.deep_wakes
        return (1 - share) * (self.hot_us + wakes * self.hot_wakes) + share * deep


class Batches(msgspec.Struct, frozen=True):
    """An execution of so many questions takes fixed_us + each_us * questions on one core that does nothing else. delay_us: how
    long a first question waits for company."""

    fixed_us: From0
    each_us: Above0
    most: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    delay_us: From0
    error: From0 = 0.0

    def seconds(self, questions: float) -> float:
        return (self.fixed_us + self.each_us * questions) / 1e6

    @property
    def per_s(self) -> float:
        """Questions a second, all executions full: no instance can do more."""
        return self.most / self.seconds(self.most)


class Alone(msgspec.Struct, frozen=True):
    """How long turns take that hardly ever meet another, ms."""

    p50_ms: Above0
    p99_ms: Above0


class Memory(msgspec.Struct, frozen=True):
    """Bytes: of a kept connection in nginx and in the kernel; of a user in Redis by turns of history. Of a part at rest, MB.
    verify_us: what nginx pays more for a token it does not remember."""

    connection_bytes: From0
    kernel_bytes: From0
    user_bytes: dict[str, Above0]
    part_mb: dict[str, Above0]
    verify_us: From0 = 0.0


class Service(msgspec.Struct, frozen=True):
    """Everything that was measured. loads: what parts were fitted to."""

    machine: dict[str, Any]
    command: str
    parts: dict[str, Part]
    batches: Batches
    hot: Alone
    deep: Alone
    memory: Memory
    loads: list[Seen]

    @property
    def told(self) -> str:
        return (
            f"{self.machine.get('cpu', '?')}, {self.machine.get('cores', '?')} cores, {str(self.machine.get('date', '?'))[:10]}"
        )


def read(path: Path = FILE) -> Service:
    """Raises BadService."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Service)
    except OSError as error:
        raise BadService(f"{path}: {error.strerror}; `{MAKE}` makes it") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadService(f"{path} is not what `{MAKE}` writes: {error}") from None
    missing = [name for name in PARTS if name not in found.parts]
    missing += [name for name in PARTS[:-1] if name not in found.memory.part_mb]
    missing += [name for name in ("1", "10", "100") if name not in found.memory.user_bytes]
    if missing:
        raise BadService(f"{path}: nothing is said of {', '.join(missing)}; `{MAKE}` measures it")
    return found


def write(path: Path, found: msgspec.Struct) -> Path:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
        return part.replace(path)
    finally:
        part.unlink(missing_ok=True)
