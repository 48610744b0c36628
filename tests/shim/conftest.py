"""What do unit tests of the shim stand on? The shipped tenants, and a back end that answers what it is told to."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from pyshim.dialogue import secrecy
from pyshim.errors import RedisAway
from pyshim.layers.l5_dialogue import Dialogue
from pyshim.layers.l7_fallback import Fallback
from pyshim.outside.backend import Call, Done, Fields, Outcome, Refused
from pyshim.outside.base import Base
from pyshim.outside.clients import Outside
from pyshim.outside.redis import Script
from pyshim.settings import ROOT, read_settings
from pyshim.tenants import source
from pyshim.tenants.compile import Served, Snapshot, composer
from pyshim.tenants.reader import load
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import Reply, State, Turn
from pyshim.understanding.model import Calibration, Model
from pyshim.understanding.version import Version
from tests.shim.story import story as story  # noqa: PLC0414 - a fixture

TENANTS = ROOT / "gateway" / "tenants"


@pytest.fixture(scope="session")
def shop() -> Tenant:
    return load(source.of_folder(TENANTS / "shop"), read_settings({}))


@pytest.fixture(scope="session")
def bank() -> Tenant:
    return load(source.of_folder(TENANTS / "bank"), read_settings({}))


@pytest.fixture(scope="session")
def telecom() -> Tenant:
    return load(source.of_folder(TENANTS / "telecom"), read_settings({}))


def snapshot_of(*tenants: Tenant, labels: list[str] | None = None) -> Snapshot:
    """As much of a snapshot as layers look at."""
    known = labels or sorted({intent for one in tenants for intent in one.intents} | {"out_of_scope"})
    model = Model(1, Path(), known, Calibration(1.0, [], {}, 0.8))
    return Snapshot(1, "test", read_settings({}), {one.id: Served(one, composer(one), []) for one in tenants}, model)


def version_of(compiled: Snapshot, version: int = 1) -> Version:
    """That snapshot's model as a shim serves it."""
    return Version(replace(compiled.model, version=version))


# A told outcome: (None, fields) is Done, (code, fields) Refused; or the outcome itself.
Told = tuple[str | None, Fields] | Outcome
AWAY = Refused("", {}, "told to be away")


@dataclass
class ToldBackend:
    """The same two methods as outside.backend.Backend; tests/test_backend_twins.py holds it to the real one."""

    answers: list[Told] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    async def call(
        self, base: str | Base, call: Call, slots: dict[str, str], user_id: str, key: str, timeout_s: float
    ) -> Outcome:
        self.calls.append((f"{call.method} {call.path}", slots, key))
        answer = self.answers.pop(0) if self.answers else AWAY
        if not isinstance(answer, tuple):
            return answer
        code, fields = answer
        return Done(fields) if code is None else Refused(code, fields)

    async def close(self) -> None:
        pass


@dataclass
class ToldRedis:
    """Takes all that is written down; what it really does with it is in tests/redis/test_journal.py."""

    away: bool = False
    commands: list[tuple[bytes | str | int, ...]] = field(default_factory=list)

    async def command(self, *arguments: bytes | str | int) -> Any:
        if self.away:
            raise RedisAway("told to be away")
        self.commands.append(arguments)

    async def run(self, script: Script, *arguments: bytes | str | int) -> Any:
        await self.command(script.name, *arguments)
        return b"written"

    async def run_covered(self, script: Script, *arguments: bytes | str | int) -> tuple[Any, bool]:
        return await self.run(script, *arguments), True

    async def command_covered(self, *arguments: bytes | str | int) -> tuple[Any, bool]:
        return await self.command(*arguments), True


@dataclass
class Talk:
    """One conversation with l5 and l7, with meanings given instead of understood."""

    tenant: Tenant
    backend: ToldBackend = field(default_factory=ToldBackend)
    redis: ToldRedis = field(default_factory=ToldRedis)
    state: State = field(default_factory=State)
    turns: int = 0

    @property
    def values(self) -> dict[str, str]:
        """What the task that waits was told."""
        return self.state.flow.slots if self.state.flow else {}

    def turn(self, query: str, intent: str | None = None, confidence: float = 0.95, **more: Any) -> Turn:
        self.turns += 1
        made = Turn(
            f"turn-{self.turns}", self.tenant, composer(self.tenant), "u", query, time.monotonic() + 5, state=self.state, **more
        )
        secrecy.reveal(made)
        made.intent, made.confidence = intent, confidence if intent else 0.0
        return made

    async def say(self, query: str, intent: str | None = None, confidence: float = 0.95, **more: Any) -> Reply | None:
        """What l5_dialogue answers."""
        turn = self.turn(query, intent, confidence, **more)
        reply = await Dialogue(self.outside).answer(turn)
        self.state = turn.state
        return reply

    async def fall_back(self, query: str, intent: str | None, confidence: float, likeliest: list[str], **more: Any) -> Reply:
        """What l7_fallback answers."""
        turn = self.turn(query, intent, confidence, likeliest=likeliest, **more)
        reply = await Fallback(self.outside).answer(turn)
        self.state = turn.state
        assert reply is not None
        return reply

    @property
    def outside(self) -> Outside:
        return cast(Outside, _Outside(self.backend, self.redis))


@dataclass
class _Outside:
    backend: ToldBackend
    redis: ToldRedis


@pytest.fixture
def talk(shop: Tenant) -> Talk:
    return Talk(shop)
