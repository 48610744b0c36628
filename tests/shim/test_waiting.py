"""Does a turn wait for a configuration only as long as it can, and do others find it loaded then?"""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pyshim.configuration.follower import LINES, Configurations
from pyshim.serve import server
from pyshim.tenants.compile import Snapshot
from pyshim.tenants.schema import Tenant
from tests.shim.conftest import snapshot_of


class Slow(Configurations):
    """Loads a version when it is let."""

    def __init__(self, first: Snapshot) -> None:
        super().__init__(first, cast(Any, None), cast(Any, None), cast(Any, None), 1)
        self.let, self.loads = asyncio.Event(), 0

    async def _load(self, number: int) -> Snapshot:
        self.loads += 1
        await self.let.wait()
        self._versions[number] = self.serving
        return self.serving


async def test_who_cannot_wait_is_answered_by_what_serves_and_the_load_goes_on(shop: Tenant) -> None:
    configurations = Slow(snapshot_of(shop))
    assert await configurations.of(7, 0.0) is configurations.serving
    waiting = [asyncio.create_task(configurations.of(7, 60)) for _ in range(3)]
    await asyncio.sleep(0)
    configurations.let.set()
    assert await asyncio.gather(*waiting) == [configurations.serving] * 3
    assert configurations.loads == 1
    assert await configurations.of(7, 0.0) is configurations.serving
    assert configurations.loads == 1


class Full:
    """A disk that takes the copy when it is told to."""

    def __init__(self) -> None:
        self.tries, self.is_full = 0, True

    async def take(self, record: object) -> None:
        self.tries += 1
        if self.is_full:
            raise OSError("no space left")

    async def lines(self, most: int) -> list[bytes]:
        return [b"a line of the log"]


async def test_a_copy_that_could_not_be_kept_is_tried_until_it_is(shop: Tenant) -> None:
    configurations, disk = Slow(snapshot_of(shop)), Full()
    configurations._copy, configurations._store = cast(Any, disk), cast(Any, disk)
    configurations._record = configurations._found = cast(Any, SimpleNamespace(seq=1))
    configurations._followed = 1
    for _ in range(2 * LINES):
        await configurations._keep()
    assert disk.tries == 2 * LINES
    disk.is_full = False
    for _ in range(2 * LINES):
        await configurations._keep()
    assert disk.tries == 2 * LINES + 1


async def test_work_in_the_background_that_fails_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ANEW_S", 0)
    faults = [ValueError("nobody thought of it"), KeyError("nor of that")]

    async def work() -> None:
        if faults:
            raise faults.pop()

    await server.always(work)
    assert faults == []
