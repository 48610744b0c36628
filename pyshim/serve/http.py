"""What is behind each URL of the shim?

nginx has checked token, sizes and encoding before, and says in X-Sluice headers who asks. They are believed because of who can
reach the socket: its owner, and SLUICE_GROUP (gateway/owner.py); by TCP, whoever has a certificate of ours (serve/server.py).
"""

import asyncio
import base64
import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import msgspec
import prometheus_client

from pyshim.configuration.follower import Configurations
from pyshim.dialogue import consent
from pyshim.dialogue.doubts import Doubts
from pyshim.errors import RedisAway, Refusal
from pyshim.funnel import LAYERS
from pyshim.identity import tokens
from pyshim.layers.l5_dialogue import Dialogue
from pyshim.outside import channel
from pyshim.outside.backend import Backend
from pyshim.outside.breaker import Breaker
from pyshim.outside.clients import Outside
from pyshim.outside.redis import Redis
from pyshim.outside.triton import Triton
from pyshim.rollout.follower import Follower
from pyshim.rollout.leader import Leader
from pyshim.rollout.loader import Loader
from pyshim.serve.conversation import Conversations
from pyshim.serve.credentials import Credentials
from pyshim.serve.disused import Disused
from pyshim.serve.understood import understood_by
from pyshim.settings import MODEL
from pyshim.telemetry import metrics, trace
from pyshim.tenants.compile import Compiler, Snapshot
from pyshim.tenants.schema import Tenant
from pyshim.turns import aside, forgetting, wire
from pyshim.turns.late import Late
from pyshim.turns.memory import Memory
from pyshim.turns.shedding import Shedding
from pyshim.turns.turn import Turn

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = dict[bytes, bytes]
CONFIGURATIONS_SHARE = 0.5  # of the time there is: a turn that waited for its configuration has to be answered, too
JSON = (b"content-type", b"application/json; charset=utf-8")


class Handlers:
    """Everything a shim answers. Made inside the running event loop: gRPC binds to it."""

    def __init__(self, first: Snapshot, compiler: Compiler, number: int = 0) -> None:
        s = self._settings = first.settings
        self._outside = Outside(
            Redis(s),
            Triton(channel.arguments(s), MODEL, lambda: Breaker(s.breaker_failures, s.breaker_probe_s)),
            Backend(s.example_backend),
        )
        layers = [layer(self._outside) for layer in LAYERS]
        self.memory = Memory(s, self._outside.redis, Late(*s.late_files(number)))
        self.configurations = Configurations(first, compiler, self._outside.redis, self._outside.triton, number)
        self.follower = Follower(self.configurations, self._outside.redis, self._outside.triton, number)
        self.leader = Leader(s, self._outside.redis, first.model.version, number, self.follower)
        self.loader = Loader(s, self._outside.redis, number, self.follower)
        self.shedding = Shedding(s, self._outside.redis, number)
        journal = next(layer.journal for layer in layers if isinstance(layer, Dialogue))
        self.doubts = Doubts(journal, self._outside.backend, self._tenant_of)
        self.credentials = Credentials(self._outside.backend, lambda: self.configurations.serving.tenants)
        self.disused = Disused(self._outside.backend, lambda: self.configurations.tenants().values())
        self._conversations = Conversations(self.memory, layers)
        self._routes = {
            ("POST", "/v1/chat"): self._chat,
            ("PUT", "/v1/chat"): self._chat,  # a turn with seq: nginx may ask the next shim what it asked one that died
            ("POST", "/v1/session"): self._guest,
            ("DELETE", "/v1/session"): self._forget,
            ("DELETE", "/v1/users/me"): self._erase,
            ("GET", "/v1/history"): self._history,
            ("GET", "/readyz"): self._readyz,
            ("GET", "/metrics"): self._metrics,
        }

    def _tenant_of(self, tenant: str) -> Tenant | None:
        served = self.configurations.serving.served.get(tenant)
        return served.tenant if served else None

    async def close(self) -> None:
        outside = self._outside
        await asyncio.gather(outside.redis.close(), outside.triton.close(), outside.backend.close(), self.loader.close())

    async def handle(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        """Answers one request. Raises Refusal, RedisAway."""
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        handler = self._routes.get((method, scope["path"])) or self._last_turn
        await handler(scope, headers, receive, send)

    async def _config(self, headers: Headers, deadline: float) -> Snapshot:
        """The version of the configuration that nginx drew for this caller."""
        number = header(headers, b"x-sluice-config")
        within_s = (deadline - time.monotonic()) * CONFIGURATIONS_SHARE
        return await self.configurations.of(int(number) if number.isdigit() else 0, within_s)

    async def _chat(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        deadline = self._deadline(headers)
        ask = wire.read_ask(await _body(receive))
        guess, guess_confidence, understood = (*header(headers, b"x-sluice-guess").split(";"), "", "")[:3]
        versions = self.follower.versions
        config = await self._config(headers, deadline)
        served = config.served[header(headers, b"x-sluice-tenant")]
        turn = Turn(
            id=header(headers, b"x-sluice-turn"),
            tenant=served.tenant,
            composer=served.composer,
            user_id=header(headers, b"x-sluice-user"),
            query=ask.query if ask.confirm is None else consent.text(ask.confirm.answer),
            deadline=deadline,
            config=config.number,
            trace=trace.passed_on(header(headers, b"traceparent")),
            session_id=ask.session_id or "",
            seq=ask.seq or 0,
            press=ask.confirm,
            guess=guess or None,
            guess_confidence=float(guess_confidence or 0),
            understood=understood == "1",
            state_given=base64.b64decode(headers.get(b"x-sluice-state", b"")),
            version=versions.of(header(headers, b"x-sluice-model")),
            stable=versions.stable,
        )
        with trace.turn(turn.trace) as span:
            body, reply = await self._conversations.answer(turn)
            span.note("sluice.turn_id", turn.id)
            span.note("sluice.tenant", turn.tenant.id)
            span.note("sluice.answered_by", turn.answered_by or "stored")
            span.note("sluice.degraded", turn.degraded)
        timing = ", ".join(f"{name};dur={spent:.3f}" for name, spent in turn.spent_ms.items())
        answered_by = turn.answered_by or "stored"
        low = reply is not None and reply.confidence < turn.tenant.confidence_min
        more = [
            (b"x-answered-by", answered_by.encode()),
            (b"server-timing", (timing or "stored").encode()),
            (b"x-model-version", turn.version.name.encode() if turn.version else b""),
            (b"x-config-version", b"%d" % config.number),
            *understood_by(turn, reply),
            (b"x-sluice-evidence", b"%d%d%d" % (turn.fault, low, turn.degraded)),  # for lua/edge/door.lua
        ]
        await send_json(send, 200, body + b"\n", more)
        if reply is not None:
            await self._conversations.settle(turn, reply)

    def _deadline(self, headers: Headers) -> float:
        """When nginx wants the answer, on this process' clock: it says how long it waits, ms, less what an earlier try took."""
        return time.monotonic() + min(float(headers[b"x-sluice-left"]), self._settings.deadline_ms) / 1000

    async def _guest(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        try:
            wanted = wire.read_guest(await _body(receive))
        except msgspec.DecodeError as error:
            raise Refusal(400, "invalid_tenant", f"the body must name a tenant: {error}") from None
        served = (await self._config(headers, self._deadline(headers))).served.get(wanted.tenant)
        if served is None:
            raise Refusal(404, "unknown_tenant", "no such tenant; GET /v1/tenants lists them")
        tenant = served.tenant
        if not tenant.about.guests:
            raise Refusal(403, "guests_refused", f"{tenant.id} talks to known users only: a token of theirs is wanted")
        user, seconds = f"guest-{secrets.token_hex(8)}", self._settings.guest_token_s
        key = tokens.signer(served.keys, self._settings.keys, tenant.id)
        if key is None:  # another machine has its private part
            raise Refusal(503, "unavailable", "no key of this machine signs tokens", {"Retry-After": "60"})
        token = tokens.mint(key, tenant.id, user, self._settings.token_audience, seconds, tenant.about.issuer, guest=True)
        body = {"token": token, "tenant": tenant.id, "user_id": user, "expires_in_s": seconds}
        await send_json(send, 201, wire.encode(body) + b"\n", [(b"cache-control", b"no-store")])

    async def _forget(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        await self.memory.forget(*_who(headers))
        await send_json(send, 204, b"")

    async def _erase(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        deadline, (tenant, user) = self._deadline(headers), _who(headers)
        consents = (await self._config(headers, deadline)).served[tenant].tenant.about.history.consents
        async with self._conversations.alone(tenant, user, deadline - time.monotonic()):
            told = await forgetting.forget(self._outside.redis, tenant, user, consents, notes=self._settings.erased)
        told.erased.turns += await asyncio.to_thread(aside.drop, self._settings.run, tenant, user)
        await send_json(send, 200, wire.encode(told) + b"\n", [(b"cache-control", b"no-store")])

    async def _history(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        asked = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("limit", ["20"])[-1]
        most = self._settings.history_turns
        if not re.fullmatch(r"[0-9]{1,6}", asked) or not 1 <= int(asked) <= most:
            raise Refusal(400, "invalid_limit", f"limit must be a whole number from 1 to {most}")
        turns = await self.memory.history(*_who(headers), int(asked))
        await send_json(send, 200, b'{"turns":[' + b",".join(turns) + b"]}\n")

    async def _last_turn(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        match = re.fullmatch(r"/v1/intents/([^/]+)/last", scope["path"])
        if match is None:
            raise Refusal(404, "not_found", "there is nothing at this URL; /openapi.json lists what is")
        tenant, user = _who(headers)
        if match[1] not in (await self._config(headers, self._deadline(headers))).served[tenant].tenant.intents:
            raise Refusal(404, "unknown_intent", "this tenant has no such intent")
        entry = await self.memory.last_of(tenant, user, match[1])
        if entry is None:
            raise Refusal(404, "no_such_turn", "this user has no turn of this intent")
        await send_json(send, 200, entry + b"\n")

    async def _readyz(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        (redis, shards), triton = await asyncio.gather(self._redis_away(), self._triton_away())
        parts = {"redis": not redis, "triton": not triton}
        body = {"ready": all(parts.values()), "parts": parts, "config_version": self.configurations.serving.number}
        told = {part: why for part, why in (("redis", redis), ("triton", triton), *shards.items()) if why}
        await send_json(send, 200 if body["ready"] else 503, wire.encode(body | {"away": told} if told else body))

    async def _redis_away(self) -> tuple[str, dict[str, str]]:
        """Why no turn can be written now, or ""; and of a cluster of which others can, which shards take none, and why."""
        redis = self._outside.redis
        try:
            masters, away = await redis.masters(), await redis.away_nodes()
        except RedisAway as error:
            metrics.redis_writable.set(0)
            return str(error), {}
        metrics.redis_writable.set(sum(node not in away for node in masters) / len(masters))
        if len(masters) > 1:
            metrics.shard_writable.clear()
            for node in masters:
                metrics.shard_writable.labels(node).set(node not in away)
        if len(away) >= len(masters):
            return next(iter(away.values())), {}
        return "", {f"redis {node}": why for node, why in away.items()}

    async def _triton_away(self) -> str:
        """Why no question can be understood now, or ""."""
        name = self.follower.versions.stable.name
        if not await self._outside.triton.ready(name):
            return f"version {name} of the model is not ready"
        return "" if self.follower.ready else f"version {name} of the model has not read every FAQ yet"

    async def _metrics(self, scope: Scope, headers: Headers, receive: Receive, send: Send) -> None:
        await self._redis_away()
        await send_json(send, 200, prometheus_client.generate_latest())


def header(headers: Headers, name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _who(headers: Headers) -> tuple[str, str]:
    return header(headers, b"x-sluice-tenant"), header(headers, b"x-sluice-user")


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


async def send_json(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    extra = headers or []
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [JSON, *length, *extra]})
    await send({"type": "http.response.body", "body": body})
