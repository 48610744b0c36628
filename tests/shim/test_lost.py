"""Who says again what Redis lost? Stories of processes and their beats, without Redis."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from pyshim.agreement.lost import PATIENCE, WAIT, Lost


@dataclass
class World:
    """A record in Redis, and who is there. Records are told apart by their seq and by who wrote them."""

    record: tuple[int, str] = (0, "")
    followed: dict[str, int] = field(default_factory=dict)


class Process:
    def __init__(self, world: World, name: str, known: int) -> None:
        self.world, self.name, self.known = world, name, (known, "before")
        self.lost = Lost(self._followed)

    async def _followed(self) -> list[int]:
        return list(self.world.followed.values())

    async def look(self) -> int:
        """What it would write."""
        if self.world.record[0] >= self.known[0]:
            self.known = self.world.record
        self.world.followed[self.name] = self.known[0]
        return await self.lost.due(self.known[0], self.world.record[0])

    async def beat(self) -> None:
        found = self.world.record
        seq = await self.look()
        if seq and self.world.record == found:  # as lua/redis/swap-1.lua does
            self.world.record = self.known = (seq, f"{self.known[0]} by {self.name}")


async def test_nothing_is_said_while_redis_has_what_is_known() -> None:
    world = World((7, "there"))
    process = Process(world, "a", 7)
    assert [await process.look() for _ in range(2 * PATIENCE)] == [0] * 2 * PATIENCE


async def test_after_a_few_beats_it_is_said_again_under_a_seq_that_nobody_knows() -> None:
    process = Process(World(followed={"edge": 7}), "a", 7)
    assert [await process.look() for _ in range(WAIT)] == [0] * (WAIT - 1) + [8]


async def test_who_knows_less_leaves_it_to_the_others_but_not_for_ever() -> None:
    process = Process(World(followed={"edge": 9}), "a", 7)
    assert [await process.look() for _ in range(PATIENCE)] == [0] * (PATIENCE - 1) + [10]


async def test_a_record_that_lost_its_last_change_is_no_record() -> None:
    process = Process(World((5, "older")), "a", 7)
    assert [await process.look() for _ in range(WAIT)][-1] == 8


@given(known=st.lists(st.integers(1, 5), min_size=1, max_size=5), left=st.integers(0, 4), data=st.data())
async def test_whoever_comes_first_the_newest_is_said_again_once_and_all_follow_it(
    known: list[int], left: int, data: st.DataObject
) -> None:
    world = World((left, "left"))
    processes = [Process(world, f"p{number}", seq) for number, seq in enumerate(known)]
    for _ in range(WAIT + 2):
        for one in data.draw(st.permutations(processes)):
            await one.beat()
    assert {one.known for one in processes} == {world.record}
    if left < max(known):
        assert world.record[0] == max(known) + 1
        assert world.record[1].startswith(f"{max(known)} by ")
