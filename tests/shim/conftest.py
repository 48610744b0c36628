"""What do unit tests of the shim stand on? The shipped tenants, and a back end that answers what it is told to."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from pyshim.errors import BackendAway
from pyshim.layers.l5_dialogue import Dialogue
from pyshim.layers.l7_fallback import Fallback
from pyshim.outside.backend import Call, Fields
from pyshim.outside.clients import Outside
from pyshim.settings import ROOT, read_settings
from pyshim.tenants import source
from pyshim.tenants.compile import Served, Snapshot, composer
from pyshim.tenants.reader import load
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import Reply, State, Turn
from pyshim.understanding.model import Calibration, Model
from pyshim.understanding.version import Version

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


@dataclass
class ToldBackend:
    """The same two methods as outside.backend.Backend; tests/test_backend_twins.py holds it to the real one."""

    answers: list[tuple[str | None, Fields]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str], str]] = field(default_factory=list)

    async def call(
        self, base: str, call: Call, slots: dict[str, str], user_id: str, key: str, timeout_s: float
    ) -> tuple[str | None, Fields]:
        self.calls.append((f"{call.method} {call.path}", slots, key))
        if not self.answers:
            raise BackendAway("told to be away")
        return self.answers.pop(0)

    async def close(self) -> None:
        pass


@dataclass
class Talk:
    """One conversation with l5 and l7, with meanings given instead of understood."""

    tenant: Tenant
    backend: ToldBackend = field(default_factory=ToldBackend)
    state: State = field(default_factory=State)
    turns: int = 0

    def turn(self, query: str, intent: str | None = None, confidence: float = 0.95, **more: Any) -> Turn:
        self.turns += 1
        made = Turn(
            f"turn-{self.turns}", self.tenant, composer(self.tenant), "u", query, time.monotonic() + 5, state=self.state, **more
        )
        made.intent, made.confidence = intent, confidence if intent else 0.0
        return made

    async def say(self, query: str, intent: str | None = None, confidence: float = 0.95, **more: Any) -> Reply | None:
        """What l5_dialogue answers."""
        turn = self.turn(query, intent, confidence, **more)
        reply = await Dialogue(self.outside).answer(turn)
        self.state = turn.state
        return reply

    async def fall_back(self, query: str, intent: str | None, confidence: float, likeliest: list[str]) -> Reply:
        """What l7_fallback answers."""
        turn = self.turn(query, intent, confidence, likeliest=likeliest)
        reply = await Fallback(self.outside).answer(turn)
        self.state = turn.state
        assert reply is not None
        return reply

    @property
    def outside(self) -> Outside:
        return cast(Outside, _Outside(self.backend))


@dataclass
class _Outside:
    backend: ToldBackend


@pytest.fixture
def talk(shop: Tenant) -> Talk:
    return Talk(shop)
