"""Is an address found in the ranges it belongs to, and in no others?"""

import random
import time
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.tenants import addresses
from pyshim.tenants.addresses import Ranges


def matcher(lua: Any, ranges: list[str]) -> Any:
    return opened(lua, addresses.of(map(ip_network, ranges)))


def opened(lua: Any, ranges: Ranges) -> Any:
    return lua.eval(b"require 'edge.ranges'")[b"new"](lua.table_from({b"v4": ranges.v4, b"v6": ranges.v6}))


def holds(found: Any, address: str) -> bool:
    return bool(found[b"holds"](found, ip_address(address).packed))


def test_single_addresses_and_ranges_of_both_families(lua: Any) -> None:
    found = matcher(lua, ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"])
    inside = ["10.255.1.2", "192.0.2.7", "2001:db8:ffff::1", "::1"]
    outside = ["11.0.0.0", "192.0.2.8", "2001:db9::", "::2", "9.255.255.255"]
    assert [holds(found, a) for a in inside + outside] == [True] * 4 + [False] * 5


def test_an_empty_list_holds_nothing(lua: Any) -> None:
    assert not holds(matcher(lua, []), "127.0.0.1")
    assert not holds(matcher(lua, []), "::1")


def test_all_there_is(lua: Any) -> None:
    found = matcher(lua, ["0.0.0.0/0", "::/0"])
    assert all(holds(found, address) for address in ("0.0.0.0", "255.255.255.255", "::", "ffff::ffff"))


networks = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), st.tuples(st.ip_addresses(v=6), st.integers(0, 128))
).map(lambda pair: ip_network(f"{pair[0]}/{pair[1]}", strict=False))


@pytest.mark.long
@settings(max_examples=150, deadline=None)
@given(st.lists(networks, max_size=12), st.lists(st.ip_addresses(), max_size=12))
def test_agrees_with_the_ipaddress_module(lua: Any, ranges: list[Any], strangers: list[Any]) -> None:
    found = matcher(lua, [str(network) for network in ranges])
    borders = [address for network in ranges for address in (network[0], network[-1])]
    around = [address + step for address in borders for step in (-1, 1) if 0 <= int(address) + step < 2**address.max_prefixlen]
    for address in [*borders, *around, *strangers]:
        expected = any(address.version == network.version and address in network for network in ranges)
        assert holds(found, str(address)) == expected


SEARCHES = b"""
local found, addresses, rounds = ...
local count, held = #addresses, 0
local began = os.clock()
for number = 1, rounds do
    if found:holds(addresses[number % count + 1]) then held = held + 1 end
end
return (os.clock() - began) / rounds * 1e6, held
"""


def search_us(lua: Any, ranges: Ranges, wanted: list[bytes], rounds: int = 200_000) -> float:
    """Microseconds of CPU for one look-up, the best of five goes."""
    run = lua.eval(b"function(text, ...) return assert(loadstring(text))(...) end")
    found, asked = opened(lua, ranges), lua.table_from(wanted)
    return float(min(run(SEARCHES, found, asked, rounds)[0] for _ in range(5)))


@pytest.mark.long
def test_100_000_ranges_of_each_family_are_searched_in_under_two_microseconds(lua: Any) -> None:
    chance = random.Random(1)
    v4 = [ip_network((number * 40000 + chance.randrange(20000), 32)) for number in range(100_000)]
    v6 = [ip_network(((0x20010000 + number << 96), 64)) for number in range(100_000)]
    ranges = addresses.of([*v4, *v6])
    assert (len(ranges.v4), len(ranges.v6)) == (800_000, 3_200_000)
    hits = [network[0].packed for network in chance.sample(v4, 5000)]
    misses = [chance.randbytes(4) for _ in range(5000)]
    assert search_us(lua, ranges, hits + misses) < 2
    far = [network[5].packed for network in chance.sample(v6, 5000)]
    assert search_us(lua, ranges, far + [chance.randbytes(16) for _ in range(5000)]) < 2
    began = time.thread_time()  # whoever else uses the core does not count
    opened(lua, ranges)
    assert time.thread_time() - began < 0.1  # nothing is built when the configuration swaps
