"""What have users brought, whatever its format?

    load(path, tenant) -> Corpus, or BadSet with all faults
    brought(path, tenant) -> the same with notes: what was left out, and what is still missing
    with_general(corpus) -> the same with the project's general intents, out_of_scope among them

By suffix: .tsv .txt, .jsonl .ndjson, .yml .yaml (Rasa), .zip (Dialogflow). A folder is a Dialogflow export when it has an
agent.json, Rasa's where it has .yml files, else the project's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from triton_models.build import corpus as own
from triton_models.build.corpus import GENERAL, OUT_OF_SCOPE, Corpus, Group
from triton_models.importing import dialogflow, jsonl, rasa, tsv
from triton_models.importing.faults import Faults
from triton_models.importing.grouping import groups
from triton_models.importing.rows import Row, checked
from triton_models.importing.sources import file_bytes, folder_members, zip_members

DATA = Path(__file__).resolve().parents[1] / "data"
FEW = 20
Reader = Callable[[bytes, str, Faults], list[Row]]
READERS: dict[str, Reader] = {
    ".tsv": tsv.rows,
    ".txt": tsv.rows,
    ".jsonl": jsonl.rows,
    ".ndjson": jsonl.rows,
    ".yml": rasa.rows,
    ".yaml": rasa.rows,
}
WANTED = ".tsv, .jsonl, Rasa's .yml, or a Dialogflow ES export (.zip or folder)"


@dataclass(frozen=True)
class Brought:
    corpus: Corpus
    notes: list[str]


def load(path: Path, tenant: str) -> Corpus:
    return brought(path, tenant).corpus


def brought(path: Path, tenant: str) -> Brought:
    if path.is_dir() and not (path / "agent.json").exists() and not any(path.glob("*.y*ml")):
        return Brought(own.read(path), [])
    faults = Faults()
    rows = _rows(path, faults)
    if not rows and not faults.count:
        faults.add(f"{path}:1", "no sentences", "two meaning groups an intent at least")
    found = groups(checked(rows, tenant, faults))
    _check_groups(found, rows, faults)
    faults.refuse()
    corpus = Corpus(tuple(found))
    return Brought(corpus, faults.notes + _missing(corpus))


def with_general(corpus: Corpus) -> Corpus:
    """A sentence that the set has, too, keeps the set's meaning; an intent of a general one's name joins it."""
    general = [group for group in own.own().groups if group.owner == GENERAL]
    taken = {sentence for group in corpus.groups for sentence in group.sentences}
    names = {group.intent for group in general}
    mine = [Group(group.intent, GENERAL if group.intent in names else group.owner, group.sentences) for group in corpus.groups]
    left = [(group, tuple(one for one in group.sentences if one not in taken)) for group in general]
    return Corpus((*mine, *(Group(group.intent, GENERAL, sentences) for group, sentences in left if sentences)))


def _rows(path: Path, faults: Faults) -> list[Row]:
    if path.is_dir():
        if (path / "agent.json").exists():
            return dialogflow.rows(folder_members(path, (".json",), faults), f"{path}/", faults)
        members = folder_members(path, (".yml", ".yaml"), faults)
        return [row for name, raw in members.items() for row in rasa.rows(raw, f"{path}/{name}", faults)]
    if path.suffix.lower() == ".zip":
        return dialogflow.rows(zip_members(path, faults), f"{path}!", faults) if path.is_file() else _absent(path, faults)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        faults.add(str(path), f"{path.suffix or 'no suffix'} says nothing of its format", WANTED)
        return []
    return reader(file_bytes(path, faults), str(path), faults)


def _absent(path: Path, faults: Faults) -> list[Row]:
    file_bytes(path, faults)
    return []


def _check_groups(found: list[Group], rows: list[Row], faults: Faults) -> None:
    count: dict[str, int] = defaultdict(int)
    for group in found:
        count[group.intent] += 1
    for row in rows:
        intent = row.intent.strip().replace("/", ".")
        if count.pop(intent, 2) < 2:
            wrong = f"all sentences of {intent} are near copies of one another"
            faults.add(row.place, wrong, "two meaning groups at least, one to train on and one to measure with")


def _missing(corpus: Corpus) -> list[str]:
    notes = []
    for intent in corpus.labels:
        said = sum(len(group.sentences) for group in corpus.groups if group.intent == intent)
        if said < FEW:
            notes.append(f"{intent}: {said} sentences; with fewer than {FEW} it will hardly be learnt")
    if OUT_OF_SCOPE not in corpus.labels:
        notes.append(
            f"{OUT_OF_SCOPE}: no sentences; triton_models/data/{GENERAL} has some (--general, or with_general(corpus)): without"
            " them every question is taken for one of the intents"
        )
    return notes
