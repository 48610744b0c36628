"""Can nginx be replaced under load, with nobody noticing, and is what takes its place as well looked after?"""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from loadtest.place import certificates
from pyshim.settings import ROOT
from tests.conftest import Stack, free_ports, wait_until
from tests.test_failures import HOT, stopped
from tests.test_launcher import launch, listening, processes_of
from tests.test_tls import connected

pytestmark = pytest.mark.real

PATIENT_S = "60"  # a body may be on its way while nginx is replaced, however long that takes


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An nginx of our own, to be replaced by another file."""
    found = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    assert found is not None
    return Path(shutil.copy(found, tmp_path_factory.mktemp("bin") / "nginx"))


@pytest.fixture(scope="module")
def upgradable(
    stacks: Callable[..., Stack], wide: dict[str, str], binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Stack:
    certificate = certificates.make(tmp_path_factory.mktemp("tls"), "first")
    return stacks(**wide, **certificate, TLS_PORT=str(free_ports(1)[0]), NGINX=str(binary), BODY_S=PATIENT_S)


def upgrade(stack: Stack) -> str:
    done = launch(stack, "upgrade")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Load:
    """Customers who ask all the time: some on one connection each, some on a new one for each turn. Nobody tries twice."""

    def __init__(self, stack: Stack) -> None:
        self.said: Counter[object] = Counter()
        self._stack, self._over = stack, threading.Event()
        users = [(stack.token(), number < 6) for number in range(10)]
        self._threads = [threading.Thread(target=self._ask, args=user) for user in users]

    def _ask(self, token: str, keeps: bool) -> None:
        headers = {"Authorization": f"Bearer {token}"} | ({} if keeps else {"Connection": "close"})
        with httpx.Client(base_url=self._stack.url, headers=headers, timeout=10, trust_env=False) as client:
            number = 0
            while not self._over.is_set():
                number += 1
                try:
                    answer = client.post("/v1/chat", json={"query": HOT if number % 4 else "取消订单"})
                    self.said[200 if answer.status_code == 200 else answer.text] += 1
                except httpx.HTTPError as error:
                    self.said[repr(error)] += 1
                if number % 8 == 0:
                    client.delete("/v1/session")
                time.sleep(0.005)

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        wait_until(lambda: self.said[200] > 100)
        return self

    def __exit__(self, *_: object) -> None:
        before = self.said[200]
        wait_until(lambda: self.said[200] > before + 100)
        self._over.set()
        for thread in self._threads:
            thread.join()


def test_two_upgrades_under_load_fail_no_request(upgradable: Stack, binary: Path) -> None:
    masters = [upgradable.pid("nginx")]
    with Load(upgradable) as load:
        for _ in range(2):
            newer = binary.with_suffix(".newer")
            shutil.copy(binary, newer)
            newer.rename(binary)  # as a package manager does it
            assert "took the place of" in upgrade(upgradable)
            masters.append(upgradable.pid("nginx"))
            assert os.readlink(f"/proc/{masters[-1]}/exe") == str(binary)
    assert set(load.said) == {200}, load.said
    assert len(set(masters)) == 3
    assert not Path(f"/proc/{masters[0]}").exists()
    assert not Path(f"/proc/{masters[1]}").exists()
    assert len(list(upgradable.settings.run.glob("nginx-[0-9]*"))) == 1, "what the old ones read is gone"


def test_a_turn_that_began_in_the_old_one_is_answered_by_it(upgradable: Stack) -> None:
    body = '{"query": "你好"}'.encode()
    head = (
        f"POST /v1/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {upgradable.token()}\r\nContent-Type: application/json\r\n"
    )
    before = upgradable.pid("nginx")
    with socket.create_connection(("127.0.0.1", upgradable.settings.port)) as slow:
        slow.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:5])
        asked = subprocess.Popen(
            [sys.executable, "-m", "gateway.launcher", "upgrade"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **upgradable.environment},
        )
        wait_until(lambda: upgradable.pid("nginx") != before)
        wait_until(
            lambda: b" is shutting down" in (Path(f"/proc/{before}/task/{before}/children").read_bytes() and title(before))
        )
        slow.sendall(body[5:])
        answer = slow.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert b"\r\nConnection: close\r\n" in answer
        assert asked.wait(30) == 0
    assert not Path(f"/proc/{before}").exists()


def title(master: int) -> bytes:
    """What the workers of a master call themselves."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return b"\n".join(Path(f"/proc/{child}/cmdline").read_bytes() for child in children)


def test_a_renewed_certificate_is_taken_over(upgradable: Stack) -> None:
    def name() -> str:
        """Of the certificate that is shown."""
        context = ssl.create_default_context(cafile=upgradable.settings.tls_certificate)
        with connected(upgradable, context) as connection:
            return str(dict(pair[0] for pair in connection.getpeercert()["subject"])["commonName"])  # type: ignore[index,misc]

    assert name() == "first"
    certificates.make(Path(upgradable.settings.tls_certificate).parent, "second")
    upgrade(upgradable)
    assert name() == "second"


def test_what_cannot_serve_changes_nothing(upgradable: Stack, binary: Path) -> None:
    before, certificate = upgradable.pid("nginx"), Path(upgradable.settings.tls_certificate)
    good = certificate.read_bytes()
    certificate.write_bytes(b"no PEM")
    refused = launch(upgradable, "upgrade")
    assert refused.returncode == 1
    assert "nothing was changed: SLUICE_TLS_CERTIFICATE=" in refused.stdout
    certificate.write_bytes(good)

    kept = binary.with_suffix(".kept")
    binary.rename(kept)
    binary.write_text(f"#!/bin/sh\ncase $* in *-V*) exec {kept} -V;; *-t) exit 0;; esac\nexit 1\n")
    binary.chmod(0o755)
    refused = launch(upgradable, "upgrade")
    assert "nothing was changed: the new nginx stopped while starting" in refused.stdout
    binary.write_text(f"#!/bin/sh\ncase $* in *-V*) exec {kept} -V;; esac\necho no such directive >&2; exit 1\n")
    refused = launch(upgradable, "upgrade")
    assert "nothing was changed: nginx refuses its configuration: no such directive" in refused.stdout
    kept.rename(binary)

    assert upgradable.pid("nginx") == before
    upgradable.customer().ask(HOT)
    with stopped(upgradable, "redis"):
        assert "sluice is not ready" in launch(upgradable, "upgrade").stdout
    assert upgradable.pid("nginx") == before


def test_the_one_that_took_its_place_is_restarted_and_stopped_like_the_first(
    stacks: Callable[..., Stack], wide: dict[str, str]
) -> None:
    stack = stacks(**wide)
    upgrade(stack)
    before = stack.pid("nginx")
    stack.kill("nginx")
    wait_until(lambda: stack.pid("nginx") != before)
    wait_until(stack.ready)
    stack.customer().ask(HOT)
    upgrade(stack)
    assert launch(stack, "stop").stdout == "stopped.\n"
    assert stack.launcher is not None
    assert stack.launcher.wait(10) == 0
    assert (processes_of(stack), listening(stack)) == ({}, [])
    refused = launch(stack, "upgrade")
    assert (refused.returncode, refused.stdout) == (1, "sluice is not running.\n")


@pytest.fixture
def again(stacks: Callable[..., Stack], wide: dict[str, str]) -> Stack:
    return stacks(**wide, REDIS_TIMEOUT_MS="100")


def test_turns_that_nginx_keeps_for_redis_outlive_it(again: Stack) -> None:
    customer = again.customer()
    os.kill(again.pid("redis"), signal.SIGSTOP)  # lost, and it does not come back until everything is stopped
    turn = customer.ask(HOT)
    assert turn["degraded"]
    assert launch(again, "stop").stdout == "stopped.\n"
    [left] = again.settings.run.glob("late-edge-*")
    assert left.stat().st_mode & 0o077 == 0
    again.start()
    wait_until(lambda: [one["turn_id"] for one in customer.history()] == [turn["turn_id"]])
    assert not list(again.settings.run.glob("late-edge-*"))
