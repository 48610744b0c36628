"""Which sentences are trained on, and which are kept to measure with?

Whole meaning groups go to one side, so that a paraphrase of a training sentence never measures the model. In each
intent the groups are ranked by the hash of their text and the first 15 % (one at least) are kept for validation:
the same text always falls on the same side of its intent, whatever the order of files or groups. Where a whole batch was written
to measure with (HELD), it does, and all else is trained on: batches differ more than the groups of one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from triton_models.build.corpus import Corpus, Group

VALIDATION_SHARE = 0.15
HELD = frozenset({"life"})  # batches


def split(corpus: Corpus) -> tuple[Corpus, Corpus]:
    """The training side and the validation side; every intent is on both."""
    batch = tuple(group for group in corpus.groups if group.batch in HELD)
    if batch:
        return Corpus(tuple(group for group in corpus.groups if group.batch not in HELD)), Corpus(batch)
    by_intent: dict[str, list[Group]] = defaultdict(list)
    for group in corpus.groups:
        by_intent[group.intent].append(group)
    held: set[str] = set()
    for groups in by_intent.values():
        held.update(sorted(group.digest for group in groups)[: _validation_count(len(groups))])
    train = tuple(group for group in corpus.groups if group.digest not in held)
    return Corpus(train), Corpus(tuple(group for group in corpus.groups if group.digest in held))


def parts(groups: Sequence[Group], count: int) -> list[tuple[Group, ...]]:
    """So many parts of like size, whole groups each, every intent's dealt out by hash."""
    ranked = sorted(groups, key=lambda group: (group.intent, group.digest))
    return [tuple(ranked[number::count]) for number in range(count)]


def _validation_count(groups: int) -> int:
    return max(1, round(groups * VALIDATION_SHARE))
