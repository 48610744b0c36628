"""Does a configuration that passes the check never make a turn fail?

hypothesis makes tenants out of what people get wrong: half the shop's, half nonsense. Those that pass serve a conversation over
the real client of a back end; whatever it answers, a turn may be refused, but nothing may be raised.
"""

import asyncio
import copy
import json
import time
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any, cast

import httpx
import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyshim.errors import BadTenant, Refusal
from pyshim.layers.l5_dialogue import Dialogue
from pyshim.layers.l7_fallback import Fallback
from pyshim.outside.backend import Backend
from pyshim.outside.clients import Outside
from pyshim.settings import ROOT, read_settings
from pyshim.tenants.checks.intents import ENGINE_INTENTS
from pyshim.tenants.compile import Compiler, Served, Snapshot, new_compiler
from pyshim.tenants.edge import edge_part
from pyshim.tenants.source import Source, of_folder
from pyshim.turns import stored, wire
from pyshim.turns.turn import Press, Reply, State, Turn
from tests.shim.conftest import ToldRedis, _Outside

KEYS = json.dumps({"keys": [{"kty": "oct", "kid": "one", "alg": "HS256", "k": "c2x1aWNl" * 6}]}).encode()
SHOP = of_folder(ROOT / "gateway" / "tenants" / "shop", KEYS, "keys")
YAML = {name: yaml.load(SHOP.text(name), yaml.CSafeLoader) for name in ("tenant.yaml", "replies.yaml", "flows.yaml")}
# As much of the shop as passes: what is read a thousand times is short.
YAML["tenant.yaml"].pop("campaign")
YAML["replies.yaml"]["replies"] = {
    name: {**YAML["replies.yaml"]["replies"][name], "suggestions": []} for name in (*ENGINE_INTENTS, "greet")
}
YAML["flows.yaml"] = {
    "slots": {"order_id": YAML["flows.yaml"]["slots"]["order_id"]},
    "flows": {"cancel_order": {**YAML["flows.yaml"]["flows"]["cancel_order"], "suggestions": []}},
    "actions": {"order_status": {**YAML["flows.yaml"]["actions"]["order_status"], "suggestions": []}},
}

odd = st.one_of(
    st.sampled_from(
        *[
            [
                "",
                " ",
                "{",
                "}",
                "{}",
                "{0}",
                "{order_id}",
                "{order_id!r}",
                "{key}",
                "{a.b}",
                "{people}",
                "\\",
                "/",
                "//",
                "/x/{order_id}",
            ]
        ],
    ),
    st.sampled_from(
        ["[", "(", "(?:a+)+b", "^$", "\u0000", "\ud800", "\u202e", "%", "%s", "１２３", "²", "9" * 5000, "全部", "订单"]
    ),
    st.text(max_size=8),
)
number = st.one_of(
    st.sampled_from([0, 1, -1, 7, 2**31, 2**63, 2**64, 10**400, 0.0, -0.0, 1e-300, 1e300, float("inf"), float("nan"), 0.5]),
    st.integers(-5, 100),
)
words = st.lists(odd, max_size=3)
kinds = st.sampled_from(
    ["text", "choice", "amount", "date", "month", "phone", "number", "identity_card", "card_tail", "count", "address", "name"]
)
shape = st.fixed_dictionaries(
    {"digits": st.one_of(number, st.lists(number, max_size=3))},
    optional={"prefix": odd, "bare": st.booleans(), "kept": st.booleans()},
)
GOOD: list[dict[str, Any]] = [
    {"ask": "哪个", "type": "choice", "choices": {"全部": ["都"], "基础29": ["29"]}, "everything": "全部"},
    {"ask": "哪个", "choices": {"个人": [], "公司": ["单位"]}, "free": True},
    {"ask": "哪天", "type": "date", "also": ["month"]},
    {"ask": "几件", "type": "count", "least": 1, "most": 9},
    {"ask": "单号", "type": "number", "shapes": [{"digits": [8, 20], "prefix": "T"}], "names": ["单号"]},
    {"ask": "抬头", "type": "name", "names": ["抬头"], "free": True, "max_chars": 60},
    {"ask": "多少", "type": "amount", "also": ["choice"], "choices": {"全部": []}},
    {"ask": "说说", "patterns": [r"(\d{4})"], "default": "无"},
]
fields: dict[str, st.SearchStrategy[Any]] = {
    "ask": odd,
    "invalid": odd,
    "type": kinds,
    "also": st.lists(kinds, max_size=2),
    "shapes": st.lists(shape, max_size=2),
    "names": words,
    "units": odd,
    "least": number,
    "most": number,
    "toward": st.sampled_from(["past", "future", "near"]),
    "everything": odd,
    "patterns": words,
    "choices": st.dictionaries(odd, st.lists(st.one_of(odd, number), max_size=2), max_size=3),
    "free": st.booleans(),
    "max_chars": number,
    "default": odd,
    "remember": st.booleans(),
}


def changed(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """One or two of them."""
    chosen = st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=2, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: fields[name] for name in names}))


slot = st.tuples(st.sampled_from(GOOD), changed(fields)).map(lambda both: both[0] | both[1])
path = st.one_of(st.sampled_from(["/x", "/x/{order_id}", "/x/{odd}?a={order_id}", "/requests/{key}"]), odd)
names = st.lists(st.sampled_from(["order_id", "odd", "fee"]), max_size=2)
call = st.fixed_dictionaries({"method": st.sampled_from(["GET", "POST"]), "path": path}, optional={"body": names})
task = changed(
    {
        "call": call,
        "done": odd,
        "slots": names,
        "confirm": odd,
        "consent": st.sampled_from(["strict", "plain"]),
        "acts": words,
        "quote": call,
        "check": call,
        "verify": st.fixed_dictionaries({"send": call, "ask": odd, "slot": st.just("odd")}),
        "idempotent": st.sampled_from(["24h", "0h", "1y"]),
        "unless": st.fixed_dictionaries({"words": words, "say": odd}),
        "errors": st.dictionaries(
            st.sampled_from(["not_found", "", "{"]),
            st.fixed_dictionaries({"say": odd}, optional={"ask_again": names.map("".join)}),
            max_size=2,
        ),
    }
)
limit = st.fixed_dictionaries({"rate_per_s": number, "burst": number})
tenant = changed(
    {
        "backend": st.one_of(st.sampled_from(["http://shop", "http://[", "http://shop:x", "https://shop/a?b"]), odd),
        "limits": st.fixed_dictionaries({"tenant": limit, "user": limit}),
        "thresholds": st.fixed_dictionaries({}, optional=dict.fromkeys(("confidence", "router", "recall"), number)),
        "today": st.sampled_from(["0001-01-01", "1902-01-01", "2098-12-31", "9999-12-31"]).map(date.fromisoformat),
        "people": st.fixed_dictionaries({"phone": odd, "hours": odd}),
    },
)
phrases = st.dictionaries(st.sampled_from(sorted(YAML["replies.yaml"]["phrases"])), odd, max_size=2)
said = st.sampled_from(
    *[
        [
            "取消订单",
            "20231105",
            "是的",
            "确认取消订单",
            "昨天",
            "最便宜的",
            "全部",
            "第二个",
            "3000元",
            "138 0000 2046",
            "不是20231105是20231106",
        ]
    ]
) | st.text(max_size=20)
meant = st.sampled_from([None, "cancel_order", "order_status", "affirm", "deny", "repeat", "ask_human", "out_of_scope"])
answered = st.tuples(
    st.sampled_from([200, 204, 202, 404, 409, 500, 301]),
    st.sampled_from(
        [b"", b"{}", b"[]", b'{"error":{"code":"not_found"}}', b'{"fee":1e999}', b'{"a":{"b":null}}', b"\xff", b"[" * 9999]
    ),
)


class _Body(httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


class _Talk:
    """One conversation, every answer of which is masked, encoded and its state written and read, as in a turn."""

    def __init__(self, served: Served, answers: Sequence[tuple[int, bytes]]) -> None:
        left = list(answers)
        self._served, self._state, self._press = served, State(), ""
        self._backend = Backend("http://127.0.0.1:1")

        def answer(_: httpx.Request) -> httpx.Response:
            status, content = left.pop(0) if left else (200, b"{}")
            return httpx.Response(status, stream=_Body(content))

        if served.tenant.about.backend:
            one = self._backend._one(served.tenant.about.base)
            one.client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        self._outside = cast(Outside, _Outside(cast(Any, self._backend), ToldRedis()))

    async def say(self, number: int, query: str, intent: str | None) -> None:
        tenant = self._served.tenant
        turn = Turn(f"turn-{number}", tenant, self._served.composer, "u", query, time.monotonic() + 5, state=self._state)
        turn.intent, turn.confidence = intent, 0.95 if intent else 0.0
        if self._press and query == "是的":
            turn.press = Press(self._press, "yes")
        try:
            reply = await Dialogue(self._outside).answer(turn) or await Fallback(self._outside).answer(turn)
        except Refusal:
            return
        assert isinstance(reply, Reply)
        reply.answer = turn.composer.compose(reply.answer, reply.intent)
        turn.answered_by = "l5_dialogue"
        json.loads(stored.whole_reply(1, "s", stored.reply_members(turn, reply) + b"," + stored.kept_members(turn)))
        self._state = wire.read_state(wire.write_state(turn.state))
        self._press = turn.state.flow.confirm if turn.state.flow else ""

    async def all(self, messages: Sequence[tuple[str, str | None]]) -> None:
        for number, (query, intent) in enumerate(messages):
            await self.say(number, query, intent)
        await self._backend.close()


def no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.fixture(scope="module")
def compiler() -> Compiler:
    return new_compiler(read_settings({}))


def made(compiler: Compiler, about: Any, odd_slot: Any, flow: Any, action: Any, said: Any) -> Snapshot | None:
    """The shop with these changes, if it is whole."""
    files = copy.deepcopy(YAML)
    files["tenant.yaml"] |= about
    files["replies.yaml"]["phrases"] |= said
    files["flows.yaml"]["slots"]["odd"] = odd_slot
    files["flows.yaml"]["flows"]["cancel_order"] |= flow
    files["flows.yaml"]["actions"]["order_status"] |= action
    try:
        text = {name: yaml.safe_dump(value, allow_unicode=True).encode() for name, value in files.items()}
    except UnicodeEncodeError:  # a lone surrogate: in no file
        return None
    try:
        return compiler.compile([Source("shop", "shop", {**SHOP.files, **text}, KEYS, "keys")])
    except BadTenant:
        return None


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    about=st.one_of(st.just({}), tenant),
    odd_slot=slot,
    flow=st.one_of(st.just({}), st.just({"slots": ["order_id", "odd"]}), task),
    action=st.one_of(st.just({}), task),
    phrases=st.one_of(st.just({}), phrases),
    messages=st.lists(st.tuples(said, meant), min_size=1, max_size=5),
    answers=st.lists(answered, max_size=3),
)
def test_what_passes_never_makes_a_turn_fail(
    compiler: Compiler, about: Any, odd_slot: Any, flow: Any, action: Any, phrases: Any, messages: Any, answers: Any
) -> None:
    snapshot = made(compiler, about, odd_slot, flow, action, phrases)
    if snapshot is None:
        return
    served = snapshot.served["shop"]
    json.loads(edge_part(compiler.settings, served), parse_constant=no_constant)
    assert msgspec.msgpack.encode(served.tenant)
    asyncio.run(_Talk(served, answers).all([("取消订单", "cancel_order"), ("20231105", None), *messages]))
