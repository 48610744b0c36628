"""How is it going? One line, written over itself on a terminal, else one every few seconds."""

import sys

from loadtest.running import shapes
from loadtest.running.master import REPORTED_S, Load
from loadtest.running.turns import Seen

RECENT = 20_000  # turns among which the last second's are looked for
QUIET_EVERY_S = 5  # where nobody watches a terminal


def line(load: Load, now: float) -> str:
    """Of the second that has been told by now."""
    seen = Seen(load.told.turns.tail(RECENT))
    second = max(0.0, now - REPORTED_S)
    where = seen.between(second - 1, second)
    one = seen.percentiles(where)
    forgotten = int(load.told.figures.get("context_failures", 0))
    answered = f"p50 {one.p50:6.1f}  p99 {one.p99:7.1f} ms" if one else "nothing answered    "
    rate = shapes.rate_at(load.plan.rows, max(0.0, now))
    return (
        f"{max(0.0, now):6.0f} of {load.plan.scenario.seconds:.0f} s  {rate:6,.0f}/s due  {one.count if one else 0:6,}/s  "
        f"{answered}  {load.wrong:,} errors  {forgotten:,} forgotten"
    )


def show(load: Load, now: float) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line(load, now)}", end="", file=sys.stderr, flush=True)
    elif now >= 0 and int(now) % QUIET_EVERY_S == 0:
        print(line(load, now), file=sys.stderr, flush=True)


def end() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)
