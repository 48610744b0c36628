"""Do logs end, and does what is said too often become one line?"""

import io
import logging
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pyshim.settings import ROOT, Settings, read_settings
from pyshim.telemetry import logs
from pyshim.telemetry.said import EVERY_S, FEW, Counted
from tests.conftest import make_stack, wait_until
from tests.edge.conftest import lua as lua  # noqa: PLC0414 - the same LuaJIT
from tests.http.door import door
from tests.sluice import here


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = read_settings({"SLUICE_VAR": str(tmp_path), "SLUICE_LOG_MB": "1", "SLUICE_LOGS_KEPT": "2"})
    made.log.mkdir()
    made.run.mkdir()
    return made


def names(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.log.iterdir())


def test_what_has_grown_is_put_aside_and_so_many_are_kept(settings: Settings) -> None:
    large, small = settings.log / "triton.log", settings.log / "redis.log"
    small.write_text("x")
    with large.open("ab") as writer:  # who writes it has it open all the time
        for number in range(4):
            writer.write(b"%d" % number * 2**20)
            writer.flush()
            assert logs.rotate(settings, logs.grown(settings)) == [large]
        writer.write(b"on")
    assert names(settings) == ["redis.log", "triton.log", "triton.log.1", "triton.log.2"]
    assert [(settings.log / name).read_bytes()[:1] for name in names(settings)[1:]] == [b"o", b"3", b"2"]
    assert large.read_bytes() == b"on"
    assert logs.grown(settings) == []


SHIM = """
import signal, sys
from pathlib import Path
from pyshim.telemetry import logs
signal.signal(signal.SIGUSR1, lambda *_: (logs.open_anew(Path(sys.argv[1])), print("anew", flush=True)))
print("began", flush=True)
while True: signal.pause()
"""


def test_a_process_opens_its_log_anew_on_usr1(settings: Settings) -> None:
    path = settings.log / "shim-0.log"
    with path.open("ab") as output:
        process = subprocess.Popen([sys.executable, "-c", SHIM, str(path)], cwd=ROOT, stdout=output, stderr=output)
    try:
        wait_until(lambda: path.read_text() == "began\n")
        settings.shim_socket(0).touch()
        (settings.run / "shim-0.pid").write_text(str(process.pid))
        assert logs.rotate(settings, [path]) == [path]
        wait_until(lambda: path.exists() and path.read_text() == "anew\n")
        assert path.with_name("shim-0.log.1").read_text() == "began\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.real
def test_nginx_goes_on_in_a_new_file_when_the_command_is_typed(tmp_path: Path) -> None:
    with door(tmp_path / "door") as opened:
        found = opened.edge.settings
        stack = make_stack(tmp_path, VAR=str(found.var))
        (found.run / "nginx.pid").write_text(str(opened.edge.process.pid))
        access = found.log / "access.log"
        opened.chat("127.0.0.3", opened.token())
        wait_until(lambda: access.read_text().count("\n") == 1)
        assert "begun anew: access.log, nginx.log" in here(stack, "logs", "rotate").stdout
        wait_until(access.exists)
        opened.chat("127.0.0.3", opened.token())
        wait_until(lambda: access.read_text().count("\n") == 1)
        assert access.with_name("access.log.1").read_text().count("\n") == 1


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_thousand_lines_become_few_and_one_with_a_count() -> None:
    clock, out = Clock(), io.StringIO()
    log = logging.Logger("a")
    log.addHandler(handler := Counted(out, clock))
    for number in range(1000):
        log.warning("the state store went away: %s", number)
    log.warning("something else")
    assert out.getvalue().count("\n") == FEW + 1
    clock.now = EVERY_S
    handler.tell()
    handler.tell()
    assert out.getvalue().splitlines()[FEW + 1 :] == ["the state store went away: 999 (the last of 997 more in 10 s)"]
    log.warning("the state store went away: %s", "again")
    assert out.getvalue().endswith("went away: again\n")


def test_the_edge_counts_too(lua: Any) -> None:
    lines: list[tuple[Any, ...]] = []
    lua.globals()[b"ngx"] = lua.table_from({b"log": lambda *said: lines.append(said)})
    said = lua.eval(b"require 'edge.said'")
    for number in range(1000):
        said[b"log"](1, b"l3_hot is broken", b"l3_hot is broken: ", number)
    for _ in range(10):
        said[b"tell"]()
    assert len(lines) == 4
    assert lines[-1] == (1, b"l3_hot is broken", b": ", 997, b" more in ", 10, b" s")
