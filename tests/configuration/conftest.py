"""What do the configuration's tests stand on? A real stack with a folder of tenants that may be changed."""

import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from pyshim.configuration.configuration import RECORD, Configuration, decode
from tests.conftest import FORGIVING, Stack, copy_tenants, wait_until
from tests.sluice import here

HOT, DEEP = "你好", "我的包裹现在走到哪个城市了呀"
Typed = Callable[..., subprocess.CompletedProcess[str]]


def wide(_: str, about: dict[str, Any]) -> None:
    about["limits"] = {kind: {"rate_per_s": 100000, "burst": 100000} for kind in ("tenant", "user")}


@dataclass
class Office:
    """A running stack and its tenants' folder, as an operator sees them."""

    stack: Stack
    tenants: Path
    typed: Typed = here

    def sluice(self, *arguments: str | int | Path) -> subprocess.CompletedProcess[str]:
        return self.typed(self.stack, "config", *arguments)

    def done(self, *arguments: str | int | Path) -> str:
        """What a command said that must succeed."""
        ran = self.sluice(*arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def refused(self, *arguments: str | int | Path) -> str:
        """What a command said that must fail, in words and not in a traceback."""
        ran = self.sluice(*arguments)
        assert ran.returncode == 1, ran.stdout + ran.stderr
        assert "Traceback" not in ran.stdout + ran.stderr
        return ran.stdout

    def edit(self, name: str, change: Callable[[str], str], tenant: str = "shop") -> None:
        path = self.tenants / tenant / name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = change(before)
        assert after != before
        path.parent.mkdir(exist_ok=True)
        path.write_text(after, encoding="utf-8")

    def greet(self, word: str, tenant: str = "shop") -> None:
        """The tenant's greeting and what it says when it does not understand, both marked with the word."""
        self.edit("replies.yaml", lambda text: re.sub(r"(  greet:\n    title: \S+\n    answer: )", rf"\1{word} ", text), tenant)
        self.edit("replies.yaml", lambda text: re.sub(r"(\n  out_of_scope: )", rf"\1{word} ", text), tenant)

    def applied(self, *options: str | int) -> int:
        """Applies the folder; the version's number."""
        said = self.done("apply", *options)
        found = re.search(r"version (\d+) serves", said)
        assert found, said
        return int(found[1])

    def restore(self) -> None:
        """The folder as it is shipped, served by everybody."""
        shutil.rmtree(self.tenants)
        copy_tenants(self.tenants, wide)
        if self.record().candidate:
            self.done("rollback")
        self.done("apply", "--why", "a test is over")

    def record(self) -> Configuration:
        with redis.Redis(unix_socket_path=str(self.stack.settings.redis.socket)) as client:
            return decode(client.get(RECORD))  # type: ignore[arg-type]

    def ask(self, query: str, user: str, tenant: str = "shop") -> httpx.Response:
        answer = self.stack.customer(tenant, user).post(query)
        assert answer.status_code == 200, answer.text
        return answer

    def versions(self) -> set[int]:
        """What edges and shims say they serve by, asked so often that every worker was."""
        return {httpx.get(f"{self.stack.operations}/readyz", trust_env=False).json()["config_version"] for _ in range(30)}


@pytest.fixture(scope="module")
def office_of_all(tmp_path_factory: pytest.TempPathFactory, stacks: Callable[..., Stack]) -> Office:
    tenants = copy_tenants(tmp_path_factory.mktemp("configured") / "tenants", wide)
    stack = stacks(TENANTS=str(tenants), ADDRESS_RATE_PER_S="100000", ADDRESS_BURST="100000", SHIMS="2", **FORGIVING)
    return Office(stack, tenants)


@pytest.fixture
def office(office_of_all: Office) -> Office:
    """The shared one, as it was shipped."""
    wait_until(office_of_all.stack.ready)
    office_of_all.restore()
    return office_of_all
