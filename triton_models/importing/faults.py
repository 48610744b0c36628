"""What is wrong with a set, row by row?

Readers report every fault and go on; a set with one fault is refused whole. A fault says where, what, and what was wanted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from triton_models.build.corpus import CorpusError

SHOWN = 20
KEPT = 10_000  # a file of rubbish must not become a list of as many complaints


class BadSet(CorpusError):
    """A set that users brought cannot be used. faults: all of them, up to KEPT."""

    def __init__(self, faults: list[str], count: int) -> None:
        more = [f"... and {count - SHOWN} more"] if count > SHOWN else []
        noun = "fault" if count == 1 else "faults"
        super().__init__("\n".join([f"{count} {noun}; nothing was read", *faults[:SHOWN], *more]))
        self.faults, self.count = faults, count


@dataclass
class Faults:
    """Collects; refuses when asked. notes: what was left out on purpose, and does not refuse."""

    found: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, place: str, wrong: str, wanted: str) -> None:
        self.count += 1
        if len(self.found) < KEPT:
            self.found.append(_printable(f"{place}: {wrong}; wanted: {wanted}"))

    def note(self, place: str, text: str) -> None:
        self.notes.append(_printable(f"{place}: {text}"))

    def refuse(self) -> None:
        if self.count:
            raise BadSet(self.found, self.count)


def _printable(text: str) -> str:
    """Names of files and what stands in them move nobody's cursor."""
    return text if text.isprintable() else "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
