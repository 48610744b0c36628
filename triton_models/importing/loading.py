"""What have users brought, whatever its format?

    load(path, tenant) -> Corpus, or BadSet with all faults
    brought(path, tenant, language) -> the same with notes: what was left out, and what is still missing
    with_general(corpus) -> the same with the project's general intents, out_of_scope among them

By suffix: .tsv .txt, .jsonl .ndjson, .yml .yaml .md .json (Rasa). A folder or .zip is a Dialogflow export where it has an
agent.json, a Rasa project where any file in it holds sentences as Rasa writes them, else a folder is the project's own.
"""

from __future__ import annotations

from collections import Counter
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
    **dict.fromkeys(rasa.SUFFIXES, rasa.rows),
}
WANTED = ".tsv, .jsonl, Rasa's .yml, .md or .json, or a folder or .zip: a Rasa project or a Dialogflow ES export"


@dataclass(frozen=True)
class Brought:
    corpus: Corpus
    notes: list[str]


def load(path: Path, tenant: str) -> Corpus:
    return brought(path, tenant).corpus


def brought(path: Path, tenant: str, language: str = "") -> Brought:
    """language: of a Dialogflow export, which may have several."""
    faults = Faults()
    rows = sentences(path, tenant, faults, language)
    if rows is None:
        return Brought(own.read(path), [])
    kept = divisible(groups(rows), {row.intent: row.place for row in reversed(rows)}, faults)
    faults.refuse()
    corpus = Corpus(tuple(kept))
    return Brought(corpus, faults.notes + _missing(corpus))


def sentences(path: Path, tenant: str, faults: Faults, language: str = "") -> list[Row] | None:
    """What may be used of a set, each with its owner; None of a folder in our own layout. Refuses a set with a fault."""
    found = _of_folder(path, faults, language) if path.is_dir() else _of_file(path, faults, language)
    if found is None:
        return None
    if not found and not faults.count:
        faults.add(f"{path}:1", "no sentences", "two meaning groups an intent at least")
    rows = checked(found, tenant, faults)
    faults.refuse()
    return rows


def is_own(path: Path) -> bool:
    """Is it a folder in the project's own layout?"""
    if not path.is_dir() or not any(path.glob("*/*.txt")):
        return False
    members = folder_members(path, rasa.SUFFIXES, Faults())
    return dialogflow.root_of(members) is None and not rasa.holds_sentences(members)


def with_general(corpus: Corpus) -> Corpus:
    """A sentence that the set has, too, keeps the set's meaning; an intent of a general one's name joins it."""
    general = [group for group in own.own().groups if group.owner == GENERAL]
    taken = {sentence for group in corpus.groups for sentence in group.sentences}
    names = {group.intent for group in general}
    mine = [Group(group.intent, GENERAL if group.intent in names else group.owner, group.sentences) for group in corpus.groups]
    left = [(group, tuple(one for one in group.sentences if one not in taken)) for group in general]
    return Corpus((*mine, *(Group(group.intent, GENERAL, sentences) for group, sentences in left if sentences)))


def _of_folder(path: Path, faults: Faults, language: str) -> list[Row] | None:
    """None: in the project's own layout."""
    members = folder_members(path, rasa.SUFFIXES, faults)
    if dialogflow.root_of(members) is not None:
        return dialogflow.rows(members, f"{path}/", faults, language)
    if rasa.holds_sentences(members) or faults.count:
        return rasa.project(members, f"{path}/", faults)
    return None


def _of_file(path: Path, faults: Faults, language: str) -> list[Row]:
    suffix = path.suffix.lower()
    if suffix == ".zip" and path.is_file():
        members = zip_members(path, rasa.SUFFIXES, faults)
        if rasa.holds_sentences(members) and dialogflow.root_of(members) is None:
            return rasa.project(members, f"{path}!", faults)
        return dialogflow.rows(members, f"{path}!", faults, language) if not faults.count else []
    if suffix != ".zip" and suffix not in READERS:
        faults.add(str(path), f"{path.suffix or 'no suffix'} says nothing of its format", WANTED)
        return []
    raw = file_bytes(path, faults)
    return [] if suffix == ".zip" else READERS[suffix](raw, str(path), faults)


def divisible(found: list[Group], place_of: dict[str, str], faults: Faults) -> list[Group]:
    """Without the intents of which one group cannot be learned and another measure; a fault where no other is left. place_of:
    where each intent is first met."""
    count = Counter(group.intent for group in found)
    kept = [group for group in found if count[group.intent] > 1]
    for group in found:
        if count[group.intent] > 1:
            continue
        said = len(group.sentences)
        alike = f"its {said} sentences are one meaning group (near copies count as one)" if said > 1 else "it has one sentence"
        wanted = "two meaning groups at least, one to train on and one to measure with"
        if kept:
            faults.note(place_of[group.intent], f"intent {group.intent} is left out: {alike}; wanted: {wanted}")
        else:
            faults.add(place_of[group.intent], f"intent {group.intent}: {alike}", wanted)
    return kept


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
