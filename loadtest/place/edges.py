"""What do several nodes look like on one machine? More nginx, each with its own ports, memory and name, on one Redis.

Only the edge runs: hot questions are answered, and what would go to a shim gets 503. That is all limits need.
"""

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from gateway import nginx, shims
from gateway.redis import command as redis_command
from loadtest.place.stack import CannotStart, free_ports
from pyshim.configuration import start as configuration
from pyshim.rollout import follower
from pyshim.settings import PREFIX, ROOT, Settings, read_settings
from pyshim.tenants import addresses
from pyshim.tenants.compile import compile_all
from pyshim.tenants.edge import edge_settings

START_S = 30.0
HOT = "打招呼"  # a button's text of every shipped tenant


@dataclass(frozen=True, slots=True)
class Edge:
    """One nginx."""

    settings: Settings
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def metrics(self) -> dict[str, float]:
        text = httpx.get(f"http://127.0.0.1:{self.settings.operations_port}/metrics", trust_env=False, timeout=10).text
        lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in lines}

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def redis(folder: Path) -> tuple[Path, subprocess.Popen[bytes]]:
    """A Redis, as the launcher starts one. Returns its socket and itself."""
    socket = folder / "redis.sock"
    process = subprocess.Popen(redis_command(folder, socket), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + START_S
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotStart("redis-server did not start")
        time.sleep(0.02)
    return socket, process


def start(folder: Path, name: str, redis: Path | str, extra: str = "", **settings: str) -> Edge:
    """An nginx of this name in folder/name. folder/keys: the signing keys of all of them; extra: more for its http block, whose
    Lua may be anywhere in the project; settings: as in defaults.env, without the prefix. Raises CannotStart."""
    port, operations_port = free_ports(2)
    chosen = {
        "PORT": str(port),
        "OPERATIONS_PORT": str(operations_port),
        "VAR": str(folder / name),
        "NODE": name,
        "REDIS": str(redis),
        **settings,
    }
    read = read_settings({PREFIX + key: value for key, value in chosen.items()})
    for made in (read.run, read.log, read.model_versions, folder / "keys"):
        made.mkdir(parents=True, exist_ok=True)
    if not read.keys.exists():
        read.keys.symlink_to(folder / "keys")
    compiled = compile_all(read)
    follower.show(read, compiled.model, stable=True)
    (read.run / "edge.json").write_bytes(edge_settings(read))
    addresses.keep(read)
    shims.keep(read)
    configuration.keep(compiled)
    command = nginx.render(read)
    conf = read.run / "nginx/nginx.conf"
    (read.run / "nginx/extra.conf").write_text(extra)
    lua = read.run / "nginx/conf.d/lua.conf"
    lua.write_text(lua.read_text().replace('lua_package_path "', f'lua_package_path "{ROOT}/?.lua;'))
    conf.write_text(conf.read_text().rstrip().removesuffix("}") + "    include extra.conf;\n}\n")
    with (folder / f"{name}.out").open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, start_new_session=True)
    edge = Edge(read, process)
    deadline = time.monotonic() + START_S
    while not _answers(read.operations_port):
        if process.poll() is not None or time.monotonic() > deadline:
            edge.stop()
            raise CannotStart(f"nginx of {name} did not start:\n{(read.log / 'nginx.log').read_text(errors='replace')}")
        time.sleep(0.05)
    return edge


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
