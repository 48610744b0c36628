"""What do all tenants, the model and the settings amount to, checked and ready to serve?

Everything is checked here, once, so that nobody has to doubt it on a turn's way: a fault names file and line and stops the whole
snapshot. The shim keeps it in memory; the edge reads it as JSON, a part for each tenant (lua/edge/config.lua). Versions follow
each other while serving: pyshim/configuration.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from pyshim import jwks, sensitive, source
from pyshim import tenant as tenants
from pyshim.checks import Checker
from pyshim.compose import Composer
from pyshim.config import Settings
from pyshim.errors import BadTenant
from pyshim.jwks import Key
from pyshim.sensitive import Sensitive
from pyshim.source import Source
from pyshim.tenant import Tenant
from triton_models.version import versions

OUT_OF_SCOPE = "out_of_scope"
DIALOGUE_INTENTS = ("affirm", "deny", "cancel_flow", "repeat")  # mean something only inside a dialogue
SMALL_TALK = ("greet", "thanks", "bye", "praise", "chitchat")  # never what "did you mean" should offer
MODEL = "student"
NEVER = 1.01  # no probability reaches it


class Calibration(msgspec.Struct):
    """calibration.json of a model version. Thresholds are probabilities; recall_threshold is a cosine; twins are intents of two
    tenants that ask nearly the same."""

    temperature: float
    twins: list[tuple[str, str]]
    router_thresholds: dict[str, float]
    recall_threshold: float

    def router_threshold(self, tenant: str) -> float:
        """A tenant the model was not calibrated for gets the strictest of those it was."""
        return self.router_thresholds.get(tenant, max(self.router_thresholds.values(), default=NEVER))


@dataclass(frozen=True, slots=True)
class Model:
    """One version folder: labels in the order of LOGITS, and how to read its scores."""

    version: int
    folder: Path
    labels: list[str]
    calibration: Calibration

    def columns(self, tenant: Tenant) -> list[int]:
        """Columns of LOGITS that compete for a sentence said to this tenant, 0-based: all, but for others' twins of its own. What
        falls on an intent the tenant does not have is out of scope."""
        mine = {*tenant.intents, OUT_OF_SCOPE}
        both = self.calibration.twins
        twins = {a for a, b in [*both, *((b, a) for a, b in both)] if b in mine} - mine
        return [number for number, label in enumerate(self.labels) if label not in twins]


class Compiled(msgspec.Struct):
    """One tenant, read and checked: what travels to those who serve it."""

    tenant: Tenant
    keys: list[Key]


@dataclass(frozen=True, slots=True)
class Served:
    """One tenant, ready to serve."""

    tenant: Tenant
    composer: Composer
    keys: list[Key]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that decides an answer. number: of the version, 0 for what was not applied; digest: of its content; model:
    the one it was checked with, whose place others take while serving (pyshim/rollout)."""

    number: int
    digest: str
    settings: Settings
    served: dict[str, Served]
    model: Model

    @property
    def tenants(self) -> dict[str, Tenant]:
        return {name: one.tenant for name, one in self.served.items()}

    def columns(self, tenant: Tenant) -> list[int]:
        return self.model.columns(tenant)


def read_model(models: Path, version: int | None = None) -> Model:
    """A version of the student; the highest where none is named. Raises BadTenant when it is incomplete."""
    found = versions(models / MODEL)
    if not found:
        raise BadTenant(f"{models / MODEL}: no version folder; `make models` makes one")
    folder = models / MODEL / str(version or found[-1])
    try:
        labels = (folder / "labels.txt").read_text(encoding="utf-8").split()
        calibration = msgspec.json.decode((folder / "calibration.json").read_bytes(), type=Calibration)
    except (OSError, msgspec.DecodeError) as error:
        raise BadTenant(f"{folder}: {error}") from None
    return Model(int(folder.name), folder, labels, calibration)


def lacks(loaded: Iterable[Tenant], model: Model) -> list[str]:
    """What the model does not know of these tenants' intents; a sentence for each tenant."""
    found = []
    for tenant in loaded:
        unknown = sorted(set(tenant.intents) - set(model.labels))
        if unknown:
            found.append(f"{tenant.id}: the model (version {model.version}) does not know {', '.join(unknown)}")
    return found


@dataclass(frozen=True, slots=True)
class Compiler:
    """What all versions of a configuration are compiled with: settings, the model, and the large lists of words, which are
    read once."""

    settings: Settings
    model: Model
    large: Sensitive

    def compile(self, sources: Iterable[Source], number: int = 0, like: Snapshot | None = None) -> Snapshot:
        """Reads and checks everything. like: an earlier snapshot, of which unchanged tenants are taken. Raises BadTenant with all
        faults; nothing is served from a snapshot with one."""
        served: dict[str, Served] = {}
        faults: list[str] = []
        where: dict[str, str] = {}
        for one in sources:
            where[one.tenant] = one.keys_where
            before = like.served.get(one.tenant) if like else None
            try:
                same = before is not None and before.tenant.digest == one.digest
                served[one.tenant] = before if before is not None and same else self._one(one)
            except BadTenant as error:
                faults += error.faults
        if faults:
            raise BadTenant(*faults)
        jwks.check_apart({name: one.keys for name, one in served.items()}, where)
        return self.whole(number, served)

    def whole(self, number: int, served: dict[str, Served]) -> Snapshot:
        content = msgspec.json.encode([[one.tenant.digest for one in served.values()], self.large.digest])
        return Snapshot(number, hashlib.sha256(content).hexdigest()[:12], self.settings, served, self.model)

    def unpack(self, compiled: bytes) -> Served:
        """What pack() made, perhaps elsewhere. Raises BadTenant where another version of sluice made it."""
        try:
            one = msgspec.msgpack.decode(compiled, type=Compiled)
        except msgspec.DecodeError as error:
            raise BadTenant(f"a compiled tenant cannot be read: {error}") from None
        return Served(one.tenant, Composer(one.tenant, self.large), one.keys)

    def _one(self, brought: Source) -> Served:
        tenant = tenants.load(brought, self.settings)
        keys = jwks.parse(brought.keys, brought.keys_where)
        faults = Checker(tenant, brought, keys).faults(self.model.labels, self.model.version)
        if faults:
            raise BadTenant(*faults)
        return Served(tenant, Composer(tenant, self.large), keys)


def pack(one: Served) -> bytes:
    """One tenant as it travels, MessagePack; holds secrets."""
    return msgspec.msgpack.encode(Compiled(one.tenant, one.keys))


def compiler(settings: Settings, version: int | None = None) -> Compiler:
    """With this version of the model, or the highest. Raises BadTenant."""
    model = read_model(settings.models, version)
    return Compiler(settings, model, sensitive.load(settings.word_lists, model.folder))


def compile(settings: Settings, version: int | None = None) -> Snapshot:
    """SLUICE_TENANTS as it is on disk. Raises BadTenant with all faults."""
    return compiler(settings, version).compile(source.of_settings(settings))


def _members(answer: str, intent: str, suggestions: list[str]) -> str:
    """JSON members of a reply, without the braces."""
    return msgspec.json.encode({"answer": answer, "intent": intent, "suggestions": suggestions}).decode()[1:-1]


def hot_intents(tenant: Tenant) -> list[str]:
    """Intents the edge may answer by itself: rules, with nothing to collect, call or hand over."""
    return [name for name, reply in tenant.replies.items() if not reply.handover and name not in DIALOGUE_INTENTS]


def _hot(tenant: Tenant, composer: Composer) -> dict[str, Any]:
    """The replies of the hot intents as JSON members, with and without the campaign's text."""
    hot: dict[str, Any] = {}
    campaign = tenant.about.campaign
    for intent in hot_intents(tenant):
        reply = tenant.replies[intent]
        text = composer.masked(reply.answer)
        hot[intent] = {"fields": _members(text, intent, reply.suggestions)}
        extra = composer.campaign_text(intent)
        if campaign and extra:
            hot[intent]["campaign"] = {
                "from": campaign.from_.timestamp(),
                "until_": campaign.until.timestamp(),
                "fields": _members(f"{text}\n{extra}", intent, reply.suggestions),
            }
    return hot


def _limit(settings: Settings, name: str, rate_per_s: float, burst: int) -> dict[str, Any]:
    return {"rate_per_s": rate_per_s, "burst": burst, "shadow": name in settings.limits_shadow}


def edge_settings(settings: Settings) -> bytes:
    """What the edge of this machine reads once, before the workers fork (lua/edge/config.lua), JSON."""
    s = settings
    value = {
        "settings": {
            "redis_socket": f"unix:{s.redis_socket}",
            "redis_timeout_ms": s.redis_timeout_ms,
            "deadline_ms": s.deadline_ms,
            "query_chars_max": s.query_chars_max,
            "token_audience": s.token_audience,
            "token_leeway_s": s.token_leeway_s,
            "token_life_max_s": s.token_life_max_s,
            "tokens_remembered": s.tokens_remembered,
            "state_ttl_s": s.state_ttl_s,
            "history_ttl_s": s.history_ttl_s,
            "history_turns": s.history_turns,
            "late_turns_max": s.late_turns_max,
            "arms": str(s.arms),
            "node": s.node,
        },
        "screen": {
            "user_agents_refused": s.user_agents_refused,
            "address_limit": _limit(s, "address", s.address_rate_per_s, s.address_burst),
            "slow_limit": _limit(s, "slow", s.slow_rate_per_s, s.slow_burst),
            "half_life_s": s.record_half_life_s,
            "score_slowed": s.score_slowed,
            "score_refused": s.score_refused,
            "refused_s": s.refused_s,
            "refused_max_s": s.refused_max_s,
            "shadow": "record" in s.limits_shadow,
            "known_s": s.known_s,
            "known_minutes": s.known_minutes,
            "known_keep_s": s.known_keep_s,
            "body_s": s.body_s,
            "connections": s.address_connections,
        },
        "limits": {"everything": _limit(s, "everything", s.everything_rate_per_s, s.everything_burst)},
    }
    return msgspec.json.encode(value)


def _edge_key(settings: Settings, tenant: Tenant, key: Key) -> dict[str, Any]:
    """mark: changes when anything changes that a token of this key is judged by (lua/edge/identity.lua)."""
    issuer = tenant.about.issuer
    verifies = base64.b64encode(key.verifies).decode()
    judged_by = [tenant.id, key.kid, key.alg, verifies, issuer, settings.token_audience, settings.token_life_max_s]
    mark = hashlib.sha256(msgspec.json.encode(judged_by)).hexdigest()[:32]
    more = {} if issuer is None else {"issuer": issuer}
    return {"tenant_id": tenant.id, "kid": key.kid, "alg": key.alg, "verifies": verifies, "mark": mark, **more}


def edge_part(settings: Settings, one: Served) -> bytes:
    """One tenant as the edge reads it, JSON. Holds secrets: keep it readable by its owner only."""
    tenant = one.tenant
    value: dict[str, Any] = {
        "tenant": {
            "id": tenant.id,
            "limits": msgspec.to_builtins(tenant.about.limits),
            "titles": tenant.titles,
            "intents": tenant.intents,
            "hot": _hot(tenant, one.composer),
            "unavailable": tenant.phrases.unavailable,
            "confidence_min": tenant.confidence_min,
            "blocked": tenant.blocked,
            "addresses_refused": tenant.addresses_refused,
            "addresses_trusted": tenant.addresses_trusted,
        },
        "keys": [_edge_key(settings, tenant, key) for key in one.keys],
        "page": _page(tenant),
    }
    if tenant.about.thresholds.router is not None:
        value["tenant"]["router_threshold"] = tenant.about.thresholds.router
    return msgspec.json.encode(value)


def edge_arm(model: Model, attempt: int) -> bytes:
    """One model version as lua/edge/arms.lua reads it, JSON: its router table, its labels, and how tenants read them."""
    known = model.calibration
    return msgspec.json.encode(
        {
            "version": model.version,
            "attempt": attempt,
            "router": str(model.folder / "router.bin"),
            "labels": model.labels,
            "twins": known.twins,
            "router_thresholds": known.router_thresholds,
            "router_threshold": known.router_threshold(""),
        }
    )


def _page(tenant: Tenant) -> dict[str, Any]:
    """What anybody may know of a tenant (GET /v1/tenants)."""
    about = tenant.about
    return {"id": tenant.id, "name": about.name, "greeting": about.greeting, "examples": about.examples, "guests": about.guests}
