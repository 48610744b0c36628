"""Should this outside thing be asked at all just now?

A circuit breaker. Closed: every call goes through. After so many failures in a row it opens: no call goes through. After
probe_s seconds exactly one call is let through as a probe; if it succeeds the breaker closes, if not it waits again.
"""

import time
from collections.abc import Callable


class Breaker:
    """failures in a row that open it; probe_s: seconds until the probe; now: a monotonic clock in seconds."""

    def __init__(self, failures: int, probe_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._probe_s, self._now = failures, probe_s, now
        self._failures = 0
        self._next_probe: float | None = None  # None while closed

    @property
    def open(self) -> bool:
        return self._next_probe is not None

    def allows(self) -> bool:
        """May this call go through? Asking for a probe takes it."""
        if self._next_probe is None:
            return True
        if self._now() < self._next_probe:
            return False
        self._next_probe = self._now() + self._probe_s
        return True

    def succeeded(self) -> None:
        self._failures, self._next_probe = 0, None

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self._limit:
            self._next_probe = self._now() + self._probe_s
