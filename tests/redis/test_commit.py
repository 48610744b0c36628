"""Is a turn written once, in order, whoever writes it? Story by story, on a real Redis."""

import json
import time
from typing import Any

import msgspec
import pytest
import redis

from pyshim.outside.redis import Script
from tests.conftest import RedisServer

pytestmark = pytest.mark.real

COMMIT, LOAD = Script("commit-3"), Script("load-2")
QUERY = '在吗 ,"at":7'


class Conversation:
    """One user's keys, and the two scripts on them."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.keys = [f"{kind}:{{shop:{name}}}" for kind in "dhi"]

    def commit(
        self, mode: str | int = "idle", *, session: str = "", seq: int = 0, intent: str = "greet", **more: Any
    ) -> list[Any]:
        state = msgspec.msgpack.encode(more["state"]) if "state" in more else b""
        answer = json.dumps(more.get("answer", "您好"), ensure_ascii=False)
        reply = f'"turn_id":"{more.get("turn_id", "t")}","answer":{answer},"intent":"{intent}"'
        kept = f'"query":"在吗 ,\\"at\\":7","at":{more.get("at", 1)}' + more.get("consent", "")
        turn = [mode, session, more.get("turn_id", "fresh-session"), seq, intent, state, reply, kept]
        lives = [1800, 604800, 100, more.get("not_after", 0)]
        outcome = self.client.eval(COMMIT.text, 3, *self.keys, *turn, *lives, *more.get("told", []))
        if isinstance(outcome, bytes):  # "ok <seq> <session_id>"
            what, number, session_id = outcome.split(b" ")
            return [what, int(number), session_id]
        return list(outcome)

    def state(self) -> dict[str, Any] | None:
        blob = self.client.get(self.keys[0])
        return msgspec.msgpack.decode(blob) if blob else None

    def history(self) -> list[dict[str, Any]]:
        return [json.loads(entry) for entry in self.client.lrange(self.keys[1], 0, -1)]


@pytest.fixture
def talk(redis_server: RedisServer, request: pytest.FixtureRequest) -> Conversation:
    return Conversation(redis.Redis(unix_socket_path=str(redis_server.socket)), request.node.name)


def test_a_first_turn_starts_a_session_and_counts_from_one(talk: Conversation) -> None:
    assert talk.commit() == [b"ok", 1, b"fresh-session"]
    assert talk.state() == {"session": "fresh-session", "turn": 1, "seq": 1, "intent": "greet"}
    assert talk.history() == [
        {"seq": 1, "session_id": "fresh-session", "turn_id": "t", "answer": "您好", "intent": "greet", "query": QUERY, "at": 1}
    ]


def test_the_same_seq_again_returns_the_stored_turn_and_writes_nothing(talk: Conversation) -> None:
    talk.commit(session="s", seq=1, answer="first")
    what, entry = talk.commit(session="s", seq=1, answer="second")
    assert (what, json.loads(entry)["answer"]) == (b"replay", "first")
    assert len(talk.history()) == 1


def test_a_lower_seq_is_answered_from_history_while_kept_and_stale_after(talk: Conversation) -> None:
    talk.commit(session="s", seq=5)
    talk.commit(session="s", seq=9)
    assert talk.commit(session="s", seq=5)[0] == b"replay"
    assert talk.commit(session="s", seq=7) == [b"stale", 9]
    assert len(talk.history()) == 2


def test_another_session_starts_anew_and_a_retry_in_the_old_one_is_still_answered_once(talk: Conversation) -> None:
    talk.commit(session="old", seq=8, answer="from the old one")
    assert talk.commit(session="new", seq=1) == [b"ok", 1, b"new"]
    what, entry = talk.commit(session="old", seq=8)
    assert (what, json.loads(entry)["answer"]) == (b"replay", "from the old one")


def test_a_retry_after_the_state_expired_is_still_answered_once(talk: Conversation) -> None:
    talk.commit(session="s", seq=3)
    talk.client.delete(talk.keys[0])
    assert talk.commit(session="s", seq=3)[0] == b"replay"
    assert talk.commit(session="s", seq=4) == [b"ok", 4, b"s"]


@pytest.mark.parametrize("pending", [{"flow": {"intent": "refund_apply", "id": "x", "asking": "reason"}}, {"owner": "person"}])
def test_idle_only_writes_nothing_into_a_busy_conversation(talk: Conversation, pending: dict[str, Any]) -> None:
    talk.commit(0, state={"slots": {"order_id": "1"}, **pending})
    what, blob = talk.commit("idle")
    assert what == b"busy"
    assert msgspec.msgpack.decode(blob) == talk.state()
    assert len(talk.history()) == 1


def test_an_idle_turn_forgets_a_misunderstanding_and_keeps_known_slots(talk: Conversation) -> None:
    talk.commit(0, state={"slots": {"order_id": "1"}, "misses": 1, "offered": ["a", "b"]})
    talk.commit("idle", intent="bye")
    assert talk.state() == {"session": "fresh-session", "turn": 2, "seq": 2, "intent": "bye", "slots": {"order_id": "1"}}


def test_a_turn_made_from_an_old_state_is_a_conflict_and_gets_the_new_one(talk: Conversation) -> None:
    talk.commit(0, state={"misses": 1})
    what, blob = talk.commit(0, state={"misses": 2})
    assert what == b"conflict"
    assert msgspec.msgpack.decode(blob)["misses"] == 1
    assert talk.commit(1, state={"misses": 2})[0] == b"ok"


def test_a_late_turn_is_kept_once_and_leaves_the_dialogue_alone(talk: Conversation) -> None:
    talk.commit(0, session="s", seq=4, state={"flow": {"intent": "x", "id": "y", "asking": "z"}})
    assert talk.commit("late", session="s", seq=2, answer="late")[0] == b"ok"
    assert talk.commit("late", session="s", seq=2, answer="late")[0] == b"replay"
    state = talk.state()
    assert state
    assert (state["seq"], state["flow"]["intent"]) == (4, "x")
    assert [turn["seq"] for turn in talk.history()] == [2, 4]


def test_a_late_turn_of_an_earlier_session_ends_no_newer_dialogue(talk: Conversation) -> None:
    pending = {"flow": "refund_apply", "turn": 1, "seq": 1, "session": "new", "slots": {"order_id": "20231109"}}
    talk.commit(0, session="new", turn_id="newer", state=pending)
    before = talk.state()
    assert talk.commit("late", session="old", turn_id="a", answer="late", intent="greet") == [b"ok", 1, b"old"]
    assert talk.state() == before
    assert {entry["turn_id"] for entry in talk.history()} == {"a", "newer"}
    assert talk.commit("late", session="old", turn_id="a", answer="late")[0] == b"replay"


def test_late_turns_stand_in_the_history_where_they_were_answered(talk: Conversation) -> None:
    for at, turn_id in ((10, "first"), (40, "fourth"), (50, "fifth")):
        talk.commit(turn_id=turn_id, at=at, intent="greet")
    talk.commit("late", turn_id="second", at=20, intent="greet")
    talk.commit("late", turn_id="third", at=30, intent="bye")
    talk.commit("late", turn_id="sixth", at=60, intent="bye")
    order = ["sixth", "fifth", "fourth", "third", "second", "first"]
    assert [entry["turn_id"] for entry in talk.history()] == order
    last = {intent: json.loads(talk.client.hget(talk.keys[2], intent))["turn_id"] for intent in ("greet", "bye")}
    assert last == {"greet": "fifth", "bye": "sixth"}


def test_a_late_turn_with_a_consent_has_its_place_as_well(talk: Conversation) -> None:
    agreed = ',"consent":{"at":99,"query":"确认"}'
    talk.commit(turn_id="first", at=10, consent=agreed)
    talk.commit(turn_id="third", at=30, consent=agreed)
    talk.commit("late", turn_id="second", at=20, consent=agreed)
    assert [entry["turn_id"] for entry in talk.history()] == ["third", "second", "first"]


def test_a_late_turn_older_than_all_that_is_kept_is_not_kept(talk: Conversation) -> None:
    for number in range(100):
        talk.commit(turn_id=f"kept-{number}", at=100 + number)
    talk.commit("late", turn_id="old", at=1)
    assert len(talk.history()) == 100
    assert "old" not in {entry["turn_id"] for entry in talk.history()}


def test_a_late_turn_is_the_dialogue_where_there_is_none(talk: Conversation) -> None:
    assert talk.commit("late", session="s", turn_id="a") == [b"ok", 1, b"s"]
    state = talk.state()
    assert state is not None
    assert (state["session"], state["seq"]) == ("s", 1)


def test_a_commit_that_got_stuck_expires_and_its_turn_is_written_once_later(talk: Conversation) -> None:
    now = int(time.time() * 1000)
    assert talk.commit(turn_id="a", not_after=now - 1) == [b"expired"]
    assert talk.commit(turn_id="b", not_after=now + 60_000)[0] == b"ok"
    assert talk.commit("late", turn_id="a")[0] == b"ok"
    assert talk.commit("late", turn_id="b")[0] == b"replay"
    assert sorted(turn["turn_id"] for turn in talk.history()) == ["a", "b"]


def test_history_keeps_the_last_hundred_and_the_last_turn_of_each_intent(talk: Conversation) -> None:
    for number in range(1, 106):
        talk.commit(intent="greet" if number < 100 else "bye")
    assert [turn["seq"] for turn in talk.history()] == list(range(105, 5, -1))
    last = {name.decode(): json.loads(entry)["seq"] for name, entry in talk.client.hgetall(talk.keys[2]).items()}
    assert last == {"greet": 99, "bye": 105}


def test_keys_live_as_long_as_the_design_says(talk: Conversation) -> None:
    talk.commit()
    assert [talk.client.ttl(key) for key in talk.keys] == [1800, 604800, 604800]
    talk.client.expire(talk.keys[0], 5)
    talk.client.eval(LOAD.text, 2, *talk.keys[:2], 1800)
    assert talk.client.ttl(talk.keys[0]) == 1800


def test_a_call_nobody_heard_of_is_told_by_who_reads_it_and_forgotten_with_that_turn(talk: Conversation) -> None:
    calls = "c" + talk.keys[0][1:]
    talk.commit()
    talk.client.hset(calls, mapping={"k1": b"one", "k2": b"two"})
    assert talk.commit() == [b"busy", b""]
    assert talk.client.eval(LOAD.text, 2, *talk.keys[:2], 1800)[2] == [b"one", b"two"]
    assert talk.commit(1, state={"turn": 1, "seq": 1}, told=["k1", "k2"])[0] == b"ok"
    assert not talk.client.exists(calls)
    assert talk.commit()[0] == b"ok"


def test_load_gives_state_and_newest_turn_or_nothing(talk: Conversation) -> None:
    assert talk.client.eval(LOAD.text, 2, *talk.keys[:2], 1800) == [b"", b"", []]
    talk.commit()
    blob, newest, _ = talk.client.eval(LOAD.text, 2, *talk.keys[:2], 1800)
    assert msgspec.msgpack.decode(blob)["seq"] == json.loads(newest)["seq"] == 1


def test_the_cost_of_a_turn_does_not_grow_with_history(talk: Conversation) -> None:
    """Commands per commit, counted by Redis itself."""

    def commands() -> int:
        return sum(one["calls"] for one in talk.client.info("commandstats").values())

    def cost() -> int:
        before = commands()
        talk.commit()
        return commands() - before

    first = [cost() for _ in range(3)][-1]
    for _ in range(90):
        talk.commit()
    assert cost() == first
