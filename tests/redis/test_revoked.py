"""Is what was revoked refused at the edge, whatever becomes of Redis? The edge's file and the scripts, on a real Redis."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis

from pyshim.errors import RedisAway
from pyshim.identity.revocations import KEYS, Said
from pyshim.outside.redis import Script
from pyshim.redis_address import at
from pyshim.settings import Settings, read_settings
from tests.conftest import RedisServer, with_log
from tests.edge.worker import Worker, away

pytestmark = pytest.mark.real

LATER = time.time() + 3600  # when a token was issued that no revocation of these tests means
BEFORE = 1_700_000_000


@dataclass
class Operator:
    """Who revokes, and the workers who hear of it."""

    client: Any
    settings: Settings
    calls: int = 0

    def say(self, kind: str, value: str = "", tenant: str = "shop", **more: Any) -> Said:
        return with_log(self.settings, lambda log: log.say(tenant, kind, value, "root@desk", **more))

    def standing(self, tenant: str | None = None) -> list[Said]:
        return with_log(self.settings, lambda log: log.standing(tenant))

    def worker(self, left: dict[bytes, bytes] | None = None) -> Worker:
        """One that has asked once."""
        made = Worker(time.time(), self.run, left)
        assert made.follow() is None
        return made

    def run(self, name: bytes, *arguments: Any) -> Any:
        self.calls += 1
        script = Script(name.decode())
        return self.client.eval(script.text, script.keys, *arguments)

    def write(self, *said: Said) -> int:
        """As an edge says again what it knows."""
        pairs = [part for one in said for part in (msgspec.json.encode(one), one.until)]
        return int(self.run(b"revoke-3", *KEYS, *pairs))

    def lose_everything(self) -> None:
        self.client.delete(*KEYS)


@pytest.fixture
def operator(redis_server: RedisServer, tmp_path: Path) -> Iterator[Operator]:
    client = redis.Redis(unix_socket_path=str(redis_server.socket))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "redis.sock").symlink_to(redis_server.socket)
    made = Operator(client, read_settings({"SLUICE_VAR": str(tmp_path)}))
    made.lose_everything()
    yield made
    made.lose_everything()


def test_nothing_revoked_costs_one_short_answer(operator: Operator) -> None:
    worker = operator.worker()
    assert not worker.holds(tenant_id="shop", user_id="u", iat=BEFORE)
    operator.calls = 0
    assert worker.follow() is None
    assert operator.calls == 1
    assert operator.run(b"revoked-2", KEYS[0], KEYS[2], "", "0", 10) == b""


def test_a_token_is_revoked_by_its_id_whenever_it_was_issued(operator: Operator) -> None:
    worker = operator.worker()
    operator.say("token", "t-1")
    assert worker.follow() is None
    assert worker.holds(tenant_id="shop", user_id="u", jti="t-1", iat=LATER)
    assert worker.holds(tenant_id="shop", user_id="u", jti="t-1")
    for other in ({"jti": "t-2"}, {}, {"jti": "t-1", "tenant_id": "bank"}):
        assert not worker.holds(**{"tenant_id": "shop", "user_id": "u", "iat": BEFORE, **other})


def test_a_user_is_revoked_up_to_now_and_in_this_tenant(operator: Operator) -> None:
    worker = operator.worker()
    at = operator.say("user", "u").at
    worker.follow()
    for issued in ({"iat": BEFORE}, {"iat": at}, {}):
        assert worker.holds(tenant_id="shop", user_id="u", **issued)
        assert not worker.holds(tenant_id="shop", user_id="v", **issued)
        assert not worker.holds(tenant_id="bank", user_id="u", **issued)
    assert not worker.holds(tenant_id="shop", user_id="u", iat=at + 0.001)


def test_a_tenant_is_revoked_whole_up_to_now(operator: Operator) -> None:
    worker = operator.worker()
    operator.say("user", "u")
    at = operator.say("tenant").at
    worker.follow()
    assert worker.holds(tenant_id="shop", user_id="anybody", iat=at)
    assert worker.holds(tenant_id="shop", user_id="u", iat=at)
    assert worker.holds(tenant_id="shop", user_id="anybody")
    assert not worker.holds(tenant_id="shop", user_id="anybody", iat=LATER)
    assert not worker.holds(tenant_id="bank", user_id="anybody", iat=at)


def test_restoring_gives_back_what_was_named_and_revoking_again_counts_from_then(operator: Operator) -> None:
    worker = operator.worker()
    first = operator.say("user", "u")
    operator.say("token", "t")
    operator.say("user", "u", restored=True)
    worker.follow()
    assert not worker.holds(tenant_id="shop", user_id="u", iat=first.at)
    assert worker.holds(tenant_id="shop", user_id="u", jti="t", iat=LATER)
    again = operator.say("user", "u")
    worker.follow()
    assert worker.holds(tenant_id="shop", user_id="u", iat=again.at)
    assert worker.known() == 2


def test_only_what_is_new_is_told_and_a_long_log_comes_in_pieces(operator: Operator) -> None:
    said = [operator.say("user", f"u{number}") for number in range(3)]
    operator.write(*(replace_value(said[0], f"many-{number}") for number in range(2500)))
    operator.calls = 0
    worker = operator.worker()
    assert (worker.known(), operator.calls) == (2503, 3)
    operator.calls = 0
    operator.say("user", "one-more")
    worker.follow()
    assert (worker.known(), operator.calls) == (2504, 1)


def replace_value(said: Said, value: str) -> Said:
    return msgspec.structs.replace(said, value=value)


def test_while_redis_is_away_what_is_known_stays_and_a_new_worker_knows_it_too(operator: Operator) -> None:
    worker = operator.worker()
    at = operator.say("user", "u").at
    worker.follow()
    worker.run = away
    assert worker.follow() == "redis: away"
    assert worker.holds(tenant_id="shop", user_id="u", iat=at)
    heir = Worker(time.time(), away, worker.left)
    assert heir.follow() == "redis: away"
    assert heir.holds(tenant_id="shop", user_id="u", iat=at)
    assert not heir.holds(tenant_id="shop", user_id="u", iat=LATER)


def test_a_redis_that_lost_everything_is_told_by_those_who_know(operator: Operator) -> None:
    knows = operator.worker()
    at = operator.say("user", "u").at
    operator.say("token", "lifted")
    operator.say("token", "lifted", restored=True)
    knows.follow()
    operator.lose_everything()
    knows.follow()
    assert knows.holds(tenant_id="shop", user_id="u", iat=at)
    stranger = operator.worker()
    assert stranger.holds(tenant_id="shop", user_id="u", iat=at)
    assert not stranger.holds(tenant_id="shop", user_id="v", jti="lifted", iat=at)
    assert [said.value for said in operator.standing()] == ["u"]
    operator.calls = 0
    for _ in range(3):
        knows.follow()
    assert operator.calls == 3, "said again once, and no more"


def test_a_worker_that_was_born_without_redis_tells_an_empty_one(operator: Operator) -> None:
    worker = operator.worker()
    at = operator.say("user", "u").at
    worker.follow()
    heir = Worker(time.time(), away, worker.left)
    heir.follow()
    operator.lose_everything()
    heir.run = operator.run
    heir.follow()
    assert operator.worker().holds(tenant_id="shop", user_id="u", iat=at)


def test_what_could_not_be_said_again_at_once_is_said_later(operator: Operator) -> None:
    knows = operator.worker()
    at = operator.say("user", "u").at
    operator.write(*(msgspec.structs.replace(operator.say("token", "t"), value=f"t{number}") for number in range(1500)))
    knows.follow()
    operator.lose_everything()
    knows.run = lambda name, *arguments: away() if name == b"revoke-3" else operator.run(name, *arguments)
    assert knows.follow() == "redis: away"
    operator.say("user", "v")  # meanwhile the log begins anew
    assert knows.follow() == "redis: away"
    knows.run = operator.run
    assert knows.follow() is None
    stranger = operator.worker()
    assert (stranger.known(), stranger.holds(tenant_id="shop", user_id="u", iat=at)) == (1503, True)


def test_a_redis_that_lost_the_end_of_its_log_is_told_that(operator: Operator) -> None:
    knows = operator.worker()
    operator.say("user", "early")
    at = operator.say("user", "late").at
    knows.follow()
    for key in KEYS[:2]:
        operator.client.zpopmax(key)
    assert not operator.worker().holds(tenant_id="shop", user_id="late", iat=at)
    knows.follow()
    assert operator.worker().holds(tenant_id="shop", user_id="late", iat=at)


def test_who_missed_the_restoring_does_not_bring_the_revocation_back(operator: Operator) -> None:
    at = operator.say("user", "u").at
    cut_off, other = operator.worker(), operator.worker()
    operator.say("user", "u", restored=True)
    other.follow()
    operator.lose_everything()
    for worker in (cut_off, other, cut_off, other):
        worker.follow()
    assert not any(worker.holds(tenant_id="shop", user_id="u", iat=at) for worker in (cut_off, other, operator.worker()))


def test_what_is_over_is_forgotten_at_the_edge_and_in_redis(operator: Operator) -> None:
    worker = operator.worker()
    kept = operator.say("user", "kept")
    soon = msgspec.structs.replace(kept, value="soon", until=kept.until - 60)
    gone = msgspec.structs.replace(kept, value="gone", until=int(time.time()) - 1)
    assert operator.write(soon, gone) == 1
    worker.follow()
    assert worker.known() == 2
    worker.now = kept.until - 59
    worker.follow()
    assert worker.known() == 1
    assert worker.holds(tenant_id="shop", user_id="kept")
    assert not worker.holds(tenant_id="shop", user_id="soon")
    operator.client.zadd(KEYS[1], {msgspec.json.encode(soon): 1})  # its time has come, as Redis sees it
    operator.say("user", "next")
    assert [said.value for said in operator.standing()] == ["kept", "next"]
    assert operator.client.zcard(KEYS[0]) == operator.client.zcard(KEYS[1]) == 2


def test_what_is_no_revocation_is_an_error_and_hides_nothing(operator: Operator) -> None:
    worker = operator.worker()
    far = int(LATER)
    nonsense = ("{", "[]", '{"tenant":"shop"}', f'{{"tenant":"shop","kind":"all","at":1,"until":{far}}}')
    operator.run(b"revoke-3", *KEYS, *(part for text in nonsense for part in (text, far)))
    at = operator.say("user", "u").at
    assert "not a revocation" in (worker.follow() or "")
    assert worker.holds(tenant_id="shop", user_id="u", iat=at)
    assert worker.follow() is None


def test_the_same_said_again_is_not_new(operator: Operator) -> None:
    said = operator.say("user", "u", why="lost her telephone")
    assert operator.write(said) == 0
    assert operator.standing("shop") == [said]
    assert operator.standing("bank") == []
    assert (said.by, said.why, said.until) == ("root@desk", "lost her telephone", int(said.at) + 2678400 + 5 + 1)


def test_no_redis_is_said_to_who_revokes(operator: Operator, tmp_path: Path) -> None:
    nowhere = replace(operator.settings, redis=at(tmp_path / "nowhere"))
    with pytest.raises(RedisAway):
        with_log(nowhere, lambda log: log.say("shop", "user", "u", "root@desk"))
