"""Which sentences are there, and what does each mean?

data/<tenant or general>/<intent>.txt holds one sentence per line; blank lines part the meaning groups. There is no
other index: an intent is a file, its folder is its owner, and labels are the sorted names of all files. batches/<batch>/ holds
more of the same intents; a tenant's out_of_scope.txt there is out of scope for that tenant, and may be another one's business.

    read(folder, batches) -> Corpus, or CorpusError with file:line for the first row that breaks a rule
    own() -> the project's own
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATA, BATCHES = (Path(__file__).resolve().parents[1] / name for name in ("data", "batches"))
GENERAL, OUT_OF_SCOPE = "general", "out_of_scope"
MAX_CHARACTERS = 200
UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")  # control characters, half a pair, what could not be decoded


class CorpusError(Exception):
    """A file or row of the training sentences cannot be used."""


@dataclass(frozen=True)
class Group:
    """Sentences that say nearly the same: they stay together on one side of the split. owner: whom they are said to, or
    general; batch: in which they were written, "" for none."""

    intent: str
    owner: str
    sentences: tuple[str, ...]
    batch: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join((self.intent, *self.sentences)).encode()).hexdigest()


@dataclass(frozen=True)
class Corpus:
    groups: tuple[Group, ...]

    @property
    def owner_of(self) -> dict[str, str]:
        """Each intent's folder, in label order."""
        known = {group.intent: GENERAL if group.intent == OUT_OF_SCOPE else group.owner for group in self.groups}
        return dict(sorted(known.items()))

    @property
    def labels(self) -> list[str]:
        return list(self.owner_of)

    @property
    def tenants(self) -> list[str]:
        return sorted(set(self.owner_of.values()) - {GENERAL})

    @property
    def sentence_count(self) -> int:
        return sum(len(group.sentences) for group in self.groups)

    @property
    def digest(self) -> str:
        """Changes with any sentence, grouping, file name or folder."""
        lines = "\n".join(f"{group.batch}/{group.owner}/{group.digest}".lstrip("/") for group in self.groups)
        return hashlib.sha256(lines.encode()).hexdigest()


def said_to(group: Group) -> str:
    """The tenant for which a group is out of scope; "" where it is for all, or is in scope."""
    return group.owner if group.intent == OUT_OF_SCOPE and group.owner != GENERAL else ""


def read(folder: Path, batches: Path | None = None) -> Corpus:
    files = sorted(folder.glob("*/*.txt"))
    _check_names(folder, files)
    seen: dict[str, str] = {}
    groups = [group for file in files for group in _read_intent(file, seen)]
    owner_of = {group.intent: group.owner for group in groups}
    for batch in sorted(batches.glob("*/")) if batches else []:
        for group in read_batch(batch, seen):
            if group.intent != OUT_OF_SCOPE and owner_of.get(group.intent) != group.owner:
                raise CorpusError(f"{batch}/{group.owner}/{group.intent}.txt: {folder} has no {group.owner}/{group.intent}.txt")
            groups.append(group)
    return Corpus(tuple(groups))


def read_batch(folder: Path, seen: dict[str, str] | None = None) -> Iterator[Group]:
    """More sentences of intents that other folders have, or of new ones. seen: where each sentence was met before."""
    seen = {} if seen is None else seen
    for file in sorted(folder.glob("*/*.txt")):
        yield from _read_intent(file, seen, folder.name)


def own() -> Corpus:
    return read(DATA, BATCHES)


def _check_names(folder: Path, files: list[Path]) -> None:
    owner_of: dict[str, str] = {}
    for file in files:
        other = owner_of.setdefault(file.stem, file.parent.name)
        if other != file.parent.name:
            raise CorpusError(f"{file}: intent {file.stem} is already owned by {other}")
    if owner_of.get(OUT_OF_SCOPE) != GENERAL:
        raise CorpusError(f"{folder}: {GENERAL}/{OUT_OF_SCOPE}.txt is missing")


def _read_intent(file: Path, seen: dict[str, str], batch: str = "") -> Iterator[Group]:
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file}:{_line_of(file, error.start)}: not UTF-8") from error
    sentences: list[str] = []
    found = 0
    for number, line in enumerate([*lines, ""], start=1):
        if line:
            _check_sentence(line, f"{file}:{number}", seen)
            sentences.append(line)
        elif sentences:
            found += 1
            yield Group(file.stem, file.parent.name, tuple(sentences), batch)
            sentences = []
    if found < 2 and not batch:
        raise CorpusError(f"{file}:1: {found} meaning groups; a split needs two at least")


def _line_of(file: Path, offset: int) -> int:
    return file.read_bytes()[:offset].count(b"\n") + 1


def _check_sentence(sentence: str, place: str, seen: dict[str, str]) -> None:
    if sentence != sentence.strip():
        raise CorpusError(f"{place}: begins or ends with white space")
    if UNREADABLE.search(sentence):
        raise CorpusError(f"{place}: holds a control or replacement character")
    if len(sentence) > MAX_CHARACTERS:
        raise CorpusError(f"{place}: {len(sentence)} characters, at most {MAX_CHARACTERS}")
    first = seen.setdefault(sentence, place)
    if first != place:
        raise CorpusError(f"{place}: the same sentence is at {first}")
