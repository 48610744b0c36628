"""Is the new version worse than the stable one?

A sequential test that may be looked at as often as one likes. For each block of turns, with y_a of n_a bad ones at the stable
version and y_b of n_b at the candidate,

    E *= P(y_a; p_a) P(y_b; p_b) / (P(y_a; q_a) P(y_b; q_b))

p_a, p_b: what the earlier blocks make likely. (q_a, q_b): of all pairs that do no harm, the one nearest to (p_a, p_b), weighted
by n_a and n_b. A pair does no harm while q_b <= ratio * q_a + margin: a difference nobody would notice is never a reason. Under
any harmless pair the mean of E never grows, so the chance that it ever reaches 1/alpha is at most alpha (Ville).

Why: with f(t) = E[p(y)/q(y)] = 1 + (t - q)(p - q) / (q (1 - q)) for a Bernoulli turn of true share t, the block's mean is
f_a^n_a f_b^n_b <= exp(n_a (f_a - 1) + n_b (f_b - 1)), and the exponent is the slope of the distance at its minimum (q_a, q_b)
over a convex set, towards (t_a, t_b) in it, negated: never above 0. This is the E-variable of Turner, Ly and Gruenwald (Generic
E-variables for exact sequential k-sample tests that allow for optional stopping), with a half-plane as null hypothesis.

Turns of one block may depend on what happens to all of them, a stalled machine say: the claim holds for each block by itself,
whatever its true shares. So both versions must have turns in it, at the same time.
"""

from dataclasses import dataclass
from math import log

from msgspec import Struct

MEASURES = ("failed", "slow", "low", "fallback")
FEWEST = 1e-4  # no share is taken to be nearer to 0 or 1 than this
PRIOR = (0.5, 9.5)  # bad and good turns imagined before the first


@dataclass(frozen=True, slots=True)
class Harmless:
    """The candidate's share of bad turns may be ratio times the stable one's, plus margin."""

    ratio: float
    margin: float


HARMLESS = {
    "failed": Harmless(1.0, 0.005),
    "slow": Harmless(1.5, 0.02),
    "low": Harmless(1.25, 0.05),
    "fallback": Harmless(1.25, 0.05),
}


class Seen(Struct):
    """Bad turns and all turns of both versions so far, and log E."""

    bad_a: float = 0
    all_a: float = 0
    bad_b: float = 0
    all_b: float = 0
    log_e: float = 0


class Block(Struct, frozen=True):
    """Bad turns and all turns since the last look: a the stable version, b the candidate."""

    bad_a: int
    all_a: int
    bad_b: int
    all_b: int


def share(bad: float, total: float) -> float:
    return min(1 - FEWEST, max(FEWEST, (bad + PRIOR[0]) / (total + sum(PRIOR))))


def nearest(p_a: float, p_b: float, n_a: float, n_b: float, harmless: Harmless) -> tuple[float, float]:
    """The harmless pair nearest to (p_a, p_b), which does harm: it lies on the border."""
    r, m = harmless.ratio, harmless.margin
    low, high = p_a, (p_b - m) / r
    for _ in range(50):  # the slope of the weighted distance along the border grows: halve to where it is 0
        q_a = (low + high) / 2
        q_b = r * q_a + m
        slope = n_a * (q_a - p_a) / (q_a * (1 - q_a)) + n_b * r * (q_b - p_b) / (q_b * (1 - q_b))
        low, high = (q_a, high) if slope < 0 else (low, q_a)
    return q_a, r * q_a + m


def _grown(bad: float, total: float, p: float, q: float) -> float:
    return bad * log(p / q) + (total - bad) * log((1 - p) / (1 - q))


def look(seen: Seen, block: Block, harmless: Harmless) -> Seen:
    """What is known after this block, in which both versions had turns."""
    p_a, p_b = share(seen.bad_a, seen.all_a), share(seen.bad_b, seen.all_b)
    log_e = seen.log_e
    if p_b > harmless.ratio * p_a + harmless.margin:
        q_a, q_b = nearest(p_a, p_b, block.all_a, block.all_b, harmless)
        log_e += _grown(block.bad_a, block.all_a, p_a, q_a) + _grown(block.bad_b, block.all_b, p_b, q_b)
    return Seen(seen.bad_a + block.bad_a, seen.all_a + block.all_a, seen.bad_b + block.bad_b, seen.all_b + block.all_b, log_e)


def harm(seen: dict[str, Seen], alpha: float) -> str | None:
    """Why the candidate is worse, in one sentence, or None. alpha is shared by the measures."""
    for measure, one in seen.items():
        if one.log_e >= log(len(MEASURES) / alpha):
            return (
                f"{measure}: {one.bad_b:.0f} of {one.all_b:.0f} turns, {one.bad_a:.0f} of {one.all_a:.0f} by the stable version "
                f"(e-value 10^{one.log_e / log(10):.1f})"
            )
    return None
