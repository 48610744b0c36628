"""What does nginx get to know of settings, tenants and model versions?

JSON, made here and read by lua/edge/config.lua and lua/edge/versions.lua: nginx has to doubt nothing and compute little.
"""

import base64
import hashlib
from typing import Any

import msgspec

from pyshim.identity.jwks import Key
from pyshim.language import clauses, distress, scripts
from pyshim.language.scripts import Script
from pyshim.outside.redis import for_nginx
from pyshim.settings import Settings
from pyshim.tenants import spoken
from pyshim.tenants.compile import Served
from pyshim.tenants.schema import Tenant
from pyshim.understanding.intents import DIALOGUE_INTENTS
from pyshim.understanding.model import Model
from pyshim.words.compose import Composer


def _members(answer: str, intent: str, suggestions: list[str]) -> str:
    """JSON members of a reply, without the braces."""
    return msgspec.json.encode({"answer": answer, "intent": intent, "suggestions": suggestions}).decode()[1:-1]


SPOKEN: tuple[Script, ...] = ("hant", "en")


def hot_intents(tenant: Tenant) -> list[str]:
    """Intents the edge may answer by itself: rules, with nothing to collect, call or hand over."""
    return [name for name, reply in tenant.replies.items() if not reply.handover and name not in DIALOGUE_INTENTS]


def _hot(tenant: Tenant, composer: Composer) -> dict[str, Any]:
    """The replies of the hot intents as JSON members, with and without the campaign's text; in other scripts, too."""
    return {
        intent: {
            **_said(tenant, composer, intent, ""),
            "spoken": {script: _said(tenant, composer, intent, script) for script in SPOKEN},
        }
        for intent in hot_intents(tenant)
    }


def _said(tenant: Tenant, composer: Composer, intent: str, script: Script) -> dict[str, Any]:
    campaign, extra = tenant.about.campaign, composer.campaign_text(intent)
    text, suggestions = spoken.rule(tenant, intent, script), tenant.replies[intent].suggestions
    masked = composer.masked(text)
    said: dict[str, Any] = {"fields": _members(spoken.finished(tenant, masked, script), intent, suggestions)}
    if campaign and extra and not spoken.is_english(text, script):
        said["campaign"] = {
            "from": campaign.from_.timestamp(),
            "until_": campaign.until.timestamp(),
            "fields": _members(spoken.finished(tenant, f"{masked}\n{extra}", script), intent, suggestions),
        }
    return said


def _limit(settings: Settings, name: str, rate_per_s: float, burst: int) -> dict[str, Any]:
    return {"rate_per_s": rate_per_s, "burst": burst, "shadow": name in settings.limits_shadow}


def _a_day(most: int) -> dict[str, Any]:
    """A limit that admits so many in any 24 hours, a tenth of them at once."""
    burst = max(1, most // 10)
    return {"rate_per_s": max(1e-6, (most - burst) / 86400), "burst": burst, "shadow": False}


def edge_settings(settings: Settings) -> bytes:
    """What the edge of this machine reads once, before the workers fork (lua/edge/config.lua), JSON."""
    s = settings
    value = {
        "settings": {
            "redis": for_nginx(s),
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
            "versions": str(s.model_versions),
            "node": s.node,
            "keys": str(s.keys),
            "tenants_listed": s.tenants_listed,
            "remembers": s.understood_mb > 0,
        },
        "scripts": {"traditional": scripts.only_traditional(), "simplified": scripts.only_simplified()},
        "screen": {
            "user_agents_refused": s.user_agents_refused,
            "address_limit": _limit(s, "address", s.address_rate_per_s, s.address_burst),
            "guests_limit": _a_day(s.address_guests_per_day),
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
    verifies = {"verifies": base64.b64encode(key.verifies).decode()} if key.verifies else {"fingerprint": key.fingerprint}
    known_by = "".join(verifies.values())
    judged_by = [tenant.id, key.kid, key.alg, known_by, issuer, settings.token_audience, settings.token_life_max_s]
    mark = hashlib.sha256(msgspec.json.encode(judged_by)).hexdigest()[:32]
    more = {} if issuer is None else {"issuer": issuer}
    return {"tenant_id": tenant.id, "kid": key.kid, "alg": key.alg, **verifies, "mark": mark, **more}


def edge_part(settings: Settings, one: Served) -> bytes:
    """One tenant as the edge reads it, JSON."""
    tenant = one.tenant
    value: dict[str, Any] = {
        "tenant": {
            "id": tenant.id,
            "limits": msgspec.to_builtins(tenant.about.limits),
            "titles": tenant.titles,
            "intents": tenant.intents,
            "hot": _hot(tenant, one.composer),
            "unavailable": tenant.phrases.unavailable,
            "warning": msgspec.json.encode(one.composer.masked(tenant.phrases.secret)).decode()[1:-1],
            "masks_personal": tenant.about.history.personal == "masked",
            "confidence_min": tenant.confidence_min,
            "blocked": tenant.blocked,
            "alarms": [
                *distress.edge(),
                *clauses.AT_THE_EDGE,
                *(word.lower() for rule in tenant.replies.values() for word in rule.words),
            ],
            "addresses_refused": tenant.addresses_refused,
            "addresses_trusted": tenant.addresses_trusted,
        },
        "keys": [_edge_key(settings, tenant, key) for key in one.keys],
        "page": _page(tenant),
    }
    if tenant.about.thresholds.router is not None:
        value["tenant"]["router_threshold"] = tenant.about.thresholds.router
    return msgspec.json.encode(value)


def edge_version(model: Model, attempt: int) -> bytes:
    """One model version as lua/edge/versions.lua reads it, JSON: its router table, its labels, and how tenants read them."""
    known = model.calibration
    return msgspec.json.encode(
        {
            "version": model.version,
            "attempt": attempt,
            "router": str(model.folder / "router.bin"),
            "labels": model.labels,
            "twins": known.twins,
            "foreign": known.foreign,
            "router_thresholds": known.router_thresholds,
            "router_threshold": known.router_threshold(""),
        }
    )


def _page(tenant: Tenant) -> dict[str, Any]:
    """What anybody may know of a tenant (GET /v1/tenants)."""
    about = tenant.about
    return {"id": tenant.id, "name": about.name, "greeting": about.greeting, "examples": about.examples, "guests": about.guests}
