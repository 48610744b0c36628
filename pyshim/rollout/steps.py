"""What happens next in a rollout?

    a candidate is named          it is loaded; dropped when Triton refuses it or not everybody has it in time
    everybody has it              it gets the percent that was wanted (hold), or the first step (promote)
    a step was held long enough   the next one: SLUICE_ROLLOUT_STEP_S, and then until the candidate had enough turns, or until
                                  SLUICE_ROLLOUT_STEP_MAX_S
    the last step was held        it is the stable version, for everybody
    it returns                    a version that served before needs no steps
    it is worse, at any step      it is dropped

Rules only: nothing here waits, asks or writes.
"""

from dataclasses import dataclass

from pyshim.rollout.rollout import Rollout
from pyshim.settings import Settings

STEPS = (1.0, 5.0, 25.0, 50.0, 99.0)  # who is compared needs somebody to be compared with, up to the last moment


@dataclass(frozen=True, slots=True)
class Situation:
    """now: seconds since 1970; lacking: who does not have the candidate, "" for nobody; refused: Triton's reason not to load it;
    harm: why it is worse; turns: of the candidate since the percent last changed."""

    now: float
    lacking: str = ""
    refused: str = ""
    harm: str = ""
    turns: int = 0


def following(record: Rollout, situation: Situation, settings: Settings, who: str) -> Rollout | None:
    """The record as it should be now, None where it is right as it is."""
    candidate = record.candidate
    if not candidate:
        return None
    if situation.refused:
        return record.without_candidate(who, f"refused {candidate}: {situation.refused}")
    if situation.harm:
        return record.without_candidate(who, f"rolled back {candidate}: {situation.harm}")
    return _served(record, situation, settings, who) if record.loaded else _loading(record, situation, settings, who)


def _loading(record: Rollout, situation: Situation, settings: Settings, who: str) -> Rollout | None:
    candidate, waited = record.candidate, situation.now - record.since
    if not situation.lacking:
        return record.but(who, f"loaded {candidate}", loaded=True)
    if waited > settings.rollout_load_s:
        return record.without_candidate(who, f"refused {candidate}: after {waited:.0f} s not loaded by {situation.lacking}")
    return None


def _served(record: Rollout, situation: Situation, settings: Settings, who: str) -> Rollout | None:
    candidate = record.candidate
    if record.goal == "return":
        return _stable(record, who, f"returned to {candidate}", previous=0)
    if record.goal == "hold":
        wanted = record.wanted
        return None if wanted == record.percent else record.but(who, f"{candidate} gets {wanted:g} %", percent=wanted)
    if not _held(record, situation, settings):
        return None
    step = next((step for step in STEPS if step > record.percent), None)
    if step is None:
        return _stable(record, who, f"promoted {candidate}", previous=record.stable)
    return record.but(who, f"{candidate} gets {step:g} %", percent=step, wanted=step)


def _held(record: Rollout, situation: Situation, settings: Settings) -> bool:
    """Was the percent held long enough? Below the first step there is nothing to hold."""
    held = situation.now - record.since
    enough = situation.turns >= settings.rollout_step_turns or held >= settings.rollout_step_max_s
    return record.percent < STEPS[0] or (held >= settings.rollout_step_s and enough)


def _stable(record: Rollout, who: str, what: str, previous: int) -> Rollout:
    promoted = {"stable": record.candidate, "previous": previous}
    return record.but(who, what, **promoted, candidate=0, loaded=False, percent=0.0, wanted=0.0, goal="hold")
