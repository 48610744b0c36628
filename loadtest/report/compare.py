"""What differs between two sides, and is it more than noise?

A side is one run, or the same run repeated. Runs that asked different things are not compared: the difference would be in the
question.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest.report import measures, reading, units
from loadtest.report.errors import NotComparable
from loadtest.report.figures import Figure, Row, judged
from loadtest.report.noise import FEWEST_RUNS
from loadtest.seen.record import Record

ASKED = ("scenario", "model", "tenants")  # and the plan
FIGURES_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that are one claim."""

    name: str
    title: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Comparison:
    """tables: the turns come first. cautions: what a reader must know before the figures."""

    a: Sequence[Record]
    b: Sequence[Record]
    tables: Sequence[Table]
    cautions: Sequence[str]

    @property
    def repeated(self) -> bool:
        return len(self.a) > 1

    @property
    def headline(self) -> tuple[str, str]:
        """worse, better, different, same or unjudged; and the sentence."""
        rows = self.tables[0].rows if self.tables else []
        found = {kind: [row for row in rows if row.verdict == kind] for kind in ("worse", "better", "same")}
        worse, better = found["worse"], found["better"]
        if worse and better:
            return "different", f"B is better and worse: {_some([*better, *worse])}"
        if worse or better:
            kind = "worse" if worse else "better"
            return kind, f"B is {kind}: {_some(worse or better)}"
        if found["same"]:
            return "same", f"No difference that {'these runs' if self.repeated else 'this run'} could see"
        return "unjudged", "Nothing could be judged: too little was recorded"

    @property
    def sight(self) -> str:
        """How small a difference would have been seen."""
        reach = [
            f"{row.figure.name} by {units.change(row.interval.high / row.interval.value).lstrip('+')}"
            for row in (self.tables[0].rows if self.tables else [])
            if row.interval is not None and row.interval.ratio and row.interval.high > row.interval.value
        ]
        return f"A change of {', '.join(reach[:FIGURES_SHOWN])} would have been seen." if reach else ""


def _some(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row.figure.name} {changed(row)}" for row in rows[:FIGURES_SHOWN])


def changed(row: Row) -> str:
    """B against A: a ratio as per cent, a share in points."""
    of = row.figure
    if row.interval is not None and row.interval.ratio:
        return units.change(row.interval.value)
    if of.share:
        return f"{units.points(of.b - of.a)} points"
    return units.change(of.b / of.a) if of.a > 0 and of.b > 0 else f"{units.signed(of.b - of.a)} {of.unit}".rstrip()


def compare(a: Path | Sequence[Path], b: Path | Sequence[Path], force: bool = False) -> Comparison:
    """a, b: a folder, or several of repeated runs. force: what was asked differently is a caution, no refusal. Raises NoRecord,
    BadRecord, NotComparable."""
    left, right = ([reading.load(one) for one in ([side] if isinstance(side, Path) else side)] for side in (a, b))
    return compared(left, right, force)


def compared(a: Sequence[Record], b: Sequence[Record], force: bool = False) -> Comparison:
    """As compare(), of records that are read already."""
    if not a or not b:
        raise NotComparable("a side has no run: name at least one folder for each")
    if len(a) != len(b) and min(len(a), len(b)) < FEWEST_RUNS:
        raise NotComparable(f"A has {units.plural(len(a), 'run')}, B {len(b)}: repeat both, or compare one with one")
    questions = [fault for at, one in enumerate([*a, *b]) for fault in _asked(a[0], one, _name(at, a, b))]
    if questions and not force:
        raise NotComparable(f"these runs asked different things: {'; '.join(questions)}. --force compares them all the same")
    tables = [
        _table("turns", "What customers notice", measures.of_turns(a, b)),
        _table("whole", "Whole runs", measures.of_whole_runs(a, b)),
        _table("layers", "Layers", measures.of_layers(a, b)),
        _table("parts", "Processes", measures.of_processes(a, b)),
    ]
    return Comparison(a, b, [one for one in tables if one.rows], [*_forced(questions), *_cautions(a, b)])


def _table(name: str, title: str, figures: Sequence[Figure]) -> Table:
    return Table(name, title, judged(figures))


def _name(at: int, a: Sequence[Record], b: Sequence[Record]) -> str:
    side, number, of = ("A", at + 1, len(a)) if at < len(a) else ("B", at + 1 - len(a), len(b))
    return side if of == 1 else f"{side}{number}"


def _asked(first: Record, other: Record, name: str) -> list[str]:
    """What other was asked that the first was not."""
    before, after = ({key: getattr(one, key) for key in ASKED} | one.plan for one in (first, other))
    return [_unlike(key, before, after, name) for key in _differing(before, after)]


def _unlike(key: str, before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> str:
    nested = any(isinstance(inner, dict) for one in (before, after) for inner in _listed(one.get(key)))
    told = key.replace("_", " ")
    return f"{told} differ" if nested else f"{told} is {_shown(before, key)} in A and {_shown(after, key)} in {name}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [key for key in dict.fromkeys([*before, *after]) if before.get(key) != after.get(key)]


def _shown(of: Mapping[str, Any], key: str) -> str:
    text = ", ".join(map(str, of[key])) if isinstance(of.get(key), list) else str(of.get(key, "not said"))
    return text if len(text) <= 80 else f"{text[:79]}…"


def _forced(questions: Sequence[str]) -> list[str]:
    return [f"Compared by force, though the runs asked different things: {'; '.join(questions)}."] if questions else []


def _cautions(a: Sequence[Record], b: Sequence[Record]) -> list[str]:
    found = []
    before, after = ({key: value for key, value in side[0].machine.items() if key != "date"} for side in (a, b))
    if unlike := _differing(before, after):
        told = "; ".join(f"{key.replace('_', ' ')} {_shown(before, key)} and {_shown(after, key)}" for key in unlike)
        found.append(f"The machines or versions differ: {told}.")
    if len(a) == 1:
        found.append(
            "One run a side: the intervals know the noise within a run, not what differs from start to start. "
            "Repeat both runs before a decision rests on this."
        )
    if any(one.model == "closed" for one in [*a, *b]):
        found.append("Closed model: the slower side got fewer turns, so its latencies look better than they are.")
    return found
