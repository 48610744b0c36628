"""Was the same thing asked before?

Exact nearest neighbour over the tenant's FAQ wordings, by the student's embedding (cosine). A neighbour counts only above the
threshold and only if numbers and negation agree: 满100减多少 and 满300减多少 are near in any embedding, and not the same.
"""

from collections.abc import Iterable

import numpy as np

from pyshim.arm import Arm, Index
from pyshim.guards import agree
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.tenant import Tenant
from pyshim.turn import Reply, Turn

NEIGHBOURS = 5


class Recall(Layer):
    """Answers from faq.tsv. Each model version has an index of its own, built once Triton can embed with it."""

    name = "l6_recall"
    on_error = "pass"

    def __init__(self, outside: Outside) -> None:
        self._triton = outside.triton

    async def build(self, arm: Arm, tenants: Iterable[Tenant]) -> None:
        """Embeds these tenants' wordings with this version, but for those it knows. Raises TritonAway; what was built stays."""
        for tenant in tenants:
            if tenant.wordings and tenant.digest not in arm.index:
                wordings = tuple(wording for wording, _ in tenant.wordings)
                known = next((index for index in arm.index.values() if index.wordings == wordings), None)
                arm.index[tenant.digest] = known or Index(wordings, await self._triton.embed([*wordings], arm.version))

    @staticmethod
    def built(arm: Arm, tenants: Iterable[Tenant]) -> bool:
        return all(tenant.digest in arm.index for tenant in tenants if tenant.wordings)

    async def answer(self, turn: Turn) -> Reply | None:
        if turn.arm is None or turn.embedding is None:
            return None
        index = turn.arm.index.get(turn.tenant.digest)
        if index is None:
            return None
        own = turn.tenant.about.thresholds.recall
        threshold = turn.arm.model.calibration.recall_threshold if own is None else own
        near = index.rows @ turn.embedding
        for number in np.argsort(-near)[:NEIGHBOURS]:
            if near[number] < threshold:
                return None
            wording, answer = turn.tenant.wordings[number]
            if agree(wording, turn.query):
                turn.state.misses, turn.state.offered = 0, []
                return Reply(answer, None, round(float(near[number]), 4))
        return None
