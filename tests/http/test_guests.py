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
