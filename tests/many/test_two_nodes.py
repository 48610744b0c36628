"""Are two sluices on one Redis one service? Each with an nginx, a shim and a Triton of its own."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from loadtest.place import edges
from tests.conftest import PATIENT, Stack, wait_until
from tests.rollout.conftest import QUICK, Operator, repository

pytestmark = pytest.mark.real
DEEP = "我买的那双鞋子到底走到哪个城市了呀"


@dataclass
class Pair:
    """left and right know the same tenants' keys; each has a model folder of its own."""

    left: Operator
    right: Operator

    def serving(self) -> list[dict[str, float]]:
        return [self.left.ready_model(), self.right.ready_model()]

    def copied(self, number: int) -> int:
        """A version that is on both disks."""
        self.left.version(number)
        return self.right.version(number)


@pytest.fixture(scope="module")
def pair(stacks: Callable[..., Stack], wide: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    socket, redis = edges.redis(folder / "redis")
    started: list[Operator] = []
    for name in ("left", "right"):
        models, var = repository(folder / f"models-{name}"), folder / name
        var.mkdir()
        if started:
            shutil.copytree(started[0].stack.settings.keys, var / "keys")
        stack = stacks(**wide, REDIS=str(socket), VAR=str(var), NODE=name, MODELS=str(models), **PATIENT | QUICK)
        started.append(Operator(stack, models))
    yield Pair(*started)
    redis.kill()
    redis.wait()


def test_a_conversation_goes_on_at_the_other_node(pair: Pair) -> None:
    left, right = (one.stack for one in (pair.left, pair.right))
    asked = left.customer(user="walks").ask("我要退款")
    answered = right.customer(user="walks").ask("20231105")
    assert answered["session_id"] == asked["session_id"]
    assert "原因" in answered["answer"], "the order is known, and the next question is asked"
    assert [turn["turn_id"] for turn in left.customer(user="walks").history()] == [answered["turn_id"], asked["turn_id"]]


def test_a_promotion_loads_and_serves_at_both(pair: Pair) -> None:
    pair.left.done("canary", pair.copied(2), "--percent", 50)
    assert [one["candidate"] for one in pair.serving()] == [2, 2]
    said = pair.right.done("promote")
    assert "promoted 2" in said
    wait_until(lambda: pair.serving() == [{"stable": 2, "candidate": 0, "percent": 0}] * 2)
    for one in (pair.left, pair.right):
        assert one.stack.customer().post(DEEP).headers["X-Model-Version"] == "2"


def test_what_one_node_lacks_is_refused_for_both_and_the_node_is_named(pair: Pair) -> None:
    pair.left.version(3)  # nobody copied it to the right
    said = pair.left.refused("canary", 3, "--percent", 50)
    assert "right" in said
    assert all(one["candidate"] == 0 for one in pair.serving())
    for one in (pair.left, pair.right):
        assert one.stack.customer().post(DEEP).status_code == 200


def test_a_node_that_was_away_serves_what_was_promoted_meanwhile_from_its_first_answer(pair: Pair) -> None:
    stable = int(pair.left.ready_model()["stable"])
    number = pair.copied(4)
    assert pair.right.stack.stop() == 0
    pair.left.done("canary", number, "--percent", 50)
    pair.left.done("promote")
    wait_until(lambda: pair.left.ready_model()["stable"] == number)
    assert number != stable
    pair.right.stack.start()
    assert pair.right.stack.customer().post(DEEP).headers["X-Model-Version"] == str(number)
