"""Does what serves come back by itself when Redis lost it, whoever was there and whatever was changed last?"""

import shutil

import msgspec
import redis

from pyshim.configuration.configuration import RECORD, Configuration
from tests.configuration.conftest import HOT, Office
from tests.conftest import wait_until


def emptied(office: Office, left: bytes | None = None) -> None:
    """Redis has nothing any more, or this record alone."""
    with redis.Redis(unix_socket_path=str(office.stack.settings.redis.socket)) as client:
        client.flushall()
        if left:
            client.set(RECORD, left)


def copied(office: Office, said: bytes) -> None:
    """Within a second of each change a machine keeps the log, too."""
    index = office.stack.settings.configuration_copy / "index"
    wait_until(lambda: index.exists() and said in index.read_bytes())


def again(office: Office, before: Configuration) -> Configuration:
    """The record, once it is as it was."""

    def told() -> bool:
        with redis.Redis(unix_socket_path=str(office.stack.settings.redis.socket)) as client:
            return bool(client.exists(RECORD)) and office.record().seq > before.seq

    wait_until(told)
    return office.record()


def test_what_serves_is_told_to_an_empty_redis_with_its_history_and_nobody_notices(office: Office) -> None:
    office.greet("【一】")
    first = office.applied("--why", "the first of two")
    office.greet("【二】")
    second = office.applied("--percent", 50)
    before = office.record()
    copied(office, b"applied to 50 %")
    emptied(office)
    drawn = {user: office.ask(HOT, user).headers["X-Config-Version"] for user in map("empty-{}".format, range(20))}
    assert set(drawn.values()) == {str(first), str(second)}
    after = again(office, before)
    assert after == msgspec.structs.replace(before, seq=before.seq + 1)
    assert {user: office.ask(HOT, user).headers["X-Config-Version"] for user in drawn} == drawn
    said = wait_until(lambda: said if "written again" in (said := office.done("versions")) else None)
    assert "the first of two" in said
    assert f"applied to 50 % of the users {second}" in said
    assert "written again, lost by Redis:" in said.splitlines()[-1]
    office.done("rollback")  # the candidate goes
    office.done("rollback")  # the version before serves again
    assert not office.ask(HOT, "empty-back").json()["answer"].startswith("【")
    office.greet("【三】")
    assert office.applied() > second, "a number is given once"


def test_a_redis_that_lost_the_last_change_is_told_it(office: Office) -> None:
    older = msgspec.json.encode(office.record())
    office.greet("【新】")
    number = office.applied()
    before = office.record()
    emptied(office, left=older)
    after = again(office, before)
    assert (after.serving, after.previous) == (number, before.previous)
    wait_until(lambda: office.versions() == {number})
    assert office.ask(HOT, "last-change").json()["answer"].startswith("【新】")


def test_a_system_that_starts_with_an_empty_redis_serves_what_it_served_and_not_its_folder(office: Office) -> None:
    office.greet("【旧】")
    number = office.applied()
    office.greet("【未】")
    office.stack.stop()
    shutil.rmtree(office.stack.var / "redis")
    office.stack.start()
    assert office.ask(HOT, "started").headers["X-Config-Version"] == str(number)
    assert office.ask(HOT, "started").json()["answer"].startswith("【旧】")
    assert "is different: `sluice config diff` shows it" in office.stack.said()
    assert "【未】" in office.done("diff")
