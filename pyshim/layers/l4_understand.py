"""What does the customer mean?

Never answers by itself: writes intent, confidence, the likeliest meanings and the embedding on the turn. When Triton is away the
edge router's guess stands in.
"""

import asyncio

import numpy as np
import numpy.typing as npt

from pyshim.errors import TritonAway
from pyshim.layers import Layer
from pyshim.outside import Outside
from pyshim.snapshot import DIALOGUE_INTENTS, OUT_OF_SCOPE, SMALL_TALK, Snapshot
from pyshim.tenant import Tenant
from pyshim.turn import Reply, Turn

# What the layers below need of the deadline: a call to the back end, and the commit.
KEPT_S, LEAST_S = 0.6, 0.05
LOOKED_AT = 16
NOT_OFFERED = {OUT_OF_SCOPE, *DIALOGUE_INTENTS, *SMALL_TALK}


class Understand(Layer):
    """Asks Triton and reads its scores the tenant's way: what falls on an intent the tenant does not have is out of scope."""

    name = "l4_understand"
    on_error = "pass"

    def __init__(self, snapshot: Snapshot, outside: Outside) -> None:
        self._triton = outside.triton
        self._labels = snapshot.model.labels
        self._temperature = snapshot.model.calibration.temperature
        self._columns = {name: np.array(snapshot.columns(tenant)) for name, tenant in snapshot.tenants.items()}
        self._offered = {name: frozenset(tenant.intents) - NOT_OFFERED for name, tenant in snapshot.tenants.items()}
        self._foreign = {name: self._foreign_of(tenant) for name, tenant in snapshot.tenants.items()}

    async def answer(self, turn: Turn) -> Reply | None:
        if turn.intent is not None:
            return None  # asked again after a conflict: the meaning has not changed
        titled = turn.tenant.titles.get(turn.query.strip())
        if titled is not None:  # a button says what it means
            turn.intent, turn.confidence = titled, 1.0
            return None
        try:
            left = max(LEAST_S, turn.left() - KEPT_S)
            async with asyncio.timeout(left):
                logits, turn.embedding = await self._triton.understand(turn.query, left, turn.trace)
        except (TritonAway, TimeoutError):
            turn.intent, turn.confidence = turn.guess, turn.guess_confidence
            raise
        self._read(turn, logits)
        return None

    def _foreign_of(self, tenant: Tenant) -> npt.NDArray[np.bool_]:
        """bool [columns]: those of intents the tenant does not have."""
        mine = {*tenant.intents, OUT_OF_SCOPE}
        return np.array([self._labels[column] not in mine for column in self._columns[tenant.id]])

    def _read(self, turn: Turn, logits: npt.NDArray[np.float32]) -> None:
        columns, foreign = self._columns[turn.tenant.id], self._foreign[turn.tenant.id]
        scores = logits[columns] / self._temperature
        weights = np.exp(scores - scores.max())
        weights /= weights.sum()
        weights[columns == self._labels.index(OUT_OF_SCOPE)] += weights[foreign].sum()
        weights[foreign] = 0
        ranked = np.argsort(-weights)
        names = [self._labels[columns[number]] for number in ranked[:LOOKED_AT]]
        turn.intent, turn.confidence = names[0], float(weights[ranked[0]])
        turn.likeliest = [name for name in names if name in self._offered[turn.tenant.id]]
