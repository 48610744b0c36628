"""Was the same thing asked before?

Exact nearest neighbour over the tenant's FAQ wordings, by the student's embedding (cosine). A neighbour counts only above the
threshold and only if numbers and negation agree: 满100减多少 and 满300减多少 are near in any embedding, and not the same.
"""

import numpy as np

from pyshim.language.guards import agree
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.turns.turn import Reply, Turn

NEIGHBOURS = 5


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
        own = turn.tenant.about.thresholds.recall
        threshold = turn.version.model.calibration.recall_threshold if own is None else own
        near = index.rows @ turn.embedding
        for number in np.argsort(-near)[:NEIGHBOURS]:
            if near[number] < threshold:
                return None
            wording, answer = turn.tenant.wordings[number]
            if agree(wording, turn.query):
                turn.state.understood()
                return Reply(answer, None, round(float(near[number]), 4))
        return None
