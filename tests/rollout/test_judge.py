"""Does the test cry wolf as rarely as it promises, and does it find what is broken?"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyshim.rollout.judge import HARMLESS, MEASURES, Block, Harmless, Seen, harm, look, nearest

ALPHA = 0.01
RUNS, SECONDS = 900, 100


def watched(chance: np.random.Generator, bad_a: float, bad_b: float, harmless: Harmless, seconds: int = SECONDS) -> Seen:
    """A canary of 5 % of 100 turns a second, looked at every second; the look at which E was highest."""
    seen = highest = Seen()
    all_a, all_b = chance.poisson(95, seconds), chance.poisson(5, seconds)
    wrong_a, wrong_b = chance.binomial(all_a, bad_a), chance.binomial(all_b, bad_b)
    for block in zip(wrong_a.tolist(), all_a.tolist(), wrong_b.tolist(), all_b.tolist(), strict=True):
        seen = look(seen, Block(*block), harmless)
        if seen.log_e > highest.log_e:
            highest = seen
    return highest


@pytest.mark.long
@pytest.mark.parametrize(("measure", "bad"), [("failed", 0.0), ("failed", 0.02), ("slow", 0.01), ("low", 0.1), ("fallback", 0.3)])
def test_whoever_looks_all_the_time_is_deceived_no_more_often_than_promised(measure: str, bad: float) -> None:
    """Under the worst of harmless differences, that on the border; without any difference it is rarer still."""
    chance, harmless = np.random.default_rng(20231105), HARMLESS[measure]
    border = harmless.ratio * bad + harmless.margin
    wanted = 0.05
    alarms = sum(watched(chance, bad, border, harmless).log_e >= np.log(1 / wanted) for _ in range(RUNS))
    assert alarms / RUNS <= wanted + 2 * (wanted * (1 - wanted) / RUNS) ** 0.5
    same = sum(watched(chance, bad, bad, harmless).log_e >= np.log(len(MEASURES) / ALPHA) for _ in range(RUNS // 3))
    assert same / (RUNS // 3) <= ALPHA


@pytest.mark.parametrize("failed", [0.0, 0.01])
def test_a_fifth_of_failures_at_one_percent_of_500_turns_a_second_is_found_within_a_minute(failed: float) -> None:
    chance = np.random.default_rng(7)
    for _ in range(300):
        seen, found = Seen(), 0
        for second in range(1, 61):
            all_a, all_b = int(chance.poisson(495)), int(chance.poisson(5))
            block = Block(int(chance.binomial(all_a, failed)), all_a, int(chance.binomial(all_b, 0.2)), all_b)
            seen = look(seen, block, HARMLESS["failed"])
            if harm({"failed": seen}, ALPHA):
                found = second
                break
        assert found


def test_a_better_version_is_never_worse() -> None:
    chance = np.random.default_rng(7)
    assert watched(chance, 0.3, 0.05, HARMLESS["low"]).log_e == 0


shares = st.floats(0.001, 0.9)


@given(shares, shares, st.integers(1, 1000), st.integers(1, 1000), st.sampled_from(list(HARMLESS.values())), shares, shares)
def test_no_harmless_pair_makes_e_grow_on_average(
    p_a: float, p_b: float, n_a: int, n_b: int, harmless: Harmless, t_a: float, t_b: float
) -> None:
    """The claim at the head of judge.py, exactly: the mean of one block's factor, whatever the predictions."""
    if p_b <= harmless.ratio * p_a + harmless.margin or t_b > harmless.ratio * t_a + harmless.margin:
        return
    q_a, q_b = nearest(p_a, p_b, n_a, n_b, harmless)
    mean = 0.0
    for n, p, q, t in ((n_a, p_a, q_a, t_a), (n_b, p_b, q_b, t_b)):
        mean += n * np.log(t * p / q + (1 - t) * (1 - p) / (1 - q))
    assert mean <= 1e-6


def test_a_stall_that_hits_both_is_nobodys_fault() -> None:
    """Now and then a second in which a third of all turns fail; at the last step the stable version has 1 % of them."""
    chance, alarms = np.random.default_rng(7), 0
    for _ in range(300):
        seen = Seen()
        for second in range(60):
            bad = 0.33 if second % 15 == 14 else 0.0
            all_a, all_b = 1 + int(chance.poisson(19)), int(chance.poisson(1980))
            block = Block(int(chance.binomial(all_a, bad)), all_a, int(chance.binomial(all_b, bad)), all_b)
            seen = look(seen, block, HARMLESS["failed"])
            if harm({"failed": seen}, ALPHA):
                alarms += 1
                break
    assert alarms / 300 <= ALPHA
