"""How does a Redis of one's own run: one on a unix socket, or a small cluster on loopback?

The cluster is there so that whoever tries sluice sees it work: three masters with a replica each on one machine survive the loss
of a process, not of the machine.
"""

import asyncio
import time
from pathlib import Path

from pyshim.hosts import host_and_port
from pyshim.settings import OWN_NODES, Settings

REPLICAS = 1  # of each master
NODE_TIMEOUT_MS = 1000  # from which on a node that does not answer counts as lost: its shard is taken over in about twice that
FORM_S = 20.0


class NoCluster(Exception):
    """The nodes run and do not become a cluster; the text says why."""


def command(
    folder: Path, socket: Path | None, group: bool = False, memory_mb: int = 0, more: dict[str, str] | None = None
) -> list[str]:
    """folder: where it keeps what it stored, made here; group: may that of the socket's folder connect, too? memory_mb: the most
    it takes, 0 for any."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",
        **({"unixsocket": str(socket), "unixsocketperm": "660" if group else "600"} if socket else {}),
        "dir": str(folder),
        "save": "",
        "appendonly": "yes",  # an acknowledged turn survives a restart
        "appendfsync": "everysec",
        "auto-aof-rewrite-min-size": "512mb",  # rewriting is a fork: not in the middle of every small peak
        "maxmemory": f"{memory_mb}mb",
        "maxmemory-policy": "noeviction",  # better an error than a conversation forgotten
        "daemonize": "no",
        **(more or {}),
    }
    return ["redis-server", *(text for name, value in options.items() for text in (f"--{name}", value))]


def node_command(
    folder: Path, port: int, memory_mb: int = 0, timeout_ms: int = NODE_TIMEOUT_MS, more: dict[str, str] | None = None
) -> list[str]:
    """Of one node of a cluster on loopback. more: options of Redis, which count before these."""
    return command(
        folder,
        None,
        memory_mb=memory_mb,
        more={
            "port": str(port),
            "bind": "127.0.0.1",
            "cluster-enabled": "yes",
            "cluster-config-file": "nodes.conf",
            "cluster-node-timeout": str(timeout_ms),
            "cluster-require-full-coverage": "no",  # one lost shard is no reason to refuse the others' users
            "repl-diskless-sync-delay": "0",
            "cluster-replica-validity-factor": "0",  # a replica that lags is better than none
            **(more or {}),
        },
    )


def commands(settings: Settings) -> list[tuple[str, list[str]]]:
    """Name and command of each process that this system starts."""
    folder, memory_mb = settings.var / "redis", settings.redis_memory_mb
    if not settings.redis.cluster:
        return [("redis", command(folder, settings.redis.socket, bool(settings.group), memory_mb))]
    ports = [host_and_port(node)[1] for node in settings.redis.nodes]
    masters = OWN_NODES // (REPLICAS + 1)
    share = max(16, memory_mb // masters)
    return [(f"redis-{number}", node_command(folder / str(port), port, share)) for number, port in enumerate(ports, 1)]


async def answers(node: str) -> bool:
    try:
        return (await ask(node, "PING")).startswith("+PONG")  # -LOADING while it reads what it stored
    except (OSError, TimeoutError):
        return False


async def ask(node: str, line: str) -> str:
    """What a node says to one line: a status or an error as it is, else the text. Raises OSError, TimeoutError."""
    if node.startswith("unix:"):
        reader, writer = await asyncio.open_unix_connection(node.removeprefix("unix:"))
    else:
        reader, writer = await asyncio.open_connection(*host_and_port(node))
    try:
        async with asyncio.timeout(1):
            writer.write(line.encode() + b"\r\n")
            first = await reader.readline()
            if not first.startswith(b"$"):
                return first.decode().strip()
            return (await reader.readexactly(int(first[1:]) + 2)).decode().strip()
    finally:
        writer.close()


async def form(nodes: tuple[str, ...], patience_s: float = FORM_S) -> None:
    """Makes one cluster of nodes that run on this machine; nothing changes where they are one. Raises NoCluster."""
    until = time.monotonic() + patience_s
    while not all([await answers(node) for node in nodes]):
        await _pause(until, "not all of them answer")
    if await _assigned(nodes[0]) == 0:
        made = ["redis-cli", "--cluster", "create", *nodes, "--cluster-replicas", str(REPLICAS), "--cluster-yes"]
        process = await asyncio.create_subprocess_exec(*made, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        said, _ = await process.communicate()
        if process.returncode:
            raise NoCluster(said.decode().strip())
    while not await _whole(nodes):
        await _pause(until, "they do not agree on who has what")


async def _pause(until: float, why: str) -> None:
    if time.monotonic() > until:
        raise NoCluster(why)
    await asyncio.sleep(0.05)


async def _about(node: str) -> dict[str, str]:
    said = await ask(node, "CLUSTER INFO")
    return dict(line.split(":", 1) for line in said.splitlines() if ":" in line)


async def _assigned(node: str) -> int:
    return int((await _about(node)).get("cluster_slots_assigned", 0))


async def _whole(nodes: tuple[str, ...]) -> bool:
    """Does every node know all the others, and is every master's replica there?"""
    for node in nodes:
        about = await _about(node)
        if about.get("cluster_state") != "ok" or int(about.get("cluster_known_nodes", 0)) < len(nodes):
            return False
        if "slave" in await ask(node, "CLUSTER NODES") and "master_link_status:down" in await ask(node, "INFO replication"):
            return False
    return True
