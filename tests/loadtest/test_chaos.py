"""Does a round that breaks a promise say so? Records that break each of them."""

import time
from collections import Counter
from typing import Any

import pytest

from loadtest.chaos.events import Event, drawn
from loadtest.chaos.rounds import FAST_S, LATEST, fast_again, harmed
from loadtest.chaos.witnesses import Metered, Revoked
from loadtest.who.crowd import Answer
from tests.many import test_chaos as rounds

CUT = Event("edge-1", "cut", 1.0, 1.0)
KILLED = Event("master-1", "killed", 1.0, 1.0)
URLS = ["http://one", "http://other"]


def answers(*statuses: int, user: str = "ann", took_s: float = 0.01) -> list[Answer]:
    return [Answer(10.0, took_s, user, URLS[0], status, False) for status in statuses]


def nobody(_: Answer) -> bool:
    return False


def everybody(_: Answer) -> bool:
    return True


def test_a_seed_draws_the_same_each_time() -> None:
    assert [drawn(seed) for seed in range(50)] == [drawn(seed) for seed in range(50)]
    assert len({(one.host, one.kind) for one in map(drawn, range(300))}) > 50, "nearly all there are"


@pytest.mark.parametrize(
    ("seed", "what"),
    [(rounds.MASTER_CUT, "master-3 cut"), (rounds.SHIM_MUTE, "shim-1 mute"), (rounds.MASTER_KILLED, "master-3 killed")],
)
def test_the_rounds_of_make_test_are_what_they_are_called(seed: int, what: str) -> None:
    assert str(drawn(seed)).startswith(what)


def test_a_turn_that_failed_though_nothing_touched_it_is_a_fault() -> None:
    assert harmed(answers(200, 200), nobody, KILLED) == []
    assert harmed(answers(200, 503), nobody, KILLED) == ["1 turns that had nothing to do with it failed: [503]"]
    assert harmed(answers(200, 503), everybody, KILLED) == []


@pytest.mark.parametrize("status", [500, 429, 401, 404])
def test_an_answer_that_no_event_explains_is_a_fault(status: int) -> None:
    assert harmed(answers(200, status), everybody, KILLED) == [f"turns were answered with [{status}]"]


def test_no_answer_at_all_is_a_fault_but_where_the_edge_itself_is_away() -> None:
    assert harmed(answers(0), everybody, KILLED) == ["turns were answered with [0]"]
    assert harmed(answers(0), everybody, CUT) == []


def test_a_revoked_token_that_is_answered_once_is_a_fault() -> None:
    watched = Revoked(URLS, "token")
    watched.statuses = Counter({401: 50, 0: 3})
    assert watched.faults() == []
    watched.statuses[200] += 1
    assert watched.faults() == ["a revoked token was answered 1 times: {401: 50, 0: 3, 200: 1}"]
    watched.statuses = Counter({503: 1})
    assert watched.faults(), "whoever is let in as far as a shim was let in"


def test_more_turns_than_the_bound_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    watched = Metered(URLS, str, rate=20, burst=20)
    clock[0] += 10
    bound = (20 + 20 * 10 + 2) + (20 + 20 * 0.3 + 2 + 2)  # docs/limits.md, with Redis lost once
    watched.admitted = int(bound)
    assert watched.faults(0) == []
    watched.admitted += 1
    assert watched.faults(0) == [f"{watched.admitted} turns in 10.0 s, where {bound:.0f} are allowed"]
    assert watched.faults(lost_s=1) == [], "an edge that was cut off alone has its share"


class Heard:
    """As much of a crowd as counts here."""

    def __init__(self, took: list[Answer]) -> None:
        self.took = took


def test_as_fast_as_before_is_told_from_answers_that_were_asked_since(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [20.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda s: clock.__setitem__(0, clock[0] + s))

    def told(since: float, took_s: float, status: int = 200) -> Any:
        return Heard([Answer(since + number / 100, took_s, "ann", URLS[0], status, False) for number in range(LATEST)])

    assert fast_again(told(12.0, 0.01), 11.0, 0.3) == pytest.approx(1.0)
    assert fast_again(told(10.0, 0.01), 11.0, 0.3) > FAST_S, "asked before it ended"
    clock[0] = 20.0
    assert fast_again(told(12.0, 0.9), 11.0, 0.3) > FAST_S, "too slow"
    clock[0] = 20.0
    assert fast_again(told(12.0, 0.01, 503), 11.0, 0.3) > FAST_S, "not answered"
