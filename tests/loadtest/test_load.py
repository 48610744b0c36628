"""Does a load run, against the real thing, and say what it saw?"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from loadtest.running import schedule, shapes
from loadtest.seen import record
from loadtest.seen.record import Record
from pyshim.settings import PREFIX, ROOT
from tests.conftest import Stack

SECONDS, RATE = 6, 80


@dataclass(frozen=True)
class Ran:
    code: int
    said: str
    printed: str
    folder: Path

    @property
    def record(self) -> Record:
        return record.read(self.folder)


def run(folder: Path, *options: str, **settings: str) -> Ran:
    """`python -m loadtest`, with its results in this folder."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    command = [sys.executable, "-m", "loadtest", "--out", str(folder), *options]
    done = subprocess.run(command, cwd=ROOT, env=bare | settings, capture_output=True, text=True, timeout=100, check=False)
    return Ran(done.returncode, done.stderr, done.stdout, folder)


@pytest.fixture(scope="module")
def ran(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A few seconds of the smoke load by two workers."""
    options = ["--local", "--seconds", str(SECONDS), "--rate", str(RATE), "--workers", "2", "--attacks", "10"]
    loose = [f"--gate={name}=" for name in ("p95", "p99", "within_50_ms", "layer_p99", "late")]  # the machine may be busy
    return run(tmp_path_factory.mktemp("load") / "smoke", *options, *loose, **stack.environment)


@pytest.mark.usefixtures("stacks")
def test_every_turn_of_the_schedule_is_answered_well(ran: Ran) -> None:
    due = len(list(schedule.due(shapes.scenario("smoke", RATE, SECONDS).rows, 7)))
    found = ran.record

    assert found.errors == {}, ran.said
    assert sum(second.offered for second in found.series) == due + found.figures["sent_twice"]
    assert sum(second.answered for second in found.series) == sum(second.offered for second in found.series)


@pytest.mark.usefixtures("stacks")
def test_nothing_is_forgotten(ran: Ran) -> None:
    assert [(one.conversation, one.wanted, one.got) for one in ran.record.context_failures] == []
    assert ran.code == 0, ran.printed


@pytest.mark.usefixtures("stacks")
def test_what_is_refused_to_an_attacker_is_no_error(ran: Ran) -> None:
    figures = ran.record.figures

    assert figures["attacks"] > 10
    assert figures["attacks_401"] > 0 and figures["attacks_400"] > 0
    assert "let_in" not in figures
    assert ran.record.errors == {}


@pytest.mark.usefixtures("stacks")
def test_the_record_says_who_answered_and_what_the_system_did(ran: Ran) -> None:
    found = ran.record

    assert {"l3_hot", "l5_dialogue"} <= set(found.layers)
    assert {(one.tenant, one.layer) for one in found.groups} >= {
        ("shop", "l3_hot"),
        ("bank", "l5_dialogue"),
        ("telecom", "l3_hot"),
    }
    assert {one.name for one in found.processes} >= {"nginx", "redis", "triton", "shim-0", "load generator"}
    assert sum(one.per_s for one in found.triton) > 0
    assert sum(one.commands_per_s for one in found.redis) > 0
    assert found.figures["late_p99_ms"] >= 0
    assert (ran.folder / "record.json").exists()
    assert "context failures" in ran.printed


def test_a_url_where_nobody_answers_is_said_in_a_sentence(tmp_path: Path) -> None:
    dead = run(tmp_path / "none", "--url", "http://127.0.0.1:1")

    assert dead.code == 2
    assert dead.said.strip().startswith("no load could be made: http://127.0.0.1:1/v1/tenants does not answer")
    assert len(dead.said.strip().splitlines()) == 1
    assert not (tmp_path / "none").exists()


@pytest.mark.usefixtures("stacks")
def test_a_closed_model_is_named_as_such(stack: Stack, tmp_path: Path) -> None:
    closed = run(tmp_path / "closed", "--local", "--seconds", "3", "--rate", "40", "--model", "closed", **stack.environment)

    assert closed.record.model == "closed"
    assert closed.record.errors == {}
    assert closed.record.offered > 0
    assert "closed model" in closed.printed


@pytest.mark.quiet  # a shim is to be back within a turn's deadline
@pytest.mark.usefixtures("stacks")
def test_a_killed_shim_loses_nothing(tmp_path: Path, stacks: Callable[..., Stack]) -> None:
    killed = run(tmp_path / "restart", "--scenario", "restart", "--seconds", "10", "--rate", "40", "--kill", "shim")

    assert [one.text.split(" pid")[0] for one in killed.record.events if one.kind == "killed"] == ["shim"]
    assert killed.record.errors == {}
    assert killed.record.figures["recovered_after_s"] >= 0
