"""Do the rollout's scripts keep their promises, on a real Redis?"""

import json
import time
from typing import Any

import pytest
import redis

from pyshim.outside.redis import Script
from tests.conftest import RedisServer

pytestmark = pytest.mark.real

SWAP, CLAIM, BEAT = Script("swap-1"), Script("claim-1"), Script("beat-3")


@pytest.fixture
def client(redis_server: RedisServer, request: pytest.FixtureRequest) -> Any:
    found = redis.Redis(unix_socket_path=str(redis_server.socket))
    yield found
    for key in found.keys("*rollout*"):
        found.delete(key)


def swap(client: Any, made_from: int, **record: Any) -> int:
    return int(client.eval(SWAP.text, 1, "{rollout}:record", made_from, json.dumps(record)))


def beat(client: Any, who: str, seq: int, attempt: int = 0, *counts: Any) -> bytes:
    keys = ["{rollout}:record", "{rollout}:seen", f"{{rollout}}:counts:{attempt}"]
    return bytes(client.eval(BEAT.text, 3, *keys, who, seq, attempt, *counts))


def test_of_two_changes_of_one_record_the_second_is_not_written(client: Any) -> None:
    assert swap(client, 0, seq=1, stable=1) == 1
    assert swap(client, 1, seq=2, stable=1, candidate=2) == 1
    assert swap(client, 1, seq=2, stable=7) == 0
    assert swap(client, 0, seq=1, stable=7) == 0
    assert json.loads(client.get("{rollout}:record"))["candidate"] == 2


def test_a_claim_is_its_holders_until_it_runs_out(client: Any) -> None:
    def ask(who: str, ms: int = 60_000) -> int:
        return int(client.eval(CLAIM.text, 1, "{rollout}:claim", who, ms))

    assert [ask("a"), ask("b"), ask("a", 1)] == [1, 0, 1]
    deadline = time.monotonic() + 5
    while not ask("b") and time.monotonic() < deadline:
        pass
    assert ask("a") == 0


def test_a_beat_says_what_is_served_leaves_counts_and_learns_of_a_change(client: Any) -> None:
    assert beat(client, "edge vm 0", 0) == b"none"
    swap(client, 0, seq=4, stable=1)
    assert json.loads(beat(client, "edge vm 0", 0)) == {"seq": 4, "stable": 1}
    assert beat(client, "edge vm 0", 4, 3, "2:turns", 5, "2:failed", 1) == b""
    assert beat(client, "edge vm 1", 4, 3, "2:turns", 2) == b""
    assert client.hgetall("{rollout}:counts:3") == {b"2:turns": b"7", b"2:failed": b"1"}
    assert 3500 < client.ttl("{rollout}:counts:3") <= 3600
    at, seq, attempt = client.hgetall("{rollout}:seen")[b"edge vm 1"].split()
    assert (abs(int(at) - time.time()) < 5, seq, attempt) == (True, b"4", b"3")
