"""What do tests of many nodes stand on? A real Redis Cluster of six, and edges in front of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from loadtest.place import edges
from loadtest.place.cluster import Cluster, cluster
from loadtest.place.edges import HOT, Edge
from loadtest.verdict.promises import faults
from loadtest.who.crowd import Crowd
from pyshim.identity import tokens
from tests.conftest import FORGIVING, PATIENT, copy_tenants, wait_until

GENEROUS = {"ADDRESS_RATE_PER_S": "100000", "ADDRESS_BURST": "100000", **FORGIVING, **PATIENT}


@dataclass
class House:
    """A cluster and who stands before it."""

    folder: Path
    tenants: Path
    redis: Cluster

    def edge(self, name: str, **settings: str) -> Edge:
        chosen = {"TENANTS": str(self.tenants), "EDGE_WORKERS": "2", **GENEROUS, **settings}
        return edges.start(self.folder, name, self.redis.address, **chosen)

    def token(self, user: str) -> str:
        return tokens.mint(tokens.keys(self.folder / "keys", "shop")[0], "shop", user, "sluice", 3600)

    def crowd(self, *fronts: Edge, users: int = 8) -> Crowd:
        return Crowd([edge.url for edge in fronts], self.token, [HOT], users)

    def kept(self, crowd: Crowd) -> dict[str, list[dict[str, Any]]]:
        """The history of everybody, newest first."""
        return self.redis.histories("shop", crowd.users)

    def spans_of(self, master: str) -> list[tuple[int, int]]:
        return [span for span, owner in self.redis.owners().items() if owner == master]

    def within(self, spans: list[tuple[int, int]], users: set[str]) -> set[str]:
        """Those whose keys have these slots."""
        slots = {user: self.redis.slot_of(f"d:{{shop:{user}}}") for user in users}
        return {user for user, slot in slots.items() if any(first <= slot <= last for first, last in spans)}

    def whole(self, crowd: Crowd, *fronts: Edge) -> None:
        """Waits until no turn waits any more; then every promise was kept."""
        wait_until(self.redis.settled, 60)
        wait_until(lambda: all(edge.metrics()["sluice_late_turns"] == 0 for edge in fronts), 60)
        assert faults(crowd.said, self.kept(crowd)) == []


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("many")
    tenants = copy_tenants(
        folder / "tenants", lambda _, about: about["limits"].update(user={"rate_per_s": 10000, "burst": 10000})
    )
    with cluster(folder / "redis") as made:
        yield House(folder, tenants, made)


@pytest.fixture
def fronts(house: House) -> Iterator[Callable[..., Edge]]:
    """Starts edges, stopped at the end."""
    started: list[Edge] = []
    names = count(1)

    def start(**settings: str) -> Edge:
        started.append(house.edge(f"{house.folder.name}-{next(names)}-{id(started)}", **settings))
        return started[-1]

    yield start
    for edge in started:
        edge.stop()
