"""Are the two funnels what they say they are: lists in order, one name everywhere, one interface?"""

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import pytest

from pyshim import funnel
from pyshim.errors import Refusal
from pyshim.funnel import LAYERS
from pyshim.layers import Layer
from pyshim.settings import ROOT, read_settings
from pyshim.tenants import source
from pyshim.tenants.compile import composer
from pyshim.tenants.reader import load
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import Reply, Turn
from tests.shim.conftest import TENANTS

LUA_LAYERS = re.findall(r"local (l\d_\w+) = require \"edge\.(l\d_\w+)\"", (ROOT / "lua/edge/funnel.lua").read_text())


def test_the_order_of_both_lists_is_the_order_of_the_file_names() -> None:
    lua = [name for name, _ in LUA_LAYERS]
    python = [layer.name for layer in LAYERS]
    assert lua == [module for _, module in LUA_LAYERS] == sorted(p.stem for p in (ROOT / "lua/edge").glob("l[0-9]_*.lua"))
    assert python == sorted(p.stem for p in (ROOT / "pyshim/layers").glob("l[0-9]_*.py"))
    assert lua + python == sorted(lua + python)
    assert "LAYERS = { " + ", ".join(lua) + " }" in (ROOT / "lua/edge/funnel.lua").read_text()


def test_every_layer_has_its_file_name_and_says_what_happens_when_it_breaks() -> None:
    for layer in LAYERS:
        assert layer.name == Path(layer.__module__.replace(".", "/")).name
        assert layer.on_error in ("pass", "refuse")
    for name, _ in LUA_LAYERS:
        text = (ROOT / f"lua/edge/{name}.lua").read_text()
        assert re.search(rf'local _M = {{ name = "{name}", on_error = "(pass|refuse)" }}', text)


class Told(Layer):
    """A layer that does what the test says, and notes when it settles."""

    def __init__(self, name: str, does: Any, on_error: Any = "pass", settled: list[str] | None = None) -> None:
        self.name, self.on_error, self._does = name, on_error, does
        self._settled = settled if settled is not None else []

    async def answer(self, turn: Turn) -> Reply | None:
        if isinstance(self._does, BaseException):
            raise self._does
        if self._does == "hang":
            await asyncio.Event().wait()
        return self._does

    async def settle(self, turn: Turn, reply: Reply) -> None:
        self._settled.append(self.name)


@pytest.fixture
def turn(shop: Tenant) -> Turn:
    return Turn("t", shop, composer(shop), "u", "在吗", time.monotonic() + 5)


@pytest.fixture(scope="module")
def shop() -> Tenant:
    return load(source.of_folder(TENANTS / "shop"), read_settings({}))


async def test_the_first_reply_ends_the_turn_and_says_who_gave_it(turn: Turn) -> None:
    reply = await funnel.run(turn, [Told("a", None), Told("b", Reply("b says")), Told("c", Reply("c says"))])
    assert (reply.answer, turn.answered_by, turn.reached) == ("b says", "b", 2)
    assert list(turn.spent_ms) == ["a", "b"]


async def test_a_broken_layer_that_passes_is_skipped(turn: Turn) -> None:
    reply = await funnel.run(turn, [Told("a", ValueError("x")), Told("b", Reply("b says"))])
    assert reply.answer == "b says"


async def test_a_broken_layer_that_refuses_ends_the_turn_with_503(turn: Turn) -> None:
    with pytest.raises(Refusal) as refusal:
        await funnel.run(turn, [Told("a", ValueError("x"), "refuse"), Told("b", Reply("b says"))])
    assert (refusal.value.status, refusal.value.headers) == (503, {"Retry-After": "1"})


async def test_a_refusal_is_an_answer_not_breakage(turn: Turn) -> None:
    with pytest.raises(Refusal) as refusal:
        await funnel.run(turn, [Told("a", Refusal(409, "stale_seq", "no")), Told("b", Reply("b says"))])
    assert refusal.value.status == 409


async def test_a_layer_cannot_outlast_the_deadline(turn: Turn) -> None:
    turn.deadline = time.monotonic() + 0.05
    reply = await funnel.run(turn, [Told("a", "hang"), Told("b", Reply("b says"))])
    assert reply.answer == "b says"


async def test_layers_settle_deepest_first_and_one_that_fails_harms_nobody(turn: Turn) -> None:
    settled: list[str] = []

    class Fails(Told):
        async def settle(self, turn: Turn, reply: Reply) -> None:
            raise ValueError("x")

    layers = [Told("a", None, settled=settled), Fails("b", None), Told("c", Reply("!"), settled=settled), Told("d", None)]
    reply = await funnel.run(turn, layers)
    await funnel.settle(turn, layers, reply)
    assert settled == ["c", "a"]
