"""What do the tests of the HTTP interface stand on?

Two more stacks: `small`, with a tenant for each story about limits, and `tight`, where everything together is limited.
"""

import base64
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from pyshim.tokens import Key, KeySet
from tests.conftest import Stack, copy_tenants
from tests.http.raw import Stranger

Limit = dict[str, float]

REFUSED, TRUSTED = "127.0.0.66", "127.0.0.1"
NEVER = 1e-6  # tokens per second: none comes while a test runs


def limit(rate_per_s: float, burst: int) -> Limit:
    return {"rate_per_s": rate_per_s, "burst": burst}


WIDE = limit(100000, 100000)
HAMMERED = limit(40, 20)
# Tenant -> its own limit, and that of each of its users.
STORIES = {
    "one_user": (WIDE, HAMMERED),
    "one_tenant": (HAMMERED, WIDE),
    "poor_users": (limit(NEVER, 5), limit(NEVER, 3)),
    "poor_tenant": (limit(2, 3), limit(NEVER, 4)),
    "patient": (WIDE, limit(1, 1)),
    "left": (limit(NEVER, 4), WIDE),
    "right": (limit(NEVER, 4), WIDE),
}
OLD, NEW = (Key(kid=f"bank-{name}", k=base64.urlsafe_b64encode(name.encode() * 16).decode()) for name in ("old", "new"))


def tell_stories(tenants: Path) -> None:
    """Adds the tenants of STORIES, copies of the shop."""
    for name, (whole, user) in STORIES.items():
        shutil.copytree(tenants / "shop", tenants / name)
        path = tenants / name / "tenant.yaml"
        about = yaml.safe_load(path.read_text(encoding="utf-8"))
        about["limits"] = {"tenant": whole, "user": user}
        path.write_text(yaml.safe_dump(about, allow_unicode=True), encoding="utf-8")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, stacks: Callable[..., Stack]) -> Stack:
    """Small limits, no leeway, refused and trusted addresses, and a bank that is changing its key."""
    tenants = copy_tenants(tmp_path_factory.mktemp("small") / "all", lambda _, about: None)
    tell_stories(tenants)
    var = tmp_path_factory.mktemp("w")
    (var / "keys").mkdir()
    (var / "keys" / "bank.jwks.json").write_bytes(msgspec.json.encode(KeySet([NEW, OLD])))
    return stacks(
        VAR=str(var),
        TENANTS=str(tenants),
        EDGE_WORKERS="2",
        TOKEN_LEEWAY_S="0",
        ADDRESS_RATE_PER_S=str(HAMMERED["rate_per_s"]),
        ADDRESS_BURST=str(HAMMERED["burst"]),
        ADDRESSES_REFUSED=f"{REFUSED}/32, 127.0.66.0/24",
        ADDRESSES_TRUSTED=f"{TRUSTED}/32",
    )


def _wide(_: str, about: dict[str, Any]) -> None:
    about["limits"] = {"tenant": WIDE, "user": WIDE}


@pytest.fixture(scope="session")
def tight(tmp_path_factory: pytest.TempPathFactory, stacks: Callable[..., Stack]) -> Stack:
    """Everything together may go as fast as HAMMERED says; nobody else is limited."""
    tenants = copy_tenants(tmp_path_factory.mktemp("tight") / "all", _wide)
    return stacks(
        TENANTS=str(tenants),
        EDGE_WORKERS="2",
        EVERYTHING_RATE_PER_S=str(HAMMERED["rate_per_s"]),
        EVERYTHING_BURST=str(HAMMERED["burst"]),
        ADDRESSES_TRUSTED=f"{TRUSTED}/32",
    )


@pytest.fixture
def stranger(stack: Stack) -> Stranger:
    """A user of the shop whom nobody has seen before."""
    return Stranger(stack)
