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
from pyshim.turns.turn import CONFIRM, Clause, Reply, Turn
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
        drawn, texts = turn.version, _clauses(turn)
        assert drawn is not None
        until = time.monotonic() + _time_there_is(turn) * CANDIDATES_SHARE
        whole = self._ask(turn, turn.query, drawn)
        clauses = [self._ask(turn, text, drawn) for text in texts]  # of the same tick, so that Triton gets all in one request
        try:
            logits, turn.embedding = await self._scores(turn, whole)
            assert turn.version is not None
            turn.intent, turn.confidence, turn.likeliest = turn.version.read(turn.tenant, logits)
            turn.proposed = self._proposed(turn, logits)
            found = [await _part(turn, text, one, drawn, until) for text, one in zip(texts, clauses, strict=True)]
        except (TritonAway, TimeoutError):
            turn.fault = True
            turn.intent, turn.confidence = turn.guess, turn.guess_confidence
            raise
        finally:
            _drop(clauses)
        if not found and not turn.fault and turn.intent is not None:
            turn.read_as = turn.intent, turn.confidence
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

    async def _scores(self, turn: Turn, whole: asyncio.Future[Scores]) -> Scores:
        """By the turn's version; by the stable one, now the turn's, where that fails. Raises TritonAway, TimeoutError."""
        time_there_is = _time_there_is(turn)
        limit = time_there_is * CANDIDATES_SHARE
        if turn.stable is None or turn.version is turn.stable:
            began = time.monotonic()
            scores = await _within(whole, time_there_is)
            turn.fault = time.monotonic() - began > limit  # the candidate would have failed: both are held to the same
            return scores
        try:
            return await _within(whole, limit)
        except (TritonAway, TimeoutError):
            turn.fault, turn.version = True, turn.stable
            return await _within(self._ask(turn, turn.query, turn.stable), _time_there_is(turn))

    def _ask(self, turn: Turn, text: str, version: Version) -> asyncio.Future[Scores]:
        """Triton has failed, as its breaker sees it, only after all the time there is: the same for all versions."""
        return self._triton.understand(numbered(text), _time_there_is(turn), turn.trace, version.name)


def _time_there_is(turn: Turn) -> float:
    return max(LEAST_S, turn.left() - KEPT_S)


async def _within(scores: asyncio.Future[Scores], wait_s: float) -> Scores:
    """Raises TritonAway, and TimeoutError where nothing has come by then. As asyncio.timeout, for a third of its price."""
    late = asyncio.get_running_loop().call_later(wait_s, _is_late, scores)
    try:
        return await scores
    finally:
        late.cancel()


def _is_late(scores: asyncio.Future[Scores]) -> None:
    if not scores.done():
        scores.set_exception(TimeoutError())


async def _part(turn: Turn, text: str, scores: asyncio.Future[Scores], version: Version, until: float) -> Clause | None:
    """One clause, read alone; None where that is not known in time."""
    try:
        logits, _ = await _within(scores, max(0.0, until - time.monotonic()))
    except (TritonAway, TimeoutError):
        return None
    return Clause(text, *version.read(turn.tenant, logits))


def _drop(asked: list[asyncio.Future[Scores]]) -> None:
    """Nobody waits for these any more, nor for what went wrong with them."""
    for one in asked:
        if one.done() and not one.cancelled():
            one.exception()
        one.cancel()


def _question(turn: Turn) -> tuple[str, str, bool]:
    """What the query is an answer to."""
    pending = turn.state.flow
    return (pending.id, pending.asking, bool(pending.agreed)) if pending else ("", "", False)


def _clauses(turn: Turn) -> list[str]:
    """Those that are read alone: of a message that announces a second matter, of one that may ask for two things, and, where
    something may be urgent, of any that marks divide."""
    pieces = clauses.announced(turn.query)
    if len(pieces) == 1 and (turn.state.flow is None or turn.state.flow.asking != CONFIRM):
        following = clauses.following(turn.query)
        pieces = following if all(len(piece) >= LEAST_CHARS for piece in following) else pieces
    if len(pieces) == 1 and turn.tenant.urgent:
        pieces = [piece for piece in clauses.marked(turn.query) if len(piece) >= LEAST_CHARS]
    return pieces if len(pieces) > 1 else []
