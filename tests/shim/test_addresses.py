"""Is a list of address ranges read, and is what is wrong with it said with its place?"""

from ipaddress import ip_network
from pathlib import Path

import pytest

from pyshim.errors import BadTenant
from pyshim.settings import BadSetting, read_settings
from pyshim.tenants import addresses

MIXED = "# seen last night\n10.0.0.0/8\n\n192.0.2.7   # one alone\n2001:db8::/32\n"


def test_a_file_holds_a_range_a_line_and_comments() -> None:
    assert [str(one) for one in addresses.parse(MIXED, "x")] == ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]


def test_ranges_that_overlap_or_touch_become_one() -> None:
    both = addresses.of(map(ip_network, ["10.0.1.0/24", "10.0.0.0/24", "10.0.0.9", "10.0.3.0/24"]))
    whole = addresses.of(map(ip_network, ["10.0.0.0/23", "10.0.3.0/24"]))
    assert both == whole
    assert len(both.v4) == 2 * 8


def test_a_setting_takes_ranges_and_files(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(MIXED)
    assert len(addresses.networks(["127.0.0.1", str(path)], "SLUICE_X")) == 4


def test_all_faults_are_said_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("10.0.0.0/8\n10.0.0.300\n10.0.0.1/8\n")
    with pytest.raises(BadTenant) as refused:
        addresses.networks([str(path), "300.1.1.1", "10.0.0.0/33", "gone.txt"], "SLUICE_X")
    said = "\n".join(refused.value.faults)
    for place in (
        f"{path}:2: ",
        f"{path}:3: ",
        "SLUICE_X: '300.1.1.1'",
        "SLUICE_X: '10.0.0.0/33'",
        "gone.txt: a list of address ranges",
    ):
        assert place in said
    assert len(refused.value.faults) == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RECORD_HALF_LIFE_S", "0"),
        ("SCORE_SLOWED", "501"),
        ("BODY_S", "0"),
        ("LIMITS_SHADOW", "everything, user"),
        ("KNOWN_S", "-1"),
    ],
)
def test_settings_of_the_screen_that_make_no_sense(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"SLUICE_{name}"):
        read_settings({f"SLUICE_{name}": value})
