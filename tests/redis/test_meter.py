"""Does the script that shares out tokens keep its promises, on a real Redis?

And does the Redis that is made up for the edges' tests (tests/edge/nodes.py) answer as the real one does?
"""

import time
from typing import Any

import pytest
import redis

from pyshim.outside.redis import Script
from tests.conftest import RedisServer, wait_until
from tests.edge import nodes

pytestmark = pytest.mark.real

METER = Script("meter-2")
KEYS = ("{meter}:edges", "{meter}:")


@pytest.fixture
def client(redis_server: RedisServer) -> Any:
    found = redis.Redis(unix_socket_path=str(redis_server.socket))
    yield found
    for key in found.keys("{meter}*"):
        found.delete(key)


def ask(client: Any, *buckets: Any, who: str = "one", gone_ms: int = 2000, not_after: int = 0) -> list[Any]:
    """[live edges, (granted, left) by bucket]; a bucket: name, rate, burst, spent, wanted."""
    flat = [value for one in buckets for value in one]
    _, live, *rest = client.eval(METER.text, 2, *KEYS, who, gone_ms, not_after, *flat)
    return [live, *((rest[i], float(rest[i + 1])) for i in range(0, len(rest), 2))]


def test_a_bucket_is_full_at_first_and_grants_no_more_than_it_has(client: Any) -> None:
    assert ask(client, ("b", 0.001, 10, 0, 4)) == [1, (4, 6)]
    live, (granted, left) = ask(client, ("b", 0.001, 10, 0, 100))
    assert (live, granted) == (1, 6)
    assert 0 <= left < 0.01
    assert ask(client, ("b", 0.001, 10, 0, 1))[1][0] == 0


def test_what_was_spent_is_taken_even_where_nothing_is_left(client: Any) -> None:
    assert ask(client, ("b", 0.001, 2, 5, 3)) == [1, (0, -3)]
    assert ask(client, ("b", 0.001, 2, -4, 0))[1] == (0, pytest.approx(1, abs=0.01))  # some of it given back
    assert ask(client, ("b", 0.001, 2, -9, 0)) == [1, (0, 2)]  # never above the burst
    assert client.keys("{meter}:b") == []  # a full bucket needs no key


def test_tokens_are_born_at_the_rate_and_a_key_lives_until_its_bucket_is_full(client: Any) -> None:
    ask(client, ("b", 100, 50, 50, 0))
    assert 1000 < client.pttl("{meter}:b") <= 1500
    began = time.monotonic()
    wait_until(lambda: ask(client, ("b", 100, 50, 0, 0))[1][1] >= 20)
    assert time.monotonic() - began >= 0.19


def test_one_call_is_for_many_buckets(client: Any) -> None:
    answer = ask(client, *((f"b{number}", 1, number, 0, 1) for number in range(1, 60)))
    assert [granted for granted, _ in answer[1:]] == [1] * 59


def test_edges_are_counted_until_they_are_silent(client: Any) -> None:
    assert ask(client, who="one") == [1]
    assert ask(client, who="two") == [2]
    wait_until(lambda: ask(client, who="two", gone_ms=50) == [1])


def test_a_call_that_comes_too_late_changes_nothing(client: Any) -> None:
    now = int(time.time() * 1e6)
    assert ask(client, ("b", 1, 5, 5, 0), not_after=now - 1_000_000) == [1]
    assert ask(client, ("b", 1, 5, 0, 5), not_after=now + 60_000_000)[1][0] == 5


def test_another_rate_or_burst_keeps_the_tokens_there_are(client: Any) -> None:
    ask(client, ("b", 0.001, 10, 7, 0))
    assert ask(client, ("b", 0.1, 10, 0, 0))[1][1] == pytest.approx(3, abs=0.5)
    ask(client, ("c", 0.001, 10, 7, 0))
    assert ask(client, ("c", 0.001, 1000, 0, 0))[1][1] == pytest.approx(3, abs=0.1)
    assert ask(client, ("c", 0.001, 2, 0, 0))[1][1] == 2


def test_the_made_up_redis_answers_as_the_real_one(client: Any) -> None:
    made_up = nodes.runtime()
    made_up.execute(nodes.REDIS.encode(), time.time)
    call = made_up.globals()[b"redis"][b"call"]
    said: list[tuple[Any, ...]] = [
        ("GET", "{meter}:x"),
        ("SET", "{meter}:x", "1.5 2", "PX", 60000),
        ("GET", "{meter}:x"),
        ("PEXPIRE", "{meter}:x", 1000),
        ("PEXPIRE", "{meter}:nothing", 1000),
        ("DEL", "{meter}:x"),
        ("DEL", "{meter}:x"),
        ("GET", "{meter}:x"),
        ("ZCARD", "{meter}:s"),
        ("ZADD", "{meter}:s", "5", "a"),
        ("ZADD", "{meter}:s", "6", "a"),
        ("ZADD", "{meter}:s", "7", "b"),
        ("ZADD", "{meter}:s", "9", "c"),
        ("ZREMRANGEBYSCORE", "{meter}:s", "-inf", "(7"),
        ("ZCARD", "{meter}:s"),
        ("ZREMRANGEBYSCORE", "{meter}:s", "-inf", "(100"),
        ("ZCARD", "{meter}:s"),
        ("SET", "{meter}:y", "1", "PX", 1),
    ]
    for words in said:
        real = client.execute_command(*words)
        mine = call(*(word.encode() if isinstance(word, str) else word for word in words))
        if words[0] != "SET":  # a status reply
            assert (mine or None) == (real or None), words
    wait_until(lambda: client.get("{meter}:y") is None)
    wait_until(lambda: call(b"GET", b"{meter}:y") is False)
    seconds, micros = (int(part) for part in call(b"TIME").values())
    assert abs(seconds + micros / 1e6 - time.time()) < 5
