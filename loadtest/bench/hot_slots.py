"""Which slots are everybody's, and how much of a core does each of them fill? For loadtest/results/cluster.json.

A hundred edges of two workers and a shim each ask a real Redis what they ask it in every second, on as many connections and at
the same pace: their beats, what was revoked, and tokens. Users' own slots are not here: there are as many as users.

The meter's calls are those of lua/edge/lease.lua: an edge says five times a second that it is there; where it serves turns, each
turn leaves a debt of its user and one of its address (most of them come once in that time), which are paid by calls that name at
most 100 buckets of one slot: within 0.1 s where all lie in one, within 0.4 s where they are spread. Calls for slots of one node
travel together.
"""

import asyncio
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import hiredis
import msgspec
import redis
from redis.crc import key_slot

from loadtest.bench.options import say
from loadtest.place import edges
from pyshim.outside.pipeline import packed
from pyshim.outside.redis import Script

EDGES, WORKERS, SHIMS = 100, 2, 1
SETTLE_S, SPREAD_S, PRESENCE_S, NAMES_MAX = 0.1, 0.4, 0.2, 100  # lua/edge/lease.lua, due.lua
DEBTS = 2  # of a turn: its user's and its address'
SPREAD = 32  # lua/edge/bucket_slot.lua
MASTERS = 3
TURNS = (50, 500)  # a second and edge
MOST = 0.1  # of a core, for one slot
VARIANTS = 8  # of what one connection says
CONFIGURATION = {
    "seq": 7,
    "serving": 7,
    "at": 1764500000,
    "by": "ops@edge-1",
    "why": "x" * 60,
    "files": {f"f{n}": "0" * 64 for n in range(12)},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. per_s: trips of all; said: by connection, what it says in turn; calls: of a trip, for a slot each; each:
    buckets a call."""

    tag: str
    per_s: float
    said: Sequence[Sequence[bytes]]
    calls: int = 1
    each: float = 0.0


def _said(script: str, *arguments: Any) -> bytes:
    one = Script(script)
    return packed("EVALSHA", one.sha, one.keys, *arguments)


def beats() -> list[Asked]:
    """Of every worker and shim, once a second each; of every worker what was revoked; of every edge that it is there."""
    workers = [f"edge node-{edge} {worker}" for edge in range(EDGES) for worker in range(WORKERS)]
    all_ = workers + [f"shim node-{edge} {shim}" for edge in range(EDGES) for shim in range(SHIMS)]
    configuration = [[_said("config_beat-2", "{config}:record", "{config}:seen", who, 7, 7, "6,7", "")] for who in all_]
    counted = [value for name in ("turns", "errors", "slow", "refused") for value in (name, 3)]
    keys = "{rollout}:record", "{rollout}:seen", "{rollout}:counts:0"
    rollout = [[_said("beat-3", *keys, who, 7, 0, *counted)] for who in all_]
    revoked = [[_said("revoked-2", "{revoked}:log", "{revoked}:epoch", "e", "1000", 1000)] for _ in workers]
    return [
        Asked("config", len(all_), configuration),
        Asked("rollout", len(all_), rollout),
        Asked("revoked", len(workers), revoked),
        Asked("meter", EDGES / PRESENCE_S, _metered(1, 0.0)),
    ]


def meter(turns: float, spread: bool) -> Asked:
    """Of the meter, where each edge has so many turns a second. spread: over slots, of which each of MASTERS has its share."""
    slots, settle_s = (SPREAD, SPREAD_S) if spread else (1, SETTLE_S)
    debts = turns * DEBTS / slots  # of a slot, a second
    each = min(float(NAMES_MAX), debts * settle_s)
    calls = -(-slots // MASTERS)
    return Asked("meter", EDGES * debts / each, _metered(calls, each), calls, each)


def metered() -> dict[str, Asked]:
    """Buckets, as on a single Redis and as in a cluster."""
    return {
        f"{turns} turns/s an edge, {'one of ' + str(SPREAD) + ' slots' if spread else 'all in one slot'}": meter(turns, spread)
        for turns in TURNS
        for spread in (False, True)
    }


def _metered(calls: int, each: float) -> list[list[bytes]]:
    """By edge, what it says in turn."""
    return [[_trip(f"node-{edge} 17 1764500000", number, calls, each) for number in range(VARIANTS)] for edge in range(EDGES)]


def _trip(who: str, number: int, calls: int, each: float) -> bytes:
    found = []
    for slot in range(calls):
        count = int(each) + (random.random() < each % 1)
        owed = [value for at in range(count) for value in (f"u:shop:{who}-{number}-{at}", 2, 10, 1, 0)]
        prefix = f"{{meter:{slot}}}:"
        found.append(_said("meter-2", f"{prefix}edges", prefix, who, 2000, "0", *owed))
    return b"".join(found)


async def _ask(socket: str, said: Sequence[bytes], calls: int, every_s: float, until: float) -> int:
    loop, reader_ = asyncio.get_running_loop(), hiredis.Reader()
    reader, writer = await asyncio.open_unix_connection(socket)
    at, count = loop.time() + random.random() * every_s, 0
    for one in cycle(said):
        await asyncio.sleep(at - loop.time())
        if at > until:
            break
        at += every_s
        writer.write(one)
        for _ in range(calls):
            while (answer := reader_.gets()) is False:
                reader_.feed(await reader.read(65536))
            if isinstance(answer, hiredis.ReplyError):
                raise answer
        count += calls
    writer.close()
    return count


async def _all(socket: str, asked: Asked, seconds: float) -> int:
    """How many calls were made."""
    until = asyncio.get_running_loop().time() + seconds
    every_s = len(asked.said) / asked.per_s
    return sum(await asyncio.gather(*(_ask(socket, said, asked.calls, every_s, until) for said in asked.said)))


def _cpu(client: redis.Redis) -> float:
    about = client.info("cpu")
    return float(about["used_cpu_user"] + about["used_cpu_sys"])


def _measured(client: redis.Redis, socket: str, asked: Asked, seconds: float) -> dict[str, float]:
    """cores: of Redis, busy with one slot's calls; us: of each."""
    before = _cpu(client)
    calls = asyncio.run(_all(socket, asked, seconds))
    spent = _cpu(client) - before
    return {
        "calls_per_s": round(calls / seconds / asked.calls),
        "buckets_a_call": round(asked.each, 1),
        "us": round(1e6 * spent / max(1, calls), 1),
        "cores": round(spent / seconds / asked.calls, 4),
        "slots": asked.calls,
    }


def _filled(client: redis.Redis) -> None:
    for name in ("config_beat-2", "beat-3", "revoked-2", "meter-2"):
        client.script_load(Script(name).text)
    record = msgspec.json.encode(CONFIGURATION)
    client.set("{config}:record", record)
    client.set("{rollout}:record", record)
    client.set("{revoked}:epoch", "e")
    client.zadd("{revoked}:log", {f'{{"tenant":"shop","kind":"token","value":"{n}"}}': n for n in range(1, 1001)})


def node_of(tag: str) -> int:
    """Which master has it, in a cluster as redis-cli makes one."""
    return int(key_slot(f"{{{tag}}}".encode()) / (16384 / MASTERS))


def measured(seconds: float) -> dict[str, Any]:
    """Raises CannotStart."""
    with tempfile.TemporaryDirectory(prefix="slots-") as name:
        socket, process = edges.redis(Path(name))
        client = redis.Redis(unix_socket_path=str(socket))
        try:
            _filled(client)
            found = {one.tag: _measured(client, str(socket), one, seconds) | {"node": node_of(one.tag)} for one in beats()}
            together = {name: _measured(client, str(socket), one, seconds) for name, one in metered().items()}
            say(f"of everybody: {found}, of the meter: {together}")
        finally:
            client.close()
            process.kill()
            process.wait()
    return {"edges": EDGES, "workers": WORKERS, "shims": SHIMS, "slots": found, "meter": together}


def fullest(found: dict[str, Any]) -> float:
    """Of the slots as a cluster has them: the share of a core that the fullest fills."""
    spread = [one["cores"] for one in found["meter"].values() if one["slots"] > 1]
    return float(max([one["cores"] for one in found["slots"].values()] + spread))
