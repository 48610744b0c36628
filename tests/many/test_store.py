"""Do load tests see a cluster as they see one Redis?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtest.place import store
from loadtest.place.cluster import Cluster, cluster
from loadtest.seen.watch import RedisInfo
from pyshim.settings import Settings, read_settings

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("store")) as one:
        yield one


@pytest.fixture
def settings(made: Cluster) -> Settings:
    return read_settings({"SLUICE_REDIS": made.address})


def test_every_master_is_seen_and_emptied(made: Cluster, settings: Settings) -> None:
    client = made.client()
    for number in range(100):
        client.set(f"k{number}", "x")
    with store.masters(settings) as masters:
        sizes = [one.dbsize() for one in masters]
        assert sum(sizes) == 100
        assert all(sizes)
        store.emptied(settings)
        assert [one.dbsize() for one in masters] == [0, 0, 0]
    client.close()


def test_commands_are_those_of_all_masters(made: Cluster, settings: Settings) -> None:
    seen, client = RedisInfo(settings), made.client()
    seen.look(0.0)
    for number in range(300):
        client.set(f"k{number}", "x")
    seen.look(1.0)
    assert seen.readings[-1].commands_per_s >= 300
    client.close()


def test_where_it_is_as_it_is_set(tmp_path: Path) -> None:
    assert store.arguments(read_settings({"SLUICE_REDIS": "/run/r.sock"})) == {"unix_socket_path": "/run/r.sock"}
    credential = tmp_path / "c"
    credential.touch(0o600)
    credential.write_text("ann:word\n")
    chosen = {"SLUICE_REDIS": "rediss://r:6380", "SLUICE_REDIS_CREDENTIAL": str(credential)}
    found = store.arguments(read_settings(chosen))
    assert found == {"host": "r", "port": 6380, "ssl": True, "ssl_check_hostname": False, "username": "ann", "password": "word"}
