"""How fast is the same job, done plainly?

A FastAPI service as a decent engineer writes it in an afternoon: PyJWT, pooled redis-py with hiredis, one tritonclient for the
process, two pipelines to Redis a turn. Every question goes to Triton; the tenant's own intents count, a rule's reply is the
answer. It reads the same checked tenant files as sluice does; on a turn's way the code is its own, but for the words that are
masked in an answer.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import jwt
import msgspec
import numpy as np
import redis.asyncio as redis
import tritonclient.grpc.aio as triton
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel, Field

from loadtest.place import store
from pyshim.identity import tokens
from pyshim.settings import MODEL, read_settings
from pyshim.tenants.compile import Snapshot, compile_all
from pyshim.tenants.schema import Limit, Tenant
from pyshim.understanding.intents import OUT_OF_SCOPE
from pyshim.understanding.model import Model


class Ask(BaseModel):
    """Body of POST /v1/chat."""

    query: str = Field(min_length=1, max_length=2000)
    session_id: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    seq: int | None = Field(default=None, ge=1)


class Plain:
    """What a process holds: files, one Redis pool, one Triton client."""

    def __init__(self, compiled: Snapshot) -> None:
        self.settings, self.tenants, self.composers = (
            compiled.settings,
            compiled.tenants,
            {name: one.composer for name, one in compiled.served.items()},
        )
        known = {tenant: tokens.keys(self.settings.keys, tenant) for tenant in compiled.tenants}
        self.keys = {key.kid: (tenant, key) for tenant, keys in known.items() for key in keys}
        self.labels, self.temperature = compiled.model.labels, compiled.model.calibration.temperature
        self.columns = {name: np.array(compiled.model.columns(tenant.intents)) for name, tenant in compiled.tenants.items()}
        self.priors = {name: self._priors(tenant, compiled.model) for name, tenant in compiled.tenants.items()}
        self.connect()

    def _priors(self, tenant: Tenant, model: Model) -> Any:
        """What is added to the scores of intents that the tenant does not have."""
        mine = {*tenant.intents, OUT_OF_SCOPE}
        foreign = float(np.log(model.calibration.foreign))
        return np.array([0.0 if self.labels[column] in mine else foreign for column in self.columns[tenant.id]])

    def connect(self) -> None:
        """Its own clients, from here on."""
        made = redis.RedisCluster if self.settings.redis.cluster else redis.Redis
        self.redis: Any = made(**store.arguments(self.settings))
        self.triton = triton.InferenceServerClient(f"127.0.0.1:{self.settings.triton_port}")

    async def close(self) -> None:
        await asyncio.gather(self.redis.aclose(), self.triton.close())

    def identify(self, authorization: str) -> tuple[Tenant, str]:
        """Tenant and user of a good token. Raises HTTPException."""
        token = authorization.removeprefix("Bearer ")
        try:
            tenant, key = self.keys[jwt.get_unverified_header(token)["kid"]]
            s = self.settings
            claims = jwt.decode(token, key.verifies, [key.alg], audience=s.token_audience, leeway=s.token_leeway_s)
        except (jwt.InvalidTokenError, KeyError):
            raise HTTPException(401, "a good token is wanted") from None
        if claims.get("tenant_id") != tenant or not claims.get("user_id"):
            raise HTTPException(401, "the key belongs to another tenant")
        return self.tenants[tenant], claims["user_id"]

    async def admit(self, tenant: Tenant, user: str) -> dict[str, Any]:
        """Counts the turn for all, the tenant and the user in this second; returns the stored state. Raises HTTPException."""
        second = int(time.time())
        everything = Limit(self.settings.everything_rate_per_s, self.settings.everything_burst)
        limits = [(everything, "all"), (tenant.about.limits.tenant, tenant.id), (tenant.about.limits.user, f"{tenant.id}:{user}")]
        async with self.redis.pipeline(transaction=False) as pipe:
            for _, whose in limits:
                pipe.incr(f"plain:rate:{whose}:{second}")
                pipe.expire(f"plain:rate:{whose}:{second}", 2)
            pipe.get(f"plain:state:{{{tenant.id}:{user}}}")
            *counts, stored = await pipe.execute()
        for (limit, _), count in zip(limits, counts[::2], strict=True):
            if count > limit.rate_per_s:
                raise HTTPException(429, "too many requests", {"Retry-After": "1"})
        return dict(msgspec.json.decode(stored)) if stored else {}

    async def understand(self, tenant: Tenant, query: str) -> tuple[str, float]:
        """The likeliest intent of this tenant's, and its probability."""
        text = triton.InferInput("TEXT", [1, 1], "BYTES")
        text.set_data_from_numpy(np.array([[query.encode()]], dtype=np.object_))
        wanted = [triton.InferRequestedOutput("LOGITS")]
        result = await self.triton.infer(MODEL, [text], outputs=wanted, client_timeout=1.5)
        columns = self.columns[tenant.id]
        scores = result.as_numpy("LOGITS")[0][columns] / self.temperature + self.priors[tenant.id]
        weights = np.exp(scores - scores.max())
        best = int(weights.argmax())
        return self.labels[columns[best]], float(weights[best] / weights.sum())

    def say(self, tenant: Tenant, intent: str, confidence: float) -> tuple[str, list[str]]:
        """Answer and suggestions."""
        rule, task = tenant.replies.get(intent), tenant.tasks.get(intent)
        if confidence < self.settings.confidence_min or (rule is None and task is None):
            return tenant.phrases.handover, []
        if rule is None and task is not None:
            return tenant.slots[task.slots[0]].ask if task.slots else tenant.phrases.backend_down, []
        assert rule is not None
        return self.composers[tenant.id].compose(rule.answer, intent), rule.suggestions

    async def remember(self, tenant: Tenant, user: str, turn: dict[str, Any], query: str) -> None:
        """State, history and the last turn of this intent."""
        s, whose = self.settings, f"{{{tenant.id}:{user}}}"
        state = {"session_id": turn["session_id"], "seq": turn["seq"], "intent": turn["intent"]}
        entry = msgspec.json.encode({**turn, "query": query, "at": int(time.time() * 1000)})
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.set(f"plain:state:{whose}", msgspec.json.encode(state), ex=s.state_ttl_s)
            pipe.lpush(f"plain:history:{whose}", entry)
            pipe.ltrim(f"plain:history:{whose}", 0, s.history_turns - 1)
            pipe.expire(f"plain:history:{whose}", s.history_ttl_s)
            pipe.hset(f"plain:intents:{whose}", turn["intent"], entry)
            pipe.expire(f"plain:intents:{whose}", s.history_ttl_s)
            await pipe.execute()


async def answer(plain: Plain, ask: Ask, authorization: str) -> Response:
    """One turn."""
    tenant, user = plain.identify(authorization)
    state = await plain.admit(tenant, user)
    intent, confidence = await plain.understand(tenant, ask.query)
    said, suggestions = plain.say(tenant, intent, confidence)
    turn = {
        "seq": ask.seq or state.get("seq", 0) + 1,
        "session_id": ask.session_id or state.get("session_id") or uuid.uuid4().hex,
        "turn_id": uuid.uuid4().hex,
        "answer": said,
        "intent": intent,
        "suggestions": suggestions,
        "confidence": round(confidence, 4),
        "answered_by": "plain",
    }
    await plain.remember(tenant, user, turn, ask.query)
    return Response(msgspec.json.encode(turn), media_type="application/json")


@asynccontextmanager
async def life(app: FastAPI) -> AsyncIterator[None]:
    app.state.plain = Plain(compile_all(read_settings()))
    yield
    await app.state.plain.close()


def service() -> FastAPI:
    """Alive, and still without a chat."""
    made = FastAPI(lifespan=life)
    made.get("/healthz")(healthz)
    return made


async def healthz() -> dict[str, str]:
    return {"status": "ok"}


app = service()


@app.post("/v1/chat")
async def chat(ask: Ask, authorization: Annotated[str, Header()] = "") -> Response:
    return await answer(app.state.plain, ask, authorization)
