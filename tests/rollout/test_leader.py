"""Does a rollout go on when the shim that leads it dies?"""

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from pyshim.rollout.rollout import CLAIM, RECORD
from tests.conftest import Stack, wait_until
from tests.rollout.conftest import QUICK, Operator, repository

pytestmark = pytest.mark.real


def leader(operator: Operator) -> str:
    """The name in the claim: "shim <machine> <number> (<process>)"."""
    with redis.Redis(unix_socket_path=str(operator.stack.settings.redis.socket)) as client:
        return (client.get(CLAIM) or b"").decode()


def test_another_shim_takes_over_and_the_promotion_ends(
    stacks: Callable[..., Stack], wide: dict[str, str], tmp_path: Path
) -> None:
    models = repository(tmp_path / "models")
    operator = Operator(
        stacks(**wide, MODELS=str(models), SHIMS="2", **QUICK | {"ROLLOUT_STEP_S": "3", "ROLLOUT_STEP_MAX_S": "3"}), models
    )
    operator.done("canary", operator.version(2), "--percent", 5)
    first = leader(operator)
    operator.stack.kill(f"shim-{first.split()[2]}")
    said = operator.done("promote")
    assert "promoted 2" in said
    assert leader(operator) != first
    wait_until(operator.stack.ready, 60)
    wait_until(lambda: operator.ready_model() == {"stable": 2, "candidate": 0, "percent": 0})
    # Whoever takes the claim anew, what was promoted serves, although the shims began with another version.
    before = operator.record()
    emptied(operator)
    after = operator.record()
    assert (after.stable, after.previous, after.seq) == (2, 1, before.seq + 1)
    assert [event.what for event in after.events] == [
        *(e.what for e in before.events),
        "the record was lost and is written again",
    ]
    operator.stack.stop()


def emptied(operator: Operator) -> None:
    """Redis loses everything; the record is there again."""
    with redis.Redis(unix_socket_path=str(operator.stack.settings.redis.socket)) as client:
        client.flushall()
        wait_until(lambda: client.exists(RECORD))


def test_a_record_that_redis_lost_is_written_again(operator: Operator) -> None:
    before = operator.record()
    emptied(operator)
    assert (operator.record().stable, operator.record().seq) == (before.stable, before.seq + 1)
    assert operator.stack.customer().post("你好").headers["X-Model-Version"] == "1"
