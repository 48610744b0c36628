"""What is a claim? A comparison that engineers quote, what was published, and how to measure it here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

Row = dict[str, str | float | int | None]  # cells by column; the first says what the row is


class Measured(msgspec.Struct):
    """rows: as a table, all with the same columns; said: what it amounts to, a sentence or two; how: how it was measured."""

    rows: list[Row]
    said: str
    how: str


class NotMeasured(Exception):
    """Something that was needed is not there, or did not work; the text says what."""


@dataclass(frozen=True, slots=True)
class Claim:
    """published: the figures that are quoted; measure(folder, quick): folder is its own and empty. Raises NotMeasured."""

    name: str
    question: str
    published: str
    measure: Callable[[Path, bool], Measured]
