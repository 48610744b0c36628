"""Is a key of the kind that it should be?"""

from pyshim.outside.redis import Redis


async def wrong(redis: Redis, key: str | bytes, kind: str) -> str:
    """What it is and what is wanted, in one clause; "" where it is right, or is not there. Raises RedisAway."""
    found = (await redis.command("TYPE", key)).decode()
    name = key.decode(errors="replace") if isinstance(key, bytes) else key
    return "" if found in (kind, "none") else f"the key {name} is a {found}, a {kind} is wanted"
