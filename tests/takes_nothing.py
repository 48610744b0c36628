"""How does a real Redis come to take nothing, and how does it take again?"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

# What is wrong with it -> the command that makes it so, and the one that ends it.
FAULTS = {
    "OOM": (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    "READONLY": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),  # nobody listens there: what it holds stays
    "NOREPLICAS": (("CONFIG", "SET", "min-replicas-to-write", "1"), ("CONFIG", "SET", "min-replicas-to-write", "0")),
}


@contextmanager
def takes_nothing(socket: Path, fault: str) -> Iterator[None]:
    begin, end = FAULTS[fault]
    with redis.Redis(unix_socket_path=str(socket)) as client:
        client.execute_command(*begin)
        try:
            yield
        finally:
            client.execute_command(*end)
