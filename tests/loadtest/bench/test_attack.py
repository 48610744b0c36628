"""Is each attack of the benchmark the attack it is called?"""

from collections.abc import Iterator

import pytest

from loadtest.bench.attack import Attacker, attacks
from tests.http.door import ASK, Door, door

pytestmark = pytest.mark.real

MEANT = {
    "forged_tokens": {"401"},
    "malformed_json": {"400"},
    "nested_json": {"400"},
    "oversized_bodies": {"413"},
    "header_floods": {"431"},
    "slow_headers": set(),
    "slow_bodies": set(),
    "idle_connections": set(),
    "one_fast_address": {"200", "429"},
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door(tmp_path_factory.mktemp("d"), SCORE_SLOWED="1e9", SCORE_REFUSED="1e9") as made:
        yield made


@pytest.mark.parametrize("kind", MEANT)
def test_an_attack_is_answered_as_it_should_be(opened: Door, kind: str) -> None:
    """Half a second of 200 a second; what is slow is not answered in that time."""
    own = opened.address()
    attacker = Attacker(attacks(opened.token(), ASK)[kind], opened.port, lambda _: own)
    attacker.run(200, 0.5)
    assert attacker.begun >= 90
    assert set(attacker.answers) - {"429"} == MEANT[kind] - {"429"}


def test_every_attack_is_tried() -> None:
    assert attacks("", b"").keys() == MEANT.keys()
