"""Do two versions serve side by side, each user one of them, and does nobody notice when one takes the other's place?"""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.conftest import wait_until
from tests.rollout.conftest import DEEP, HOT, Operator, asking

pytestmark = pytest.mark.real


def silent_at_the_edge(folder: Path) -> None:
    """The router of this version is never sure of the shop's questions: its version is told by who answers."""
    path = folder / "calibration.json"
    calibration = json.loads(path.read_text())
    calibration["router_thresholds"]["shop"] = 1.01
    path.write_text(json.dumps(calibration))


@pytest.fixture(autouse=True)
def _left_as_found(operator: Operator) -> Iterator[None]:
    yield
    operator.alone()


def test_a_user_stays_with_one_version_router_and_student_alike(operator: Operator) -> None:
    operator.done("canary", operator.version(2, silent_at_the_edge), "--percent", 50)
    wait_until(lambda: operator.ready_model() == {"stable": 1, "candidate": 2, "percent": 50})  # an edge follows within a second

    def conversation(number: int) -> str:
        customer = operator.stack.customer(user=f"side-{number}")
        customer.http.delete("/v1/session")
        answers = [customer.post(query) for query in (HOT, DEEP, HOT, HOT)]
        assert {answer.status_code for answer in answers} == {200}
        versions = {answer.headers["X-Model-Version"] for answer in answers}
        assert len(versions) == 1, "the conversation changed its model"
        at_edge = answers[0].json()["answered_by"] == "l3_hot"
        assert at_edge == (versions == {"1"}), "router and student are of two versions"
        assert answers[1].json()["intent"] == "logistics_track"
        assert "X-Sluice-Evidence" not in answers[1].headers
        return versions.pop()

    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(conversation, range(60)))
        again = list(pool.map(conversation, range(60)))
    assert first == again
    assert 15 <= first.count("2") <= 45


def test_turns_are_counted_by_version(operator: Operator) -> None:
    operator.done("canary", operator.version(2), "--percent", 50)
    with asking(operator.stack) as steady:
        wait_until(lambda: steady.versions["1"] > 20 and steady.versions["2"] > 20)

    def counted() -> bool:
        text = httpx.get(f"{operator.stack.operations}/metrics").text
        return all(f'sluice_version_turns_total{{version="{version}",outcome="answered"}}' in text for version in (1, 2))

    wait_until(counted)
    text = httpx.get(f"{operator.stack.operations}/metrics").text
    assert 'sluice_model_version{role="candidate"} 2' in text
    assert "sluice_rollout_percent 50" in text
    assert 'outcome="failed"' not in text


def test_a_promotion_goes_from_step_to_step_and_nobody_notices(operator: Operator) -> None:
    operator.version(2)
    with asking(operator.stack) as steady:
        operator.done("load", 2)
        assert "promoted 2" in operator.done("promote")
        wait_until(lambda: operator.ready_model() == {"stable": 2, "candidate": 0, "percent": 0})
        before = steady.versions["2"]
        wait_until(lambda: steady.versions["2"] > before + 10)
    assert set(steady.intents) == {"logistics_track"}
    assert [event for event in operator.events() if event.startswith("2 gets")][-5:] == [
        f"2 gets {percent} %" for percent in (1, 5, 25, 50, 99)
    ]
    wait_until(lambda: "serves" not in line_of(1, operator.done("list")))
    assert "previous" in line_of(1, operator.done("list"))


def test_rollback_drops_the_candidate_or_goes_back_to_the_version_before(operator: Operator) -> None:
    operator.version(2)
    with asking(operator.stack):
        operator.done("canary", 2, "--percent", 30)
        assert "version 1 is the stable one" in operator.done("rollback")
        operator.done("load", 2)
        operator.done("promote")
        assert "version 1 is the stable one" in operator.done("rollback")
    assert operator.record().stable == 1
    assert "nothing to go back to" in operator.refused("rollback")


def test_a_lost_shim_and_a_lost_triton_do_not_end_a_canary(operator: Operator) -> None:
    operator.done("canary", operator.version(2), "--percent", 50)
    for part in ("shim-0", "triton"):
        before = operator.stack.pid(part)
        operator.stack.kill(part)
        wait_until(lambda part=part, before=before: operator.stack.pid(part) != before)
        wait_until(operator.stack.ready, 60)
    wait_until(lambda: "serves" in line_of(2, operator.done("list")), 60)

    def both() -> bool:
        answers = [operator.stack.customer().post(DEEP) for _ in range(12)]
        return {answer.headers["X-Model-Version"] for answer in answers} == {"1", "2"}

    wait_until(both)
    assert operator.record().percent == 50


def test_a_version_that_was_rolled_back_does_not_come_back_with_a_restart(operator: Operator) -> None:
    operator.done("canary", operator.version(7), "--percent", 10)
    operator.done("rollback")
    operator.stack.stop()
    operator.stack.start()
    assert operator.ready_model()["stable"] == 1
    operator.done("load", 7)
    operator.done("promote")
    operator.stack.stop()
    operator.stack.start()
    assert operator.ready_model()["stable"] == 7
    assert operator.stack.customer().post(DEEP).headers["X-Model-Version"] == "7"


def line_of(version: int, table: str) -> str:
    return next((line for line in table.splitlines() if line.startswith(f"{version} ")), "")
