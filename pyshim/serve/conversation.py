"""How does one message become one stored answer?

load -> funnel -> compose -> commit. Two messages of one user at the same moment are taken one after the other (a lock in this
process: nginx sends a user to one shim); should the edge or another shim write in between, that is a conflict, and the turn is
read and answered anew. A call that it made already is not made again (pyshim/layers/l5_dialogue.py).
"""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from weakref import WeakValueDictionary

from pyshim import funnel
from pyshim.dialogue import outcomes, secrecy, waiting
from pyshim.errors import Conflict, Refusal
from pyshim.language import patterns, scripts
from pyshim.layers import Layer
from pyshim.telemetry import metrics
from pyshim.tenants import spoken
from pyshim.turns import stored
from pyshim.turns.memory import Memory
from pyshim.turns.turn import Reply, Turn


class _Alone:
    def __init__(self, lock: asyncio.Lock, within_s: float) -> None:
        self._lock, self._within_s = lock, within_s

    async def __aenter__(self) -> bool:
        waits = self._lock.locked()
        try:
            async with asyncio.timeout(self._within_s) if waits else nullcontext():
                await self._lock.acquire()
        except TimeoutError:
            raise Refusal(503, "unavailable", "an earlier message is still being answered", {"Retry-After": "1"}) from None
        return waits

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()


class Conversations:
    """Answers turns, in order for each user."""

    def __init__(self, memory: Memory, layers: Sequence[Layer]) -> None:
        self._memory, self._layers = memory, layers
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def answer(self, turn: Turn) -> tuple[bytes, Reply | None]:
        """The reply's JSON, and the Reply unless it was a stored one. Raises Refusal."""
        patterns.new_message()
        async with self.alone(turn.tenant.id, turn.user_id, turn.left()) as waited:
            if waited:  # what the edge read is from before the turn that was waited for, which may be the same one
                turn.state_given = b""
            return await self._answer(turn)

    def alone(self, tenant: str, user: str, within_s: float) -> "_Alone":
        """`async with`: while no other turn of this user is answered here. Yields whether one had to be waited for. Raises
        Refusal."""
        return _Alone(self._locks.setdefault((tenant, user), asyncio.Lock()), within_s)

    async def _answer(self, turn: Turn) -> tuple[bytes, Reply | None]:
        while True:  # each conflict is another turn of this user that was written, so there is an end of them
            known = await self._memory.load(turn)
            if known is not None:
                return known, None
            turn.told = []
            secrecy.reveal(turn)
            if turn.press is None:
                turn.state.script = scripts.after(turn.state.script, turn.query)
            try:
                reply = await funnel.run(turn, self._layers)
                warning = [turn.tenant.phrases.secret] if turn.warned else []
                said = [*warning, *outcomes.news(turn), reply.answer, *([turn.resume] if turn.resume else [])]
                if turn.resume and turn.state.flow is not None:
                    reply.confirm = waiting.buttons(turn.state.flow)
                script = turn.state.script
                reply.answer = spoken.whole(turn.tenant, turn.composer, "\n".join(said), reply.intent, script)
                body = await self._memory.commit(turn, reply)
            except Conflict:
                if turn.left() > 0:
                    turn.state_given = b""  # it is older than what was written meanwhile
                    continue
                raise Refusal(503, "unavailable", "too many messages at the same moment", {"Retry-After": "1"}) from None
            if not stored.is_of(body, turn.id):  # another try of this turn was written meanwhile
                turn.answered_by = ""
                return body, None
            metrics.turn_of(turn.tenant.id, turn.answered_by).inc()
            return body, reply

    async def settle(self, turn: Turn, reply: Reply) -> None:
        """After the client has its reply."""
        for name, spent in turn.spent_ms.items():
            metrics.seconds_in(name).observe(spent / 1000)
        await funnel.settle(turn, self._layers, reply)
