"""Does everything start, stay up and stop, with nothing left behind and clear words when it cannot?"""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import running as running_part
from gateway.parts import Part
from gateway.running import CannotStart, Running
from pyshim.settings import ROOT, read_settings
from tests.conftest import RedisServer, Stack, copy_tenants, make_stack, wait_until
from tests.takes_nothing import takes_nothing

pytestmark = pytest.mark.real

Stacks = Callable[..., Stack]


def launch(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the launcher to its end."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/tmp", **stack.environment}
    command = [sys.executable, "-m", "gateway.launcher", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def processes_of(stack: Stack) -> dict[int, str]:
    """Every process, of whatever parent, that was started with this stack's settings."""
    mark = f"SLUICE_VAR={stack.var}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # gone meanwhile, or somebody else's
    return found


def listening(stack: Stack) -> list[int]:
    s = stack.settings
    busy = []
    for port in (s.port, s.operations_port, s.triton_port, s.triton_metrics_port, s.backend_port):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                busy.append(port)
    return busy


@pytest.fixture(scope="module")
def running(stacks: Stacks, wide: dict[str, str]) -> Stack:
    return stacks(**wide)


def test_the_welcome_has_a_curl_that_works_word_for_word(running: Stack) -> None:
    said = running.said()
    command = said[said.index("curl http") : said.index("  health")].strip()
    answer = subprocess.run(["sh", "-c", command + " -s"], capture_output=True, text=True, check=True).stdout
    assert '"answer"' in answer


def test_a_second_start_says_so_and_changes_nothing(running: Stack) -> None:
    before = processes_of(running)
    second = launch(running)
    assert second.returncode == 1
    assert f"sluice runs already (process {running.launcher and running.launcher.pid})" in second.stderr
    assert "nothing was changed" in second.stderr
    assert processes_of(running) == before
    assert running.ready()


@pytest.mark.parametrize("part", ["redis", "shim-0", "nginx", "triton", "example-backend"])
def test_a_part_that_dies_is_started_again(running: Stack, part: str) -> None:
    before = running.pid(part)
    running.kill(part)
    wait_until(lambda: running.pid(part) != before)
    wait_until(lambda: f"{part} is back" in running.said().split(f"{part} died")[-1], 60)
    wait_until(running.ready, 60)
    assert running.customer().post("你好").status_code == 200


def test_stop_drains_and_leaves_nothing(stacks: Stacks, wide: dict[str, str]) -> None:
    stack = stacks(**wide, BODY_S="60")  # a turn may be on its way, however long the command takes to start
    token = stack.token()
    body = b'{"query": "\xe4\xbd\xa0\xe5\xa5\xbd"}'
    head = f"POST /v1/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", stack.settings.port)) as client:
        client.sendall(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body[:5])
        with subprocess.Popen(
            [sys.executable, "-m", "gateway.launcher", "stop"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **stack.environment},
            stdout=subprocess.PIPE,
            text=True,
        ) as stopping:
            wait_until(lambda: stack.settings.port not in listening(stack))
            client.sendall(body[5:])  # the turn that was on its way is still answered
            assert b" 200 OK" in client.recv(4096)
            assert stopping.communicate(timeout=60)[0] == "stopped.\n"
    assert stack.launcher is not None
    assert stack.launcher.wait(10) == 0
    assert (processes_of(stack), listening(stack)) == ({}, [])
    assert launch(stack, "stop").stdout == "sluice is not running.\n"


def test_ctrl_c_leaves_nothing(stacks: Stacks, wide: dict[str, str]) -> None:
    stack = stacks(**wide)
    assert stack.launcher is not None
    stack.launcher.send_signal(signal.SIGINT)
    assert stack.launcher.wait(60) == 0
    assert (processes_of(stack), listening(stack)) == ({}, [])


def test_a_killed_launcher_leaves_nothing_either(stacks: Stacks, wide: dict[str, str]) -> None:
    stack = stacks(**wide)
    assert stack.launcher is not None
    stack.launcher.kill()
    stack.launcher.wait(10)
    wait_until(lambda: not processes_of(stack), 60)
    assert listening(stack) == []


def test_a_redis_that_takes_nothing_is_told_before_anything_else_starts(tmp_path: Path, redis_server: RedisServer) -> None:
    with takes_nothing(redis_server.socket, "OOM"):
        ended = launch(make_stack(tmp_path, REDIS=str(redis_server.socket)))
    assert ended.returncode == 1
    assert "sluice cannot start: redis: cannot write: OOM command not allowed" in ended.stderr


@pytest.mark.parametrize("setting", ["PORT", "OPERATIONS_PORT", "TRITON_PORT", "TRITON_METRICS_PORT", "BACKEND_PORT"])
def test_a_busy_port_names_the_setting_to_change(tmp_path: Path, setting: str) -> None:
    stack = make_stack(tmp_path)
    port = int(stack.environment[f"SLUICE_{setting}"])
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused = launch(stack)
    assert refused.returncode == 1
    assert f"port {port} on 127.0.0.1 cannot be used" in refused.stderr
    assert f"set SLUICE_{setting} to another one" in refused.stderr
    assert processes_of(stack) == {}


def test_a_faulty_tenant_stops_the_start_by_name(tmp_path: Path) -> None:
    tenants = copy_tenants(tmp_path / "tenants", lambda _, about: about.update(colour="red"))
    refused = launch(make_stack(tmp_path, TENANTS=str(tenants)))
    assert refused.returncode == 1
    assert "Object contains unknown field `colour`" in refused.stderr


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"NGINX": "no-such-nginx"}, "SLUICE_NGINX='no-such-nginx': no such program"),
        ({"TRITON_CONFIG": "tpu"}, "SLUICE_TRITON_CONFIG='tpu'"),
        ({"EDGE_WORKERS": "two"}, "SLUICE_EDGE_WORKERS='two': a whole number"),
        ({"MODELS": "/nowhere"}, "/nowhere/student: no version folder"),
    ],
)
def test_a_setting_that_cannot_work_is_named(tmp_path: Path, settings: dict[str, str], says: str) -> None:
    stack = make_stack(tmp_path)
    stack.environment |= {f"SLUICE_{name}": value for name, value in settings.items()}
    refused = launch(stack)
    assert refused.returncode == 1
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr
    assert processes_of(stack) == {}


def part(tmp_path: Path, script: str) -> Running:
    """A part that writes a line to starts each time it starts, then does what the script says; ready after `touch ready`."""
    command = ["sh", "-c", f"cd {tmp_path}; echo >> starts; {script}"]

    async def ready() -> bool:
        return (tmp_path / "ready").exists()

    settings = read_settings({"SLUICE_VAR": str(tmp_path)})
    settings.run.mkdir()
    settings.log.mkdir()
    return Running(Part("part", command, ready, patience_s=20), settings)


async def test_a_part_that_crashes_while_it_starts_is_started_again(tmp_path: Path) -> None:
    one = part(tmp_path, "[ $(wc -l < starts) -gt 1 ] || kill -ABRT $$; touch ready; exec sleep 60")
    await one.start()
    await one.until_ready()
    await one.stop()
    assert (tmp_path / "starts").read_text() == "\n\n"


@pytest.mark.parametrize(("script", "starts"), [("exit 3", 1), ("kill -ABRT $$", 3)])
async def test_a_part_that_cannot_start_says_so(tmp_path: Path, script: str, starts: int) -> None:
    one = part(tmp_path, f"echo no disk left; {script}")
    await one.start()
    with pytest.raises(CannotStart, match=r"part stopped while starting(?s:.*)no disk left"):
        await one.until_ready()
    assert len((tmp_path / "starts").read_text()) == starts


@pytest.mark.parametrize("broken", ["exit 3", "no such program"])
async def test_a_restart_that_failed_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(running_part, "PAUSE_S", 0.01)
    caplog.set_level(logging.INFO)
    one = part(tmp_path, f"[ -e broken ] && {{ {broken}; exit 3; }}; touch ready; exec sleep 60")
    good = one.part.command
    await one.start()
    await one.until_ready()
    watcher = asyncio.create_task(one.watch())
    (tmp_path / "ready").unlink()
    (tmp_path / "broken").touch()
    one.part.command = ["/no/such/program"] if "such" in broken else good
    assert one.process is not None
    one.process.kill()
    await asyncio.to_thread(wait_until, lambda: "part is not back (try 3)" in caplog.text)
    (tmp_path / "broken").unlink()
    one.part.command = good
    await asyncio.to_thread(wait_until, lambda: "part is back" in caplog.text)
    assert one.restarts == 0
    await one.stop()
    await watcher
