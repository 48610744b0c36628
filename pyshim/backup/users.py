"""How does what is kept of a user come back?

One script a user (lua/redis/put_back-6.lua has the rules). Who was forgotten since the backup read them stays forgotten: the
backup itself knows those of its last moments, Redis those it has not lost, and the files of this machine and of others
(pyshim/turns/erasures.py) all that Redis did lose.
"""

from collections import Counter

import msgspec

from pyshim.backup import keys, record
from pyshim.outside.pipeline import Argument
from pyshim.outside.redis import Redis, Script
from pyshim.settings import Settings
from pyshim.turns import journal
from pyshim.turns.journal import Whose
from pyshim.turns.turn import Sent

WHAT = ("dialogues", "turns", "intents", "calls", "events")  # as put_back-6 counts them

_read_sent = msgspec.msgpack.Decoder(Sent).decode


class Users:
    """erased: by whose, the last moment at which somebody was forgotten, milliseconds since 1970; done: what was, or would be,
    put back, and of how many users; write: is it? All methods raise RedisAway."""

    def __init__(self, settings: Settings, redis: Redis, erased: dict[str, int], write: bool) -> None:
        self._redis, self._turns, self._erased = redis, settings.history_turns, erased
        self._mode, self._write = "write" if write else "look", write
        self._put_back, self._forgotten, self._listed = map(Script, ("put_back-6", "forgotten-1", "listed-1"))
        self.done = Counter[str]()

    async def put_back(self, user: record.User) -> None:
        if self._write:
            await self._asked_about(user)
        erased = self._erased.get(user.whose, 0)
        answer = await self._redis.run(
            self._put_back, *keys.keys_of(user.whose), self._mode, user.at, erased, self._turns, *_values(user)
        )
        if answer[0] == b"erased":
            self.done["erased"] += 1
            return
        counted = {what: count for what, count in zip(WHAT, answer[1:], strict=True) if count}
        self.done["users" if counted else "users there already"] += 1
        self.done.update(counted)

    async def _asked_about(self, user: record.User) -> None:
        """Calls of which nobody knows the end are asked about from now on. An index that leads to nothing is dropped when due."""
        tenant, name = record.tenant_of(user.whose), record.user_of(user.whose)
        for key, value in zip(user.calls[::2], user.calls[1::2], strict=True):
            if self._in_doubt(value):
                member = msgspec.json.encode(Whose(tenant, name, key.decode()))
                await self._redis.command("ZADD", journal.INDEX, "NX", user.at, member)

    @staticmethod
    def _in_doubt(value: bytes) -> bool:
        try:
            return not _read_sent(value).outcome
        except msgspec.MsgspecError:  # a later version's: whoever can read it drops what is known
            return True

    async def forgotten(self, user: record.Forgotten) -> None:
        key = f"f:{{{user.whose}}}"
        self.done["erasures"] += await self._redis.run(self._forgotten, key, self._mode, user.at, user.until)

    async def agreed(self, user: record.Agreed) -> None:
        key = journal.agreed_by(record.tenant_of(user.whose), record.user_of(user.whose))
        await self._redis.run(self._listed, key, self._mode, user.until, *user.entries)


def _values(user: record.User) -> list[Argument]:
    """As put_back-6 takes them: lists with their length in front."""
    values: list[Argument] = [user.state, user.state_until]
    for some, until in ((user.turns, user.turns_until), (user.intents, user.intents_until), (user.calls, user.calls_until)):
        values += [len(some), *some, until]
    values.append(len(user.events))
    for entry, fields in user.events:
        values += [entry, len(fields), *fields]
    return [*values, user.events_until]
