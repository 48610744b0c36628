"""What became of each turn? Every single one is kept, 16 bytes each: percentiles are exact, and workers' turns add up to those of
all.
"""

import sys
from array import array
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from loadtest.seen.record import Percentiles

LIMIT = 2**32 - 1  # of what a column holds: 49 days of ms, 71 minutes of us
NO_LAYER = "none"
Mask = npt.NDArray[np.bool_]
Packed = dict[str, bytes | list[list[str]]]


def _column() -> "array[int]":
    return array("I")


@dataclass
class Turns:
    """Columns of one length: intended start (ms since the load began), latency from it (us), how late it was sent (us), and the
    number of its (tenant, layer, error) in names; error is "" where it was answered well."""

    at: "array[int]" = field(default_factory=_column)
    took: "array[int]" = field(default_factory=_column)
    late: "array[int]" = field(default_factory=_column)
    what: "array[int]" = field(default_factory=_column)
    names: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at)

    def add(self, due_s: float, took_s: float, late_s: float, tenant: str, layer: str, error: str = "") -> None:
        """due_s: since the load began; took_s: from then until its answer; late_s: how late the generator was to send it."""
        self.at.append(_fits(due_s * 1e3))
        self.took.append(_fits(took_s * 1e6))
        self.late.append(_fits(late_s * 1e6))
        self.what.append(self._name((tenant, layer, error)))

    def _name(self, name: tuple[str, str, str]) -> int:
        return self.names.setdefault(name, len(self.names))

    def pack(self) -> Packed:
        """As it travels from a worker; what was packed is no longer here."""
        columns = {"at": self.at, "took": self.took, "late": self.late, "what": self.what}
        packed: Packed = {name: one.tobytes() for name, one in columns.items()}
        packed["names"] = [list(name) for name in self.names]
        self.at, self.took, self.late, self.what = _column(), _column(), _column(), _column()
        return packed

    def merge(self, packed: Packed) -> int:
        """Adds another's. Returns how many of them were not answered well. Raises ValueError where the columns do not belong
        together."""
        columns = {name: _read(name, packed.get(name)) for name in ("at", "took", "late", "what")}
        names = packed["names"]
        if len({len(one) for one in columns.values()}) != 1 or not isinstance(names, list):
            raise ValueError(f"columns of one length are wanted: { ({name: len(one) for name, one in columns.items()}) }")
        here = [self._name((name[0], name[1], name[2])) for name in names]
        self.at.extend(columns["at"])
        self.took.extend(columns["took"])
        self.late.extend(columns["late"])
        self.what.extend(here[number] for number in columns["what"])
        wrong = {number for number, name in enumerate(names) if name[2]}
        return sum(number in wrong for number in columns["what"])

    def tail(self, count: int) -> "Turns":
        """The last so many that were added."""
        return Turns(self.at[-count:], self.took[-count:], self.late[-count:], self.what[-count:], self.names)


def _fits(value: float) -> int:
    return min(LIMIT, max(0, round(value)))


def _read(name: str, raw: object) -> "array[int]":
    if not isinstance(raw, bytes):
        raise ValueError(f"{name}: bytes are wanted")
    column = _column()
    column.frombytes(raw)
    if sys.byteorder != "little":
        column.byteswap()
    return column


class Seen:
    """Turns as arrays in the order they were due, to ask what they amount to. at in s, took and late in ms."""

    def __init__(self, turns: Turns) -> None:
        at, took, late, what = (np.frombuffer(one.tobytes(), np.uint32) for one in (turns.at, turns.took, turns.late, turns.what))
        order = np.argsort(at, kind="stable")
        self.at, self.took, self.late, self.what = at[order] / 1e3, took[order] / 1e3, late[order] / 1e3, what[order]
        self.names = list(turns.names)
        self.good = np.isin(self.what, [number for number, name in enumerate(self.names) if not name[2]])

    def between(self, start: float, end: float) -> slice:
        """Those that were due from start to before end, s."""
        first, last = np.searchsorted(self.at, [start, end])
        return slice(int(first), int(last))

    def of(self, where: slice, tenant: str | None = None, layer: str | None = None) -> Mask:
        """Of those, the turns of this tenant that this layer answered."""
        fits = [n for n, name in enumerate(self.names) if tenant in (None, name[0]) and layer in (None, name[1])]
        found: Mask = np.zeros(len(self.at), bool)
        found[where] = np.isin(self.what[where], fits)
        return found

    def count(self, where: slice | Mask) -> int:
        return len(self.at[where])

    def errors(self, where: slice | Mask) -> dict[str, int]:
        return self._counted(self.what[where][~self.good[where]], 2)

    def layers(self, where: slice | Mask) -> dict[str, int]:
        """Answered turns by layer."""
        return self._counted(self.what[where][self.good[where]], 1)

    def _counted(self, what: npt.NDArray[np.uint32], part: int) -> dict[str, int]:
        numbers, counts = np.unique(what, return_counts=True)
        found: Counter[str] = Counter()
        for number, count in zip(numbers, counts, strict=True):
            found[self.names[int(number)][part]] += int(count)
        return dict(sorted(found.items()))

    def answered(self, where: slice | Mask) -> npt.NDArray[np.float64]:
        """Latencies of what was answered well, ms."""
        found: npt.NDArray[np.float64] = self.took[where][self.good[where]]
        return found

    def percentiles(self, where: slice | Mask) -> Percentiles | None:
        """Of what was answered well, None where nothing was."""
        took = self.answered(where)
        if not len(took):
            return None
        p50, p90, p95, p99 = (round(float(one), 3) for one in np.percentile(took, [50, 90, 95, 99]))
        mean, most = round(float(took.mean()), 3), round(float(took.max()), 3)
        return Percentiles(len(took), mean, p50, p90, p95, p99, most, round(float((took <= 50).mean()), 5))
