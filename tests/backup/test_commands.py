"""Does an operator get back what Redis lost, while customers go on? The commands, and the whole real stack."""

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from pyshim.backup.file import writing
from pyshim.backup.record import FORMAT, Header
from tests.configuration.conftest import HOT, Office, wide
from tests.conftest import FORGIVING, PATIENT, Stack, copy_tenants, make_stack, wait_until
from tests.rollout.conftest import asking
from tests.sluice import here, process

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, stacks: Callable[..., Stack]) -> Office:
    tenants = copy_tenants(tmp_path_factory.mktemp("backed-up") / "tenants", wide)
    settings = {"TENANTS": str(tenants), "ADDRESS_RATE_PER_S": "100000", "ADDRESS_BURST": "100000", **FORGIVING, **PATIENT}
    return Office(stacks(**settings, SHIMS="1", EDGE_WORKERS="1"), tenants)


def done(stack: Stack, *arguments: str | Path, typed: Callable[..., object] = here) -> str:
    """What a command said that must succeed."""
    ran = typed(stack, *arguments)
    assert ran.returncode == 0, ran.stdout + ran.stderr  # type: ignore[attr-defined]
    return str(ran.stdout)  # type: ignore[attr-defined]


def refused(stack: Stack, *arguments: str | Path) -> str:
    ran = here(stack, *arguments)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    return ran.stdout


def emptied(stack: Stack) -> None:
    with redis.Redis(unix_socket_path=str(stack.settings.redis.socket)) as client:
        client.flushall()


def test_what_redis_lost_comes_back_and_conversations_go_on(office: Office, tmp_path: Path) -> None:
    stack, path = office.stack, tmp_path / "backup.gz"
    office.greet("【旧】")
    old = office.applied("--why", "the older one")
    office.greet("【新】")
    office.applied()
    asks, erased, revoked = (stack.customer("shop", name) for name in ("asks", "erased", "revoked"))
    for customer in (asks, erased, revoked):
        customer.ask(HOT)
    asked = asks.ask("我要退款")
    done(stack, "tokens", "revoke", "--tenant", "shop", "--user", "revoked")
    with asking(stack, HOT):
        said = done(stack, "backup", path, typed=process)
        assert "signing keys" in said and "none of sluice's" not in said
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert erased.http.delete("/v1/users/me").status_code == 200
        before = asks.history()
        emptied(stack)
        wait_until(lambda: "written again" in office.sluice("versions").stdout)  # by the shims, who know what serves
        look = done(stack, "restore", path)
        assert "would be put back:" in look and look.rstrip().endswith("nothing was changed: --apply does it")
        assert "1  users forgotten since, who are not put back" in look
        assert asks.history() == [], "it was only looked at"
        shutil.move(stack.settings.erased, tmp_path / "of-another-machine")
        said = done(stack, "restore", path, "--apply", "--erased", tmp_path / "of-another-machine", typed=process)
        assert "1  users forgotten since, who are not put back" in said and said.rstrip().endswith("done")
    assert asks.history() == before
    answered = asks.ask("20231105")
    assert answered["session_id"] == asked["session_id"]
    assert "原因" in answered["answer"], "the order is known, and the next question is asked"
    assert erased.history() == []
    wait_until(lambda: revoked.post(HOT).status_code == 401)
    assert "the older one" in office.done("versions")
    office.done("rollback", old)
    assert office.ask(HOT, "rolled-back").json()["answer"].startswith("【旧】")
    again = done(stack, "restore", path, "--apply")
    assert again.rstrip().endswith("nothing was missing, and nothing was changed")


def test_a_system_that_is_new_serves_what_the_backup_has(office: Office, tmp_path: Path) -> None:
    stack, path = office.stack, tmp_path / "backup.gz"
    office.greet("【存】")
    office.applied()
    known = stack.customer("shop", "known")
    known.ask(HOT)
    done(stack, "backup", path)
    before = known.history()
    stack.stop()
    for lost in ("redis", "run"):
        shutil.rmtree(stack.var / lost)
    shutil.rmtree(office.tenants)
    copy_tenants(office.tenants, wide)
    stack.start()
    assert not office.ask(HOT, "new").json()["answer"].startswith("【存】")
    said = done(stack, "restore", path, "--apply")
    assert "configuration: version" in said and "it was 1)" in said
    wait_until(lambda: office.ask(HOT, "new").json()["answer"].startswith("【存】"))
    assert known.history() == before
    assert known.ask(HOT)["seq"] == 2


def test_what_cannot_be_done_is_said_in_one_sentence_and_nothing_is_done(office: Office, tmp_path: Path) -> None:
    stack, path = office.stack, tmp_path / "backup.gz"
    done(stack, "backup", path)
    assert f"{path} is there already: another name is wanted; nothing was written" in refused(stack, "backup", path)
    assert "No such file or directory; nothing was written" in refused(stack, "backup", tmp_path / "no" / "folder")
    assert "cannot be read: No such file or directory; nothing was changed" in refused(stack, "restore", tmp_path / "none")
    assert "cannot be read: No such" in refused(stack, "restore", path, "--erased", tmp_path / "none")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "hello.txt").write_text("hello\n")
    for no_notes in (tmp_path / "other", tmp_path / "other" / "hello.txt", path):
        assert "no erasure is noted there" in refused(stack, "restore", path, "--erased", no_notes, "--apply")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "it was cut off" in refused(stack, "restore", path, "--apply")
    path.write_bytes(b"PK\x03\x04")
    assert "this is no backup of sluice" in refused(stack, "restore", path, "--apply")
    path.unlink()
    with writing(path, Header("sluice backup", FORMAT + 1, "9.9", 0.0, "", "")):
        pass
    assert "it has format 2, written by sluice 9.9" in refused(stack, "restore", path, "--apply")


def test_who_came_back_without_the_notes_is_erased_with_them(office: Office, tmp_path: Path) -> None:
    stack, path = office.stack, tmp_path / "backup.gz"
    gone = stack.customer("shop", "gone")
    gone.ask(HOT)
    done(stack, "backup", path)
    done(stack, "users", "forget", "--tenant", "shop", "--user", "gone")
    notes = tmp_path / "of-another-machine"
    shutil.move(stack.settings.erased, notes)
    emptied(stack)
    done(stack, "restore", path, "--apply")
    assert gone.history(), "nobody said that they were forgotten"
    again = "1  users who were forgotten and are here again"
    look = done(stack, "restore", path, "--erased", notes)
    assert again in look and f"into Redis at {stack.settings.redis}\nwould be put back:" in look
    assert gone.history(), "it was only looked at"
    said = done(stack, "restore", path, "--apply", "--erased", notes)
    assert again in said and f"into Redis at {stack.settings.redis}\nput back:" in said and "serves afterwards" in said
    assert gone.history() == []
    with redis.Redis(unix_socket_path=str(stack.settings.redis.socket)) as client:
        assert client.keys("?:{shop:gone}") == [b"f:{shop:gone}"]


def test_a_key_of_another_kind_is_named_and_nothing_is_changed(office: Office, tmp_path: Path) -> None:
    stack, path = office.stack, tmp_path / "backup.gz"
    asks = stack.customer("shop", "second")
    asks.ask(HOT)
    done(stack, "backup", path)
    emptied(stack)
    with redis.Redis(unix_socket_path=str(stack.settings.redis.socket)) as client:
        client.lpush("d:{shop:second}", "x")
        for options in ([], ["--apply"]):
            said = refused(stack, "restore", path, *options)
            assert f"Redis at {stack.settings.redis}: the key d:{{shop:second}} is a list, a string is wanted" in said
            assert said.rstrip().endswith("nothing was changed")
        client.delete("d:{shop:second}")
    done(stack, "restore", path, "--apply")
    assert asks.history()


def test_a_redis_that_is_full_is_backed_up_and_takes_nothing_back(office: Office, tmp_path: Path) -> None:
    stack, path = office.stack, tmp_path / "backup.gz"
    with redis.Redis(unix_socket_path=str(stack.settings.redis.socket)) as client:
        [before] = client.config_get("maxmemory").values()
        client.config_set("maxmemory", 1)
        try:
            done(stack, "backup", path)
            assert "cannot write: OOM" in refused(stack, "restore", path, "--apply")
        finally:
            client.config_set("maxmemory", before)


def test_without_redis_nothing_is_written(tmp_path: Path) -> None:
    nobody = make_stack(tmp_path / "v")
    assert "nothing answers at" in refused(nobody, "backup", tmp_path / "backup.gz")
    assert list(tmp_path.iterdir()) == []
