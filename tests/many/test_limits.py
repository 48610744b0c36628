"""Do edges on a Redis Cluster keep one limit, wherever its bucket lies, also after a master was lost?"""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from loadtest.place.edges import HOT, Edge
from tests.conftest import copy_tenants, wait_until
from tests.http.conftest import NEVER
from tests.many.conftest import House

pytestmark = pytest.mark.real
BURST, USERS = 6, 12  # users enough that each of three masters has buckets


@pytest.fixture
def together(house: House, fronts: Callable[..., Edge], tmp_path: Path) -> list[Edge]:
    """Two edges that see each other, with users who get no more than their burst."""
    user = {"rate_per_s": NEVER, "burst": BURST}
    tenants = copy_tenants(tmp_path / "tenants", lambda _, about: about["limits"].update(user=user))
    made = [fronts(TENANTS=str(tenants), REDIS_TIMEOUT_MS="200") for _ in range(2)]
    wait_until(lambda: [edge.metrics()["sluice_edges"] for edge in made] == [2, 2])
    return made


def admitted(house: House, edges: list[Edge], user: str) -> int:
    """Of many questions, asked here and there."""
    headers = {"Authorization": f"Bearer {house.token(user)}"}
    asked = [httpx.post(f"{edge.url}/v1/chat", json={"query": HOT}, headers=headers, trust_env=False) for edge in edges * 8]
    assert {one.status_code for one in asked} <= {200, 429}
    return sum(one.status_code == 200 for one in asked)


def test_a_user_has_one_bucket_wherever_it_lies_and_whichever_edge_is_asked(house: House, together: list[Edge]) -> None:
    for number in range(USERS):
        assert BURST <= admitted(house, together, f"limited-{number}") <= BURST + len(together)  # each edge may be owed one
    meters = {key.split(b"}")[0] for node in house.redis.masters() for key in house.redis.at(node).keys("{meter*")}
    assert len(meters) > len(house.redis.masters()), "buckets lie in many slots"


def test_limits_hold_while_a_master_is_lost_and_are_shared_again_when_its_replica_serves(
    house: House, together: list[Edge]
) -> None:
    lost = house.redis.masters()[0]
    house.redis.kill(lost)
    for number in range(USERS):  # of its share each edge gives half, and what was there before it knew
        assert 1 <= admitted(house, together, f"meanwhile-{number}") <= 2 * BURST
    wait_until(lambda: lost not in house.redis.owners().values(), 60)
    wait_until(lambda: [edge.metrics()["sluice_edges_lost"] for edge in together] == [0, 0])
    house.redis.start(lost)
    assert BURST <= admitted(house, together, "afterwards") <= BURST + len(together)
    wait_until(house.redis.settled, 60)
