"""What does the customer mean?

Never answers by itself: writes intent, confidence, the likeliest meanings and the embedding on the turn, by the model version
that nginx drew for this user. Where that is a new version and it fails, the stable one answers and the failure is noted: the
customer sees nothing. When Triton is away the edge router's guess stands in.
"""

import asyncio
import time

import numpy as np
import numpy.typing as npt

from pyshim.errors import TritonAway
from pyshim.language import clauses
from pyshim.language.secrets.masking import numbered
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.outside.triton import Scores
from pyshim.turns.turn import CONFIRM, Part, Reply, Turn
from pyshim.understanding.version import Version

# What the layers below need of the deadline: a call to the back end, and the commit.
KEPT_S, LEAST_S = 0.6, 0.05
LEAST_CHARS = 3  # of a clause that may be a matter
CANDIDATES_SHARE = 0.5  # of the time there is: the rest is for the stable version, should the new one fail


class Understand(Layer):
    """Asks Triton, and reads its scores the tenant's way."""

    name = "l4_understand"
    on_error = "pass"

    def __init__(self, outside: Outside) -> None:
        self._triton = outside.triton

    async def answer(self, turn: Turn) -> Reply | None:
        question = _question(turn)
        if turn.intent is not None and turn.heard_at == question:
            return None  # asked again after a conflict, where nothing else is asked: the meaning has not changed
        turn.heard_at = question
        if turn.press:
            return None
        titled = turn.tenant.titles.get(turn.query.strip())
        if titled is not None:  # a button says what it means
            turn.intent, turn.confidence = titled, 1.0
            return None
        if turn.understood and turn.state.flow is None:  # what waits may need the meanings beside it, too
            turn.intent, turn.confidence = turn.guess, turn.guess_confidence
            return None
        parts = asyncio.gather(*(self._part(turn, text) for text in _clauses(turn)))
        try:
            logits, turn.embedding = await self._scores(turn)
        except (TritonAway, TimeoutError):
            parts.cancel()
            turn.fault = True
            turn.intent, turn.confidence = turn.guess, turn.guess_confidence
            raise
        assert turn.version is not None
        turn.intent, turn.confidence, turn.likeliest = turn.version.read(turn.tenant, logits)
        turn.proposed = self._proposed(turn, logits)
        found = await parts
        turn.alone = not found and not turn.fault
        turn.parts = [part for part in found if part is not None] if None not in found else []
        return None

    @staticmethod
    def _proposed(turn: Turn, logits: npt.NDArray[np.float32]) -> dict[str, float]:
        """What the query says to what was asked, by a version that can tell. A code is no matter of words."""
        version, pending = turn.version, turn.state.flow
        if pending is None or pending.agreed or version is None or version.proposer is None or turn.embedding is None:
            return {}
        slot = turn.tenant.slots.get(pending.asking)
        asked = CONFIRM if pending.asking == CONFIRM else slot.type if slot else "text"
        return version.proposer.shares(numbered(turn.query), logits, turn.embedding, asked, pending.intent)

    async def _part(self, turn: Turn, text: str) -> Part | None:
        """One clause, read alone; asked together with the whole, so that Triton gets them in one request."""
        version = turn.version
        assert version is not None
        try:
            limit = max(LEAST_S, turn.left() - KEPT_S) * CANDIDATES_SHARE
            logits, _ = await self._asked(turn, text, version, limit, max(LEAST_S, turn.left() - KEPT_S))
        except (TritonAway, TimeoutError):
            return None
        return Part(text, *version.read(turn.tenant, logits))

    async def _scores(self, turn: Turn) -> Scores:
        """By the turn's version; by the stable one, now the turn's, where that fails. Raises TritonAway, TimeoutError."""
        drawn, stable = turn.version, turn.stable
        assert drawn is not None
        time_there_is = max(LEAST_S, turn.left() - KEPT_S)
        limit = time_there_is * CANDIDATES_SHARE
        if stable is None or drawn is stable:
            began = time.monotonic()
            scores = await self._asked(turn, turn.query, drawn, time_there_is, time_there_is)
            turn.fault = time.monotonic() - began > limit  # the candidate would have failed: both are held to the same
            return scores
        try:
            return await self._asked(turn, turn.query, drawn, limit, time_there_is)
        except (TritonAway, TimeoutError):
            turn.fault, turn.version = True, stable
            left = max(LEAST_S, turn.left() - KEPT_S)
            return await self._asked(turn, turn.query, stable, left, left)

    async def _asked(self, turn: Turn, text: str, version: Version, wait_s: float, timeout_s: float) -> Scores:
        """Waits so long; Triton has failed, as its breaker sees it, only after timeout_s: the same for all versions."""
        async with asyncio.timeout(wait_s):
            return await self._triton.understand(numbered(text), timeout_s, turn.trace, version.name)


def _question(turn: Turn) -> tuple[str, str, bool]:
    """What the query is an answer to."""
    pending = turn.state.flow
    return (pending.id, pending.asking, bool(pending.agreed)) if pending else ("", "", False)


def _clauses(turn: Turn) -> list[str]:
    """Those that are read alone: of a message that announces a second matter, and, where something may be urgent, of any that
    marks divide."""
    pieces = clauses.announced(turn.query)
    if len(pieces) == 1 and turn.tenant.urgent:
        pieces = [piece for piece in clauses.marked(turn.query) if len(piece) >= LEAST_CHARS]
    return pieces if len(pieces) > 1 else []
