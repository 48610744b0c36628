"""When do they come? Each scenario is a table: seconds, times the scenario's rate, shape.

Shapes: warm (caches fill; not judged), hold (this rate from the first second to the last), ramp (in a straight line from the rate
before to this one). A row with an event begins with it. Rates leave room on two cores that generator and sluice share.
"""

from dataclasses import dataclass, replace
from typing import Literal

Shape = Literal["warm", "hold", "ramp"]


@dataclass(frozen=True, slots=True)
class Row:
    """rate: turns a second at its end; event: what happens when it begins."""

    seconds: float
    rate: float
    shape: Shape
    event: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """rate: turns a second that a row's 1 stands for; think_s: a customer's pause between an answer and the next turn, on
    average; fresh: a new connection for each turn; ends: when a gate breaks (the last row that held is the knee); leaks: memory
    is judged."""

    name: str
    about: str
    rate: float
    rows: tuple[Row, ...]
    think_s: float = 4.0
    fresh: bool = False
    ends: bool = False
    leaks: bool = False

    @property
    def seconds(self) -> float:
        return sum(row.seconds for row in self.rows)

    @property
    def peak(self) -> float:
        """Turns a second, at the most."""
        return max(row.rate for row in self.rows)


STEP, STEPS = 1.25, 14

TABLES: dict[str, tuple[Row, ...]] = {
    "smoke": (Row(5, 1, "warm"), Row(25, 1, "hold")),
    "steady": (Row(10, 1, "warm"), Row(120, 1, "hold")),
    "steps": (Row(10, 1, "warm"), *(Row(10, STEP**number, "hold") for number in range(STEPS))),
    "spike": (
        Row(10, 1, "warm"),
        Row(20, 1, "hold"),
        Row(10, 15, "ramp", "the rush begins"),
        Row(20, 15, "hold", "15 times"),
        Row(10, 1, "ramp", "the rush ends"),
        Row(50, 1, "hold", "back"),
    ),
    "soak": (Row(60, 1, "warm"), Row(1800, 1, "hold")),
    "churn": (Row(5, 1, "warm"), Row(60, 1, "hold")),
    "restart": (Row(5, 1, "warm"), Row(20, 1, "hold"), Row(60, 1, "hold", "kill")),
}

_SCENARIOS = (
    Scenario("smoke", "does it work at all?", 150, TABLES["smoke"], think_s=2),
    Scenario("steady", "how is it on an ordinary day?", 200, TABLES["steady"]),
    Scenario("steps", "how much does it hold?", 150, TABLES["steps"], think_s=2, ends=True),
    Scenario("spike", "what happens at a peak, and after it?", 30, TABLES["spike"]),
    Scenario("soak", "does it leak?", 100, TABLES["soak"], leaks=True),
    Scenario("churn", "what does a new connection for each turn cost?", 100, TABLES["churn"], fresh=True),
    Scenario("restart", "what is lost when a process is killed?", 100, TABLES["restart"], think_s=2),
)
SCENARIOS = {one.name: one for one in _SCENARIOS}


def scenario(name: str, rate: float | None = None, seconds: float | None = None) -> Scenario:
    """A scenario with its rates in turns a second. seconds: the longest row is made to fit, or all of them if that is too little.
    Raises KeyError."""
    one = SCENARIOS[name]
    base = one.rate if rate is None else rate
    rows = tuple(replace(row, rate=row.rate * base) for row in one.rows)
    return replace(one, rate=base, rows=rows if seconds is None else lasting(rows, seconds))


def lasting(rows: tuple[Row, ...], seconds: float) -> tuple[Row, ...]:
    """The rows, with so many seconds in all."""
    longest = max(range(len(rows)), key=lambda number: rows[number].seconds)
    others = sum(row.seconds for row in rows) - rows[longest].seconds
    if seconds - others >= rows[longest].seconds / 2:
        return tuple(replace(row, seconds=seconds - others) if n == longest else row for n, row in enumerate(rows))
    times = seconds / (others + rows[longest].seconds)
    return tuple(replace(row, seconds=row.seconds * times) for row in rows)


def begins(rows: tuple[Row, ...]) -> list[float]:
    """When each row begins, seconds."""
    return [sum(row.seconds for row in rows[:number]) for number in range(len(rows))]


def rate_at(rows: tuple[Row, ...], t: float) -> float:
    """Turns a second at this moment; 0 before the first row and after the last."""
    before = rows[0].rate
    for start, row in zip(begins(rows), rows, strict=True):
        if start <= t < start + row.seconds:
            return before + (row.rate - before) * (t - start) / row.seconds if row.shape == "ramp" else row.rate
        before = row.rate
    return 0.0


def judged_from(rows: tuple[Row, ...]) -> float:
    """Seconds until the caches are warm."""
    return next((start for start, row in zip(begins(rows), rows, strict=True) if row.shape != "warm"), 0.0)


def steady(rows: tuple[Row, ...]) -> tuple[float, float]:
    """From when until when the longest stretch of one rate lasts, seconds."""
    held = [(row.seconds, start) for start, row in zip(begins(rows), rows, strict=True) if row.shape == "hold"]
    seconds, start = max(held, key=lambda one: one[0], default=(sum(row.seconds for row in rows), 0.0))
    return start, start + seconds
