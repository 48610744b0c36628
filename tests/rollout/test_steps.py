"""Does a rollout take its steps in order, and no step too early?"""

import time
from typing import Any

import pytest

from pyshim.agreement.presence import gone
from pyshim.rollout.presence import followed, lacking, read
from pyshim.rollout.rollout import Rollout
from pyshim.rollout.steps import Situation, following
from pyshim.settings import read_settings

SETTINGS = read_settings({"SLUICE_EDGE_WORKERS": "2", "SLUICE_SHIMS": "1"})
HELD = SETTINGS.rollout_step_s + 1
ENOUGH = SETTINGS.rollout_step_turns


def rollout(**fields: Any) -> Rollout:
    return Rollout(**{"seq": 5, "stable": 1, "candidate": 2, "attempt": 3, "loaded": True, "since": 1000.0, **fields})


def after(record: Rollout, held: float = 0.0, **situation: Any) -> Rollout | None:
    return following(record, Situation(now=record.since + held, **situation), SETTINGS, "the test")


def test_nothing_happens_without_a_candidate() -> None:
    assert after(Rollout(seq=1, stable=1), held=1e6, harm="nobody's") is None


def test_a_candidate_gets_no_turn_before_everybody_has_it() -> None:
    loading = rollout(loaded=False, wanted=1.0)
    assert after(loading, lacking="edge vm 0") is None
    loaded = after(loading)
    assert loaded is not None
    assert (loaded.loaded, loaded.percent) == (True, 0)
    assert (given := after(loaded)) is not None
    assert (given.percent, after(given)) == (1.0, None)


def test_a_promotion_goes_through_its_steps_and_then_it_is_the_stable_one() -> None:
    record, percents = rollout(goal="promote"), []
    while record.candidate:
        following_one = after(record, HELD, turns=ENOUGH)
        assert following_one is not None
        record = following_one
        percents.append(record.percent)
    assert percents == [1, 5, 25, 50, 99, 0]
    assert (record.stable, record.previous, record.goal) == (2, 1, "hold")
    assert record.events[-1].what == "promoted 2"


def test_a_step_is_held_until_the_time_and_enough_turns_or_more_time() -> None:
    record = rollout(goal="promote", percent=5.0)
    assert after(record, HELD - 2, turns=ENOUGH) is None
    assert after(record, HELD, turns=ENOUGH - 1) is None
    assert after(record, HELD, turns=ENOUGH) is not None
    assert after(record, SETTINGS.rollout_step_max_s, turns=0) is not None


@pytest.mark.parametrize(
    ("situation", "says"),
    [
        ({"refused": "no graph"}, "refused 2: no graph"),
        ({"harm": "failed: 9 of 10"}, "rolled back 2: failed: 9 of 10"),
    ],
)
def test_a_bad_one_is_dropped_with_its_reason_and_the_stable_one_stays(situation: dict[str, str], says: str) -> None:
    dropped = after(rollout(goal="promote", percent=50.0, wanted=50.0), **situation)
    assert dropped is not None
    assert (dropped.stable, dropped.candidate, dropped.percent, dropped.wanted) == (1, 0, 0, 0)
    assert dropped.events[-1].what == says


def test_one_that_not_everybody_can_load_in_time_is_dropped_and_says_who() -> None:
    dropped = after(rollout(loaded=False), SETTINGS.rollout_load_s + 1, lacking="edge vm 1")
    assert dropped is not None
    assert dropped.candidate == 0
    assert "not loaded by edge vm 1" in dropped.events[-1].what


def test_a_version_that_returns_needs_no_steps_and_is_not_left_again_by_itself() -> None:
    back = after(rollout(goal="return"))
    assert back is not None
    assert (back.stable, back.previous, back.candidate) == (2, 0, 0)


def test_everybody_is_as_many_as_are_meant_to_run_and_spoke_a_moment_ago() -> None:
    record, now = rollout(), 1000
    here = {"edge vm 0": (now, 5, 3), "edge vm 1": (now - 1, 5, 3), "shim vm 0": (now - 4, 5, 3)}
    beats = read({name.encode(): b"%d %d %d" % beat for name, beat in here.items()})
    assert lacking(beats, record, SETTINGS, now) == ""
    assert followed(beats, record, SETTINGS, now)
    late = read({name.encode(): b"%d %d %d" % (beat[0], beat[1] - 1, 0) for name, beat in here.items()})
    assert lacking(late, record, SETTINGS, now) == "edge vm 0, edge vm 1, shim vm 0"
    assert not followed(late, record, SETTINGS, now)
    silent = {name: beat for name, beat in beats.items() if name != "edge vm 1"}
    assert lacking(silent, record, SETTINGS, now) == "edges"
    assert gone(beats, now + 58) == ["shim vm 0"]
    assert not followed(beats, record, SETTINGS, now + 30)


def test_a_record_keeps_its_last_events_and_grows_no_further() -> None:
    record, before = rollout(), time.time()
    for number in range(100):
        record = record.but("me", f"event {number}")
    assert len(record.events) == 30
    assert (record.seq, record.events[-1].what) == (105, "event 99")
    assert record.since >= before
