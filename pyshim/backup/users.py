"""How does what is kept of a user come back?

One script a user (lua/redis/put_back-6.lua has the rules). Who was forgotten since the backup read them stays forgotten: the
backup itself knows those of its last moments, Redis those it has not lost, and the files of this machine and of others
(pyshim/turns/erasures.py) all that Redis did lose.
"""

from collections import Counter

import msgspec

from pyshim.backup import keys, record
from pyshim.backup.erased import Erased
from pyshim.outside.pipeline import Argument
from pyshim.outside.redis import Redis, Script
from pyshim.settings import Settings
from pyshim.turns import journal
from pyshim.turns.journal import Whose
from pyshim.turns.turn import Sent

WHAT = ("dialogues", "turns", "intents", "calls", "events")  # as put_back-6 counts them

_read_sent = msgspec.msgpack.Decoder(Sent).decode


class Users:
    """done: what was, or would be, put back, and of how many users; write: is it? All methods raise RedisAway."""

    def __init__(self, settings: Settings, redis: Redis, erased: Erased, write: bool) -> None:
        self._redis, self._turns, self._erased = redis, settings.history_turns, erased
        self._mode, self._write = "write" if write else "look", write
        self._put_back, self._listed = map(Script, ("put_back-6", "listed-1"))
        self.done = Counter[str]()

    async def put_back(self, user: record.User) -> bool:
        """Did, or would, anything come back? Calls of which nobody knows the end are asked about from then on: their index comes
        first, for one that leads to nothing is dropped when due."""
        for member in self._in_doubt(user) if self._write else ():
            await self._redis.command("ZADD", journal.INDEX, "NX", user.at, member)
        erased = self._erased.of(user.whose).at
        answer = await self._redis.run(
            self._put_back, *keys.keys_of(user.whose), self._mode, user.at, erased, self._turns, *_values(user)
        )
        if answer[0] == b"erased":
            self.done["erased"] += 1
            for member in self._in_doubt(user) if self._write else ():
                await self._redis.command("ZREM", journal.INDEX, member)
            return False
        counted = {what: count for what, count in zip(WHAT, answer[1:], strict=True) if count}
        self.done["users" if counted else "users there already"] += 1
        self.done.update(counted)
        return bool(counted)

    @staticmethod
    def _in_doubt(user: record.User) -> list[bytes]:
        """Members of the index."""
        tenant, name = record.tenant_of(user.whose), record.user_of(user.whose)
        calls = zip(user.calls[::2], user.calls[1::2], strict=True)
        return [msgspec.json.encode(Whose(tenant, name, key.decode())) for key, value in calls if _unknown(value)]

    async def agreed(self, user: record.Agreed) -> None:
        key = journal.agreed_by(record.tenant_of(user.whose), record.user_of(user.whose))
        await self._redis.run(self._listed, key, self._mode, user.until, *user.entries)


def _unknown(call: bytes) -> bool:
    try:
        return not _read_sent(call).outcome
    except msgspec.MsgspecError:  # a later version's: whoever can read it drops what is known
        return True


def _values(user: record.User) -> list[Argument]:
    """As put_back-6 takes them: lists with their length in front."""
    values: list[Argument] = [user.state, user.state_until]
    for some, until in ((user.turns, user.turns_until), (user.intents, user.intents_until), (user.calls, user.calls_until)):
        values += [len(some), *some, until]
    values.append(len(user.events))
    for entry, fields in user.events:
        values += [entry, len(fields), *fields]
    return [*values, user.events_until]
