"""How does what everybody follows come back?

A record of a lower seq never takes the place of a higher one: whoever runs would say the higher one again
(pyshim/agreement/lost.py). Versions of the configuration are added beside those that are here; a number that is another version
here stays what it is. What was said of tokens is united, and of two things said about the same tokens the later one counts.
"""

import time
from collections import Counter

import msgspec

from pyshim.agreement.records import me
from pyshim.backup import record
from pyshim.configuration.configuration import Configuration, Records
from pyshim.configuration.configuration import decode as read_configuration
from pyshim.configuration.store import Event, Manifest, Store, key_of
from pyshim.identity.revocations import KEYS as REVOKED
from pyshim.identity.revocations import REVOKE
from pyshim.outside.redis import Redis
from pyshim.rollout.rollout import Records as Rollouts
from pyshim.rollout.rollout import Rollout
from pyshim.rollout.rollout import decode as read_rollout

VERSION = key_of("version", "")


class Followed:
    """done: what was, or would be, written; said: sentences for whoever typed the command; write: is it? All methods raise
    RedisAway."""

    def __init__(self, redis: Redis, write: bool, at: str) -> None:
        self._redis, self._write, self._at = redis, write, at
        self._store, self._configurations, self._rollouts = Store(redis), Records(redis), Rollouts(redis)
        self._others: dict[int, str] = {}  # numbers that are other versions here, and what they are in the backup
        self.done, self.said = Counter[str](), list[str]()

    # -- the configuration -------------------------------------------------------------------------------------------------

    async def piece(self, piece: record.Piece) -> None:
        """Pieces come before what names them."""
        here = await self._redis.command("GET", piece.key)
        if here is None:
            self.done["keys of the configuration"] += 1
            if self._write:
                await self._redis.command("SET", piece.key, piece.value, "NX")
        elif piece.key.startswith(VERSION):
            theirs, mine = (msgspec.json.decode(text, type=Manifest) for text in (piece.value, here))
            if theirs.digest != mine.digest:
                self._others[mine.number] = theirs.digest

    async def configuration(self, kept: record.Configuration) -> None:
        """Behind its pieces: what names them."""
        theirs = read_configuration(kept.record)
        if self._write:
            await self._store.add([number for number in kept.numbers if number not in self._others], kept.newest)
            await self._store.note_before(kept.lines)
        while True:
            mine = await self._configurations.read()
            if not self._takes(theirs, mine):
                return
            after = msgspec.structs.replace(theirs, preparing=0)
            if self._write and not await self._configurations.write(after, mine):
                continue  # somebody else was quicker: looked at again
            break
        self.said.append(
            f"configuration: version {theirs.serving}, the backup's, serves afterwards (record {theirs.seq}, {_before(mine)})"
        )
        self.done["records"] += 1
        if self._write:
            await self._store.note(Event(round(time.time(), 3), me(), f"restored from the backup of {self._at}:", theirs.serving))

    def _takes(self, theirs: Configuration, mine: Configuration | None) -> bool:
        if mine is not None and mine.seq >= theirs.seq:
            self.said.append(
                f"configuration: version {mine.serving} serves afterwards, as before (record {mine.seq}; the backup's, of "
                f"version {theirs.serving}, is {theirs.seq}): `sluice config rollback` chooses among those that are stored"
            )
            return False
        others = sorted(theirs.kept & self._others.keys())
        if others:
            self.said.append(
                f"configuration: {_serves(mine)}, as before, for the backup's version {', '.join(map(str, others))} is another "
                "one than here: `sluice config apply` makes the folder serve"
            )
        return not others

    # -- the model ---------------------------------------------------------------------------------------------------------

    async def rollout(self, kept: record.Rollout) -> None:
        theirs = self._settled(read_rollout(kept.record))
        while True:
            mine = await self._rollouts.read()
            if mine is not None and mine.seq >= theirs.seq:
                self.said.append(
                    f"model: version {mine.stable} serves on (record {mine.seq}; the backup's, of version {theirs.stable}, "
                    f"is {theirs.seq}): `sluice models rollback` or `load` changes it"
                )
                return
            if not self._write or await self._rollouts.write(theirs, mine):
                break
        self.said.append(f"model: version {theirs.stable} serves (record {theirs.seq}, {_before(mine)})")
        self.done["records"] += 1

    def _settled(self, theirs: Rollout) -> Rollout:
        """A candidate does not come back: what it did until then is not known any more."""
        if not theirs.candidate:
            return theirs
        return theirs.without_candidate(me(), f"restored from the backup of {self._at}, without candidate {theirs.candidate}")

    # -- tokens ------------------------------------------------------------------------------------------------------------

    async def revoked(self, said: record.Revoked) -> None:
        if said.until <= time.time() or await self._redis.command("ZSCORE", REVOKED[0], said.text) is not None:
            return
        self.done["revocations"] += 1
        if self._write:
            await self._redis.run(REVOKE, *REVOKED, said.text, said.until)


def _serves(mine: Configuration | None) -> str:
    return "none serves afterwards" if mine is None else f"version {mine.serving} serves afterwards"


def _before(mine: Configuration | Rollout | None) -> str:
    return "there was none" if mine is None else f"it was {mine.seq}"
