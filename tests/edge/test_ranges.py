"""Is an address found in the ranges it belongs to, and in no others?"""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def matcher(lua: Any, ranges: list[str]) -> Any:
    made = lua.eval(b"require 'edge.ranges'")[b"new"](lua.table_from([r.encode() for r in ranges]))
    if isinstance(made, tuple):
        raise ValueError(made[1].decode())
    return made


def holds(found: Any, address: str) -> bool:
    return bool(found[b"holds"](found, ip_address(address).packed))


def test_single_addresses_and_ranges_of_both_families(lua: Any) -> None:
    found = matcher(lua, ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::1"])
    inside = ["10.255.1.2", "192.0.2.7", "2001:db8:ffff::1", "::1"]
    outside = ["11.0.0.0", "192.0.2.8", "2001:db9::", "::2", "9.255.255.255"]
    assert [holds(found, a) for a in inside + outside] == [True] * 4 + [False] * 5


def test_an_empty_list_holds_nothing(lua: Any) -> None:
    assert not holds(matcher(lua, []), "127.0.0.1")


@pytest.mark.parametrize("wrong", ["10.0.0.0/33", "300.1.1.1", "nonsense", "2001:db8:::1", "1.2.3", "::/129", ""])
def test_what_is_no_range_is_named(lua: Any, wrong: str) -> None:
    with pytest.raises(ValueError, match=r"range|prefix"):
        matcher(lua, [wrong])


networks = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), st.tuples(st.ip_addresses(v=6), st.integers(0, 128))
).map(lambda pair: ip_network(f"{pair[0]}/{pair[1]}", strict=False))


@settings(max_examples=150, deadline=None)
@given(st.lists(networks, max_size=12), st.lists(st.ip_addresses(), max_size=12))
def test_agrees_with_the_ipaddress_module(lua: Any, ranges: list[Any], strangers: list[Any]) -> None:
    found = matcher(lua, [str(network) for network in ranges])
    borders = [address for network in ranges for address in (network[0], network[-1])]
    for address in [*borders, *strangers]:
        expected = any(address.version == network.version and address in network for network in ranges)
        assert holds(found, str(address)) == expected
