"""Is it fast enough?"""

import operator
from collections.abc import Callable
from dataclasses import dataclass

Compare = Callable[[float, float], bool]
AT_LEAST: tuple[str, Compare] = (">=", operator.ge)
BELOW: tuple[str, Compare] = ("<", operator.lt)


@dataclass(frozen=True, slots=True)
class Goal:
    """What one figure has to be."""

    case: str
    figure: str
    kind: tuple[str, Compare]
    bound: float

    def __str__(self) -> str:
        return f"{self.kind[0]} {self.bound:,.0f}"

    def holds(self, value: float) -> bool:
        return self.kind[1](value, self.bound)


GOALS = (
    Goal("hot", "per_s", AT_LEAST, 20_000),
    Goal("triton", "per_s", AT_LEAST, 1_500),
    Goal("mix", "per_s", AT_LEAST, 8_000),
    Goal("paced", "p99_ms", BELOW, 50),
)
