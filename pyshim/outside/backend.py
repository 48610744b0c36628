"""How is a tenant's own back end called, and what came of it?

Plain HTTP and JSON: GET reads, POST changes and carries an Idempotency-Key, so that a repeated call does nothing twice. What
comes of a call is one of three:

  Done      a 2xx, but for 202
  Refused   a 4xx, or it was never sent (nobody could be reached, or not in time)
  Unknown   it was sent, and then: a timeout, a cut connection, a 408, a 5xx, a 202, a 3xx, or an answer nobody can read

Each back end has connections and a breaker of its own: one that hangs takes nothing from another tenant's, and is soon not asked
at all for a while, which is Refused.
"""

import asyncio
import re
from collections.abc import Collection
from typing import Any, Literal, Protocol
from urllib.parse import quote

import httpx
import msgspec

from pyshim.outside.base import EXAMPLE, Base
from pyshim.outside.breaker import Breaker
from pyshim.outside.secrets import Secret, Unusable
from pyshim.settings import ROOT
from pyshim.telemetry import trace

Fields = dict[str, str | int | float | bool | None]
CONNECTIONS = 100  # to one back end
FAILURES, PROBE_S = 5, 5.0  # in a row, until it is not asked; and then how long until one call tries
CONNECTING = 0.6  # of the time there is
SENDING = "http11.send_request_headers.started"  # what failed before this was surely not sent
ANSWER_BYTES = 256 * 1024
FIELDS_MOST, DEEPEST, CHARS_MOST, CODE_MOST = 2000, 8, 2000, 60
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # and what turns a text around
NOBODY = ""  # code of what was never sent


class Done(msgspec.Struct, frozen=True):
    """fields: what was answered; a nested one by its path (bill.total, items.0.name)."""

    fields: Fields


class Refused(msgspec.Struct, frozen=True):
    """code: the back end's own; "" where it could not be reached, and nothing was sent. why: for the log."""

    code: str
    fields: Fields
    why: str = ""


class Unknown(msgspec.Struct, frozen=True):
    """why: for the log."""

    why: str


Outcome = Done | Refused | Unknown


class Call(Protocol):
    """What to ask: GET or POST, a path with {slots} in it, and which slots go into the body."""

    @property
    def method(self) -> Literal["GET", "POST"]: ...
    @property
    def path(self) -> str: ...
    @property
    def body(self) -> list[str]: ...


class _One:
    """One back end. calls: under way."""

    def __init__(self, breaker: Breaker, base: Base) -> None:
        self._header, self._secret = base.header, Secret(ROOT / base.file) if base.header else None
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self.client = httpx.AsyncClient(limits=limits, trust_env=False)
        self.breaker = breaker
        self.calls = 0

    def credential(self) -> dict[str, str]:
        """The header. Raises Unusable."""
        return {self._header: self._secret.now()} if self._secret else {}

    def lacks(self) -> bool:
        return self._secret is not None and self._secret.look() != ""


class Backend:
    """A client for the back ends of all tenants. example: address of the one that comes with sluice."""

    def __init__(self, example: str = "", failures: int = FAILURES) -> None:
        self._example, self._failures = example, failures
        self._ones: dict[Base, _One] = {}

    async def call(
        self, base: str | Base, call: Call, slots: dict[str, str], user_id: str, key: str, timeout_s: float
    ) -> Outcome:
        """base: a text is an address that wants no credential; key: the Idempotency-Key of a POST. Never raises for what the back
        end does or does not do."""
        base = Base(base) if isinstance(base, str) else base
        what = f"{call.method} {call.path}"
        path = call.path.format_map({name: quote(value, safe="") for name, value in slots.items()})
        if {".", ".."} & set(path.partition("?")[0].split("/")):  # which would name another path
            return Refused(NOBODY, {}, f"{what}: a value is no part of a path")
        headers = {"X-User-Id": user_id, "Accept-Encoding": "identity"}
        body = None
        if call.method == "POST":
            headers["Idempotency-Key"] = key
            body = {name: slots[name] for name in call.body}
        limit = httpx.Timeout(timeout_s, connect=timeout_s * CONNECTING, pool=timeout_s * CONNECTING)
        steps: set[str] = set()
        one = self._one(base)
        try:
            headers |= one.credential()
        except Unusable as error:
            return Refused(NOBODY, {}, f"{what}: {error}")
        if not one.breaker.allows():
            return Refused(NOBODY, {}, f"{what}: the breaker is open")
        one.calls += 1
        try:
            with trace.step(what, calls=True) as step:
                if step.traceparent:
                    headers["traceparent"] = step.traceparent
                async with asyncio.timeout(timeout_s):
                    url = base.url.replace(EXAMPLE, self._example) + path
                    status, content = await _answer(one.client, call.method, url, body, headers, limit, steps)
                step.note("http.response.status_code", status)
        except Exception as error:
            one.breaker.failed()
            why = f"{what}: {type(error).__name__}: {error}"
            return Unknown(why) if SENDING in steps else Refused(NOBODY, {}, why)
        finally:
            one.calls -= 1
        if status < 500:
            one.breaker.succeeded()
        else:
            one.breaker.failed()
        return _outcome(what, status, content)

    def lacks(self, base: Base) -> bool:
        """Is there a credential that cannot be used as its file is now? One of before may still be in force."""
        return self._one(base).lacks()

    async def keep(self, wanted: Collection[Base]) -> None:
        """Closes the connections to all other back ends, but for those where a call is under way: the next time, then."""
        gone = [base for base, one in self._ones.items() if base not in wanted and not one.calls]
        clients = [self._ones.pop(base).client for base in gone]
        await asyncio.gather(*(client.aclose() for client in clients))

    def _one(self, base: Base) -> _One:
        if base not in self._ones:
            self._ones[base] = _One(Breaker(self._failures, PROBE_S), base)
        return self._ones[base]

    async def close(self) -> None:
        await asyncio.gather(*(one.client.aclose() for one in self._ones.values()))


class _Unread(Exception):
    """An answer nobody reads."""


async def _answer(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    body: dict[str, str] | None,
    headers: dict[str, str],
    limit: httpx.Timeout,
    steps: set[str],
) -> tuple[int, bytes]:
    """Status and body, which may be so large, and is not packed: who unpacks does not know how large it gets. steps: how far it
    came."""

    async def note(step: str, _: Any) -> None:
        steps.add(step)

    content = bytearray()
    how: dict[str, Any] = {"json": body, "headers": headers, "timeout": limit, "extensions": {"trace": note}}
    async with client.stream(method, url, **how) as answer:
        packed = answer.headers.get("content-encoding", "identity")
        if packed != "identity":
            raise _Unread(f"its Content-Encoding is {packed}, and identity was asked for")
        async for piece in answer.aiter_raw():
            content += piece
            if len(content) > ANSWER_BYTES:
                raise _Unread(f"more than {ANSWER_BYTES} bytes")
        return answer.status_code, bytes(content)


def _outcome(what: str, status: int, content: bytes) -> Outcome:
    if status in (202, 408) or not (200 <= status < 300 or 400 <= status < 500):
        return Unknown(f"{what}: status {status}")
    if status in (204, 205):
        return Done({})
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # not UTF-8; brackets without end
        value = error
    if status < 300:
        return Done(_flat(value)) if isinstance(value, dict) else Unknown(f"{what}: status {status}, but no JSON object")
    fault = value.get("error") if isinstance(value, dict) else None
    fields = _flat(fault) if isinstance(fault, dict) else {}
    return Refused(_code(fields, status), fields, f"{what}: status {status}")


def _code(fields: Fields, status: int) -> str:
    """The back end's own, if it is one: never NOBODY's, for it was sent."""
    code = fields.get("code")
    return str(code) if isinstance(code, str | int) and 0 < len(str(code)) <= CODE_MOST else f"status_{status}"


def _flat(value: dict[str, Any]) -> Fields:
    """Every field by its path."""
    found: Fields = {}

    def add(path: str, one: Any, deep: int) -> None:
        if len(found) >= FIELDS_MOST or deep > DEEPEST:
            return
        if isinstance(one, dict | list):
            for name, inner in one.items() if isinstance(one, dict) else enumerate(one):
                add(f"{path}.{name}" if path else str(name), inner, deep + 1)
        else:
            found[path] = _plain(one)

    add("", value, 0)
    return found


def _plain(value: Any) -> str | int | float | bool | None:
    """A value that may be told and stored: no control characters, no text without end, no number that nothing can hold."""
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        value = str(value)
    return CONTROLS.sub(" ", value)[:CHARS_MOST] if isinstance(value, str) else value
