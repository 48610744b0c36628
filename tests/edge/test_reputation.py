"""Does a score grow by what is added to it, halve in its time, and slow and refuse as it should?"""

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HALF_LIFE_S, SLOWED, REFUSED, REFUSED_S, REFUSED_MAX_S = 60, 100, 500, 30, 200

# A shared dictionary with flags and an end for each value. clock() is the test's.
DICTIONARY = """
local clock = ...
local dict = { values = {}, flags = {}, ends = {} }
function dict:get(key)
    if self.ends[key] and self.ends[key] <= clock() then self.values[key], self.flags[key], self.ends[key] = nil, nil, nil end
    return self.values[key], self.flags[key]
end
function dict:set(key, value, ttl, flags)
    assert(ttl > 0)
    self.values[key], self.flags[key], self.ends[key] = value, flags, clock() + ttl
    return true
end
function dict:incr(key, by, init, ttl)
    local value = (self:get(key) or init) + by
    self.values[key], self.ends[key] = value, clock() + ttl
    return value
end
return dict
"""


class Records:
    """The records of one address, and a clock. now: monotonic seconds."""

    def __init__(self, lua: Any) -> None:
        self.now = 1000.0
        load = lua.eval(b"function(text, ...) return assert(loadstring(text))(...) end")
        self._dict = load(DICTIONARY.encode(), lambda: self.now)
        self._record = lua.eval(b"require 'edge.reputation'")
        chosen = {"half_life_s": HALF_LIFE_S, "score_slowed": SLOWED, "score_refused": REFUSED}
        chosen |= {"refused_s": REFUSED_S, "refused_max_s": REFUSED_MAX_S}
        self._screen = lua.table_from({name.encode(): value for name, value in chosen.items()})

    def add(self, weight: float) -> Any:
        return self._word(self._record[b"add"](self._dict, b"a", weight, self._screen, self.now))

    def look(self) -> Any:
        return self._word(self._record[b"look"](self._dict, b"a", self._screen, self.now))

    @staticmethod
    def _word(said: Any) -> Any:
        """None, "slowed", or ("refused", seconds)."""
        if isinstance(said, tuple):
            return said[0].decode(), said[1]
        return said and said.decode()


@pytest.fixture
def records(lua: Any) -> Records:
    return Records(lua)


def test_nobody_has_a_record_at_first(records: Records) -> None:
    assert records.look() is None


def test_offences_add_up_until_their_owner_is_slowed_and_then_refused(records: Records) -> None:
    assert [records.add(50), records.look()] == [None, None]
    assert [records.add(51), records.look()] == ["slowed", "slowed"]
    assert records.add(300) is None
    assert records.add(100) == ("refused", REFUSED_S)
    assert records.look() == ("refused", REFUSED_S)


def test_a_score_halves_in_its_time(records: Records) -> None:
    records.add(2 * SLOWED + 1)
    records.now += HALF_LIFE_S
    assert records.look() == "slowed"
    records.now += 1
    assert records.look() is None


def test_after_the_wait_it_is_slowed_and_then_it_is_as_everybody(records: Records) -> None:
    _, seconds = records.add(REFUSED)
    records.now += seconds - 1
    assert records.look() == ("refused", 1)
    records.now += 1
    assert records.look() == "slowed"
    records.now += 1
    assert records.look() is None


def test_what_is_done_while_refused_is_not_counted(records: Records) -> None:
    _, seconds = records.add(REFUSED)
    assert [records.add(REFUSED) for _ in range(100)] == [None] * 100
    records.now += seconds + 1
    assert records.look() is None


def test_each_time_twice_as_long_up_to_a_limit(records: Records) -> None:
    waits = []
    for _ in range(5):
        _, seconds = records.add(REFUSED)
        waits.append(seconds)
        records.now += seconds
    assert waits == [30, 60, 120, REFUSED_MAX_S, REFUSED_MAX_S]


def test_an_ipv6_address_counts_by_its_64_bits(lua: Any) -> None:
    name_of = lua.eval(b"require 'edge.names'")[b"address"]
    one, other, far = (name_of(ip_address(text).packed) for text in ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"))
    assert one == other != far
    assert name_of(b"\x7f\0\0\1") == b"a:\x7f\0\0\1"


@pytest.mark.long
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 300), st.sampled_from([0.1, 1, 5, 20])), max_size=60))
def test_agrees_with_a_sum_of_decaying_offences(lua: Any, story: list[tuple[float, float]]) -> None:
    records, score = Records(lua), 0.0
    for pause, weight in story:
        records.now += pause
        score = score * 0.5 ** (pause / HALF_LIFE_S) + weight
        if score >= REFUSED * 0.999:
            return
        records.add(weight)
        if abs(score - SLOWED) > 1:  # a score that was below a quarter is forgotten
            assert records.look() == ("slowed" if score > SLOWED else None)
