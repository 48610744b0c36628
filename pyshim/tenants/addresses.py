"""Which addresses does a list of ranges hold?

A list is read here once, sorted and merged; the edge (lua/edge/ranges.lua) gets numbers it only has to search. A list may have
100,000 ranges and more.
"""

import hashlib
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from struct import pack

import msgspec

from pyshim.agreement.files import put
from pyshim.errors import BadTenant
from pyshim.settings import ROOT, Settings

Network = IPv4Network | IPv6Network
Pairs = Iterable[tuple[int, int]]  # first and last address
WORD = 0xFFFFFFFF


class Ranges(msgspec.Struct, omit_defaults=True):
    """First and last address of each range, ascending, as words of 32 bits, little-endian: one word an IPv4 address, four an IPv6
    address, the highest first."""

    v4: bytes = b""
    v6: bytes = b""


def of(networks: Iterable[Network]) -> Ranges:
    """Overlapping and adjacent ranges become one."""
    v4: list[tuple[int, int]] = []
    v6: list[tuple[int, int]] = []
    for network in networks:
        pair = int(network.network_address), int(network.broadcast_address)
        (v4 if network.version == 4 else v6).append(pair)
    return Ranges(_packed(v4, 1), _packed(v6, 4))


def parse(text: str, place: str) -> list[Network]:
    """A file: a range or an address a line, # begins a comment. place: how faults name it. Raises BadTenant with all faults."""
    found: list[Network] = []
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        entry = line.partition("#")[0].strip()
        try:
            if entry:
                found.append(ip_network(entry))
        except ValueError as error:
            faults.append(f"{place}:{number}: {error}")
    if faults:
        raise BadTenant(*faults)
    return found


def networks(entries: Iterable[str], place: str) -> list[Network]:
    """A setting: ranges, and files of them, whose names end in .txt. place: its name. Raises BadTenant with all faults."""
    found: list[Network] = []
    faults: list[str] = []
    for entry in entries:
        try:
            found += _file(ROOT / entry) if entry.endswith(".txt") else [ip_network(entry)]
        except BadTenant as error:
            faults += error.faults
        except ValueError as error:
            faults.append(f"{place}: {error}")
    if faults:
        raise BadTenant(*faults)
    return found


def trusted(settings: Settings) -> list[Network]:
    """Load balancers are: what is wrong with a request before nginx knows whose it is would count against all who come by them.
    Raises BadTenant."""
    return [
        *networks(settings.addresses_trusted, "SLUICE_ADDRESSES_TRUSTED"),
        *networks(settings.proxies, "SLUICE_PROXIES"),
    ]


def keep(settings: Settings) -> tuple[int, int]:
    """Puts the operator's lists where nginx of this machine looks for them (lua/edge/addresses.lua). Returns how many entries are
    refused, and trusted. Raises BadTenant with all faults; then the old ones stay."""
    refused = networks(settings.addresses_refused, "SLUICE_ADDRESSES_REFUSED")
    good = trusted(settings)
    lists = msgspec.json.encode({"refused": of(refused), "trusted": of(good)})
    put(settings.addresses, hashlib.sha256(lists).hexdigest().encode() + b"\n" + lists)
    return len(refused), len(good)


def _file(path: Path) -> list[Network]:
    try:
        return parse(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadTenant(f"{path}: a list of address ranges is wanted: {error}") from None


def _joined(pairs: Pairs) -> Iterator[tuple[int, int]]:
    current: tuple[int, int] | None = None
    for first, last in sorted(pairs):
        if current is not None and first <= current[1] + 1:
            current = current[0], max(current[1], last)
        else:
            if current is not None:
                yield current
            current = first, last
    if current is not None:
        yield current


def _packed(pairs: Pairs, words: int) -> bytes:
    shifts = range(32 * (words - 1), -1, -32)
    numbers = [address >> shift & WORD for pair in _joined(pairs) for address in pair for shift in shifts]
    return pack(f"<{len(numbers)}I", *numbers)
