"""Is what a run writes its owner's? As other local users try: root may become them, so these stories need root."""

import grp
import os
import pwd
import shutil
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from gateway import owner
from pyshim.identity import tokens
from pyshim.settings import BadSetting, read_settings
from tests.conftest import Stack

pytestmark = pytest.mark.real

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as another user")
NOBODY = pwd.getpwnam("nobody")
DENIED, DONE = 13, 0


@pytest.fixture(scope="module")
def folders() -> Iterator[Callable[[], Path]]:
    """Folders that anybody may pass: only what is in them keeps others out."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="s")))
        made[-1].chmod(0o755)
        return made[-1] / "var"

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def owned(stacks: Callable[..., Stack], folders: Callable[[], Path]) -> Stack:
    return stacks(VAR=str(folders()))


def tried(work: Callable[[], object], user: int, group: int) -> int:
    """What came of it for another user: 0, or the error's number."""

    def as_them() -> None:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
        work()

    return forked(as_them)


def forked(work: Callable[[], object]) -> int:
    """What came of it in a process of its own."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            work()
            code = DONE
        except OSError as error:
            code = error.errno or 98
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def as_nobody(work: Callable[[], object]) -> int:
    return tried(work, NOBODY.pw_uid, NOBODY.pw_gid)


def connects(path: Path) -> Callable[[], object]:
    def connect() -> None:
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(str(path))

    return connect


def sockets(stack: Stack) -> list[Path]:
    return [stack.settings.shim_socket(0), stack.settings.redis.socket]


def test_nobody_else_may_do_anything_with_what_a_run_writes(owned: Stack) -> None:
    customer = owned.customer("shop")
    customer.ask("申请退款")
    customer.ask("发货时间")
    var = owned.settings.var
    programs = var / "triton" / "backends"  # copies, as they were
    written = [var, *(path for path in var.rglob("*") if programs not in path.parents and not path.is_symlink())]
    open_to_others = [path for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []
    kinds = {path.relative_to(var).parts[0] for path in var.rglob("*")}
    assert {"run", "log", "redis", "keys"} <= kinds


def forged(stack: Stack, user: str) -> httpx.Response:
    """As nginx asks a shim."""
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(stack.settings.shim_socket(0)))) as client:
        return client.get("http://sluice/v1/history", headers={"X-Sluice-Tenant": "shop", "X-Sluice-User": user})


def test_who_reaches_the_socket_is_believed(owned: Stack) -> None:
    owned.customer("shop", "believed").ask("发货时间")
    assert [turn["query"] for turn in forged(owned, "believed").json()["turns"]] == ["发货时间"]


@as_root
def test_another_local_user_does_not_reach_it(owned: Stack) -> None:
    assert [as_nobody(connects(path)) for path in sockets(owned)] == [DENIED, DENIED]
    assert as_nobody(lambda: os.listdir(owned.settings.var)) == DENIED
    owned.settings.var.chmod(0o711)
    owned.settings.run.chmod(0o711)
    try:  # nor where the folders would let them pass
        assert [as_nobody(connects(path)) for path in sockets(owned)] == [DENIED, DENIED]
        assert as_nobody((owned.settings.run / "config.json").read_bytes) == DENIED
        assert as_nobody(tokens.path_of(owned.settings.keys, "shop").read_bytes) == DENIED
    finally:
        owned.settings.var.chmod(0o700)
        owned.settings.run.chmod(0o700)


@as_root
def test_a_shim_that_is_started_again_is_still_its_owners(owned: Stack) -> None:
    owned.kill("shim-0")
    owned.customer("shop").post("申请退款")
    owned.settings.var.chmod(0o711)
    owned.settings.run.chmod(0o711)
    try:
        for _ in range(200):
            assert as_nobody(connects(owned.settings.shim_socket(0))) != DONE
            if owned.ready():
                break
        assert as_nobody(connects(owned.settings.shim_socket(0))) == DENIED
    finally:
        owned.settings.var.chmod(0o700)
        owned.settings.run.chmod(0o700)


@as_root
def test_the_one_group_may_connect_and_do_nothing_else(stacks: Callable[..., Stack], folders: Callable[[], Path]) -> None:
    stack = stacks(VAR=str(folders()), GROUP="nogroup")
    assert stack.customer("shop").ask("申请退款")["answered_by"] == "l5_dialogue"
    assert [as_nobody(connects(path)) for path in sockets(stack)] == [DONE, DONE]
    for look in (stack.settings.var, stack.settings.run, stack.settings.log, stack.settings.keys, stack.settings.var / "redis"):
        assert as_nobody(lambda look=look: os.listdir(look)) == DENIED  # type: ignore[misc]
    for path in (stack.settings.run / "config.json", tokens.path_of(stack.settings.keys, "shop")):
        assert as_nobody(path.read_bytes) == DENIED
    others = pwd.getpwnam("daemon")
    assert [tried(connects(path), others.pw_uid, others.pw_gid) for path in sockets(stack)] == [DENIED, DENIED]
    workers = Path(f"/proc/{stack.pid('nginx')}/task/{stack.pid('nginx')}/children").read_text().split()
    said = [Path(f"/proc/{one}/status").read_text().splitlines() for one in workers]
    groups = {line.split()[1] for lines in said for line in lines if line.startswith("Gid:")}
    assert groups == {str(NOBODY.pw_gid)}


def test_a_group_that_is_none_is_told(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with pytest.raises(BadSetting, match="SLUICE_GROUP='florists': there is no such group"):
            owner.claim(read_settings({"SLUICE_VAR": str(tmp_path), "SLUICE_GROUP": "florists"}))
    finally:
        os.umask(before)


@as_root
@pytest.mark.parametrize("group", ["", "daemon"])
def test_started_as_root_it_becomes_the_user_for_good_and_what_was_written_is_theirs(
    folders: Callable[[], Path], group: str
) -> None:
    var = folders()
    settings = read_settings({"SLUICE_VAR": str(var), "SLUICE_USER": "nobody", "SLUICE_GROUP": group})

    def start() -> None:
        owner.claim(settings)
        (settings.keys / "shop.jwks.json").write_text("{}")
        owner.become(settings)
        (settings.run / "new").write_text("")
        assert (settings.keys / "shop.jwks.json").read_text() == "{}"
        try:
            os.setuid(0)
        except PermissionError:
            return
        raise AssertionError("root again")

    assert forked(start) == DONE
    about = {path.relative_to(var).as_posix(): path.stat() for path in (var, *var.rglob("*"))}
    assert {one.st_uid for one in about.values()} == {NOBODY.pw_uid}
    assert stat.S_IMODE(about["keys/shop.jwks.json"].st_mode) == 0o600
    assert stat.S_IMODE(about["run"].st_mode) == (0o2710 if group else 0o700)
    assert about["run"].st_gid == (grp.getgrnam(group).gr_gid if group else NOBODY.pw_gid)


def test_a_user_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="SLUICE_USER='florist': there is no such user"):
        owner.become(read_settings({"SLUICE_VAR": str(tmp_path), "SLUICE_USER": "florist"}))


@as_root
def test_only_root_becomes_another_user(tmp_path: Path) -> None:
    settings = read_settings({"SLUICE_VAR": str(tmp_path), "SLUICE_USER": "daemon"})

    def refused() -> None:
        with pytest.raises(BadSetting, match="only root becomes another user"):
            owner.become(settings)

    assert as_nobody(refused) == DONE


@as_root
def test_who_runs_as_root_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    owner.become(read_settings({"SLUICE_VAR": str(tmp_path)}))
    assert "all of sluice runs as root" in caplog.text
