"""Was the same thing asked before?

A near copy of a wording, by the student's embedding (cosine), is answered if the two agree. Else the entries of the tenant's FAQ
that are nearest, by embedding and characters, are judged: is one of them the same question (pyshim/understanding/recall.py)? A
wording that contradicts the question (满100减多少 and 满300减多少, 开通 and 取消: pyshim/language/guards) does not speak for its
entry. What is likely, and not sure enough, is left on the turn: l7_fallback asks whether it is meant. A version without a judge
recalls near copies only.
"""

from typing import NamedTuple

import numpy as np

from pyshim.language.guards import agree
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.turns.turn import Reply, Turn
from pyshim.understanding.likeness import Entries
from pyshim.understanding.version import Index

NEIGHBOURS = 5
NEAR = 0.1  # so probable is it worth asking whether that is meant


class Found(NamedTuple):
    """The number of a wording, and the probability or the cosine."""

    wording: int
    score: float


class Recall(Layer):
    """Answers from faq.tsv, by the index of the turn's model version (pyshim/understanding/faq.py)."""

    name = "l6_recall"
    on_error = "pass"

    def __init__(self, outside: Outside) -> None:
        """Needs nothing from outside."""

    async def answer(self, turn: Turn) -> Reply | None:
        if turn.version is None or turn.embedding is None:
            return None
        index = turn.version.faq.get(turn.tenant.digest)
        if index is None:
            return None
        found = _nearest(turn, index)
        if found is None and index.entries is not None:
            found = _judged(turn, index.entries)
        if found is None:
            return None
        turn.state.understood()
        return Reply(turn.tenant.wordings[found.wording][1], None, round(found.score, 4))


def _judged(turn: Turn, entries: Entries) -> Found | None:
    assert turn.version is not None
    assert turn.embedding is not None
    judge, own = turn.version.model.judge, turn.tenant.about.thresholds.recall
    assert judge is not None
    candidates = entries.alike(turn.query, turn.embedding)
    if not candidates:
        return None
    probability = judge.probability(candidates)
    best = int(probability.argmax())
    if probability[best] >= NEAR:
        turn.near = turn.tenant.wordings[entries.first(candidates[best])][0]
    if probability[best] < (judge.threshold if own is None else own):
        return None
    return Found(entries.first(candidates[best]), float(probability[best]))


def _nearest(turn: Turn, index: Index) -> Found | None:
    assert turn.version is not None
    assert turn.embedding is not None
    own = turn.tenant.about.thresholds.recall if index.entries is None else None
    threshold = turn.version.model.calibration.recall_threshold if own is None else own
    near = index.rows @ turn.embedding
    for number in np.argsort(-near)[:NEIGHBOURS]:
        if near[number] < threshold:
            return None
        if agree(index.wordings[number][0], turn.query):
            return Found(int(number), float(near[number]))
    return None
