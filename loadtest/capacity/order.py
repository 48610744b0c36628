"""What is asked for, and what is taken for granted? Every figure that somebody may type, checked once."""

from dataclasses import dataclass, fields
from math import isfinite

from loadtest.capacity.errors import BadOrder
from loadtest.capacity.service import Batches

HOURS_A_MONTH = 730
GB = 1e9

# (least, most), both allowed; what is not here is wanted above 0
BOUNDS: dict[str, tuple[float, float]] = {
    "turns_per_second": (0.001, 1e9),
    "p99_ms": (0.1, 60_000),
    "share": (0, 1),
    "users": (0, 1e10),
    "history": (1, 100),
    "headroom": (0.05, 0.9),
    "cores_per_node": (1, 1024),
    "core_speed": (0.05, 20),
    "zones": (1, 20),
    "zones_lost": (0, 19),
    "spare": (0, 100),
    "replicas": (0, 5),
    "trip_ms": (0, 1000),
    "scv": (0, 100),
    "core_hour": (0, 1e6),
    "gpu_hour": (0, 1e6),
    "gb_month": (0, 1e6),
    "gpu_fixed_us": (0, 1e7),
    "gpu_host_us": (0, 1e7),
}
WHOLE = ("users", "history", "cores_per_node", "zones", "zones_lost", "spare", "replicas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """turns_per_second: at the peak. share: of turns for Triton. users: connected at once, each with history turns in Redis.
    headroom: the most that a process may be busy. core_speed: of a core to be bought against one that was measured. spare: parts
    beyond those that are needed. zones_lost: of zones, whose load the rest carries. replicas: of each Redis shard. trip_ms: there
    and back between two nodes. scv: squared coefficient of variation of service times. GPU figures: of one execution."""

    turns_per_second: float
    p99_ms: float
    share: float = 0.08
    users: int = 1_000_000
    history: int = 10
    gpu: bool = False
    headroom: float = 0.7
    cores_per_node: int = 16
    core_speed: float = 1.0
    zones: int = 3
    zones_lost: int = 1
    spare: int = 1
    replicas: int = 1
    trip_ms: float = 0.5
    scv: float = 1.0
    redis_gb: float = 24.0  # of data that a shard may hold
    redis_room: float = 1.5  # memory for each byte of data: fragments, buffers, and the pages a rewrite copies
    gpu_fixed_us: float = 3000.0
    gpu_each_us: float = 30.0
    gpu_host_us: float = 100.0
    core_hour: float = 0.04
    gpu_hour: float = 2.5
    gb_month: float = 3.0

    def __post_init__(self) -> None:
        for name in (field.name for field in fields(self) if field.name != "gpu"):
            _check(name, getattr(self, name))
        if self.zones_lost >= self.zones:
            raise BadOrder(f"zones_lost: {self.zones_lost} of {self.zones} zones leave none; less than zones is wanted")

    def batches(self, measured: Batches) -> Batches:
        """Of the processor or card that the model runs on."""
        if not self.gpu:
            return Batches(
                measured.fixed_us / self.core_speed, measured.each_us / self.core_speed, measured.most, measured.delay_us
            )
        return Batches(self.gpu_fixed_us, self.gpu_each_us, measured.most, measured.delay_us)


def _check(name: str, value: float) -> None:
    least, most = BOUNDS.get(name, (1e-6, 1e6))
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or not least <= value <= most:
        raise BadOrder(f"{name}: {value!r} was said; a figure from {least:g} to {most:g} is wanted")
    if name in WHOLE and value != int(value):
        raise BadOrder(f"{name}: {value!r} was said; a whole number is wanted")


def assumption(name: str, value: str) -> float | int:
    """One that is typed as name=value. Raises BadOrder."""
    known = [field.name for field in fields(Order) if field.name not in ("turns_per_second", "p99_ms", "gpu")]
    if name not in known:
        raise BadOrder(f"{name!r} is nothing that can be set; there are: {', '.join(known)}")
    try:
        return int(value) if name in WHOLE else float(value)
    except ValueError:
        raise BadOrder(f"{name}: {value!r} was said; a figure is wanted") from None
