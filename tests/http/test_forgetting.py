"""Is a customer forgotten by a sluice that runs, whoever asks for it? The whole real stack."""

import json
import time

import pytest

from pyshim.outside.redis import Script
from pyshim.turns import aside
from tests.conftest import Customer, Stack, wait_until
from tests.sluice import here

pytestmark = pytest.mark.real

NOTHING = {"turns": 0, "intents": 0, "states": 0, "calls": 0, "events": 0, "consents": 0}


def known(stack: Stack, user: str) -> Customer:
    """Somebody who agreed to something, and is in the middle of something else."""
    customer = stack.customer("shop", user)
    for query in ("取消订单", "20231106", "确认", "发货时间", "申请退款"):
        customer.ask(query)
    return customer


def test_whoever_asks_to_be_forgotten_is(stack: Stack) -> None:
    customer = known(stack, "forget-me")
    neighbour = stack.customer("shop", "forget-me-not")
    neighbour.ask("发货时间")
    answer = customer.http.delete("/v1/users/me")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    told = answer.json()
    assert (told["tenant"], told["user_id"]) == ("shop", "forget-me")
    assert told["erased"] == NOTHING | {"turns": 5, "intents": 3, "states": 1}
    assert told["kept"]["consents"] == 1  # what came of it is kept beside it
    assert customer.history() == []
    assert customer.http.get("/v1/intents/shipping_time/last").status_code == 404
    assert customer.http.delete("/v1/users/me").json()["erased"] == NOTHING
    anew = customer.ask("发货时间")
    assert (anew["seq"], anew["answered_by"]) == (1, "l3_hot")
    assert len(neighbour.history()) == 1


def test_an_operator_forgets_somebody(stack: Stack) -> None:
    customer = known(stack, "forget-her")
    done = here(stack, "users", "forget", "--tenant", "shop", "--user", "forget-her")
    assert done.returncode == 0, done.stderr
    assert "shop: forget-her: erased: 5 turns of the history, 3 last turns of an intent, 1 open dialogues" in done.stdout
    assert "kept: 1 acts that were agreed to" in done.stdout
    assert customer.history() == []
    assert "for nothing was kept" in here(stack, "users", "forget", "-t", "shop", "-u", "forget-her").stdout


@pytest.mark.parametrize(
    ("tenant", "user", "says"), [("florist", "u", "no tenant 'florist' is served"), ("shop", "a b", "no user")]
)
def test_who_is_nobody_cannot_be_forgotten(stack: Stack, tenant: str, user: str, says: str) -> None:
    done = here(stack, "users", "forget", "--tenant", tenant, "--user", user)
    assert done.returncode != 0
    assert says in done.stdout


def waits_at_the_edge(stack: Stack, user: str, turn: str, at_s: float) -> None:
    """A worker left a turn behind that was answered while Redis was away (lua/edge/conversation.lua)."""
    whose, script = f"{{shop:{user}}}", Script("commit-3")
    reply = f'"turn_id":"{turn}","answer":"a","intent":"greet"'
    kept = f'"query":"在吗","at":{at_s * 1000:.0f}'
    words = ["EVALSHA", script.sha, "3", f"d:{whose}", f"h:{whose}", f"i:{whose}"]
    words += ["late", "", turn, "0", "greet", "", reply, kept, "1800", "604800", "100", "0"]
    command = f"*{len(words)}" + "".join(f"\r\n${len(word.encode())}\r\n{word}" for word in words)
    draft = stack.settings.run / "late-edge.draft"
    draft.write_text(json.dumps({"due": 0, "command": command}) + "\n", encoding="utf-8")
    draft.rename(stack.settings.run / "late-edge-0")


def test_what_waited_at_an_edge_does_not_come_back(stack: Stack) -> None:
    customer = stack.customer("shop", "forget-late")
    answered_s = time.time() - 60
    customer.http.delete("/v1/users/me")
    waits_at_the_edge(stack, "forget-late", "before", answered_s)
    wait_until(lambda: not (stack.settings.run / "late-edge-0").exists())
    waits_at_the_edge(stack, "forget-late", "after", time.time() + 1)
    wait_until(customer.history)
    assert [turn["turn_id"] for turn in customer.history()] == ["after"]
    assert not list(stack.settings.run.glob("late-*"))


def test_what_was_set_aside_is_erased_and_what_is_of_others_stays(stack: Stack) -> None:
    file = stack.settings.run / "aside-test"
    for user in ("forget-aside", "remember-aside", "forget-aside"):
        whose = f"{{shop:{user}}}"
        keys = [f"d:{whose}", f"h:{whose}", f"i:{whose}"]
        aside.put_arguments(
            file, 1.0, "refused", (*keys, "late", "", user, "0", "greet", "", "fields", "kept", "1", "1", "1", "0")
        )
    told = stack.customer("shop", "forget-aside").http.delete("/v1/users/me").json()
    assert told["erased"]["turns"] == 2
    left = [turn.whose for path in aside.files(stack.settings.run) for turn in aside.read(path)]
    assert left == ["shop:remember-aside"]
    for path in aside.files(stack.settings.run):
        path.unlink()
