"""What do the tests of the HTTP interface stand on?

Two more stacks: `small`, with a tenant for each story about limits, and `tight`, where everything together is limited.
"""

import base64
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import msgspec
import pytest
import yaml

from pyshim.identity.jwks import Key
from tests.conftest import FORGIVING, PATIENT, Stack, copy_tenants
from tests.edge.tokens import signer
from tests.http.raw import Stranger


class Limit(TypedDict):
    """A bucket, as in tenant.yaml."""

    rate_per_s: float
    burst: int


REFUSED, TRUSTED = "127.0.0.66", "127.0.0.1"
NEVER = 1e-6  # tokens per second: none comes while a test runs
WIDE = Limit(rate_per_s=100000, burst=100000)
HAMMERED = Limit(rate_per_s=40, burst=20)
# Tenant -> its own limit, and that of each of its users.
STORIES = {
    "one_user": (WIDE, HAMMERED),
    "one_tenant": (HAMMERED, WIDE),
    "poor_users": (Limit(rate_per_s=NEVER, burst=5), Limit(rate_per_s=NEVER, burst=3)),
    "pressing": (Limit(rate_per_s=NEVER, burst=5), Limit(rate_per_s=NEVER, burst=3)),
    "poor_tenant": (Limit(rate_per_s=2, burst=3), Limit(rate_per_s=NEVER, burst=4)),
    "patient": (WIDE, Limit(rate_per_s=1, burst=1)),
    "drained": (Limit(rate_per_s=NEVER, burst=1), WIDE),
    "left": (Limit(rate_per_s=NEVER, burst=4), WIDE),
    "right": (Limit(rate_per_s=NEVER, burst=4), WIDE),
    "signed": (WIDE, WIDE),
    "partner": (WIDE, WIDE),
    "taken_back": (WIDE, WIDE),
}
SECRETS = {f"bank-{name}": name.encode() * 16 for name in ("old", "new")}
OLD, NEW = (Key(kid, "HS256", secret, secret) for kid, secret in SECRETS.items())


def jwk(key: Key) -> dict[str, str]:
    """An HS256 key as a JWKS file has it."""
    return {"kid": key.kid, "kty": "oct", "k": base64.urlsafe_b64encode(key.verifies).rstrip(b"=").decode()}


# Tenants whose own issuer signs. "signed" has a key of each kind, the first with its private part; "partner" has a public one.
ISSUERS = {"signed": "https://id.signed.example", "partner": "https://id.partner.example"}


def tell_issuers(tenants: Path, keys: Path) -> None:
    """Gives the tenants of ISSUERS their issuer and their keys (tests/edge/tokens.py)."""
    held = {"signed": ("ES256", "RS256", "EdDSA", "HS256"), "partner": ("RS256",)}
    for name, issuer in ISSUERS.items():
        path = tenants / name / "tenant.yaml"
        about = yaml.safe_load(path.read_text(encoding="utf-8")) | {"issuer": issuer, "guests": name == "signed"}
        path.write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")
        entries = [signer(alg, name).jwk(f"{name}-{alg}", private=alg == "ES256") for alg in held[name]]
        (keys / f"{name}.jwks.json").write_bytes(msgspec.json.encode({"keys": entries}))


# Tenant -> all its limits.
MORE: dict[str, dict[str, Any]] = {
    "routes": {"tenant": WIDE, "user": WIDE, "routes": {"history": Limit(rate_per_s=NEVER, burst=2)}},
    "addressed": {"tenant": WIDE, "user": WIDE, "address": Limit(rate_per_s=NEVER, burst=3)},
    "shadowed": {"tenant": WIDE, "user": {"rate_per_s": NEVER, "burst": 2, "shadow": True}},
    "both": {"tenant": Limit(rate_per_s=0.5, burst=1), "user": Limit(rate_per_s=0.01, burst=1)},
    "one_at_once": {"tenant": WIDE, "user": WIDE, "concurrency": {"turns": 1}},
}


def _wide(_: str, about: dict[str, Any]) -> None:
    about["limits"] = {"tenant": WIDE, "user": WIDE}


def tell_stories(tenants: Path) -> None:
    """Adds the tenants of STORIES, copies of the shop."""
    for name, limits in {**{name: {"tenant": whole, "user": user} for name, (whole, user) in STORIES.items()}, **MORE}.items():
        shutil.copytree(tenants / "shop", tenants / name)
        path = tenants / name / "tenant.yaml"
        about = yaml.safe_load(path.read_text(encoding="utf-8"))
        about["limits"] = limits
        path.write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, lasting_stacks: Callable[..., Stack]) -> Stack:
    """Small limits, no leeway, refused and trusted addresses, and a bank that is changing its key."""
    tenants = copy_tenants(tmp_path_factory.mktemp("small") / "all", _wide)
    tell_stories(tenants)
    var = tmp_path_factory.mktemp("w")
    (var / "keys").mkdir()
    (var / "keys" / "bank.jwks.json").write_bytes(msgspec.json.encode({"keys": [jwk(NEW), jwk(OLD)]}))
    tell_issuers(tenants, var / "keys")
    return lasting_stacks(
        VAR=str(var),
        TENANTS=str(tenants),
        EDGE_WORKERS="2",
        TOKEN_LEEWAY_S="0",
        ADDRESS_RATE_PER_S=str(HAMMERED["rate_per_s"]),
        ADDRESS_BURST=str(HAMMERED["burst"]),
        ADDRESSES_REFUSED=f"{REFUSED}/32, 127.0.66.0/24",
        ADDRESSES_TRUSTED=f"{TRUSTED}/32",
        **FORGIVING,
        **PATIENT,
    )


@pytest.fixture(scope="session")
def tight(tmp_path_factory: pytest.TempPathFactory, lasting_stacks: Callable[..., Stack]) -> Stack:
    """Everything together may go as fast as HAMMERED says; nobody else is limited."""
    tenants = copy_tenants(tmp_path_factory.mktemp("tight") / "all", _wide)
    return lasting_stacks(
        TENANTS=str(tenants),
        EDGE_WORKERS="2",
        EVERYTHING_RATE_PER_S=str(HAMMERED["rate_per_s"]),
        EVERYTHING_BURST=str(HAMMERED["burst"]),
        ADDRESSES_TRUSTED=f"{TRUSTED}/32",
        **FORGIVING,
        **PATIENT,
    )


@pytest.fixture
def stranger(stack: Stack) -> Stranger:
    """A user of the shop whom nobody has seen before."""
    return Stranger(stack)
