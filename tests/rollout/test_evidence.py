"""Are nginx's counts read the way they were meant?"""

from typing import Any

import pytest

from pyshim.rollout.evidence import BOUNDS_MS, BUCKETS, Look, slow_from, taken
from pyshim.rollout.judge import Block, look
from tests.edge.conftest import lua as lua  # noqa: PLC0414 - the same LuaJIT


def counts(version: int, turns: int, **more: int) -> dict[str, int]:
    return {f"{version}:turns": turns, **{f"{version}:{name}": count for name, count in more.items()}}


@pytest.mark.parametrize("ms", [0.2, 1, 1.1, *BOUNDS_MS[1:], 3.3, 99, 1449, 100_000])
def test_both_sides_agree_on_the_buckets_of_time(lua: Any, ms: float) -> None:
    expected = next((number for number, bound in enumerate(BOUNDS_MS) if ms <= bound * 1.000001), BUCKETS - 1)
    assert lua.eval(b"require 'edge.evidence'")[b"bucket_of"](ms / 1000 * 0.9999999) == expected


def test_what_is_counted_is_taken_once(lua: Any) -> None:
    evidence = lua.eval(b"require 'edge.evidence'")
    evidence[b"turn"](b"2", True, True, b"l7_fallback", 0.003)
    evidence[b"turn"](b"2", False, False, b"l3_hot", 0.003)
    flat = list(evidence[b"take"]().values())
    found = {name.decode(): count for name, count in zip(flat[::2], flat[1::2], strict=True)}
    assert found == {"2:turns": 2, "2:failed": 1, "2:low": 1, "2:fallback": 1, "2:t4": 2}
    assert list(evidence[b"take"]().values()) == []


def test_a_look_judges_only_what_is_new_by_what_was_known() -> None:
    first = taken(Look(), {**counts(1, 1000, failed=10), **counts(2, 10, failed=5)}, 1, 2)
    assert first.seen["failed"].log_e == 0  # nothing was known before it
    second = taken(first, {**counts(1, 2000, failed=20), **counts(2, 20, failed=10)}, 1, 2)
    block = Block(10, 1000, 5, 10)
    from pyshim.rollout.judge import HARMLESS

    assert second.seen["failed"] == look(first.seen["failed"], block, HARMLESS["failed"])
    assert second.turns(2) == 20


def test_slow_is_above_what_99_of_100_of_the_stable_versions_turns_stayed_under() -> None:
    assert slow_from([0] * BUCKETS) == BUCKETS
    assert slow_from([50, 49, *[0] * (BUCKETS - 2)]) == BUCKETS  # too few to tell
    assert slow_from([500, 490, 10, *[0] * (BUCKETS - 3)]) == 2
    assert slow_from([500, 480, 20, *[0] * (BUCKETS - 3)]) == 3
    before = taken(Look(), {**counts(1, 1000, t0=990, t5=10), **counts(2, 1, t0=1)}, 1, 2)
    assert before.slow_above == 1
    after = taken(before, {**counts(1, 2000, t0=1980, t5=20), **counts(2, 51, t0=11, t7=40)}, 1, 2)
    assert (after.seen["slow"].bad_b, after.seen["slow"].bad_a) == (40, 10)


def test_a_look_waits_until_both_versions_had_turns() -> None:
    alone = taken(Look(), counts(2, 100, failed=100), 1, 2)
    assert alone == Look()
    both = taken(alone, {**counts(2, 100, failed=100), **counts(1, 5)}, 1, 2)
    assert (both.seen["failed"].bad_b, both.seen["failed"].all_a) == (100, 5)
