"""Does it pass? One table of what is wanted; every row is judged, and a broken one makes the run fail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from loadtest.seen.record import Gate, Percentiles


class Wanted(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """p50 to p99 and layer_*: at most, ms, of all turns and of each layer's. errors: at most, share of turns; within_50_ms: at
    least, share; context_failures, let_in: at most, how many; memory: growth of each process at most, MB an hour (soak); late:
    how late the generator itself may send, p99, ms. None: not judged."""

    p50: float | None = None
    p95: float | None = 300.0
    p99: float | None = 420.0
    errors: float | None = 0.0017
    within_50_ms: float | None = 0.9
    layer_p50: float | None = None
    layer_p95: float | None = None
    layer_p99: float | None = 420.0
    layer_errors: float | None = None
    context_failures: float | None = 0
    let_in: float | None = 0
    memory: float | None = 60.0
    late: float | None = 25.0


SMALLEST_LEAK = 8.0  # MB: below it, growth is the allocators' noise
FEWEST = 200  # turns of a layer that have a p99 worth judging
LATE = "generator late, p99"


class BadGate(Exception):
    """A gate that does not exist, or a limit that is no number."""


@dataclass(frozen=True, slots=True)
class Slope:
    """How the memory of one process grew: MB an hour, and MB in all."""

    per_hour: float
    grown: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What is judged: turns answered well, how many were due, those that were not answered well, and the rest of the figures."""

    total: Percentiles | None
    offered: int
    errors: int
    layers: Mapping[str, Percentiles] = field(default_factory=dict)
    layer_errors: Mapping[str, int] = field(default_factory=dict)
    context_failures: int = 0
    let_in: int = 0
    late_p99: float | None = None
    memory: Mapping[str, Slope] = field(default_factory=dict)


def wanted(changes: Sequence[str]) -> Wanted:
    """The table with changes as "p95=200", or "p95=" for a gate that is not to be judged. Raises BadGate."""
    values = msgspec.to_builtins(Wanted())
    for change in changes:
        name, equals, value = change.partition("=")
        if name not in values or not equals:
            raise BadGate(f"--gate {change}: NAME=LIMIT is wanted, NAME one of {', '.join(values)}")
        try:
            values[name] = float(value) if value else None
        except ValueError:
            raise BadGate(f"--gate {change}: {value!r} is no number") from None
    return msgspec.convert(values, Wanted)


def _at_most(name: str, limit: float | None, measured: float | None, unit: str) -> list[Gate]:
    if limit is None:
        return []
    shown = None if measured is None else round(measured, 5)
    return [Gate(name, f"at most {limit:g}", shown, unit, shown is None or shown <= round(limit, 5))]


def judge(seen: Seen, limits: Wanted, leaks: bool = False) -> list[Gate]:
    """Each gate, with what it was; leaks: memory is judged. Where nothing at all was answered, all percentiles are broken."""
    gates = _latencies("", seen.total, limits.p50, limits.p95, limits.p99)
    if seen.total is None:
        gates = [Gate(one.name, one.wanted, None, one.unit, holds=False) for one in gates]
    gates += _at_most("errors", _percent(limits.errors), 100 * seen.errors / max(1, seen.offered), "%")
    if limits.within_50_ms is not None:
        share = seen.total.within_50_ms if seen.total else None
        holds = share is not None and share >= limits.within_50_ms
        percent = None if share is None else round(100 * share, 3)
        gates.append(Gate("within 50 ms", f"at least {100 * limits.within_50_ms:g}", percent, "%", holds))
    gates += _at_most("context failures", limits.context_failures, seen.context_failures, "")
    gates += _at_most("attacks let in", limits.let_in, seen.let_in, "")
    for layer, one in sorted(seen.layers.items()):
        if one.count >= FEWEST:
            gates += _latencies(f"{layer} ", one, limits.layer_p50, limits.layer_p95, limits.layer_p99)
        wrong = seen.layer_errors.get(layer, 0)
        gates += _at_most(f"{layer} errors", _percent(limits.layer_errors), 100 * wrong / (one.count + wrong), "%")
    gates += _at_most(LATE, limits.late, seen.late_p99, "ms")
    return gates + (_memory(seen, limits) if leaks else [])


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _latencies(prefix: str, one: Percentiles | None, p50: float | None, p95: float | None, p99: float | None) -> list[Gate]:
    rows = (("p50", p50), ("p95", p95), ("p99", p99))
    return [gate for name, limit in rows for gate in _at_most(prefix + name, limit, getattr(one, name) if one else None, "ms")]


def _memory(seen: Seen, limits: Wanted) -> list[Gate]:
    gates = []
    for name, slope in sorted(seen.memory.items()):
        for gate in _at_most(f"memory of {name}", limits.memory, slope.per_hour, "MB/h"):
            gates.append(msgspec.structs.replace(gate, holds=gate.holds or slope.grown < SMALLEST_LEAK))
    return gates


def broken(gates: Sequence[Gate]) -> list[Gate]:
    return [gate for gate in gates if not gate.holds]


def table(gates: Sequence[Gate]) -> str:
    """As somebody reads it in a terminal."""
    lines = []
    for gate in gates:
        measured = "nothing" if gate.measured is None else f"{gate.measured:,.6g} {gate.unit}".rstrip()
        verdict = "holds" if gate.holds else "BROKEN"
        lines.append(f"  {gate.name:28}{gate.wanted + ' ' + gate.unit:>18}{measured:>18}  {verdict}")
    return "\n".join(lines)
