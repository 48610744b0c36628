"""Does a cluster that wants a password and TLS let us in, and nobody who has them wrong?"""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from loadtest.place import certificates
from pyshim.errors import RedisAway
from pyshim.hosts import host_and_port
from pyshim.outside.redis import Redis, opened
from tests.conftest import wait_until
from tests.redis.conftest import RedisCluster, running

pytestmark = pytest.mark.real

FIRST, SECOND = "the first: of two", "the second one"


@dataclass
class GuardedCluster(RedisCluster):
    """password: what its nodes want to hear."""

    password: str = FIRST

    @property
    def certificate(self) -> str:
        return str(self.folder / "tls.crt")

    def client(self, node: str) -> Any:
        host, port = host_and_port(node)
        made = redis.Redis(host, port, socket_timeout=10, ssl=True, ssl_ca_certs=self.certificate, password=self.password)
        made.response_callbacks.clear()
        return made

    def command(self, port: int) -> list[str]:
        tls = {"tls-port": str(port), "tls-cluster": "yes", "tls-replication": "yes", "tls-auth-clients": "no"}
        files = {"tls-cert-file": self.certificate, "tls-key-file": str(self.folder / "tls.key")}
        more = {"port": "0", **tls, **files, "tls-ca-cert-file": self.certificate}
        secrets = {"requirepass": self.password, "masterauth": self.password}
        return [*super().command(port), *(text for name, value in (more | secrets).items() for text in (f"--{name}", value))]

    def form(self) -> None:
        wait_until(self.answer)
        say = ["redis-cli", "--tls", "--cacert", self.certificate, "-a", self.password, "--no-auth-warning"]
        subprocess.run([*say, "--cluster", "create", *self.nodes, "--cluster-replicas", "1", "--cluster-yes"], check=True)
        self.settle()

    def answer(self) -> bool:
        try:
            return all(self.client(node).ping() for node in self.nodes)
        except redis.ConnectionError:
            return False

    def change(self, password: str) -> None:
        for node in self.nodes:
            with self.client(node) as client:
                for name in ("masterauth", "requirepass"):
                    client.execute_command("CONFIG", "SET", name, password)
        self.password = password


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedCluster]:
    folder = tmp_path_factory.mktemp("g")
    certificates.make(folder)
    with running(folder, GuardedCluster, settings={"REDIS_CA": str(folder / "tls.crt")}) as made:
        assert isinstance(made, GuardedCluster)
        yield made


@pytest.fixture
def credential(tmp_path: Path, guarded: GuardedCluster) -> Path:
    return holds(tmp_path / "credential", f":{guarded.password}\n")


def holds(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def settings(guarded: GuardedCluster, credential: Path, **more: str) -> dict[str, str]:
    return {"REDIS": f"rediss://{guarded.nodes[0]},{guarded.nodes[1]}", "REDIS_CREDENTIAL": str(credential), **more}


@pytest.fixture
async def store(guarded: GuardedCluster, credential: Path) -> AsyncIterator[Redis]:
    async with opened(guarded.read(**settings(guarded, credential)), 5) as found:
        yield found


async def fault(guarded: GuardedCluster, credential: Path, **more: str) -> str:
    async with opened(guarded.read(**settings(guarded, credential, **more)), 5) as store:
        with pytest.raises(RedisAway) as caught:
            await store.command("SET", "k", "v")
    return str(caught.value)


async def test_with_both_every_node_is_reached(store: Redis) -> None:
    assert await asyncio.gather(*(store.command("SET", f"k{n}", n) for n in range(100))) == [b"OK"] * 100
    assert await store.away_nodes() == {}


async def test_a_user_may_be_named_too(guarded: GuardedCluster, credential: Path, store: Redis) -> None:
    for node in await store.masters():
        await store.on(node, "ACL", "SETUSER", "sluice", "on", ">hers", "~*", "+@all")
    holds(credential, "sluice:hers")
    async with opened(guarded.read(**settings(guarded, credential)), 5) as named:
        for node in await named.masters():
            assert await named.on(node, "ACL", "WHOAMI") == b"sluice"


async def test_a_password_is_replaced_while_commands_go_on(guarded: GuardedCluster, credential: Path, store: Redis) -> None:
    assert await store.command("SET", "k", "v") == b"OK"
    guarded.change(SECOND)
    holds(credential, SECOND)
    for node in await store.masters():
        with guarded.client(node) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    async with asyncio.timeout(20):
        while True:
            try:
                assert await asyncio.gather(*(store.command("GET", key) for key in ("k", "a", "b"))) == [b"v", None, None]
                break
            except RedisAway:  # of a connection that was just closed
                await asyncio.sleep(0.01)


async def test_a_wrong_password_is_said_by_its_file_and_never_itself(guarded: GuardedCluster, credential: Path) -> None:
    holds(credential, "nobody knows")
    said = await fault(guarded, credential)
    assert str(credential) in said and "WRONGPASS" in said
    assert "nobody knows" not in said
    holds(credential, FIRST, 0o644)
    assert f"{credential}: a file that only its owner can read is wanted" in await fault(guarded, credential)


async def test_without_one_nothing_is_written(guarded: GuardedCluster, credential: Path) -> None:
    assert "NOAUTH" in await fault(guarded, credential, REDIS_CREDENTIAL="")


async def test_a_certificate_nobody_vouches_for_is_refused(guarded: GuardedCluster, credential: Path, tmp_path: Path) -> None:
    certificates.make(tmp_path)
    assert "CERTIFICATE_VERIFY_FAILED" in await fault(guarded, credential, REDIS_CA=str(tmp_path / "tls.crt"))
    assert f"{tmp_path}/none: certificates of authorities are wanted" in await fault(
        guarded, credential, REDIS_CA=str(tmp_path / "none")
    )
