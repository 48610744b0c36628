"""What do all tenants, the model and the settings amount to, checked and ready to serve?

One snapshot is compiled at start: the shim keeps it in memory, the edge reads it as JSON (lua/edge/config.lua). Everything is
checked here, once, so that neither has to doubt it on a turn's way. A fault names file and place and stops the whole snapshot.
"""

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from pyshim import sensitive
from pyshim import tenant as tenants
from pyshim.compose import Composer
from pyshim.config import Settings
from pyshim.errors import BadTenant
from pyshim.tenant import Tenant
from pyshim.tokens import Key, keys
from triton_models.version import versions

OUT_OF_SCOPE = "out_of_scope"
ENGINE_INTENTS = ("ask_human", "affirm", "deny", "cancel_flow", "repeat")
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


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that decides an answer. version: a hash of the tenants; model: the version that was stable at the start, whose
    place others take while serving (pyshim/rollout)."""

    version: str
    settings: Settings
    tenants: dict[str, Tenant]
    composers: dict[str, Composer]
    keys: dict[str, list[Key]]
    model: Model

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


def check_model(loaded: dict[str, Tenant], model: Model, tenants: Path) -> None:
    """Does the model know every intent of every tenant? Raises BadTenant."""
    for name, tenant in loaded.items():
        unknown = sorted(set(tenant.intents) - set(model.labels))
        if unknown:
            known = f"the model (version {model.version}) does not know {', '.join(unknown)}"
            raise BadTenant(f"{tenants / name}: {known}; add sentences to triton_models/data and train")


def _check_names(tenant: Tenant, where: Path) -> None:
    missing = [intent for intent in ENGINE_INTENTS if intent not in tenant.replies]
    if missing:
        raise BadTenant(f"{where / 'replies.yaml'}: replies are missing for {', '.join(missing)}")
    if len(tenant.titles) != len(tenant.intents):
        raise BadTenant(f"{where}: two intents have the same title")
    said = [(intent, reply.suggestions) for intent, reply in tenant.replies.items()]
    said += [(intent, task.suggestions) for intent, task in tenant.tasks.items()]
    for intent, suggestions in said:
        for suggestion in suggestions:
            if suggestion not in tenant.titles:
                raise BadTenant(f"{where}: {intent}: suggestion {suggestion!r} is no intent's title")


def _check_tasks(tenant: Tenant, where: Path) -> None:
    flows = where / "flows.yaml"
    for name, slot in tenant.slots.items():
        for pattern in slot.patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise BadTenant(f"{flows}: slot {name}: bad pattern {pattern!r}: {error}") from None
        if not (slot.patterns or slot.choices or slot.free or slot.default):
            raise BadTenant(f"{flows}: slot {name} can never be filled: patterns, choices, free or default is wanted")
    for intent, task in tenant.tasks.items():
        again = [reply.ask_again for reply in task.errors.values() if reply.ask_again]
        for name in [*task.slots, *task.call.body, *again, *re.findall(r"\{(\w+)\}", task.call.path + (task.confirm or ""))]:
            if name not in task.slots or name not in tenant.slots:
                raise BadTenant(f"{flows}: {intent}: {name!r} is not one of its slots")
        if tenant.about.backend is None:
            raise BadTenant(f"{where / 'tenant.yaml'}: {intent} calls a back end, but there is no `backend`")


def compile(settings: Settings, version: int | None = None) -> Snapshot:
    """Reads and checks everything, with this version of the model or the highest. Raises BadTenant; nothing is served from a
    snapshot with a fault."""
    variables = {"SLUICE_EXAMPLE_BACKEND": settings.example_backend}
    folders = sorted(path for path in settings.tenants.iterdir() if path.is_dir()) if settings.tenants.is_dir() else []
    if not folders:
        raise BadTenant(f"{settings.tenants}: no tenant's folder here")
    model = read_model(settings.models, version)
    loaded = {folder.name: tenants.load(folder, variables) for folder in folders}
    check_model(loaded, model, settings.tenants)
    for name, tenant in loaded.items():
        _check_names(tenant, settings.tenants / name)
        _check_tasks(tenant, settings.tenants / name)
    large = sensitive.load(settings.word_lists, model.folder)
    snapshot = Snapshot(
        version="",
        settings=settings,
        tenants=loaded,
        composers={name: Composer(tenant, large) for name, tenant in loaded.items()},
        keys={name: keys(settings.keys, name) for name in loaded},
        model=model,
    )
    content = msgspec.json.encode([loaded, large.digest], order="deterministic")
    return replace(snapshot, version=hashlib.sha256(content).hexdigest()[:12])


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


def _edge_tenant(snapshot: Snapshot, tenant: Tenant) -> dict[str, Any]:
    return {
        "limits": msgspec.to_builtins(tenant.about.limits),
        "titles": tenant.titles,
        "intents": tenant.intents,
        "hot": _hot(tenant, snapshot.composers[tenant.id]),
        "unavailable": tenant.phrases.unavailable,
    }


def _limit(settings: Settings, name: str, rate_per_s: float, burst: int) -> dict[str, Any]:
    return {"rate_per_s": rate_per_s, "burst": burst, "shadow": name in settings.limits_shadow}


def for_edge(snapshot: Snapshot) -> bytes:
    """The snapshot as lua/edge/config.lua reads it, JSON. Holds secrets: keep it readable by its owner only."""
    s = snapshot.settings
    value = {
        "version": snapshot.version,
        "settings": {
            "redis_socket": f"unix:{s.redis_socket}",
            "redis_timeout_ms": s.redis_timeout_ms,
            "deadline_ms": s.deadline_ms,
            "query_chars_max": s.query_chars_max,
            "token_audience": s.token_audience,
            "token_leeway_s": s.token_leeway_s,
            "state_ttl_s": s.state_ttl_s,
            "history_ttl_s": s.history_ttl_s,
            "history_turns": s.history_turns,
            "late_turns_max": s.late_turns_max,
            "confidence_min": s.confidence_min,
            "arms": str(s.arms),
            "node": s.node,
        },
        "screen": {
            "user_agents_refused": s.user_agents_refused,
            "addresses_refused": s.addresses_refused,
            "addresses_trusted": s.addresses_trusted,
            "address_limit": _limit(s, "address", s.address_rate_per_s, s.address_burst),
        },
        "limits": {"everything": _limit(s, "everything", s.everything_rate_per_s, s.everything_burst)},
        "keys": [
            {"tenant_id": name, "kid": key.kid, "alg": key.alg, "secret": base64.b64encode(key.secret).decode()}
            for name, found in snapshot.keys.items()
            for key in found
        ],
        "tenants": {name: _edge_tenant(snapshot, tenant) for name, tenant in snapshot.tenants.items()},
    }
    return msgspec.json.encode(value)


def arm_for_edge(tenants: dict[str, Tenant], model: Model, attempt: int) -> bytes:
    """One model version as lua/edge/arms.lua reads it, JSON: its router table, its labels, and how each tenant reads them."""
    read = {
        name: {"columns": model.columns(one), "router_threshold": model.calibration.router_threshold(name)}
        for name, one in tenants.items()
    }
    router = str(model.folder / "router.bin")
    return msgspec.json.encode(
        {"version": model.version, "attempt": attempt, "router": router, "labels": model.labels, "tenants": read}
    )


def for_pages(snapshot: Snapshot) -> bytes:
    """What anybody may know of the tenants (GET /v1/tenants), JSON. Those that talk to guests come first."""
    ordered = sorted(snapshot.tenants.values(), key=lambda tenant: (not tenant.about.guests, tenant.id))
    listed = [
        {"id": t.id, "name": t.about.name, "greeting": t.about.greeting, "examples": t.about.examples, "guests": t.about.guests}
        for t in ordered
    ]
    return msgspec.json.encode({"tenants": listed})
