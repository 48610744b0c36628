"""Are windows and percentiles of the limits' benchmark what they say?"""

from collections import Counter

from loadtest.bench.limits import WINDOW, Plan, _drained, percentile, windows


def test_every_window_of_ten_seconds_is_counted_wherever_it_begins() -> None:
    admitted = Counter(dict.fromkeys(range(3 * WINDOW), 2))
    admitted[1500] += 5
    found = windows(admitted, 0, 3 * WINDOW)
    assert len(found) == 2 * WINDOW + 1
    assert (found[0], max(found), found[-1]) == (2 * WINDOW, 2 * WINDOW + 5, 2 * WINDOW)
    assert windows(admitted, 0, WINDOW - 1) == []


def test_a_percentile_is_the_value_that_so_many_do_not_exceed() -> None:
    counts = Counter({10: 98, 20: 1, 900: 1})
    assert [percentile(counts, share) for share in (0.5, 0.98, 0.99, 1.0)] == [10, 10, 20, 900]
    assert percentile(Counter(), 0.99) == 0


def test_windows_begin_when_what_is_too_much_is_refused() -> None:
    plan = Plan(rate=1000, over=1.5)  # 500 a second are too much: 5 in a step
    refused = Counter(dict.fromkeys(range(50), 1)) + Counter(dict.fromkeys(range(200, 600), 5))
    assert 190 <= _drained(refused, plan) <= 220
