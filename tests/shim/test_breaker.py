"""Does the breaker open, probe and close as promised?"""

from pyshim.outside.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock) -> Breaker:
    breaker = Breaker(failures=5, probe_s=30, now=clock)
    for _ in range(5):
        assert breaker.allows()
        breaker.failed()
    return breaker


def test_it_opens_after_five_failures_in_a_row() -> None:
    assert not opened(Clock()).allows()


def test_a_success_in_between_starts_the_count_anew() -> None:
    breaker = Breaker(failures=5, probe_s=30, now=Clock())
    for _ in range(4):
        breaker.failed()
    breaker.succeeded()
    for _ in range(4):
        breaker.failed()
    assert breaker.allows()


def test_after_thirty_seconds_exactly_one_probe_goes_through() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 29.9
    assert not breaker.allows()
    clock.now = 30.0
    assert [breaker.allows() for _ in range(3)] == [True, False, False]


def test_a_good_probe_closes_it_and_a_bad_one_waits_again() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now = 30.0
    breaker.allows()
    breaker.failed()
    clock.now = 59.0
    assert not breaker.allows()
    clock.now = 60.0
    assert breaker.allows()
    breaker.succeeded()
    assert not breaker.open
    assert breaker.allows()
