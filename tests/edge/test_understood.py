"""Does the edge find what was understood of a text under no other version, configuration or tenant?"""

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

LABELS = ["greet", "refund", "thanks"]
ZONE = b"""function(zone)
    zone.set = function(self, key, value) self.values[key] = value end
    ngx.shared.understood = zone
end"""
OTHERS: list[dict[str, Any]] = [{"tenant": "bank"}, {"version": 2}, {"attempt": 1}, {"config": 8}, {"query": "能退么"}]


def stripped(text: str) -> str:
    """As the edge folds it."""
    return (
        text.translate({ord(one): one.lower() for one in text if one.isascii()})
        .strip(" \t\n\v\f\r")
        .rstrip(" \t\n\v\f\r.!~。！～")
    )


class Memory:
    """lua/edge/understood.lua as one worker has it; nginx's digest and zone are stood in for."""

    def __init__(self, lua: Any, dictionary: Any) -> None:
        self._lua = lua
        lua.globals()[b"md5"] = lambda text: hashlib.md5(text).digest()
        lua.execute(b"ngx = { md5_bin = md5, shared = {} } package.loaded['edge.metrics'] = { add = function() end }")
        lua.eval(
            b"function(zone) zone.set = function(self, key, value) self.values[key] = value end ngx.shared.understood = zone end"
        )(dictionary)
        lua.execute(b"package.loaded['edge.understood'] = nil")
        self._module = lua.eval(b"require 'edge.understood'")

    def turn(self, query: str, tenant: str = "shop", version: int = 1, attempt: int = 0, config: int = 7, on: bool = True) -> Any:
        table, labels = self._lua.table_from, self._lua.table_from([label.encode() for label in LABELS])
        return table(
            {
                b"query": query.encode(),
                b"tenant_id": tenant.encode(),
                b"version": table({b"name": str(version).encode(), b"attempt": attempt, b"labels": labels}),
                b"config": table({b"name": str(config).encode(), b"settings": table({b"remembers": on})}),
            }
        )

    def key(self, turn: Any) -> bytes | None:
        key: bytes | None = self._module[b"key"](turn)
        return key

    def keep(self, turn: Any, said: str | None) -> None:
        turn[b"memory"] = self.key(turn)
        self._module[b"keep"](turn, None if said is None else said.encode())

    def recall(self, turn: Any) -> tuple[str, float, bool] | None:
        found = self._module[b"recall"](turn[b"version"], self.key(turn))
        return None if found is None else (found[0].decode(), round(found[1], 4), found[2])


@pytest.fixture
def memory(lua: Any, dictionary: Any) -> Memory:
    return Memory(lua, dictionary)


@pytest.mark.parametrize("confidence", [0.0, 0.5, 0.9731, 0.9999])
@pytest.mark.parametrize("label", range(len(LABELS)))
@pytest.mark.parametrize("whole", [True, False])
def test_what_was_kept_is_found(memory: Memory, label: int, confidence: float, whole: bool) -> None:
    memory.keep(memory.turn("能退吗"), f"{label};{confidence:.4f};{whole:d};0;7")
    assert memory.recall(memory.turn("能退吗")) == (LABELS[label], confidence, whole)


def test_certainty_is_no_other_label(memory: Memory) -> None:
    memory.keep(memory.turn("能退吗"), "1;1.0000;1;0;7")
    assert memory.recall(memory.turn("能退吗")) == ("refund", 0.9999, True)


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: next(iter(other)))
def test_another_is_not_found(memory: Memory, other: dict[str, Any]) -> None:
    memory.keep(memory.turn("能退吗"), "1;0.9000;1;0;7")
    assert memory.recall(memory.turn(**{"query": "能退吗", **other})) is None


@pytest.mark.parametrize(
    "said",
    [None, "", "nonsense", "1;0.9;1", "1;0.9;2;0;7", "-1;0.9;1;0;7", "1;0.9000;1;1;7", "1;0.9000;1;0;8", "1;nan;1;0;7"],
)
def test_what_says_nothing_of_this_turn_is_not_kept(memory: Memory, said: str | None) -> None:
    memory.keep(memory.turn("能退吗"), said)
    assert memory.recall(memory.turn("能退吗")) is None


@pytest.mark.parametrize("query", ["能退吗。", " 能退吗", "能退吗！！~ ", "能退吗。 ！"])
def test_marks_at_the_end_change_nothing(memory: Memory, query: str) -> None:
    assert memory.key(memory.turn(query)) == memory.key(memory.turn("能退吗"))


@pytest.mark.parametrize("query", ["", "。！", "订单20231105", "能" * 81])
def test_some_texts_have_no_key(memory: Memory, query: str) -> None:
    assert memory.key(memory.turn(query)) is None


def test_nothing_is_remembered_where_the_setting_says_so(memory: Memory) -> None:
    assert memory.key(memory.turn("能退吗", on=False)) is None


@settings(deadline=None)
@given(one=st.text(st.characters(codec="utf-8"), max_size=60), other=st.text(st.characters(codec="utf-8"), max_size=60))
def test_texts_that_differ_by_more_have_different_keys(lua: Any, one: str, other: str) -> None:
    memory = Memory(lua, lua.eval(b"{ values = {} }"))
    keys = [memory.key(memory.turn(text)) for text in (one, other)]
    assert None in keys or (keys[0] == keys[1]) == (stripped(one) == stripped(other))
