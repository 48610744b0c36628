"""Which sentences are new, and whose are they?

    read(path, tenant, known) -> Additions, or CorpusError
    keep(additions, data, batch) puts them among the known ones, for the next time

path is a batch in the project's own layout (<tenant or general>/<intent>.txt) or any format that users bring. An intent that
the known sentences have keeps its owner; another one is new, and belongs to tenant. What is known already, or measures, is left
out with a note; a sentence that has another meaning among the known ones refuses the set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from triton_models.build.corpus import GENERAL, OUT_OF_SCOPE, Corpus, CorpusError, Group, read_batch
from triton_models.build.split import HELD
from triton_models.importing.faults import SHOWN, Faults
from triton_models.importing.grouping import groups
from triton_models.importing.loading import is_own, sentences
from triton_models.importing.writing import write

UNSAID = "unsaid"  # the tenant of rows that do not name one, where the command does not either


@dataclass(frozen=True)
class Additions:
    """corpus: what is new; intents: those that the known sentences do not have."""

    corpus: Corpus
    intents: tuple[str, ...]
    notes: tuple[str, ...]


def read(path: Path, tenant: str, known: Corpus) -> Additions:
    faults = Faults()
    found = list(read_batch(path)) if is_own(path) else groups(sentences(path, tenant or UNSAID, faults) or [])
    owned = [_owned(group, known.owner_of, tenant) for group in found]
    fresh, notes = _unknown(owned, known)
    intents = tuple(sorted({group.intent for group in fresh} - known.owner_of.keys()))
    count = Counter(group.intent for group in fresh)
    for intent in intents:
        if count[intent] < 2:
            raise CorpusError(f"{path}: intent {intent} is new and has one meaning group; two at least are wanted")
    if not fresh:
        raise CorpusError(f"{path}: no sentence is new; {'; '.join(notes)}")
    return Additions(Corpus(tuple(fresh)), intents, (*faults.notes, *notes))


def _owned(group: Group, owner_of: dict[str, str], tenant: str) -> Group:
    """With its owner. Raises CorpusError where it says another one, or none."""
    owner = owner_of.get(group.intent)
    if group.intent == OUT_OF_SCOPE:
        return group
    if owner is None and group.owner == UNSAID:
        raise CorpusError(f"intent {group.intent} is new; --tenant says whose it is")
    if owner in (None, group.owner):
        return group
    if group.owner == UNSAID or (owner == GENERAL and group.owner == tenant):
        return replace(group, owner=str(owner))
    raise CorpusError(
        f"intent {group.intent} is {group.owner}'s here and {owner}'s among the known sentences; one owner is wanted"
    )


def _unknown(found: list[Group], known: Corpus) -> tuple[list[Group], list[str]]:
    """The groups without the sentences that are known, and how many those are."""
    met = {sentence: group for group in known.groups for sentence in group.sentences}
    wrong = list(_contradictions(found, met))
    if wrong:
        more = [f"... and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        raise CorpusError("\n".join([*wrong[:SHOWN], *more]))
    again = [met[sentence] for group in found for sentence in group.sentences if sentence in met]
    measuring = sum(group.batch in HELD for group in again)
    notes = [f"left out, for they are known already: {len(again) - measuring}"] if len(again) > measuring else []
    notes += [f"left out, for they measure: {measuring}"] if measuring else []
    left = (replace(group, sentences=tuple(one for one in group.sentences if one not in met)) for group in found)
    return [group for group in left if group.sentences], notes


def _contradictions(found: list[Group], met: dict[str, Group]) -> Iterator[str]:
    for group in found:
        for sentence in group.sentences:
            if sentence in met and met[sentence].intent != group.intent:
                its = met[sentence].intent
                yield f"{sentence!r} is {group.intent} here and {its} among the known sentences; one meaning is wanted"


def keep(new: Additions, data: Path, batch: Path) -> None:
    """Puts them among the known sentences: new intents into data, the others into a batch of that folder. Raises CorpusError
    where a file is there already."""
    for folder, ours in ((data, True), (batch, False)):
        kept = tuple(group for group in new.corpus.groups if (group.intent in new.intents) is ours)
        if kept:
            write(Corpus(kept), folder)
