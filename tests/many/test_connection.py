"""Does the edge reach a Redis that stands elsewhere: by TCP, with TLS, with a password that changes?"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import redis

from loadtest.place import certificates, edges
from loadtest.place.edges import HOT, Edge
from loadtest.place.stack import free_ports
from pyshim.identity import tokens
from tests.conftest import wait_until
from tests.many.conftest import GENEROUS

pytestmark = pytest.mark.real
FIRST, SECOND = "first-word", "second-word"


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[None]:
    folder.mkdir()
    with subprocess.Popen(["redis-server", "--save", "", "--dir", str(folder), *options], stdout=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


@contextmanager
def fronting(folder: Path, address: str, **settings: str) -> Iterator[Edge]:
    edge = edges.start(folder, "edge", address, **GENEROUS, **settings)
    try:
        yield edge
    finally:
        edge.stop()


def away(edge: Edge) -> str:
    """Why Redis is away, as /readyz says; "" where it is there."""
    answer = httpx.get(f"http://127.0.0.1:{edge.settings.operations_port}/readyz", trust_env=False)
    return str(answer.json()["away"].get("redis", ""))


def told(folder: Path, edge: Edge) -> dict[str, object]:
    token = tokens.mint(tokens.keys(folder / "keys", "shop")[0], "shop", "ann", "sluice", 3600)
    headers = {"Authorization": f"Bearer {token}"}
    return dict(httpx.post(f"{edge.url}/v1/chat", json={"query": HOT}, headers=headers, trust_env=False).json())


def credential(folder: Path, text: str) -> Path:
    path = folder / "credential"
    path.touch(0o600)
    path.write_text(text + "\n")
    return path


def test_a_turn_is_written_over_tcp(tmp_path: Path) -> None:
    [port] = free_ports(1)
    with serving(tmp_path / "redis", "--port", str(port)), fronting(tmp_path, f"redis://localhost:{port}") as edge:
        wait_until(lambda: not away(edge))
        answer = told(tmp_path, edge)
        assert "degraded" not in answer
        with redis.Redis(port=port) as client:
            assert str(answer["turn_id"]).encode() in client.lrange("h:{shop:ann}", 0, 0)[0]


def test_a_password_may_change_while_serving(tmp_path: Path) -> None:
    [port] = free_ports(1)
    path = credential(tmp_path, FIRST)
    options = ("--port", str(port), "--requirepass", FIRST)
    with (
        serving(tmp_path / "redis", *options),
        fronting(tmp_path, f"redis://127.0.0.1:{port}", REDIS_CREDENTIAL=str(path)) as edge,
        redis.Redis(port=port, password=FIRST) as client,
    ):
        wait_until(lambda: not away(edge))
        client.config_set("requirepass", SECOND)
        client.client_kill_filter(_type="normal", skipme=True)
        wait_until(lambda: away(edge))
        assert away(edge) == f"{path}: Redis takes it for nobody's: WRONGPASS invalid username-password pair or user is disabled."
        credential(tmp_path, f"default:{SECOND}")
        wait_until(lambda: not away(edge))
        assert "degraded" not in told(tmp_path, edge)


def test_a_certificate_is_checked(tmp_path: Path) -> None:
    [port] = free_ports(1)
    (tmp_path / "good").mkdir()
    (tmp_path / "other").mkdir()
    good, other = certificates.make(tmp_path / "good"), certificates.make(tmp_path / "other", "somebody else")
    files = (
        "--tls-cert-file",
        good["TLS_CERTIFICATE"],
        "--tls-key-file",
        good["TLS_KEY"],
        "--tls-ca-cert-file",
        good["TLS_CERTIFICATE"],
    )
    options = ("--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", *files)
    address = f"rediss://127.0.0.1:{port}"
    with serving(tmp_path / "redis", *options):
        with fronting(tmp_path, address, REDIS_CA=good["TLS_CERTIFICATE"]) as edge:
            wait_until(lambda: not away(edge))
            assert "degraded" not in told(tmp_path, edge)
        with fronting(tmp_path, address, REDIS_CA=other["TLS_CERTIFICATE"]) as edge:
            wait_until(lambda: "certificate" in away(edge))
            assert told(tmp_path, edge)["degraded"] is True
