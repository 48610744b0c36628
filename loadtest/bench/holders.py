"""Who asks? Holders of good tokens, spread over the tenants."""

from dataclasses import dataclass

from pyshim.identity import tokens
from pyshim.settings import Settings

VALID_S = 6 * 3600


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a good token."""

    tenant: str
    id: str
    token: str


def mint(settings: Settings, tenants: list[str], count: int, name: str = "bench") -> list[User]:
    """So many users, spread over the tenants."""
    keys = {tenant: tokens.signing_key(settings.keys, tenant) for tenant in tenants}
    users = []
    for number in range(count):
        tenant = tenants[number % len(tenants)]
        token = tokens.mint(keys[tenant], tenant, f"{name}-{number}", settings.token_audience, VALID_S)
        users.append(User(tenant, f"{name}-{number}", token))
    return users
