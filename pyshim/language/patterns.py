"""Where does a tenant's pattern match, and how long may it look?

One pattern can look at forty letters for hours, and a shim has one thread for all tenants. So a message has so much time for all
patterns together; one that finds nothing within it finds nothing. So that nobody serves a slow one, check() bounds its steps by
what it is made of (backtracking.py), the same on every machine; and for what cannot be seen in it, it tries the messages on which
one is likely to be slow (attacks.py): there the clock decides, by a wide margin.
"""

import re
from contextvars import ContextVar
from functools import lru_cache
from time import process_time
from typing import Any

import regex

from pyshim.language import attacks, backtracking
from pyshim.telemetry import metrics

MESSAGE_S = 0.1  # processor time for all patterns of a message
SLOW_S = 3.0  # of one pattern and one of its worst messages, from which it is refused; what passes the count takes a tenth of it
SQUARES = 4  # times the square of a message's length: so many steps at most
SHORT = 2000  # characters, below which a message is not worth counting more finely

_left: ContextVar[list[float]] = ContextVar("left")  # of the message's time, seconds


class Slow(Exception):
    """A pattern took too long; the text says on what."""


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """As `regex` has it. Raises re.error for what Python does not know, too: there is one syntax to learn."""
    try:
        re.compile(pattern)
        return regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError) as error:
        raise re.error(str(error)) from None


def new_message() -> None:
    """From here on this task looks at another message."""
    _left.set([MESSAGE_S])


def search(pattern: str, text: str) -> re.Match[str] | None:
    """The first match; None, too, where the message's time is over."""
    left = _left.get(None) or [MESSAGE_S]
    if left[0] <= 0:
        return None
    began = process_time()
    try:
        found: re.Match[str] | None = compiled(pattern).search(text, timeout=left[0])
    except TimeoutError:
        metrics.pattern_timeouts.inc()
        left[0] = 0
        return None
    left[0] -= process_time() - began
    return found


@lru_cache(maxsize=4096)
def check(pattern: str, chars: int) -> None:
    """chars: of the longest message. Raises Slow, re.error."""
    compiled(pattern)
    messages = attacks.worst(pattern, chars)
    if backtracking.steps(pattern, chars) > SQUARES * max(chars, SHORT) ** 2:
        like = f" like {_shown(messages[0])}" if messages else ""
        raise Slow(f"it may look at {chars} characters{like} without end: two parts of it that repeat read the same text")
    for text in messages:
        try:
            compiled(pattern).search(text, timeout=SLOW_S)
        except TimeoutError:
            raise Slow(f"more than {SLOW_S:.0f} s on {chars} characters like {_shown(text)}") from None


def _shown(text: str) -> str:
    return repr(text if len(text) < 40 else f"{text[:20]}…{text[-20:]}")
