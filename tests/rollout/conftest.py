"""What do the rollout's tests stand on? A real stack with a model repository of its own, in which versions may go wrong."""

import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
import pytest
import redis

from pyshim.rollout.rollout import RECORD, Rollout, decode
from pyshim.settings import ROOT
from tests.conftest import Stack, wait_until
from tests.sluice import here

SHIPPED = ROOT / "triton_models/repository/student"
PAUSE_S = 0.1  # between two customers: loading a version yields to them, and should come to its end
HOT, DEEP = "一般下单后多久发货", "我的包裹现在走到哪个城市了呀"
Typed = Callable[..., subprocess.CompletedProcess[str]]


def repository(folder: Path) -> Path:
    """The shipped student in a repository that may be changed."""
    shutil.copytree(SHIPPED, folder / "student")
    return folder


@dataclass
class Operator:
    """A running stack and its models, as an operator sees them."""

    stack: Stack
    models: Path
    typed: Typed = here

    def version(self, number: int, change: Callable[[Path], object] | None = None) -> int:
        """A copy of version 1 under another number, changed."""
        folder = self.models / "student" / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.models / "student/1", folder)
        if change:
            change(folder)
        return number

    def sluice(self, *arguments: str | int) -> subprocess.CompletedProcess[str]:
        return self.typed(self.stack, "models", *arguments)

    def done(self, *arguments: str | int) -> str:
        """What a command said that must succeed."""
        ran = self.sluice(*arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def refused(self, *arguments: str | int) -> str:
        """What a command said that must fail, with a sentence."""
        ran = self.sluice(*arguments)
        assert ran.returncode == 1, ran.stdout + ran.stderr
        assert "Traceback" not in ran.stdout + ran.stderr
        return ran.stdout

    def record(self) -> Rollout:
        with redis.Redis(unix_socket_path=str(self.stack.settings.redis.socket)) as client:
            return decode(client.get(RECORD))

    def events(self) -> list[str]:
        return [event.what for event in self.record().events]

    def alone(self) -> None:
        """Only version 1 serves, as at the beginning."""
        if self.record().candidate:
            self.done("rollback")
        if self.record().stable != 1:
            self.done("rollback")
        wait_until(lambda: self.ready_model() == {"stable": 1, "candidate": 0, "percent": 0})

    def ready_model(self) -> dict[str, float]:
        answer = httpx.get(f"{self.stack.operations}/readyz", timeout=10)
        return dict(msgspec.json.decode(answer.content)["model"])


@dataclass
class Steady:
    """Customers who go on asking; every answer is noted."""

    stack: Stack
    query: str
    statuses: Counter[int] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    intents: Counter[str] = field(default_factory=Counter)

    def ask(self, stopped: threading.Event) -> None:
        while not stopped.wait(PAUSE_S):
            customer = self.stack.customer()
            for query in (HOT, self.query):
                answer = customer.post(query)
                self.statuses[answer.status_code] += 1
                self.versions[answer.headers.get("X-Model-Version", "none")] += 1
                if query == self.query and answer.status_code == 200:
                    self.intents[answer.json()["intent"]] += 1
            customer.http.close()


@contextmanager
def asking(stack: Stack, query: str = DEEP, customers: int = 3) -> Iterator[Steady]:
    """Meanwhile, and before and after it, customers ask a hot question and this one. All must be answered with 200."""
    steady, stopped = Steady(stack, query), threading.Event()
    threads = [threading.Thread(target=steady.ask, args=(stopped,)) for _ in range(customers)]
    for thread in threads:
        thread.start()
    try:
        wait_until(steady.statuses.total)
        yield steady
        before = steady.statuses.total()
        wait_until(lambda: steady.statuses.total() > before)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    assert set(steady.statuses) == {200}, steady.statuses


# A deadline that no load of a test machine makes a candidate miss: a turn it misses is answered by the other version. Nothing is
# remembered of what was understood: what is asked of the student is asked of it each time.
QUICK = {"DEADLINE_MS": "5000", "ROLLOUT_STEP_S": "1", "ROLLOUT_STEP_MAX_S": "1", "ROLLOUT_DRAIN_S": "1", "UNDERSTOOD_MB": "0"}


@pytest.fixture(scope="module")
def steps() -> dict[str, str]:
    """Settings of a file's own: how long its steps are held."""
    return {}


@pytest.fixture(scope="module")
def operator(
    stacks: Callable[..., Stack], wide: dict[str, str], tmp_path_factory: pytest.TempPathFactory, steps: dict[str, str]
) -> Operator:
    """A stack whose steps are short; tests leave version 1 serving alone."""
    models = repository(tmp_path_factory.mktemp("models"))
    return Operator(stacks(**wide, MODELS=str(models), **QUICK | steps), models)
