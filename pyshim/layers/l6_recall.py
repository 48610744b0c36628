"""Was the same thing asked before?

Exact nearest neighbour over the tenant's FAQ wordings, by the student's embedding (cosine). A neighbour counts only above the
threshold and only if numbers and negation agree: 满100减多少 and 满300减多少 are near in any embedding, and not the same.
"""

import numpy as np

from pyshim.arm import Arm
from pyshim.guards import agree
from pyshim.layers import Layer
from pyshim.outside import Outside
from pyshim.snapshot import Snapshot
from pyshim.tenant import Tenant
from pyshim.turn import Reply, Turn

NEIGHBOURS = 5


class Recall(Layer):
    """Answers from faq.tsv. Each model version has an index of its own, built once Triton can embed with it."""

    name = "l6_recall"
    on_error = "pass"

    def __init__(self, snapshot: Snapshot, outside: Outside) -> None:
        self._triton = outside.triton
        self._rows = {name: _rows(tenant) for name, tenant in snapshot.tenants.items()}

    async def build(self, arm: Arm) -> None:
        """Embeds every tenant's wordings with this version. Raises TritonAway; what was built stays."""
        for name, rows in self._rows.items():
            if rows and name not in arm.index:
                arm.index[name] = await self._triton.embed([wording for wording, _ in rows], arm.version)

    def built(self, arm: Arm) -> bool:
        return all(name in arm.index for name, rows in self._rows.items() if rows)

    async def answer(self, turn: Turn) -> Reply | None:
        if turn.arm is None or turn.embedding is None:
            return None
        index = turn.arm.index.get(turn.tenant.id)
        if index is None:
            return None
        near = index @ turn.embedding
        rows = self._rows[turn.tenant.id]
        for number in np.argsort(-near)[:NEIGHBOURS]:
            if near[number] < turn.arm.model.calibration.recall_threshold:
                return None
            wording, answer = rows[number]
            if agree(wording, turn.query):
                turn.state.misses, turn.state.offered = 0, []
                return Reply(answer, None, round(float(near[number]), 4))
        return None


def _rows(tenant: Tenant) -> list[tuple[str, str]]:
    return [(wording, question.answer) for question in tenant.faq for wording in question.wordings]
