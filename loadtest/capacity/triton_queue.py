"""How long does a question wait for Triton? A queue that is served in batches: whatever has come, at most so many, runs together.

M/D^[1,B]/1 with times fixed + each * questions. The queue that an execution finds is a Markov chain, solved for its stationary
state; a question that comes within an execution waits for what is left of it, for the full batches before its own, and for its
own. Who comes behind it into the same batch is taken as normal. Within 6 % of what happens (tests/loadtest/capacity), where times
do not vary and questions come alone.
"""

from functools import lru_cache

import numpy as np

from loadtest.capacity import waits
from loadtest.capacity.service import Batches
from loadtest.capacity.waits import Floats, Waits

QUEUE = 8  # the chain is cut at so many full batches
MOMENTS = 8  # within an execution
NEGLIGIBLE = 1e-6
SPREAD = np.array([-1.4, -0.53, 0.0, 0.53, 1.4])  # a normal one's, by fifths
BUSY_MOST = 0.95


def _certain(count: int, size: int) -> Floats:
    found: Floats = np.zeros(size)
    found[count] = 1.0
    return found


@lru_cache(maxsize=512)
def _log_factorials(size: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, size)))])


def _poisson(mean: float, size: int) -> Floats:
    """Chances of 0 .. size - 1; what is beyond counts as the last."""
    if mean <= 0:
        return _certain(0, size)
    found: Floats = np.exp(np.arange(size) * np.log(mean) - mean - _log_factorials(size))
    found[-1] += max(0.0, 1 - found.sum())
    return found


def _begun(model: Batches, per_s: float, size: int) -> Floats:
    """Chances that an execution finds so many questions (1 .. size - 1 of them), in the long run."""
    idle = np.zeros(size)
    idle[1:] = _poisson(per_s * model.delay_us / 1e6, size - 1)
    left: Floats = np.zeros((size, size))  # from what an execution finds to what the next one finds
    coming = [_poisson(per_s * model.seconds(ran), size) for ran in range(model.most + 1)]
    for found in range(1, size):
        ran = min(found, model.most)
        came, rest = coming[ran], found - ran
        behind = np.zeros(size)
        behind[rest:] = came[: size - rest]
        behind[-1] += came[size - rest :].sum()
        left[found] = behind + behind[0] * idle
        left[found, 0] = 0.0
    equations = left[1:, 1:].T - np.eye(size - 1)
    equations[-1] = 1.0
    solved = np.linalg.solve(equations, _certain(size - 2, size - 1))
    return np.concatenate([[0.0], np.maximum(solved, 0.0)])


@lru_cache(maxsize=256)
def sojourn(model: Batches, per_s: float, step_ms: float) -> tuple[Waits, float]:
    """From a question's coming to its answer, and the mean batch of an execution. Raises ValueError beyond BUSY_MOST."""
    if per_s > BUSY_MOST * model.per_s:
        raise ValueError(f"{per_s:.0f} questions a second are more than {BUSY_MOST:.0%} of what an instance can do")
    size = QUEUE * model.most + 2
    begun = _begun(model, per_s, size)
    ran = np.minimum(np.arange(size), model.most)
    times, weights = _idle(model, per_s, begun)
    for found in np.flatnonzero(begun > NEGLIGIBLE):
        for moment in (np.arange(MOMENTS) + 0.5) / MOMENTS:
            took, chance = _within(model, per_s, int(found), float(moment))
            times.append(took)
            weights.append(chance * begun[found])
    seen = waits.of_samples(step_ms, 1000 * np.concatenate(times), np.concatenate(weights))
    return seen, float((begun * ran).sum())


def _idle(model: Batches, per_s: float, begun: Floats) -> tuple[list[Floats], list[Floats]]:
    """Those who find nothing running: the first, and who comes while it waits for company. Times, s, and how many they are."""
    delay = model.delay_us / 1e6
    ran = np.arange(1, min(len(begun), model.most + 1))
    ends = float((begun[ran] * np.exp(-per_s * (model.fixed_us + model.each_us * ran) / 1e6)).sum())
    mean = per_s * delay
    company: Floats = np.arange(int(mean + 6 * np.sqrt(mean) + 8), dtype=float)
    chance = ends * _poisson(mean, len(company))
    times, weights = [delay + _seconds(model, 1 + company)], [chance]
    for moment in (np.arange(MOMENTS) + 0.5) / MOMENTS:
        times.append(delay * moment + _seconds(model, 2 + company))
        weights.append(chance * mean / MOMENTS)
    return times, weights


def _within(model: Batches, per_s: float, found: int, moment: float) -> tuple[Floats, Floats]:
    """Those who come at this moment, 0 to 1, of an execution that found so many: their times, s, and how many they are."""
    ran = min(found, model.most)
    took = model.seconds(ran)
    mean = per_s * took * moment
    came = np.arange(int(mean + 6 * np.sqrt(mean) + 8))
    chance = _poisson(mean, len(came)) * per_s * took / MOMENTS
    ahead = found - ran + came
    until = (1 - moment) * took + ahead // model.most * model.seconds(model.most)
    behind = per_s * until + SPREAD[:, None] * np.sqrt(per_s * until)
    own = ahead % model.most + 1 + np.maximum(0.0, behind)
    times = until + _seconds(model, own)
    return times.ravel(), np.tile(chance / len(SPREAD), len(SPREAD))


def _seconds(model: Batches, questions: Floats) -> Floats:
    """Of executions, of which none is larger than it may be."""
    found: Floats = (model.fixed_us + model.each_us * np.minimum(questions, model.most)) / 1e6
    return found
