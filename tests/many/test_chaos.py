"""Does a fleet keep its promises while a host dies or is cut off?

Three rounds of `make chaos`; how fast it is again counts there only.
"""

from collections.abc import Iterator

import pytest

from loadtest.chaos.house import House, house
from loadtest.chaos.rounds import played
from loadtest.place.network import NoNetwork, network

MASTER_CUT, SHIM_MUTE, MASTER_KILLED = 29, 30, 18  # seeds: what they draw is seen in tests/loadtest/test_chaos.py


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    try:
        with network(["a", "b"]):
            pass
    except NoNetwork as error:
        pytest.skip(f"no network namespaces of our own here: {error}")
    with house(tmp_path_factory.mktemp("fleet")) as made:
        yield made


@pytest.mark.real
@pytest.mark.parametrize("seed", [MASTER_CUT, SHIM_MUTE, MASTER_KILLED])
def test_every_promise_is_kept(stand: House, seed: int) -> None:
    assert played(stand, seed, timed=False).faults == []
