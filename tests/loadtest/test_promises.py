"""Does the checker see each broken promise? Records that break one of them, and one that breaks none."""

from typing import Any

import pytest

from loadtest.verdict.promises import Said, faults

SAID = [Said("ann", "one", "a"), Said("ann", "two", "b"), Said("bob", "one", "c"), Said("ann", "three")]


def history(*turns: tuple[str, str]) -> list[dict[str, Any]]:
    """Oldest first, as (turn_id, query)."""
    return [{"turn_id": turn_id, "query": query} for turn_id, query in reversed(turns)]


KEPT = {"ann": history(("a", "one"), ("b", "two")), "bob": history(("c", "one"))}


def test_what_holds_is_no_fault() -> None:
    assert faults(SAID, KEPT) == []


def test_a_turn_whose_answer_was_lost_may_be_kept_once() -> None:
    assert faults(SAID, KEPT | {"ann": history(("a", "one"), ("b", "two"), ("d", "three"))}) == []
    twice = KEPT | {"ann": history(("a", "one"), ("b", "two"), ("d", "three"), ("e", "three"))}
    assert faults(SAID, twice) == ["ann: turn e is nobody's"]


@pytest.mark.parametrize(
    ("kept", "fault"),
    [
        ({"ann": history(("a", "one"))}, "ann: turn b was acknowledged and is lost"),
        ({"ann": history(("a", "one"), ("b", "two"), ("b", "two"))}, "ann: turn b is kept 2 times"),
        ({"ann": history(("b", "two"), ("a", "one"))}, "ann: turns are not in the order in which they were answered"),
        ({"ann": history(("a", "one"), ("b", "two"), ("c", "one"))}, "ann: turn c is nobody's"),
        ({"eve": history(("x", "one"))}, "eve: nobody said anything, and there is a history"),
        ({"bob": []}, "bob: turn c was acknowledged and is lost"),
    ],
)
def test_each_broken_promise_is_named(kept: dict[str, list[dict[str, Any]]], fault: str) -> None:
    assert faults(SAID, KEPT | kept) == [fault]
