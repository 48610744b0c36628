"""Was the same thing asked before?

Exact nearest neighbour over the tenant's FAQ wordings, by the student's embedding (cosine). A neighbour counts only above the
threshold and only if numbers and negation agree: 满100减多少 and 满300减多少 are near in any embedding, and not the same.
"""

import asyncio
import logging

import numpy as np
import numpy.typing as npt

from pyshim.errors import TritonAway
from pyshim.guards import agree
from pyshim.layers import Layer
from pyshim.outside import Outside
from pyshim.snapshot import Snapshot
from pyshim.tenant import Tenant
from pyshim.turn import Reply, Turn

log = logging.getLogger(__name__)

NEIGHBOURS = 5


class Recall(Layer):
    """Answers from faq.tsv. The index is built once Triton can embed it."""

    name = "l6_recall"
    on_error = "pass"

    def __init__(self, snapshot: Snapshot, outside: Outside) -> None:
        self._triton = outside.triton
        self._threshold = snapshot.model.calibration.recall_threshold
        self._index: dict[str, npt.NDArray[np.float32]] = {}
        self._rows = {name: _rows(tenant) for name, tenant in snapshot.tenants.items()}

    async def build(self) -> None:
        """Embeds every tenant's wordings. Raises TritonAway; what was built stays."""
        for name, rows in self._rows.items():
            if rows and name not in self._index:
                self._index[name] = await self._triton.embed([wording for wording, _ in rows])

    @property
    def built(self) -> bool:
        return all(name in self._index for name, rows in self._rows.items() if rows)

    async def answer(self, turn: Turn) -> Reply | None:
        index = self._index.get(turn.tenant.id)
        if index is None or turn.embedding is None:
            return None
        near = index @ turn.embedding
        rows = self._rows[turn.tenant.id]
        for number in np.argsort(-near)[:NEIGHBOURS]:
            if near[number] < self._threshold:
                return None
            wording, answer = rows[number]
            if agree(wording, turn.query):
                turn.state.misses, turn.state.offered = 0, []
                return Reply(answer, None, round(float(near[number]), 4))
        return None


def _rows(tenant: Tenant) -> list[tuple[str, str]]:
    return [(wording, question.answer) for question in tenant.faq for wording in question.wordings]


async def build_when_possible(recall: Recall, pause: float = 0.5) -> None:
    """Builds the index as soon as Triton answers."""
    while not recall.built:
        try:
            await recall.build()
        except TritonAway as error:
            log.info("recall waits for Triton: %s", error)
            await asyncio.sleep(pause)
