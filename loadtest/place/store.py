"""How does a load test speak with Redis itself, wherever SLUICE_REDIS says it is?"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from redis.cluster import RedisCluster

from pyshim.hosts import host_and_port
from pyshim.outside import access
from pyshim.settings import ROOT, Settings


def arguments(settings: Settings) -> dict[str, Any]:
    """Of a client of redis-py, synchronous or not, of a cluster or of one Redis."""
    first = settings.redis.nodes[0]
    if first.startswith("unix:"):
        place: dict[str, Any] = {"unix_socket_path": first.removeprefix("unix:")}
    else:
        place = dict(zip(("host", "port"), host_and_port(first), strict=True))
    tls: dict[str, Any] = {"ssl": True, "ssl_check_hostname": False} if settings.redis.tls else {}
    if settings.redis_ca:
        tls["ssl_ca_certs"] = str(ROOT / settings.redis_ca)
    _, *who = access.of(settings).said_first() or ("",)
    return place | tls | dict(zip(("username", "password")[-len(who) :], who, strict=True) if who else ())


@contextmanager
def masters(settings: Settings, timeout_s: float = 10.0) -> Iterator[list[Any]]:
    """A client of each Redis that takes what is written. Raises redis.RedisError."""
    how = arguments(settings) | {"socket_timeout": timeout_s, "decode_responses": True}
    if not settings.redis.cluster:
        with redis.Redis(**how) as client:
            yield [client]
        return
    whole: Any = RedisCluster(**how)
    try:
        yield [whole.get_redis_connection(node) for node in whole.get_primaries()]
    finally:
        whole.close()


def emptied(settings: Settings) -> None:
    """Nothing is there any more. Raises redis.RedisError."""
    with masters(settings) as all_of_them:
        for one in all_of_them:
            one.flushall()
