"""How many guests may one address become?"""

from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.http.door import JSON, Door, door
from tests.http.raw import request, speak

PROXY = "127.0.0.9"


def asked(opened: Door, address: str) -> int:
    """Its status: 503 where it would be a shim's to answer, and none is there."""
    headers = [JSON, f"X-Forwarded-For: {address}"]
    answer = speak(opened.port, request("POST", "/v1/session", headers, b'{"tenant":"shop"}'), "POST", PROXY)
    assert answer is not None
    return answer.status


@pytest.mark.real
def test_an_address_may_become_so_many_guests_a_day_a_tenth_of_them_at_once(tmp_path: Path) -> None:
    with door(tmp_path / "door", ADDRESS_GUESTS_PER_DAY="30", PROXIES=PROXY) as opened:
        assert [asked(opened, "198.51.100.4") for _ in range(5)] == [503, 503, 503, 429, 429]
        assert asked(opened, "198.51.100.5") == 503
        assert [asked(opened, f"2001:db8::{number}") for number in range(1, 6)] == [503, 503, 503, 429, 429]
        wait_until(lambda: opened.metric('sluice_limit_refused_total{tenant="-",bucket="guests"}') == 4)
        assert opened.chat("127.0.0.7", opened.token()).status == 200


@pytest.mark.real
def test_a_bad_record_makes_no_room_for_more_of_them(tmp_path: Path) -> None:
    """Who is slowed down has the limits of everybody, and one more."""
    slowed = {"SCORE_SLOWED": "8", "SCORE_REFUSED": "1000", "RECORD_HALF_LIFE_S": "3600", "SLOW_BURST": "100"}
    with door(tmp_path / "door", ADDRESS_GUESTS_PER_DAY="30", PROXIES=PROXY, **slowed) as opened:
        for _ in range(3):  # a forged token weighs 5
            headers = [JSON, "X-Forwarded-For: 198.51.100.4", "Authorization: Bearer e30.e30.AAAA"]
            answer = speak(opened.port, request("POST", "/v1/chat", headers, b'{"query":"1"}'), "POST", PROXY)
            assert answer is not None and answer.status == 401
        wait_until(lambda: opened.metric('sluice_record_total{whose="address",became="slowed"}') == 1)
        assert [asked(opened, "198.51.100.4") for _ in range(5)] == [503, 503, 503, 429, 429]
