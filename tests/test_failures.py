"""What does a customer see when a part is lost? The design's table of promises, line by line, on a stack that may be broken."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import httpx
import pytest
import redis

from tests.conftest import Customer, Stack, wait_until, with_log
from tests.takes_nothing import takes_nothing

pytestmark = pytest.mark.real

HOT = "一般下单后多久发货"
CROWD = 24


@pytest.fixture(scope="module")
def breakable(stacks: Callable[..., Stack], wide: dict[str, str]) -> Stack:
    """A stack of our own, whose breaker probes soon and whose Redis is given up on quickly."""
    return stacks(**wide, BREAKER_PROBE_S="1", REDIS_TIMEOUT_MS="150")


@contextmanager
def stopped(stack: Stack, part: str) -> Iterator[None]:
    """The part hangs, as a machine does that is lost to the network: connections stay, answers do not come."""
    os.kill(stack.pid(part), signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(stack.pid(part), signal.SIGCONT)
        wait_until(stack.ready)


def test_without_redis_hot_questions_are_answered_flows_say_sorry_and_every_turn_is_kept_once(breakable: Stack) -> None:
    customer = breakable.customer()
    customer.ask("你好")
    with stopped(breakable, "redis"):
        hot = customer.ask(HOT)
        flow = customer.ask("申请退款")
    assert hot["degraded"] is True
    assert hot["answered_by"] == "l3_hot"
    assert flow["degraded"] is True
    assert "稍后" in flow["answer"] or "稍候" in flow["answer"] or "暂时" in flow["answer"]
    wait_until(lambda: len(customer.history()) >= 3)
    queries = sorted(turn["query"] for turn in customer.history())
    assert queries == sorted(["你好", HOT, "申请退款"])
    assert "degraded" not in customer.ask(HOT)


def parts_away(stack: Stack) -> dict[str, str]:
    """What /readyz says is away, and why; its parts say the same."""
    answer = httpx.get(f"{stack.operations}/readyz", timeout=10)
    said = answer.json()
    assert said["ready"] is (answer.status_code == 200) is (said.get("away") is None)
    away: dict[str, str] = said.get("away", {})
    assert {part for part, there in said["parts"].items() if there is False} == set(away)
    return away


def writable(stack: Stack) -> dict[str, float]:
    """What edge and shim count: 1 where Redis takes what they write."""
    lines = [line.rpartition(" ") for line in httpx.get(f"{stack.operations}/metrics", timeout=10).text.splitlines()]
    return {name.partition("{")[0]: float(value) for name, _, value in lines if "redis_writable" in name and name[0] != "#"}


@pytest.mark.parametrize("fault", ["OOM", "READONLY"])
def test_a_redis_that_takes_nothing_is_a_redis_that_is_lost(breakable: Stack, fault: str) -> None:
    customer, stolen = breakable.customer(), breakable.customer("telecom", f"stolen from a {fault} one")
    asked = ["你好", "取消订单", "20231106"]
    for query in asked:
        customer.ask(query)
    with_log(breakable.settings, lambda log: log.say("telecom", "user", f"stolen from a {fault} one", "root@desk"))
    wait_until(lambda: stolen.post(HOT).status_code == 401)
    with takes_nothing(breakable.settings.redis.socket, fault):
        hot, yes = customer.ask(HOT), customer.ask("确认")
        assert parts_away(breakable)["redis"].startswith(f"cannot write: {fault} ")
        assert parts_away(breakable).keys() == {"redis"}
        assert writable(breakable) == {"sluice_redis_writable": 0, "sluice_shim_redis_writable": 0}
        assert stolen.post(HOT).status_code == 401
        # It was tried, and what Redis did not take waits on.
        wait_until(lambda: f"late turns still wait: redis: {fault} " in (breakable.settings.log / "nginx.log").read_text())
    assert (hot["answered_by"], hot["degraded"], yes["degraded"]) == ("l3_hot", True, True)
    assert "已取消" not in yes["answer"]
    wait_until(lambda: parts_away(breakable) == {})
    assert writable(breakable) == {"sluice_redis_writable": 1, "sluice_shim_redis_writable": 1}
    wait_until(lambda: len(customer.history()) == len(asked) + 2)
    assert sorted(turn["query"] for turn in customer.history()) == sorted([*asked, HOT, "确认"])
    assert "已取消" in customer.ask("确认")["answer"], "what was agreed to then was not done, and is asked for still"


def test_an_nginx_that_dies_while_redis_takes_nothing_comes_back_and_stays(breakable: Stack) -> None:
    before = breakable.pid("nginx")
    with takes_nothing(breakable.settings.redis.socket, "OOM"):
        breakable.kill("nginx")
        wait_until(lambda: "nginx is back" in breakable.said().split("nginx died")[-1] and breakable.pid("nginx") != before)
        assert breakable.customer().ask(HOT)["degraded"] is True
    wait_until(breakable.ready)


@pytest.mark.parametrize(("part", "away"), [("triton", {"triton"}), ("redis", {"redis"})])
def test_readyz_names_the_part_that_is_away_and_no_other(breakable: Stack, part: str, away: set[str]) -> None:
    with stopped(breakable, part):
        wait_until(lambda: parts_away(breakable).keys() == away)


def test_readyz_says_of_redis_what_the_edge_finds_while_no_shim_can_tell(breakable: Stack) -> None:
    with stopped(breakable, "shim-0"):
        said = httpx.get(f"{breakable.operations}/readyz", timeout=10).json()
    assert (said["ready"], said["parts"]) == (False, {"redis": True, "triton": None, "shim": False})
    assert said["away"].keys() == {"shim"}


def crowd(stack: Stack, name: str) -> list[Customer]:
    return [stack.customer(user=f"{name}-{number}") for number in range(CROWD)]


def all_ask(customers: list[Customer], query: str) -> list[dict[str, Any]]:
    """At once: their turns go to Redis together."""
    start = Barrier(len(customers))

    def ask(customer: Customer) -> dict[str, Any]:
        start.wait()
        return customer.ask(query)

    with ThreadPoolExecutor(len(customers)) as pool:
        return list(pool.map(ask, customers))


def test_a_crowd_that_finds_redis_hanging_is_answered_and_each_turn_is_kept_once(breakable: Stack) -> None:
    customers = crowd(breakable, "hanging")
    before = all_ask(customers, "你好")
    with stopped(breakable, "redis"):
        meanwhile = [all_ask(customers, HOT) for _ in range(2)]
    assert all(turn["degraded"] is True for turns in meanwhile for turn in turns)
    wait_until(lambda: all(len(customer.history()) == 3 for customer in customers))
    kept = [{turn["turn_id"] for turn in customer.history()} for customer in customers]
    assert kept == [{turn["turn_id"] for turn in turns} for turns in zip(before, *meanwhile, strict=True)]


def test_a_crowd_that_meets_a_redis_without_its_scripts_notices_nothing(breakable: Stack) -> None:
    customers = crowd(breakable, "scripts")
    with redis.Redis(unix_socket_path=str(breakable.settings.redis.socket)) as client:
        client.script_flush()
    turns = all_ask(customers, HOT)
    assert [turn["answered_by"] for turn in turns] == ["l3_hot"] * CROWD
    assert not any("degraded" in turn for turn in turns)
    assert [customer.history()[0]["turn_id"] for customer in customers] == [turn["turn_id"] for turn in turns]


def test_without_redis_reading_says_503_and_when_to_come_back(breakable: Stack) -> None:
    customer = breakable.customer()
    with stopped(breakable, "redis"):
        answer = customer.http.get("/v1/history")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


def test_without_triton_the_chat_goes_on(breakable: Stack) -> None:
    customer = breakable.customer()
    with stopped(breakable, "triton"):
        assert customer.ask(HOT)["answered_by"] == "l3_hot"
        assert "订单号" in customer.ask("取消订单")["answer"]  # a button's text needs no model
        assert "20231106" in customer.ask("20231106")["answer"]
        assert "已取消" in customer.ask("确认")["answer"]
        stranger = breakable.customer()
        asked_back = stranger.ask("昨儿那档子事儿嘛")
        assert asked_back["answered_by"] == "l7_fallback"
        assert "换个说法" in asked_back["answer"]
        assert "400-000-0618" in stranger.ask("昨儿那档子事儿嘛")["answer"]  # the second time, how a person is reached
    assert breakable.customer().ask(HOT)


def test_the_breaker_opens_after_five_failures_and_closes_by_itself(breakable: Stack) -> None:
    def gauge() -> str:
        lines = httpx.get(f"{breakable.operations}/metrics").text.splitlines()
        return next(line for line in lines if line.startswith("sluice_triton_breaker_open")).split()[1]

    with stopped(breakable, "triton"):
        for _ in range(5):
            breakable.customer().ask("昨儿那档子事儿嘛")
        assert gauge() == "1.0"
        quick = breakable.customer().post("昨儿那档子事儿嘛")
        assert quick.elapsed.total_seconds() < 1  # nobody waits for a model that is known to be away
    wait_until(lambda: breakable.customer().ask("昨儿那档子事儿嘛") and gauge() == "0.0")


def test_without_shims_hot_questions_go_on_and_the_others_get_the_fallback_sentence(breakable: Stack) -> None:
    breakable.kill("shim-0")
    before = breakable.pid("shim-0")
    assert breakable.customer().ask(HOT)["answered_by"] == "l3_hot"
    answer = breakable.customer().post("申请退款")
    if breakable.pid("shim-0") == before:  # it was not back yet
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.json()["answer"]
        assert answer.json()["error"]["code"] == "unavailable"
    wait_until(breakable.ready)
    breakable.customer().ask("申请退款")


def workers(stack: Stack) -> list[int]:
    nginx = stack.pid("nginx")
    with open(f"/proc/{nginx}/task/{nginx}/children") as file:
        return [int(word) for word in file.read().split()]


def replace(stack: Stack, worker: int) -> None:
    """Kills an nginx worker and waits for the one that takes its place."""
    count = len(workers(stack))
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: len(workers(stack)) == count and worker not in workers(stack))


def test_a_lost_nginx_worker_is_replaced_and_turns_are_answered_at_the_edge(breakable: Stack) -> None:
    replace(breakable, workers(breakable)[0])
    assert breakable.customer().ask(HOT)["answered_by"] == "l3_hot"


def test_without_redis_and_with_an_empty_one_what_was_revoked_stays_revoked(breakable: Stack) -> None:
    def statuses() -> set[int]:
        """Of so many connections that each worker is asked, almost surely."""
        url, headers = f"{breakable.url}/v1/history", customer.http.headers
        # Without certificates, which each call would read anew: what is asked must cost little beside what is waited for.
        return {httpx.get(url, headers=headers, verify=False, trust_env=False).status_code for _ in range(24)}

    customer = breakable.customer("bank", "stolen")
    customer.ask("你好")
    said = with_log(breakable.settings, lambda log: log.say("bank", "user", "stolen", "root@desk"))
    wait_until(lambda: statuses() == {401}, 2)
    with stopped(breakable, "redis"):
        assert statuses() == {401}
        for worker in workers(breakable):
            replace(breakable, worker)
        assert statuses() == {401}, "workers that never asked a Redis"
    with redis.Redis(unix_socket_path=str(breakable.settings.redis.socket)) as client:
        client.flushall()
    assert statuses() == {401}
    assert wait_until(lambda: with_log(breakable.settings, lambda log: log.standing("bank")), 5) == [said]


def test_a_restarted_redis_has_forgotten_nothing_that_was_acknowledged(breakable: Stack) -> None:
    customer = breakable.customer()
    customer.ask("申请退款")
    customer.ask("20231107")
    before = breakable.pid("redis")
    os.kill(before, signal.SIGTERM)
    wait_until(lambda: breakable.pid("redis") != before)
    wait_until(breakable.ready)
    assert "20231107" in customer.ask("质量问题")["answer"]
    assert len(customer.history()) == 3


def test_a_full_queue_rejects_instead_of_growing_and_nobody_goes_without_an_answer(
    stacks: Callable[..., Stack], wide: dict[str, str]
) -> None:
    stack = stacks(**wide, TRITON_QUEUE_SIZE="1", TRITON_QUEUE_DELAY_US="100000")
    strangers = [stack.customer() for _ in range(60)]
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda one: one.ask("我的包裹现在走到哪个城市了呀"), strangers))
    assert {answer["answered_by"] for answer in answers} <= {"l5_dialogue", "l7_fallback"}
    metrics = httpx.get(f"{stack.operations}/metrics").text
    assert 'sluice_triton_breaker_open{shim="0"} 0.0' in metrics  # rejecting is no failure
    assert stack.customer().ask("我的包裹现在走到哪个城市了呀")["answered_by"] == "l5_dialogue"


def test_blank_looking_texts_harm_nobody_elses_question(breakable: Stack) -> None:
    with ThreadPoolExecutor(12) as pool:
        odd = [pool.submit(breakable.customer().post, text) for text in ("\u2003", "\u2028", "\u200b", "\u0001", "😀", "\u3164")]
        good = [pool.submit(breakable.customer().ask, "我的包裹现在走到哪个城市了呀") for _ in range(6)]
        assert {answer.result().status_code for answer in odd} <= {200, 400}
        assert {answer.result()["intent"] for answer in good} == {"logistics_track"}
