"""Do several nginx on one Redis keep one limit? Real nginx with two workers each, and a Redis that may be taken away."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import yaml

from loadtest.place import edges
from loadtest.place.edges import HOT, Edge
from pyshim.identity import tokens
from tests.conftest import copy_tenants, wait_until
from tests.http.conftest import NEVER, WIDE, Limit
from tests.http.door import JSON
from tests.http.raw import request
from tests.takes_nothing import takes_nothing

pytestmark = pytest.mark.real

RATE = 150
TOGETHER = 8  # requests that one connection sends before it reads the answers
LIMITS = {
    "busy": {"tenant": Limit(rate_per_s=RATE, burst=30), "user": WIDE},
    "patient": {"tenant": WIDE, "user": Limit(rate_per_s=1, burst=1)},
    "poor": {"tenant": WIDE, "user": Limit(rate_per_s=NEVER, burst=6)},
    "crowded": {"tenant": WIDE, "user": WIDE, "concurrency": {"turns": 3}},
}


@dataclass
class Cluster:
    """Some nginx on one Redis."""

    folder: Path
    socket: Path
    redis: subprocess.Popen[bytes]
    edges: list[Edge] = field(default_factory=list)
    users: int = 0

    def add(self) -> Edge:
        settings = {"TENANTS": str(self.folder / "tenants"), "EDGE_WORKERS": "2", "REDIS_TIMEOUT_MS": "200"}
        edge = edges.start(self.folder, f"edge-{len(self.edges)}", self.socket, ADDRESSES_TRUSTED="127.0.0.1/32", **settings)
        self.edges.append(edge)
        return edge

    def token(self, tenant: str, user: str | None = None) -> str:
        self.users += 1
        key = tokens.keys(self.folder / "keys", tenant)[0]
        return tokens.mint(key, tenant, user or f"user-{self.users}", "sluice", 3600)

    def ask(self, edge: Edge, token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(f"{edge.url}/v1/chat", json={"query": HOT}, headers=headers, timeout=20, trust_env=False)

    def hammer(self, tenant: str, seconds: float) -> tuple[int, float]:
        """Everybody asks as fast as they can, several questions at once, so that it is the limit that says how many are admitted
        and not the time that asking takes; how many were, and in which time."""
        body = json.dumps({"query": HOT}).encode()
        callers = [(edge, [JSON, f"Authorization: Bearer {self.token(tenant)}"]) for edge in self.edges * 3]
        began = time.monotonic()

        async def one(edge: Edge, headers: list[str]) -> int:
            said, admitted = request("POST", "/v1/chat", headers, body) * TOGETHER, 0
            reader, writer = await asyncio.open_connection("127.0.0.1", edge.settings.port)
            while time.monotonic() - began < seconds:
                writer.write(said)
                seen = b""
                while seen.count(b"HTTP/1.1 ") < TOGETHER:
                    piece = await asyncio.wait_for(reader.read(65536), 20)
                    assert piece, f"closed after {seen!r}"
                    seen += piece
                admitted += seen.count(b"HTTP/1.1 200 ")
            writer.close()
            return admitted

        async def all_of_them() -> int:
            return sum(await asyncio.gather(*(one(edge, headers) for edge, headers in callers)))

        return asyncio.run(all_of_them()), time.monotonic() - began

    def count(self, name: str) -> list[float]:
        return [edge.metrics()[name] for edge in self.edges]

    @contextmanager
    def without_redis(self) -> Iterator[None]:
        """Redis hangs, as a machine does that is lost to the network."""
        os.kill(self.redis.pid, signal.SIGSTOP)
        try:
            wait_until(lambda: self.count("sluice_edges_lost") == [1] * len(self.edges))
            yield
        finally:
            os.kill(self.redis.pid, signal.SIGCONT)
            wait_until(lambda: self.count("sluice_edges_lost") == [0] * len(self.edges))

    @contextmanager
    def with_full_redis(self) -> Iterator[None]:
        """Redis answers, and takes nothing."""
        with takes_nothing(self.socket, "OOM"):
            wait_until(lambda: self.count("sluice_edges_lost") == [1] * len(self.edges))
            yield
        wait_until(lambda: self.count("sluice_edges_lost") == [0] * len(self.edges))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("c")
    tenants = copy_tenants(folder / "tenants", lambda *_: None)
    for name, limits in LIMITS.items():
        shutil.copytree(tenants / "shop", tenants / name)
        path = tenants / name / "tenant.yaml"
        about = yaml.safe_load(path.read_text(encoding="utf-8")) | {"limits": limits}
        path.write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")
    made = Cluster(folder, *edges.redis(folder / "redis"))
    try:
        for _ in range(3):
            made.add()
        wait_until(lambda: made.count("sluice_edges") == [3, 3, 3])
        yield made
    finally:
        for edge in made.edges:
            edge.stop()
        os.kill(made.redis.pid, signal.SIGCONT)
        made.redis.kill()
        made.redis.wait()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.quiet
def test_a_hammered_tenant_gets_its_limit_from_all_edges_together(cluster: Cluster) -> None:
    cluster.hammer("busy", 0.5)
    admitted, seconds = cluster.hammer("busy", 2)
    bound = cluster.edges[0].metrics()['sluice_limit_excess_max{bucket="tenant",tenant="busy"}']
    assert bound == 3 * (4 + 1)
    assert RATE * seconds * 0.8 <= admitted <= 30 + RATE * seconds + bound


def test_a_users_tokens_are_the_same_wherever_they_ask(cluster: Cluster) -> None:
    token = cluster.token("poor")
    answers = [cluster.ask(cluster.edges[number % 3], token).status_code for number in range(30)]
    assert 6 <= answers.count(200) <= 6 + 3  # each edge may be owed one
    assert answers[-10:] == [429] * 10


def test_who_obeys_retry_after_never_gets_a_second_429_on_any_edge(cluster: Cluster) -> None:
    token, refused = cluster.token("patient"), 0
    for number in range(7):
        answer = cluster.ask(cluster.edges[number % 3], token)
        if answer.status_code == 429:
            refused += 1
            assert answer.headers["RateLimit-Remaining"] == "0"
            time.sleep(int(answer.headers["Retry-After"]))  # this is what is promised
            assert cluster.ask(cluster.edges[(number + 1) % 3], token).status_code == 200
    assert refused >= 1


def test_without_redis_the_limit_holds_and_everything_goes_on_when_it_is_back(cluster: Cluster) -> None:
    pids = [edge.process.pid for edge in cluster.edges]
    cluster.hammer("busy", 0.5)
    with cluster.without_redis():
        admitted, seconds = cluster.hammer("busy", 2)
        assert 1 <= admitted <= 30 + RATE * seconds * 1.1
    admitted, seconds = cluster.hammer("busy", 2)
    assert RATE * seconds * 0.6 <= admitted <= 30 + RATE * seconds * 1.1
    assert [edge.process.poll() for edge in cluster.edges] == [None] * 3
    assert [edge.process.pid for edge in cluster.edges] == pids


def test_a_full_redis_is_no_way_round_the_limit(cluster: Cluster) -> None:
    cluster.hammer("busy", 0.5)
    with cluster.with_full_redis():
        admitted, seconds = cluster.hammer("busy", 2)
        assert 1 <= admitted <= 30 + RATE * seconds * 1.1
    wait_until(lambda: cluster.count("sluice_late_turns") == [0] * len(cluster.edges))


def test_turns_at_once_are_limited_and_their_slots_come_back(cluster: Cluster) -> None:
    edge, token = cluster.edges[0], cluster.token("crowded")
    with cluster.without_redis(), ThreadPoolExecutor(8) as pool:  # a turn waits for its commit 200 ms long
        answers = list(pool.map(lambda _: cluster.ask(edge, token), range(8)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 429}
    assert statuses.count(429) >= 4  # this edge has one of three slots
    refused = answers[statuses.index(429)]
    assert "at once" in refused.json()["error"]["message"]
    assert refused.headers["Retry-After"] == "1"
    assert [cluster.ask(edge, token).status_code for _ in range(5)] == [200] * 5


def test_the_slots_of_a_worker_that_died_are_free_again(cluster: Cluster) -> None:
    edge, token = cluster.edges[1], cluster.token("crowded")
    children = f"/proc/{edge.process.pid}/task/{edge.process.pid}/children"

    def workers() -> list[str]:
        with open(children) as file:
            return file.read().split()

    def until_cut_off() -> None:
        with suppress(httpx.HTTPError):
            while True:
                cluster.ask(edge, token)

    before = workers()
    with cluster.without_redis(), ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(until_cut_off)
        wait_until(lambda: cluster.ask(edge, token).status_code == 429)
        for worker in before:
            os.kill(int(worker), signal.SIGKILL)
        hanging.result(20)
    wait_until(lambda: len(workers()) == 2 and not set(workers()) & set(before))
    assert cluster.ask(edge, token).status_code == 200


def test_a_new_edge_is_found_and_one_that_dies_is_forgotten(cluster: Cluster) -> None:
    new = cluster.add()
    wait_until(lambda: cluster.count("sluice_edges") == [4] * 4)
    os.killpg(new.process.pid, signal.SIGKILL)
    new.process.wait()
    cluster.edges.remove(new)
    wait_until(lambda: cluster.count("sluice_edges") == [3] * 3)
