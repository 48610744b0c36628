"""What do the tests stand on? Real parts on free ports in a temporary folder, started once for all tests that want them."""

import asyncio
import gc
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
import yaml
from httpx._transports import default as transports

from loadtest.place.stack import free_ports
from pyshim.identity import tokens
from pyshim.identity.revocations import Revocations, revocations
from pyshim.settings import PREFIX, ROOT, Settings, read_settings
from tests import sides
from tests.sides import REAL

# httpx reads all certificates of the machine for each client, TLS or not: 30 ms of processor time, thousands of times.
transports.create_ssl_context = cache(transports.create_ssl_context)  # type: ignore[attr-defined]

PORTS = ("PORT", "OPERATIONS_PORT", "TRITON_PORT", "TRITON_METRICS_PORT", "BACKEND_PORT")

# Tests say much that is wrong, all from one address; records have tests of their own (tests/http/test_records.py).
FORGIVING = {"SCORE_SLOWED": "1e9", "SCORE_REFUSED": "1e9"}
# On stacks where nobody breaks anything, everything answers in the end: how soon, beside three other workers, is no story.
PATIENT = {"DEADLINE_MS": "5000", "REDIS_TIMEOUT_MS": "2000"}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected lives as long as the process: searching it for garbage again and again takes a third of the time, and
    much of that of the tests behind it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whatever stands on a real part is marked so; where several workers run, tests are grouped (tests/sides.py)."""
    side_by_side = hasattr(config, "workerinput")
    for item in items:
        if REAL & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.real)
        if side_by_side:
            sides.tell(item)
    if side_by_side:
        items.sort(key=lambda item: sides.place(item.nodeid))


def wait_until(what: Callable[[], Any], timeout_s: float = 20, every_s: float = 0.02) -> Any:
    """The first true value of what(); fails the test when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(every_s)
    raise AssertionError(f"not true within {timeout_s} s: {getattr(what, '__doc__', None) or what}")


@dataclass
class Stack:
    """A running sluice: its settings, and what tests do to it."""

    var: Path
    environment: dict[str, str]
    launcher: subprocess.Popen[str] | None = None
    users: int = 0
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.settings = read_settings(self.environment)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    @property
    def operations(self) -> str:
        return f"http://127.0.0.1:{self.settings.operations_port}"

    def start(self) -> None:
        """Starts the launcher and waits for its welcome. Fails the test with what it said otherwise."""
        self.launcher = subprocess.Popen(
            [sys.executable, "-m", "gateway.launcher"],
            cwd=ROOT,
            env={**bare_environment(), **self.environment},
            stdout=(self.var / "launcher.out").open("w"),
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_until(lambda: "is ready" in self.said() or self.launcher.poll() is not None, 120, every_s=0.05)
        assert self.launcher.poll() is None, self.said()

    def said(self) -> str:
        return (self.var / "launcher.out").read_text()

    def stop(self) -> int:
        assert self.launcher is not None
        self.launcher.send_signal(signal.SIGTERM)
        return self.launcher.wait(60)

    def pid(self, part: str) -> int:
        return int((self.settings.run / f"{part}.pid").read_text())

    def kill(self, part: str) -> None:
        os.kill(self.pid(part), signal.SIGKILL)

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.operations}/readyz", timeout=10).status_code == 200
        except httpx.HTTPError:  # nginx itself is being replaced
            return False

    def token(self, tenant: str = "shop", user: str | None = None, seconds: int = 3600, **claims: Any) -> str:
        """A good token; a new user where none is named."""
        self.users += 1
        key = tokens.signing_key(self.settings.keys, tenant)
        return tokens.mint(key, tenant, user or f"user-{self.users}", self.settings.token_audience, seconds, **claims)

    def customer(self, tenant: str = "shop", user: str | None = None) -> "Customer":
        return Customer(self.url, self.token(tenant, user))


class Customer:
    """Somebody who chats. Every ask must be answered with 200."""

    def __init__(self, url: str, token: str) -> None:
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=10, trust_env=False)

    def post(self, query: str, **more: Any) -> httpx.Response:
        return self.http.post("/v1/chat", json={"query": query, **more})

    def ask(self, query: str, **more: Any) -> dict[str, Any]:
        answer = self.post(query, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def history(self, limit: int = 100) -> list[dict[str, Any]]:
        answer = self.http.get("/v1/history", params={"limit": limit})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["turns"])


def bare_environment() -> dict[str, str]:
    """The environment without settings of a sluice somebody runs beside the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def with_log(settings: Settings, work: Callable[[Revocations], Coroutine[Any, Any, Any]]) -> Any:
    """What work() makes of the log of revocations."""

    async def whole() -> Any:
        async with revocations(settings) as log:
            return await work(log)

    return asyncio.run(whole())


def make_stack(folder: Path, **settings: str) -> Stack:
    """A stack of its own, not started yet. settings: as in defaults.env, without the prefix."""
    chosen = (
        dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True)) | {"VAR": str(folder), "TENANTS_LISTED": "1"} | settings
    )
    return Stack(folder, {PREFIX + name: value for name, value in chosen.items()})


def starting(folders: pytest.TempPathFactory) -> Iterator[Callable[..., Stack]]:
    """Starts stacks; all are stopped, at the same time, and their folders removed, at the end."""
    started: list[Stack] = []

    def start(**settings: str) -> Stack:
        stack = make_stack(folders.mktemp("v"), **settings)
        started.append(stack)
        stack.start()
        return stack

    yield start
    running = [stack for stack in started if stack.launcher is not None and stack.launcher.poll() is None]
    with ThreadPoolExecutor(max(1, len(running))) as pool:
        list(pool.map(Stack.stop, running))
    for stack in started:
        shutil.rmtree(stack.var, ignore_errors=True)


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Stack]]:
    """Starts stacks for tests of one file: who is not asked any longer takes no time from others."""
    yield from starting(tmp_path_factory)


@pytest.fixture(scope="session")
def lasting_stacks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Stack]]:
    """Starts stacks on which tests of several files stand."""
    yield from starting(tmp_path_factory)


def copy_tenants(folder: Path, change: Callable[[str, dict[str, Any]], None], of: Path = ROOT / "gateway" / "tenants") -> Path:
    """The shipped tenants in a folder of their own; change(id, tenant.yaml as a dict) alters each."""
    shutil.copytree(of, folder)
    for path in folder.glob("*/tenant.yaml"):
        about = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(path.parent.name, about)
        path.write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")
    return folder


def _wide(_: str, about: dict[str, Any]) -> None:
    about["limits"]["user"] = {"rate_per_s": 10000, "burst": 10000}


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings of a stack whose limits no test meets by accident; limits have tests of their own."""
    tenants = copy_tenants(tmp_path_factory.mktemp("tenants") / "all", _wide)
    return {"TENANTS": str(tenants), "ADDRESS_RATE_PER_S": "100000", "ADDRESS_BURST": "100000", **FORGIVING}


@pytest.fixture(scope="session")
def stack(lasting_stacks: Callable[..., Stack], wide: dict[str, str]) -> Stack:
    """The whole real stack, shared: its tests use users of their own and break nothing."""
    return lasting_stacks(**wide, **PATIENT)


@dataclass
class RedisServer:
    """A real Redis of the tests' own."""

    socket: Path
    process: subprocess.Popen[bytes]


SHARED: list[RedisServer] = []


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    folder = tmp_path_factory.mktemp("r")
    path = folder / "s"
    flags = ["--port", "0", "--unixsocket", str(path), "--dir", str(folder), "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(["redis-server", *flags], stdout=subprocess.DEVNULL)
    wait_until(path.exists)
    SHARED.append(RedisServer(path, process))
    yield SHARED[-1]
    SHARED.clear()
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left_in_the_shared_redis() -> Iterator[None]:
    """Which file comes next, and finds an empty one, is chance."""
    yield
    for server in SHARED:
        with redis.Redis(unix_socket_path=str(server.socket)) as client:
            client.flushall()
