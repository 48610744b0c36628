"""Which public data sets can the pipeline be tried on, and what text is there to read?

Each is a Task by the rule of the project's own split: what measures is never learned from. The files stay where they are
(SLUICE_DATASETS); their licences are in each one's SOURCE.md.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pyshim.settings import read_settings
from triton_models.build.task import Example, Task

HELD_SHARE = 0.15
OUTSIDE = "oos"  # what clinc150 calls out of scope: one more label to learn, whose held sentences are asked apart
Row = tuple[str, str]  # text, label


class NoDataset(Exception):
    """The public data sets are not there."""


def folder() -> Path:
    """Where the data sets are. Raises NoDataset."""
    found = read_settings().datasets
    if not found.is_dir():
        raise NoDataset(f"{found}: no public data sets here; SLUICE_DATASETS names another folder")
    return found


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def pairs(path: Path) -> list[Row]:
    """text and label of a file's rows."""
    return [(row["text"], row["label"]) for row in rows(path)]


def own_fold(said: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """Of each label the 15 % of sentences with the lowest hash measure; a sentence that is there twice counts once."""
    by_label: dict[str, set[str]] = defaultdict(set)
    for text, label in said:
        by_label[label].add(text)
    train: list[Row] = []
    held: list[Row] = []
    for label in sorted(by_label):
        ranked = sorted(by_label[label], key=lambda text: hashlib.sha256(text.encode()).hexdigest())
        count = max(1, round(len(ranked) * HELD_SHARE))
        held += [(text, label) for text in ranked[:count]]
        train += [(text, label) for text in ranked[count:]]
    return train, held


def _jddc(data: Path) -> tuple[list[Row], list[Row]]:
    return pairs(data / "jddc_intent/train.tsv"), pairs(data / "jddc_intent/valid.tsv")


def _massive(data: Path) -> tuple[list[Row], list[Row]]:
    return pairs(data / "massive_zh/train.tsv"), pairs(data / "massive_zh/valid.tsv")


def _banking(data: Path) -> tuple[list[Row], list[Row]]:
    return own_fold(pairs(data / "banking77/train.tsv"))


def _clinc(data: Path) -> tuple[list[Row], list[Row]]:
    return own_fold(pairs(data / "clinc150/train.tsv") + pairs(data / "clinc150/valid.tsv"))


def _bitext(data: Path) -> tuple[list[Row], list[Row]]:
    return pairs(data / "bitext/train.tsv"), pairs(data / "bitext/valid.tsv")


SETS: dict[str, tuple[Callable[[Path], tuple[list[Row], list[Row]]], bool]] = {
    "jddc_intent": (_jddc, True),
    "massive_zh": (_massive, True),
    "banking77": (_banking, False),
    "clinc150": (_clinc, False),
    "bitext": (_bitext, False),
}


def task(name: str) -> Task:
    """One of SETS. Raises NoDataset."""
    read, chinese = SETS[name]
    train, held = read(folder())
    if name == "clinc150":
        train = train + pairs(folder() / "clinc150/oos_train.tsv")
    labels = tuple(sorted({label for _, label in train}))
    broad = frozenset(labels) & {OUTSIDE}
    return Task(name, labels, _examples(train, 0), _examples(held, len(train)), broad=broad, noisy=chinese)


def _examples(said: list[Row], first: int) -> tuple[Example, ...]:
    return tuple(Example(text, label, number) for number, (text, label) in enumerate(said, start=first))


def unlabelled() -> list[str]:
    """All text there is to read for pretraining, without a sentence that any set measures with. Raises NoDataset."""
    data = folder()
    measured: set[str] = set()
    for name in SETS:
        measured |= {text for text, _ in SETS[name][0](data)[1]}
    return sorted({text for text in _everything(data) if text and text not in measured})


def _everything(data: Path) -> Iterator[str]:
    for name in SETS:
        yield from (text for text, _ in SETS[name][0](data)[0])
    yield from (row["text_en"] for row in rows(data / "massive_zh/train_parallel_en.tsv"))
    yield from (row["text"] for row in rows(data / "cold_offensive/train.tsv"))
    for query in lines(data / "jddc_intent/retrieval_dev.jsonl"):
        yield query["text"]
    for dialogue in lines(data / "crosswoz/val.jsonl"):
        yield from (message["text"] for message in dialogue["messages"])


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)
