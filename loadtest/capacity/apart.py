"""What does it cost that parts stand on machines of their own? apart.json, made by `python -m loadtest.capacity apart`.

Beside a whole sluice on one machine (sockets, loopback): edge, shim, Triton and Redis in namespaces of their own, joined by veth,
with mutual TLS and TCP between them; and the same where each trip of turns waits for a replica. Of each, by hot and by deep turns
alone: processor time of a turn by part, and how long it takes. veth is no wire: what a network takes on its way is trip_ms of an
order.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from loadtest.capacity.errors import BadService
from loadtest.capacity.service import Above0, Alone, From0, Part, Service
from pyshim.settings import ROOT

FILE = ROOT / "loadtest/results/apart.json"
MAKE = "python -m loadtest.capacity apart"
TIERS = ("edge", "shim", "triton", "redis")

Stand = Literal["here", "apart", "waiting"]
Kind = Literal["hot", "deep"]
STANDS: tuple[Stand, ...] = ("here", "apart", "waiting")


class Turn(msgspec.Struct, frozen=True):
    """us: processor time of a turn, by part; p50_ms: how long one takes."""

    us: dict[str, From0]
    p50_ms: Above0


class Apart(msgspec.Struct, frozen=True):
    """per_s: turns a second at which it was measured."""

    machine: dict[str, Any]
    command: str
    per_s: dict[Kind, Annotated[float, msgspec.Meta(gt=0)]]
    turns: dict[Stand, dict[Kind, Turn]]

    def times(self, stand: Stand, kind: Kind, part: str) -> float:
        """What a turn costs this part, beside what it costs where all stands together: never less, which would be noise."""
        here = self.turns["here"][kind].us.get(part, 0.0)
        return max(1.0, self.turns[stand][kind].us.get(part, 0.0) / here) if here > 0 else 1.0

    def longer_ms(self, stand: Stand, kind: Kind) -> float:
        return max(0.0, self.turns[stand][kind].p50_ms - self.turns["here"][kind].p50_ms)


def read(path: Path = FILE) -> Apart | None:
    """None where it was not measured. Raises BadService."""
    if not path.exists():
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Apart)
    except (OSError, msgspec.DecodeError) as error:
        raise BadService(f"{path} is not what `{MAKE}` writes: {error}") from None
    missing = [f"{stand} {kind}" for stand in STANDS for kind in ("hot", "deep") if kind not in found.turns.get(stand, {})]
    if missing:
        raise BadService(f"{path}: nothing is said of {', '.join(missing)}; `{MAKE}` measures it")
    return found


def moved(service: Service, found: Apart, wait: bool) -> Service:
    """The same service, its parts apart."""
    stand: Stand = "waiting" if wait else "apart"
    parts = {name: _dearer(name, part, found, stand) for name, part in service.parts.items()}
    hot, deep = (_later(one, found.longer_ms(stand, kind)) for one, kind in ((service.hot, "hot"), (service.deep, "deep")))  # type: ignore[arg-type]
    return msgspec.structs.replace(service, parts=parts, hot=hot, deep=deep)


def times(service: Service, factors: dict[str, float]) -> Service:
    """The same service, some of whose parts cost so many times as much."""
    parts = {name: _scaled(part, factors.get(name, 1.0), factors.get(name, 1.0)) for name, part in service.parts.items()}
    return msgspec.structs.replace(service, parts=parts)


def _dearer(name: str, part: Part, found: Apart, stand: Stand) -> Part:
    if name not in TIERS:
        return part
    return _scaled(part, found.times(stand, "hot", name), found.times(stand, "deep", name))


def _scaled(part: Part, hot: float, deep: float) -> Part:
    """A wake is what it is: there are more of them."""
    return msgspec.structs.replace(
        part,
        hot_us=part.hot_us * hot,
        hot_wakes=part.hot_wakes * hot,
        deep_us=part.deep_us * deep,
        batch_us=part.batch_us * deep,
        deep_wakes=part.deep_wakes * deep,
    )


def _later(one: Alone, ms: float) -> Alone:
    return Alone(one.p50_ms + ms, one.p99_ms + ms)
