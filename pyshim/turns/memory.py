"""Where does a conversation stand, and how is a turn written, once, in order?

Redis keys of the design (d:, h:, i:) through two scripts, load and commit. While Redis is away, answered turns wait in a bounded
queue (pyshim/turns/late.py) and are written when it is back; a full queue refuses turns instead of losing them. Each node of a
cluster is written to on its own: one that is away holds up its own users' turns alone.

A turn that no replica is known to have (SLUICE_REDIS_WAIT) was answered, and could go with its master: a copy waits among the
late ones until a replica has it. They take half of the queue at most, for those that are nowhere yet come first.
"""

import asyncio
import logging
import time

from pyshim.errors import Conflict, RedisAway, RedisRefused, Refusal
from pyshim.outside.redis import Redis, Script
from pyshim.outside.slots import slot_of
from pyshim.settings import Settings
from pyshim.telemetry import metrics
from pyshim.turns import journal, stored, wire
from pyshim.turns.late import Arguments, Late, Queue
from pyshim.turns.turn import Reply, State, Turn

log = logging.getLogger(__name__)

# A turn is written late only when its first commit can no longer happen: the clocks of shim and Redis may differ by this.
SKEW_S = 1.0
STALE = "seq is lower than the last one, {}"


class Memory:
    """The conversations of all users."""

    def __init__(self, settings: Settings, redis: Redis, late: Late | None = None) -> None:
        self._settings, self._redis = settings, redis
        self._late = Late() if late is None else late
        self._load, self._commit = Script("load-2"), Script("commit-3")

    @staticmethod
    def keys(tenant: str, user: str) -> tuple[str, str, str]:
        """State, history and intents; one hash tag, so one slot of a cluster."""
        whose = f"{{{tenant}:{user}}}"
        return f"d:{whose}", f"h:{whose}", f"i:{whose}"

    async def load(self, turn: Turn) -> bytes | None:
        """Puts the state on the turn. Returns the stored reply when this seq was answered before. Raises Refusal (stale)."""
        if turn.state_given:
            turn.state = self._mine(turn, turn.state_given)
            return None
        state, history, _ = self.keys(turn.tenant.id, turn.user_id)
        try:
            blob, turn.newest, calls = await self._redis.run(self._load, state, history, self._settings.state_ttl_s)
        except RedisAway as error:
            log.warning("answering without the state store: %s turn_id=%s", error, turn.id)
            turn.degraded, turn.state = True, State()
            return None
        turn.state, turn.sent = self._mine(turn, blob), journal.read(calls)
        if turn.seq and turn.seq <= turn.state.seq:
            return await self._stored(turn)
        if turn.press and turn.seq and not turn.state.session:  # its dialogue is over, so the id alone would be a stale one
            entries = await self.history(turn.tenant.id, turn.user_id, self._settings.history_turns)
            return next((stored.reply_of(entry) for entry in entries if stored.is_at(entry, turn.seq, turn.session_id)), None)
        return None

    async def _stored(self, turn: Turn) -> bytes:
        """The reply of a turn that was answered before. Raises Refusal where it is kept no more, RedisAway."""
        seq, session = turn.seq, turn.state.session
        if stored.is_at(turn.newest, seq, session):
            return stored.reply_of(turn.newest)
        for entry in await self.history(turn.tenant.id, turn.user_id, self._settings.history_turns):
            if stored.is_at(entry, seq, session):
                return stored.reply_of(entry)
        raise Refusal(409, "stale_seq", STALE.format(turn.state.seq))

    @staticmethod
    def _mine(turn: Turn, blob: bytes) -> State:
        """The stored state, unless the client names another session: that one starts anew."""
        state = wire.read_state(blob)
        return state if turn.session_id in ("", state.session) else State()

    def _arguments(self, turn: Turn, reply: Reply, mode: str, state: bytes, not_after_ms: int) -> Arguments:
        s = self._settings
        return (
            *self.keys(turn.tenant.id, turn.user_id),
            *(mode, turn.session_id, turn.id, turn.seq, reply.intent or "", state),
            *(stored.reply_members(turn, reply), stored.kept_members(turn)),
            *(s.state_ttl_s, s.history_ttl_s, s.history_turns, not_after_ms),
        )

    async def commit(self, turn: Turn, reply: Reply) -> bytes:
        """Writes the turn and returns the whole reply, as the client gets it; turn.told stays where it is what tells. Raises
        Conflict: the fresh state is on the turn."""
        if turn.degraded:
            return self._keep(turn, reply)
        turn.state.intent = reply.intent
        not_after_ms = int(time.time() * 1000) + self._settings.redis_timeout_ms
        arguments = self._arguments(turn, reply, str(turn.state.turn), wire.write_state(turn.state), not_after_ms)
        arguments = (*arguments, *turn.told)
        try:
            outcome, covered = await self._redis.run_covered(self._commit, *arguments)
        except RedisAway as error:
            log.warning("the state store went away: %s turn_id=%s", error, turn.id)
            turn.degraded = True
            return self._keep(turn, reply)
        match outcome:
            case bytes():
                self._count(covered, turn, reply)
                _, seq, session = outcome.split(b" ")
                return stored.whole_reply(int(seq), session.decode(), stored.reply_members(turn, reply))
            case [b"replay", entry]:
                turn.told = []
                return stored.reply_of(entry)
            case [b"stale", last]:
                raise Refusal(409, "stale_seq", STALE.format(last))
            case [b"expired"]:
                turn.degraded = True
                return self._keep(turn, reply)
            case [_, blob]:
                turn.state = self._mine(turn, blob)
                raise Conflict
        raise AssertionError(f"commit-3 answered {outcome!r}")

    def _count(self, covered: bool, turn: Turn, reply: Reply) -> None:
        """Of a turn that was written: where it may be lost again, a copy waits."""
        if not self._settings.redis_wait:
            return
        (metrics.covered if covered else metrics.uncovered).inc()
        if not covered and len(self._late) < self._settings.late_turns_max // 2:
            self._put_late(turn, reply, self._redis.owner(slot_of(self.keys(turn.tenant.id, turn.user_id)[0])))

    def _keep(self, turn: Turn, reply: Reply) -> bytes:
        turn.told = []  # a late turn changes no dialogue: the next one tells again
        if len(self._late) >= self._settings.late_turns_max:
            raise Refusal(503, "unavailable", "too many turns wait for the state store", {"Retry-After": "5"})
        self._put_late(turn, reply)
        return stored.whole_reply(turn.seq or 1, turn.session_id or turn.id, stored.reply_members(turn, reply))

    def _put_late(self, turn: Turn, reply: Reply, had: str = "") -> None:
        due = time.time() + self._settings.redis_timeout_ms / 1000 + SKEW_S
        self._late.keep(due, self._arguments(turn, reply, "late", b"", 0), had)

    async def write_late(self, pause: float = 1.0) -> None:
        """Runs for the life of the process: writes what was kept, oldest first, whenever Redis is there."""
        while True:
            await self._write_due()
            await asyncio.sleep(pause)

    async def _write_due(self) -> bool:
        """Writes what may be written by now. False where a node is away, or refuses the first one and may yet take it."""
        return all([*(await self._write_nodes()).values()])

    async def _write_nodes(self) -> dict[str, bool]:
        """By each node that has turns to wait for: did it take what may be written by now?"""
        queues: dict[str, list[Queue]] = {}
        for queue in self._late.queues():
            queues.setdefault(self._redis.owner(queue.slot), []).append(queue)
        taken = await asyncio.gather(*(self._write_node(node, of_it) for node, of_it in queues.items()))
        return dict(zip(queues, taken, strict=True))

    async def _write_node(self, node: str, queues: list[Queue]) -> bool:
        """Copies that it has itself are tried until one is not covered: the others would not be, either."""
        covered = True
        try:
            for queue in queues:
                goes_on = True
                if queue.had != node:
                    goes_on, _ = await self._write_queue(queue, node)
                elif covered:
                    goes_on, covered = await self._write_queue(queue, node)
                if not goes_on:
                    return False
        except Exception:  # whatever it is, it is this node's alone, and somebody has to write the turns
            log.exception("late turns still wait")
            return False
        return True

    async def _write_queue(self, queue: Queue, node: str) -> tuple[bool, bool]:
        """Oldest first. Whether its node takes anything for now; and whether a replica had all of it."""
        for _ in range(self._late.length(queue)):
            one = self._late.first(queue)
            if one is None or one[0] > time.time():
                break
            try:
                _, covered = await self._redis.run_covered(self._commit, *one[1])
            except RedisRefused as error:
                return await self._takes_others(queue.slot) and self._late.refused(queue, str(error)), True
            except RedisAway:
                return False, True
            if covered:
                self._late.written(queue)
                continue
            self._late.uncovered(queue, node)
            if queue.had == node:
                return True, False
        return True, True

    async def _takes_others(self, slot: int) -> bool:
        """A Redis that is busy, or lets us do nothing, refuses all alike."""
        try:
            await self._redis.check(self._redis.owner(slot))
        except RedisAway:
            return False
        return True

    async def leave(self, patience_s: float = 2.0) -> None:
        """Before the process ends: writes what is kept, if Redis is there. What is not written stays in the file."""
        deadline = time.monotonic() + patience_s
        while self._late and time.monotonic() < deadline:
            if not any((await self._write_nodes()).values()):
                return
            await asyncio.sleep(0.05)

    # -- what is read, not asked ----------------------------------------------------------------------------------------

    async def history(self, tenant: str, user: str, limit: int) -> list[bytes]:
        """The newest turns first, each as JSON. Raises RedisAway."""
        entries: list[bytes] = await self._redis.command("LRANGE", self.keys(tenant, user)[1], 0, limit - 1)
        return entries

    async def last_of(self, tenant: str, user: str, intent: str) -> bytes | None:
        """The last turn of an intent as JSON. Raises RedisAway."""
        entry: bytes | None = await self._redis.command("HGET", self.keys(tenant, user)[2], intent)
        return entry

    async def forget(self, tenant: str, user: str) -> None:
        """Ends the dialogue; the history stays. Raises RedisAway."""
        await self._redis.command("DEL", self.keys(tenant, user)[0])
