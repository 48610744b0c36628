"""Did Redis lose what everybody agreed on, and who says it again?

It may come back empty, or without the last it was told (a failover, an append-only file that was cut). Whoever follows a record
with a higher seq than is there then writes it again, as a change like any other: one is first, the others follow that. Before,
all have WAIT beats to say what they follow: who knows an older record leaves it to the others, and the seq is one nobody knows.
"""

from collections.abc import Awaitable, Callable, Iterable

WAIT, PATIENCE = 3, 10  # beats
NONE = b"none"  # what lua/redis/beat-3.lua and config_beat-2.lua say where there is no record


class Lost:
    """Of one record, in one process. followed: the seqs of the records that those who are there follow."""

    def __init__(self, followed: Callable[[], Awaitable[Iterable[int]]]) -> None:
        self._followed, self._beats = followed, 0

    @property
    def long(self) -> bool:
        """Nobody said it again who could have."""
        return self._beats >= PATIENCE

    def found(self) -> None:
        """Redis has what this process knows."""
        self._beats = 0

    async def due(self, known: int, found: int) -> int:
        """Once a beat, of the seq this process knows and the one in Redis, 0 for none: the seq to write it again with, 0 for not
        now. Raises RedisAway."""
        if found >= known:
            self.found()
            return 0
        self._beats += 1
        if self._beats < WAIT:
            return 0
        newest = max(await self._followed(), default=0)
        return 0 if newest > known and not self.long else max(newest, known) + 1
