"""How is a tenant's own back end called?

Plain HTTP and JSON: GET reads, POST changes and carries an Idempotency-Key, so that a repeated confirmation does nothing twice.
200 is an answer with flat fields; 404 and 409 are refusals of the form {"error": {"code": ..., fields}}; anything else, and
silence, is BackendAway.
"""

from typing import Literal, Protocol
from urllib.parse import quote

import httpx
import msgspec

from pyshim.errors import BackendAway
from pyshim.telemetry import trace

Fields = dict[str, str | int | float | bool | None]
EXAMPLE = "${SLUICE_EXAMPLE_BACKEND}"
REFUSED = (400, 404, 409, 422)


class Call(Protocol):
    """What to ask: GET or POST, a path with {slots} in it, and which slots go into the body."""

    method: Literal["GET", "POST"]
    path: str
    body: list[str]


class _Error(msgspec.Struct):
    error: Fields


class Backend:
    """One pooled client for the back ends of all tenants. example: address of the one that comes with sluice."""

    def __init__(self, example: str = "") -> None:
        self._example = example
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        self._client = httpx.AsyncClient(limits=limits, trust_env=False)

    async def call(
        self, base: str, call: Call, slots: dict[str, str], user_id: str, key: str, timeout_s: float
    ) -> tuple[str | None, Fields]:
        """Returns (None, the answer's fields) or (error code, the error's fields). Raises BackendAway."""
        base = base.replace(EXAMPLE, self._example)
        path = call.path.format_map({name: quote(value, safe="") for name, value in slots.items()})
        headers = {"X-User-Id": user_id}
        body = None
        if call.method == "POST":
            headers["Idempotency-Key"] = key
            body = {name: slots[name] for name in call.body}
        try:
            with trace.step(f"{call.method} {call.path}", calls=True) as step:
                if step.traceparent:
                    headers["traceparent"] = step.traceparent
                answer = await self._client.request(call.method, base + path, json=body, headers=headers, timeout=timeout_s)
                step.note("http.response.status_code", answer.status_code)
            if answer.status_code == 200:
                return None, msgspec.json.decode(answer.content, type=Fields)
            if answer.status_code in REFUSED:
                fields = msgspec.json.decode(answer.content, type=_Error).error
                return str(fields.get("code")), fields
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise BackendAway(f"{call.method} {call.path}: {type(error).__name__}: {error}") from error
        raise BackendAway(f"{call.method} {call.path}: status {answer.status_code}")

    async def close(self) -> None:
        await self._client.aclose()
