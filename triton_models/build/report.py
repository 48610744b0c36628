"""Do these sentences differ as people do, or do they repeat each other?

    python -m triton_models.build.report triton_models/batches/young

A line for each file: groups, sentences, the share of short and long ones, how many of the character pairs are new with each
sentence (diversity), openings and endings that more than a tenth share; below it near copies across its groups (60 % of all
character pairs shared, as when sentences are imported). The last line sums up. Ends with 1 where there are near copies.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from triton_models.importing.grouping import ALIKE, folded, pairs

SHORT, LONG = 8, 18  # characters
OFTEN, LEAST = 0.1, 4  # of a file's sentences, and so many at least


class Report(NamedTuple):
    """diversity: different character pairs, of all; repeated: openings and endings with their counts; copies: of other groups."""

    groups: int
    sentences: int
    short: float
    long: float
    diversity: float
    repeated: list[str]
    copies: list[tuple[str, str]]

    @property
    def line(self) -> str:
        shares = f"{self.short:.0%} short, {self.long:.0%} long, diversity {self.diversity:.2f}"
        return f"{self.groups} groups, {self.sentences} sentences, {shares} {' '.join(self.repeated)}".rstrip()


def read(text: str) -> list[list[str]]:
    """The groups of one file."""
    return [group.split("\n") for group in text.strip().split("\n\n")]


def report(groups: list[list[str]]) -> Report:
    said = [(number, line, pairs(folded(line))) for number, group in enumerate(groups) for line in group if line]
    lines = [line for _, line, _ in said]
    found = Counter(pair for _, _, one in said for pair in one)
    copies = [(one[1], other[1]) for one, other in combinations(said, 2) if one[0] != other[0] and _alike(one[2], other[2])]
    return Report(
        len(groups),
        len(lines),
        sum(len(line) < SHORT for line in lines) / len(lines),
        sum(len(line) > LONG for line in lines) / len(lines),
        len(found) / found.total(),
        list(_repeated(lines)),
        copies,
    )


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    shared = len(one & other)
    return shared >= ALIKE * (len(one) + len(other) - shared)


def _repeated(lines: list[str]) -> Iterator[str]:
    for cut, shape in ((slice(0, 2), "{}…"), (slice(-2, None), "…{}")):
        for part, count in Counter(folded(line)[cut] for line in lines).most_common():
            if count >= LEAST and count > OFTEN * len(lines):
                yield f"{shape.format(part)} {count}x"


def main(folder: Path) -> int:
    reports = {path: report(read(path.read_text(encoding="utf-8"))) for path in sorted(folder.rglob("*.txt"))}
    for path, one in reports.items():
        print(f"{path.relative_to(folder)}: {one.line}")
        for copy in one.copies:
            print(f"    near copies: {copy[0]} | {copy[1]}")
    copies = sum(len(one.copies) for one in reports.values())
    groups, sentences = (sum(getattr(one, name) for one in reports.values()) for name in ("groups", "sentences"))
    print(f"{len(reports)} files, {groups} groups, {sentences} sentences, {copies} near copies")
    return int(copies > 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
