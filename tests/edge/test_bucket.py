"""Does a bucket admit exactly what rate and burst allow?"""

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.edge.conftest import DICTIONARY


@pytest.fixture
def bucket(lua: Any) -> Any:
    return lua.eval(b"require 'edge.bucket'")


def limit(lua: Any, rate: float, burst: int) -> Any:
    return lua.table_from({b"rate_per_s": rate, b"burst": burst})


def take(bucket: Any, dictionary: Any, allowed: Any, now: float) -> tuple[bool, float]:
    """(admitted, tokens left or seconds to wait)"""
    answer = bucket[b"take"](dictionary, b"b", allowed, now)
    return (False, answer[1]) if isinstance(answer, tuple) else (True, answer)


def test_a_full_bucket_gives_its_burst_and_then_says_how_long_to_wait(lua: Any, bucket: Any, dictionary: Any) -> None:
    allowed = limit(lua, rate=2, burst=3)
    assert [take(bucket, dictionary, allowed, 100.0) for _ in range(3)] == [(True, 2), (True, 1), (True, 0)]
    admitted, wait = take(bucket, dictionary, allowed, 100.0)
    assert (admitted, wait) == (False, 0.5)
    assert take(bucket, dictionary, allowed, 100.0 + wait)[0]


def test_a_bucket_left_alone_holds_its_burst_and_no_more(lua: Any, bucket: Any, dictionary: Any) -> None:
    allowed = limit(lua, rate=100, burst=5)
    take(bucket, dictionary, allowed, 1.0)
    assert sum(take(bucket, dictionary, allowed, 5000.0)[0] for _ in range(50)) == 5


def test_a_token_given_back_can_be_taken_again(lua: Any, bucket: Any, dictionary: Any) -> None:
    allowed = limit(lua, rate=1, burst=1)
    assert take(bucket, dictionary, allowed, 10.0)[0]
    assert not take(bucket, dictionary, allowed, 10.0)[0]
    bucket[b"give_back"](dictionary, b"b")
    assert take(bucket, dictionary, allowed, 10.0)[0]


def test_who_waits_as_told_gets_the_token_of_another_moment_too(lua: Any, bucket: Any, dictionary: Any) -> None:
    allowed = limit(lua, rate=3, burst=1)
    now = 1000.1
    take(bucket, dictionary, allowed, now)
    admitted, wait = take(bucket, dictionary, allowed, now)
    assert not admitted
    assert not take(bucket, dictionary, allowed, now + wait * 0.9)[0]
    assert take(bucket, dictionary, allowed, now + wait + 1e-9)[0]


def test_a_large_bucket_left_alone_misses_a_thousandth_of_its_burst_at_most(lua: Any, bucket: Any, dictionary: Any) -> None:
    allowed = limit(lua, rate=50, burst=5000)
    assert sum(take(bucket, dictionary, allowed, 7.0)[0] for _ in range(6000)) == 5000
    assert sum(take(bucket, dictionary, allowed, 9000.0)[0] for _ in range(6000)) == 4995
    assert sum(take(bucket, dictionary, allowed, 9001.0)[0] for _ in range(6000)) == 50


@pytest.mark.long
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate=st.sampled_from([0.5, 1, 3, 7, 100, 20000]),
    burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=120),
)
def test_never_more_than_the_ideal_bucket_and_never_less(
    lua: Any, bucket: Any, rate: float, burst: int, pauses: list[float]
) -> None:
    dictionary = lua.execute(DICTIONARY.encode())
    allowed = limit(lua, rate, burst)
    now, filled = 50.0, math.floor(rate * 50.0)  # whole tokens given out so far, ever
    tokens = burst
    for pause in pauses:
        now += pause
        reached = math.floor(rate * now)
        tokens = min(burst, tokens + reached - filled)
        filled = reached
        admitted, _ = take(bucket, dictionary, allowed, now)
        assert admitted == (tokens > 0)
        tokens -= admitted
