"""Do the last release and this sluice serve side by side, and understand what the other wrote? A stack of each, on one Redis."""

import re
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loadtest.place import edges
from pyshim.settings import PREFIX, ROOT
from tests.conftest import FORGIVING, PATIENT, PORTS, RedisServer, copy_tenants, free_ports, wait_until
from tests.many import released
from tests.many.released import Released

pytestmark = pytest.mark.real
HOT, DEEP = "一般下单后多久发货", "我买的那双鞋子到底走到哪个城市了呀"
SMALL = {"EDGE_WORKERS": "1", "SHIMS": "1", "ADDRESS_RATE_PER_S": "100000", "ADDRESS_BURST": "100000", **FORGIVING, **PATIENT}


@dataclass
class Fleet:
    """Two nodes that share Redis, keys and the tenants' folder, which is the older one's: what it knows, both must."""

    old: Released
    new: Released
    tenants: Path
    redis: RedisServer

    @property
    def both_ways(self) -> list[tuple[Released, Released]]:
        return [(self.old, self.new), (self.new, self.old)]


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released.tree(tmp_path_factory.mktemp("released"))


def wide(_: str, about: dict[str, Any]) -> None:
    about["limits"]["user"] = {"rate_per_s": 10000, "burst": 10000}


@pytest.fixture(scope="module")
def fleet(older: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("f")
    redis = RedisServer(*edges.redis(folder / "redis"))
    tenants = copy_tenants(folder / "tenants", wide, older / "gateway" / "tenants")
    started: list[Released] = []
    try:
        for name, of in (("old", older), ("new", ROOT)):
            var = folder / name
            var.mkdir()
            if started:
                shutil.copytree(started[0].settings.keys, var / "keys")
            settings = {
                **dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True)),
                **{"VAR": str(var), "NODE": name, "TENANTS": str(tenants), "REDIS": str(redis.socket)},
                **{"TRITON_ENVIRONMENT": str(ROOT / ".venv-triton"), **SMALL},
            }
            started.append(Released(var, {PREFIX + key: value for key, value in settings.items()}, of=of))
            started[-1].start()
        yield Fleet(*started, tenants, redis)
    finally:
        for stack in started:
            if stack.launcher is not None and stack.launcher.poll() is None:
                stack.stop()
        redis.process.kill()
        redis.process.wait()


def test_the_older_one_runs_its_own_code(fleet: Fleet, older: Path) -> None:
    assert released.ran(older, "import pyshim; print(pyshim.__file__)").startswith(str(older))
    for part in ("shim-0", "nginx"):
        assert Path(f"/proc/{fleet.old.pid(part)}/cwd").resolve() == older, part


# -- what both write and read in Redis -------------------------------------------------------------------------------------


def test_a_task_goes_on_at_the_other_version_and_back(fleet: Fleet) -> None:
    for number, (begins, goes_on) in enumerate(fleet.both_ways):
        user = f"walks-{number}"
        here, there = begins.customer(user=user), goes_on.customer(user=user)
        asked = here.ask("取消订单")
        shown = there.ask("20231106")
        assert shown["confirm"], "the other one knows what was asked"
        told = here.ask("确认")
        assert "订单 20231106 已取消" in told["answer"], "and what was shown there is agreed to here"
        assert {answer["session_id"] for answer in (asked, shown, told)} == {asked["session_id"]}
        assert [turn["turn_id"] for turn in there.history()] == [turn["turn_id"] for turn in (told, shown, asked)]
        exported = goes_on.done("consents", "--tenant", "shop", "--user", user)
        assert re.search(r'"outcome": ?"done"', exported), "what was agreed to at one is known at the other"


def test_a_button_that_one_showed_is_pressed_at_the_other(fleet: Fleet) -> None:
    for number, (begins, goes_on) in enumerate(fleet.both_ways):
        here, there = (one.customer(user=f"presses-{number}") for one in (begins, goes_on))
        here.ask("取消订单")
        shown = here.ask("20231106")
        press = {"confirm": {"id": shown["confirm"]["id"], "answer": "yes"}}
        answer = there.http.post("/v1/chat", json={**press, "session_id": shown["session_id"]})
        assert (answer.status_code, "已取消" in answer.text) == (200, True), answer.text


def test_a_turn_of_one_is_answered_again_from_the_store_by_the_other(fleet: Fleet) -> None:
    for number, (first, second) in enumerate(fleet.both_ways):
        for user, query in ((f"again-hot-{number}", HOT), (f"again-deep-{number}", DEEP)):
            told = first.customer(user=user).ask(query, session_id="s", seq=1)
            again = second.customer(user=user).post(query, session_id="s", seq=1)
            assert (again.json(), again.headers["X-Answered-By"]) == (told, "stored")
            assert second.customer(user=user).ask(HOT, session_id="s")["seq"] == 2


def test_who_is_forgotten_at_one_is_at_the_other(fleet: Fleet) -> None:
    for number, (knows, forgets) in enumerate(fleet.both_ways):
        customer = knows.customer(user=f"forgotten-{number}")
        customer.ask("申请退款")
        erased = forgets.customer(user=f"forgotten-{number}").http.delete("/v1/users/me").json()["erased"]
        assert (erased["turns"], erased["states"]) == (1, 1)
        assert customer.history() == []


def test_a_token_that_is_revoked_at_one_is_refused_at_the_other(fleet: Fleet) -> None:
    for number, (revokes, refuses) in enumerate(fleet.both_ways):
        customer = refuses.customer(user=f"revoked-{number}")
        customer.ask(HOT)
        revokes.done("tokens", "revoke", "--tenant", "shop", "--user", f"revoked-{number}")
        wait_until(lambda customer=customer: customer.post(HOT).status_code == 401)  # type: ignore[misc]
        refuses.done("tokens", "restore", "--tenant", "shop", "--user", f"revoked-{number}")
        restored = revokes.customer(user=f"revoked-{number}")
        wait_until(lambda customer=restored: customer.post(HOT).status_code == 200)  # type: ignore[misc]


# -- what both follow ------------------------------------------------------------------------------------------------------


def greets(stack: Released, user: str) -> str:
    return str(stack.customer(user=user).ask("你好")["answer"])


def test_a_configuration_that_the_older_one_applies_serves_at_both(fleet: Fleet) -> None:
    replies = fleet.tenants / "shop" / "replies.yaml"
    text = replies.read_text(encoding="utf-8")
    replies.write_text(re.sub(r"(  greet:\n    title: \S+\n    answer: )", r"\1【旧】", text), encoding="utf-8")
    assert "2 edges, 2 shims" in fleet.old.done("config", "apply")
    for stack in (fleet.new, fleet.old):
        assert greets(stack, "older").startswith("【旧】")


def test_one_that_this_version_applies_serves_at_both_or_is_refused_with_a_reason(fleet: Fleet, tmp_path: Path) -> None:
    """Of a folder of this version's: where the older one cannot read it, that is said, and what serves serves on."""
    here = fleet.new.environment
    fleet.new.environment = {**here, PREFIX + "TENANTS": str(copy_tenants(tmp_path / "tenants", wide))}
    ran = fleet.new.typed("config", "apply")
    fleet.new.environment = here
    if ran.returncode:
        assert re.search(r"not loaded by (edge|shim) old", ran.stdout), ran.stdout + ran.stderr
    for stack in (fleet.old, fleet.new):
        assert greets(stack, "newer").startswith("【旧】") == bool(ran.returncode)


# -- what one wrote on its disk --------------------------------------------------------------------------------------------

# Run by the code of both trees: names that one of them lacks need a piece of their own.
WRITES = """
import sys
from pathlib import Path
import msgspec
from pyshim.agreement.files import put
from pyshim.rollout.rollout import Rollout
from pyshim.turns import wire
from pyshim.turns.late import Late
from pyshim.turns.turn import Consent, Pending, Sent, State
folder = Path(sys.argv[1])
Late(folder / "late").keep(1.0, ("d:{a:b}", b"\\x80\\xff", "你好", 7))
pending = Pending("refund", "turn-1", "order", slots={"amount": "10"}, quote={"fee": "1"}, confirm="c", shown="d")
state = State("s", 3, 4, "refund", {"order": "1"}, pending, misses=1, offered=["greet"])
put(folder / "state", wire.write_state(state))
sent = Sent("key", "turn-1", "refund", {"order": "1"}, 5, "done", fields={"number": 3, "ok": True, "none": None}, tries=2)
put(folder / "sent", msgspec.msgpack.encode(sent))
put(folder / "consent", msgspec.json.encode(Consent("refund", "?", "yes", "button", {"order": "1"}, 3, "1", "key")))
put(folder / "rollout", msgspec.json.encode(Rollout(3, 1).with_candidate("ann", 2).but("ann", "done", percent=5.0)))
"""
READS = """
import sys
from pathlib import Path
import msgspec
from pyshim.rollout.rollout import decode
from pyshim.turns import wire
from pyshim.turns.late import Late
from pyshim.turns.turn import Consent, Sent
folder = Path(sys.argv[1])
late = Late(folder / "late")
[queue] = late.queues()
assert late.first(queue) == (1.0, ("d:{a:b}", b"\\x80\\xff", "你好", 7)), late.first(queue)
state = wire.read_state((folder / "state").read_bytes())
flow = state.flow
assert (state.session, state.turn, state.seq, state.slots, state.offered) == ("s", 3, 4, {"order": "1"}, ["greet"]), state
assert (flow.intent, flow.id, flow.asking) == ("refund", "turn-1", "order"), flow
assert (flow.slots, flow.quote, flow.confirm, flow.shown) == ({"amount": "10"}, {"fee": "1"}, "c", "d"), flow
sent = msgspec.msgpack.decode((folder / "sent").read_bytes(), type=Sent)
assert (sent.key, sent.outcome, sent.tries, sent.fields) == ("key", "done", 2, {"number": 3, "ok": True, "none": None}), sent
assert msgspec.json.decode((folder / "consent").read_bytes(), type=Consent).values == {"order": "1"}
record = decode((folder / "rollout").read_bytes())
assert (record.stable, record.candidate, record.percent) == (1, 2, 5.0), record
print("read")
"""


def test_what_either_keeps_on_its_disk_or_in_redis_is_read_by_the_other(older: Path, tmp_path: Path) -> None:
    for writes, reads in ((older, ROOT), (ROOT, older)):
        folder = tmp_path / ("new" if writes == ROOT else "old")
        folder.mkdir()
        released.ran(writes, WRITES, folder)
        assert released.ran(reads, READS, folder) == "read"


def test_a_node_that_is_upgraded_writes_what_the_older_one_could_not(fleet: Fleet) -> None:
    """The last story: the older node is replaced where it stands, by this version, on its own disk."""
    old = fleet.old
    customer = old.customer(user="late")
    before = customer.ask(HOT)
    fleet.redis.process.send_signal(signal.SIGSTOP)
    try:
        late = customer.ask(HOT)
        assert late["degraded"]
        old.stop()
    finally:
        fleet.redis.process.send_signal(signal.SIGCONT)
    upgraded = Released(old.var, old.environment, of=ROOT)
    upgraded.start()
    try:
        wait_until(lambda: [turn["turn_id"] for turn in customer.history()] == [late["turn_id"], before["turn_id"]])
        assert greets(upgraded, "upgraded") == greets(fleet.new, "upgraded-too")
    finally:
        upgraded.stop()
