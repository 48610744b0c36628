"""Does a new version serve everybody, wholly, within two seconds, and does nobody notice?"""

import os
import shutil
import signal
import threading
import time
from collections import Counter

import httpx
import pytest
import redis

from pyshim.agreement.presence import FRESH_S
from pyshim.commands.config import control
from pyshim.configuration.configuration import SEEN
from tests.configuration.conftest import DEEP, HOT, Office
from tests.conftest import wait_until

STRANGE = "今天月亮离地球有多远"


def test_a_new_reply_is_said_by_everybody_two_seconds_after_apply(office: Office) -> None:
    before = office.record().serving
    office.greet("【新】")
    version = office.applied("--why", "a friendlier word")
    assert version > before
    assert office.versions() == {version}
    answer = office.ask(HOT, "first")
    assert answer.json()["answer"].startswith("【新】")
    assert answer.json()["answered_by"] == "l3_hot"
    assert answer.headers["X-Config-Version"] == str(version)
    behind = office.ask(STRANGE, "second")
    assert "【新】" in behind.json()["answer"]
    assert behind.headers["X-Config-Version"] == str(version)


def test_the_version_before_serves_again_after_a_rollback_and_any_other_by_its_number(office: Office) -> None:
    first = office.record().serving
    office.greet("【二】")
    second = office.applied()
    office.greet("【三】")
    third = office.applied()
    assert f"version {second} serves everywhere" in office.done("rollback", "--why", "三 is wrong")
    assert office.ask(HOT, "r1").json()["answer"].startswith("【二】")
    office.done("rollback", first)
    assert office.ask(HOT, "r2").json()["answer"].startswith("您好")
    office.done("rollback", third)
    assert office.ask(HOT, "r3").json()["answer"].startswith("【三】 【二】")
    assert f"version {third} serves already" in office.refused("rollback", third)
    assert "no version 999 is stored" in office.refused("rollback", 999)


def test_a_candidate_gets_its_share_of_the_users_and_each_keeps_what_they_got(office: Office) -> None:
    office.greet("【候选】")
    serving = office.record().serving
    candidate = office.applied("--percent", 50)
    assert (office.record().serving, office.record().candidate) == (serving, candidate)
    users = [f"user-{number}" for number in range(40)]
    drawn = {user: office.ask(HOT, user) for user in users}
    new = {user for user, answer in drawn.items() if answer.headers["X-Config-Version"] == str(candidate)}
    assert 5 < len(new) < 35
    for user in users:
        again, behind = office.ask(HOT, user), office.ask(STRANGE, user)
        assert {again.headers["X-Config-Version"], behind.headers["X-Config-Version"]} == {
            str(candidate if user in new else serving)
        }
        assert again.json()["answer"].startswith("【候选】") == (user in new)
        assert ("【候选】" in behind.json()["answer"]) == (user in new)
    assert "is the candidate" in office.refused("apply")
    office.done("promote")
    assert office.record().serving == candidate
    assert office.ask(HOT, users[0]).headers["X-Config-Version"] == str(candidate)


def test_limits_of_a_candidate_count_from_promote_on(office: Office) -> None:
    office.edit(
        "tenant.yaml", lambda text: text.replace("rate_per_s: 100000", "rate_per_s: 0.001").replace("burst: 100000", "burst: 1")
    )
    office.applied("--percent", 99)
    customers = [office.stack.customer("shop", f"limited-{number}") for number in range(5)]
    assert [customer.post(HOT).status_code for customer in customers for _ in range(2)] == [200] * 10
    office.done("promote")
    refused = [customer.post(HOT).status_code for customer in customers for _ in range(2)]
    assert refused.count(429) >= 9
    office.done("rollback")
    wait_until(lambda: customers[0].post(HOT).status_code == 200)  # an account grows at its new rate, it is not filled
    assert [customer.post(HOT).status_code for customer in customers] == [200] * 5


def test_a_candidate_can_be_dropped(office: Office) -> None:
    serving = office.record().serving
    office.greet("【不】")
    office.applied("--percent", 99)
    office.done("rollback")
    assert office.record().candidate == 0
    answers = [office.ask(HOT, f"dropped-{number}") for number in range(10)]
    assert {answer.headers["X-Config-Version"] for answer in answers} == {str(serving)}


def test_a_tenant_comes_and_goes(office: Office) -> None:
    shutil.copytree(office.tenants / "shop", office.tenants / "florist")
    office.edit("tenant.yaml", lambda text: text.replace("name: 云集商城", "name: 花店"), "florist")
    office.applied()
    assert office.ask(HOT, "bee", "florist").json()["intent"] == "greet"
    assert office.ask(DEEP, "bee", "florist").status_code == 200
    listed = httpx.get(f"{office.stack.url}/v1/tenants", trust_env=False).json()["tenants"]
    assert {"id": "florist", "name": "花店"}.items() <= next(one for one in listed if one["id"] == "florist").items()
    customer = office.stack.customer("florist", "bee")
    shutil.rmtree(office.tenants / "florist")
    office.applied()
    gone = customer.post(HOT)
    assert (gone.status_code, gone.json()["error"]["code"]) == (401, "token_invalid")


def test_thresholds_limits_lists_and_words_are_of_the_configuration(office: Office) -> None:
    office.edit("tenant.yaml", lambda text: text + "thresholds: {router: 1.0}\n")
    office.applied()
    assert office.ask(HOT, "unsure").json()["answered_by"] == "l5_dialogue"
    office.edit(
        "tenant.yaml", lambda text: text.replace("thresholds: {router: 1.0}", "thresholds: {router: 1.0, confidence: 1.0}")
    )
    office.applied()
    assert office.ask("你们好呀", "very-unsure").json()["answered_by"] == "l7_fallback"
    office.edit("words/mask.txt", lambda text: text + "云集商城\n")
    office.edit("tenant.yaml", lambda text: text[: text.index("thresholds:")])
    office.applied()
    assert "＊＊＊＊" in office.ask(HOT, "masked").json()["answer"]
    office.edit("lists/addresses_refused.txt", lambda text: "127.0.0.0/8  # us\n")
    office.applied()
    refused = office.stack.customer("shop", "unwanted").post(HOT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "refused")
    assert office.ask(HOT, "wanted", "bank").status_code == 200
    office.edit("lists/addresses_trusted.txt", lambda text: "127.0.0.1\n")
    office.applied()
    assert office.ask(HOT, "trusted").status_code == 200


def test_every_turn_is_answered_wholly_by_one_version_and_none_fails_while_versions_change(office: Office) -> None:
    """Hot and deep questions by several users; each answer must be marked with the word of the version it names."""
    words = {str(office.record().serving): "您好"}
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    over = threading.Event()

    def chat(number: int) -> None:
        customer = office.stack.customer("shop", f"chatter-{number}")
        while not over.is_set():
            answer = customer.post(HOT if seen.total() % 2 else STRANGE)
            version = answer.headers.get("X-Config-Version", "-")
            if answer.status_code != 200:
                wrong.append(f"{answer.status_code} {answer.text}")
            elif answer.json()["intent"] == "greet":
                said.append((version, answer.json()["answer"]))
            seen[version] += 1

    said: list[tuple[str, str]] = []
    threads = [threading.Thread(target=chat, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(4):
        before = f"【{turn - 1}】" if turn else ""
        office.edit(
            "replies.yaml",
            lambda text, turn=turn, before=before: text.replace(f"answer: {before}您好，", f"answer: 【{turn}】您好，"),
        )  # type: ignore[misc]
        words[str(office.applied())] = f"【{turn}】"
    over.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(seen) == 5
    assert len(said) > 20
    assert all(answer.startswith(words[version]) for version, answer in said)


def test_a_worker_that_is_replaced_serves_the_version_of_the_others_from_its_first_turn(office: Office) -> None:
    office.greet("【今】")
    version = office.applied()
    master = office.stack.pid("nginx")
    workers = [int(pid) for pid in os.popen(f"pgrep -P {master}").read().split()]
    os.kill(workers[0], signal.SIGKILL)
    answers = Counter()  # type: Counter[str]
    until = time.monotonic() + 3
    while time.monotonic() < until:
        try:
            answers[office.ask(HOT, f"replaced-{answers.total()}").headers["X-Config-Version"]] += 1
        except httpx.HTTPError:  # the connection the dead worker held
            continue
    assert set(answers) == {str(version)}


def test_a_shim_that_is_replaced_serves_the_version_of_the_others(office: Office) -> None:
    office.greet("【今】")
    version = office.applied()
    office.stack.kill("shim-0")
    wait_until(lambda: "【今】" in office.stack.customer("shop", "patient").post(STRANGE).text, 30)
    wait_until(office.stack.ready, 30)
    wait_until(lambda: office.versions() == {version})
    for number in range(8):
        assert office.ask(STRANGE, f"after-{number}").headers["X-Config-Version"] == str(version)


def test_without_redis_the_version_serves_on_and_no_other_can_be_applied(office: Office) -> None:
    version = office.record().serving
    os.kill(office.stack.pid("redis"), signal.SIGSTOP)
    try:
        office.greet("【无】")
        assert "nothing answers at" in office.refused("apply")
        answer = office.ask(HOT, "lonely")
        assert (answer.headers["X-Config-Version"], answer.json()["degraded"]) == (str(version), True)
    finally:
        os.kill(office.stack.pid("redis"), signal.SIGCONT)
    wait_until(office.stack.ready)


@pytest.mark.parametrize("part", ["shim-1", "nginx"])
def test_what_somebody_cannot_load_serves_nobody(office: Office, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen part does not say that it has the version: the command gives up, and the old version serves on."""
    monkeypatch.setattr(control, "LOAD_S", 2 * FRESH_S)  # long enough to see that somebody is silent
    before = office.record().serving
    office.greet("【冻】")
    pids = [office.stack.pid(part)]
    if part == "nginx":
        pids = [int(pid) for pid in os.popen(f"pgrep -P {pids[0]}").read().split()][:1]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        said = office.refused("apply")
        named = f"shim {office.stack.settings.node} 1" if part == "shim-1" else f"edge {office.stack.settings.node} "
        assert f"is refused, nothing was changed: not loaded by {named}" in said
        assert ": silent for " in said
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    assert (office.record().serving, office.record().preparing) == (before, 0)
    wait_until(office.stack.ready)
    assert office.ask(HOT, "warm").json()["answer"].startswith("您好")
    version = office.applied()
    assert office.versions() == {version}


def test_a_shim_that_hangs_is_named_whatever_is_set_where_the_command_is_typed(office: Office) -> None:
    """Two shims run; who types the command knows of one."""
    version = office.record().serving
    office.stack.environment["SLUICE_SHIMS"] = "1"
    hung = office.stack.pid("shim-1")
    os.kill(hung, signal.SIGSTOP)
    try:
        with redis.Redis(unix_socket_path=str(office.stack.settings.redis.socket)) as client:
            client.hdel(SEEN, f"shim {office.stack.settings.node} 1")  # as a minute later
        office.greet("【挂】")
        assert f"not loaded by shim {office.stack.settings.node} 1: silent" in office.refused("apply")
        assert office.record().serving == version
    finally:
        os.kill(hung, signal.SIGCONT)
        office.stack.environment["SLUICE_SHIMS"] = "2"
    wait_until(office.stack.ready)
    assert "edges, 2 shims" in office.done("apply")
