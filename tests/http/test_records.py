"""Is an address that sends rubbish slowed, then refused, then let in again, and do its good customers notice nothing?"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.http.conftest import NEVER
from tests.http.door import Door, door
from tests.http.raw import request, speak

pytestmark = pytest.mark.real

SLOW_BURST = 2
LONG_AGO = 1_500_000_000  # seconds since 1970
# A forged token weighs 5: slowed by the second one, refused by the fourth.
STRICT = {"SCORE_SLOWED": "8", "SCORE_REFUSED": "18", "RECORD_HALF_LIFE_S": "3600", "REFUSED_S": "600"}
STRICT |= {"SLOW_RATE_PER_S": str(NEVER), "SLOW_BURST": str(SLOW_BURST), "KNOWN_MINUTES": "1"}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder: Path = tmp_path_factory.mktemp("d")
    with door(folder, **STRICT, ADDRESS_RATE_PER_S=str(NEVER), ADDRESS_BURST="40") as opened:
        yield opened


def slow(at: Door, source: str) -> None:
    assert at.forge(source, 2) == [401, 401]


def refuse(at: Door, source: str) -> None:
    assert at.forge(source, 4) == [401] * 4


def test_an_address_is_slowed_and_then_refused(strict: Door) -> None:
    source = strict.address()
    slow(strict, source)
    assert [strict.chat(source, strict.token()).status for _ in range(SLOW_BURST)] == [200] * SLOW_BURST
    answer = strict.chat(source, strict.token()).refuses(429, "rate_limited")
    assert "limit of who is slowed down" in answer.error()["message"]
    source = strict.address()
    refuse(strict, source)
    refused = strict.chat(source, strict.token()).refuses(429, "rate_limited")
    assert refused.headers["X-Answered-By"] == "l1_screen"
    assert 590 <= int(refused.headers["Retry-After"]) <= 601


def test_a_refused_address_is_answered_before_its_body_has_come(strict: Door) -> None:
    source = strict.address()
    refuse(strict, source)
    begun = request("POST", "/v1/chat", ["Content-Type: application/json", "Content-Length: 30000"], b"{", length=False)
    answer = speak(strict.port, begun, "POST", source)
    assert answer is not None
    answer.refuses(429, "rate_limited")


def test_a_button_that_is_none_is_held_against_its_sender(strict: Door) -> None:
    source, unfit = strict.address(), 'sluice_offences_total{kind="unfit"}'
    before = strict.metric(unfit)
    assert strict.say(source, strict.token(), 9, b'{"confirm":{"id":"a","answer":"maybe"}}')[-1] == 400
    wait_until(lambda: strict.metric(unfit) == before + 9)
    assert [strict.chat(source, strict.token()).status for _ in range(SLOW_BURST + 1)] == [200] * SLOW_BURST + [429]


def test_its_neighbour_is_neither(strict: Door) -> None:
    refuse(strict, strict.address())
    assert strict.chat(strict.address(), strict.token()).status == 200


def test_a_customer_whom_the_tenant_knows_is_not_slowed_at_a_carriers_address(strict: Door) -> None:
    carrier = strict.address()
    known = strict.token(known_since=LONG_AGO)
    refuse(strict, carrier)
    assert [strict.chat(carrier, known).status for _ in range(8)] == [200] * 8
    strict.chat(carrier, strict.token()).refuses(429, "rate_limited")
    strict.chat(carrier, None).refuses(429, "rate_limited")
    wait_until(lambda: strict.metric('sluice_screened_total{whose="address",what="spared"}') >= 8)


def test_nor_is_one_who_was_a_good_customer_here(strict: Door) -> None:
    carrier, home = strict.address(), strict.address()
    regular = strict.token(user="regular")
    assert strict.say(home, regular, 1) == [200]
    refuse(strict, carrier)
    assert strict.chat(carrier, regular).status == 200


def test_who_was_known_only_lately_or_is_a_guest_is_nobody(strict: Door) -> None:
    carrier = strict.address()
    refuse(strict, carrier)
    for claims in ({"known_since": int(time.time()) - 60}, {"known_since": LONG_AGO, "guest": True}):
        strict.chat(carrier, strict.token(**claims)).refuses(429, "rate_limited")
    strict.chat(carrier, strict.token(known_since=LONG_AGO)[:-6] + "AAAAAA").refuses(429, "rate_limited")


def test_a_customer_passes_by_the_empty_bucket_of_a_carriers_address(strict: Door) -> None:
    carrier = strict.address()
    while strict.chat(carrier, strict.token()).status == 200:
        pass
    assert strict.chat(carrier, strict.token(known_since=LONG_AGO)).status == 200


def test_a_known_customers_offences_are_not_held_against_the_address(strict: Door) -> None:
    carrier = strict.address()
    abuser = strict.token(known_since=LONG_AGO)
    assert strict.say(carrier, abuser, 1) == [200]  # its token is remembered
    assert strict.say(carrier, abuser, 2, b"{") == [400, 400]
    assert [strict.chat(carrier, strict.token()).status for _ in range(2 * SLOW_BURST)] == [200] * 2 * SLOW_BURST


def test_a_known_customer_whose_own_record_is_bad_is_known_no_more(strict: Door) -> None:
    carrier = strict.address()
    abuser = strict.token(known_since=LONG_AGO)
    source = strict.address()
    assert strict.say(source, abuser, 1) == [200]  # its token is remembered
    strict.say(source, abuser, 8, b"{")
    strict.chat(strict.address(), abuser).refuses(429, "rate_limited")
    refuse(strict, carrier)
    strict.chat(carrier, abuser).refuses(429, "rate_limited")


def test_the_second_time_it_is_refused_for_twice_as_long(tmp_path: Path) -> None:
    brisk = STRICT | {"REFUSED_S": "1", "RECORD_HALF_LIFE_S": "5", "SLOW_RATE_PER_S": "1000", "SLOW_BURST": "1000"}
    with door(tmp_path, **brisk) as opened:
        source = opened.address()
        assert opened.forge(source, 4) == [401] * 4
        assert int(opened.chat(source).headers["Retry-After"]) <= 2
        wait_until(lambda: opened.chat(source, opened.token()).status == 200)  # slowed still, not refused
        wait_until(lambda: 429 in opened.forge(source, 1))
        first = int(opened.chat(source).headers["Retry-After"])
        assert 2 <= first <= 3
        log = (opened.edge.settings.log / "nginx.log").read_text()
        assert log.count(f"{source} is refused for") == 2


def test_scores_that_are_only_watched_refuse_nobody(tmp_path: Path) -> None:
    with door(tmp_path, **STRICT, LIMITS_SHADOW="record") as opened:
        source = opened.address()
        assert opened.forge(source, 12) == [401] * 12
        assert opened.chat(source, opened.token()).status == 200
        wait_until(lambda: opened.metric('sluice_screened_total{whose="address",what="shadow"}') > 0)
        wait_until(lambda: opened.metric('sluice_record_total{whose="address",became="refused"}') == 1)
        assert opened.metric('sluice_offences_total{kind="bad_token"}') == 12
