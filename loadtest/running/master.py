"""How does a load go? Locust's master with its workers on loopback: they begin at one moment, tell what they saw every second,
and are stopped when the rows are over, or when a gate breaks and that was wanted.
"""

import logging
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped]
import msgspec
from locust.env import Environment
from locust.runners import MasterRunner

from loadtest.place.stack import free_ports
from loadtest.running import plan as plans
from loadtest.running import shapes
from loadtest.running.kill import NotThere
from loadtest.running.plan import PATIENCE_S, Plan
from loadtest.running.turns import Seen
from loadtest.seen import recording
from loadtest.seen.record import ContextFailure, Event
from loadtest.seen.recording import Told
from loadtest.verdict.gates import Wanted, broken
from loadtest.who.users import ClosedUser, OpenUser
from pyshim.settings import ROOT

START_S = 60.0  # for all workers to be there
LEAD_S = 1.0  # between the word to begin and the beginning
SPAWN_PER_S = 400
TICK_S = 0.25
REPORTED_S = 2.5  # what was due this long ago has been told, if it was answered at once


class CannotRun(Exception):
    """No load can be made: why."""


@dataclass
class Load:
    """One load. kill: what a row with that event does; say: progress."""

    plan: Plan
    limits: Wanted
    watch: Callable[[float], None]
    say: Callable[["Load", float], None]
    kill: Callable[[], str] | None = None
    told: Told = field(default_factory=Told)
    knee: dict[str, float] | None = None
    wrong: int = 0  # turns that were not answered well, so far
    held_until: float | None = None  # the end of the last row in which no gate broke, where that is looked for
    _at: float = 0.0
    _flying: dict[str, int] = field(default_factory=dict)
    _talking: dict[str, int] = field(default_factory=dict)

    def now(self) -> float:
        """Seconds since the load began; below 0 before it."""
        return time.monotonic() - self._at

    def run(self, folder: Path, started: Callable[[list[int]], None]) -> float:
        """Makes the load. started: is told the workers' process ids. Returns when it ended, seconds. Raises CannotRun."""
        port = free_ports(1)[0]
        kind = OpenUser if self.plan.model == "open" else ClosedUser
        options = Namespace(enable_rebalancing=False, headless=True, web_base_path="")
        patience = PATIENCE_S if self.plan.model == "closed" else 0.0  # nobody of the open model leaves in the middle
        environment = Environment(user_classes=[kind], host=self.plan.url, stop_timeout=patience, parsed_options=options)
        environment.events.worker_report.add_listener(self._report)  # type: ignore[no-untyped-call]
        master = environment.create_master_runner("127.0.0.1", port)
        with _workers(folder, self.plan, port) as processes:
            try:
                _wait(lambda: len(master.clients.ready) >= self.plan.workers, processes)
                started([one.pid for one in processes])
                return self._play(master, processes)
            finally:
                master.quit()

    # -- while it goes on ------------------------------------------------------------------------------------------------------

    def _play(self, master: MasterRunner, processes: list["subprocess.Popen[bytes]"]) -> float:
        plan = self.plan
        self._spawn(master, plan.senders if plan.model == "open" else plan.users_at(plan.rows[0].rate))
        self._at = time.monotonic() + LEAD_S
        master.send_message("begin", {"at": self._at})
        try:
            end = self._rows(master, processes)
        except KeyboardInterrupt:
            end = max(0.0, self.now())
            self.told.events.append(Event(round(end, 2), "shape", "stopped by hand"))
        master.send_message("enough", {})
        self._drain(end)
        if self.plan.scenario.ends and end >= self.plan.scenario.seconds:
            self._broke(len(self.plan.rows) - 1)
        return end

    def _rows(self, master: MasterRunner, processes: list["subprocess.Popen[bytes]"]) -> float:
        """Until the last row is over, or a row broke a gate where that ends the load."""
        plan, next_look, next_row = self.plan, 0.0, 0
        starts = shapes.begins(plan.rows)
        while (now := self.now()) < plan.scenario.seconds:
            _alive(processes)
            if now >= next_look:
                next_look = max(next_look + 1, now)
                self.watch(max(0.0, now))
                self.say(self, now)
                if plan.model == "closed" and now >= 0:
                    self._spawn(master, plan.users_at(shapes.rate_at(plan.rows, now)))
            if next_row < len(starts) and now >= starts[next_row]:
                self._begin_row(next_row)
                next_row += 1
            if plan.scenario.ends and next_row >= 2 and now >= starts[next_row - 1] + REPORTED_S and self._broke(next_row - 2):
                return now
            gevent.sleep(TICK_S)
        return plan.scenario.seconds

    def _begin_row(self, number: int) -> None:
        row = self.plan.rows[number]
        if row.event == "kill" and self.kill is not None:
            try:
                self.told.events.append(Event(round(self.now(), 2), "killed", self.kill()))
            except NotThere as error:
                self.told.events.append(Event(round(self.now(), 2), "killed", f"nothing: {error}"))
        else:
            text = row.event or f"{row.rate:,.0f} a second"
            self.told.events.append(Event(round(self.now(), 2), "shape", text))

    def _broke(self, number: int) -> bool:
        """Was a gate broken in this row? The knee is the last row in which none was. A row is judged once it is over."""
        row, start = self.plan.rows[number], shapes.begins(self.plan.rows)[number]
        if row.shape != "hold" or (self.held_until or 0.0) >= start + row.seconds:
            return False
        seen = Seen(self.told.turns)
        where = seen.between(start + row.seconds / 5, start + row.seconds)  # the rate before it has ebbed away
        judged = recording.judge(self.plan, seen, where, Told(), self.limits)  # a context failure is no matter of the rate
        one = seen.percentiles(where)
        if wrong := broken(judged):
            text = ", ".join(f"{gate.name} {gate.measured}" for gate in wrong)
            self.told.events.append(Event(round(start, 2), "gate", f"{row.rate:,.0f} a second: {text}"))
            self.knee = {**(self.knee or {}), "broken_at": round(row.rate, 1)}
            return True
        if one is not None:
            per_s = one.count / (row.seconds * 4 / 5)
            self.knee = {"rate": round(per_s, 1), "p50": one.p50, "p95": one.p95, "p99": one.p99}
            self.held_until = start + row.seconds
        return False

    def _spawn(self, master: MasterRunner, users: int) -> None:
        if users != master.target_user_count:
            master.start(users, SPAWN_PER_S)

    def _drain(self, end: float) -> None:
        """Waits for the answers to what was sent, as long as a customer would."""
        gevent.sleep(REPORTED_S)
        while any(self._flying.values()) and self.now() < end + PATIENCE_S + REPORTED_S:
            gevent.sleep(TICK_S)

    def _report(self, client_id: str, data: dict[str, Any]) -> None:
        """What a worker saw since its report before."""
        load = data.get("load")
        if load is None:
            return
        self.wrong += self.told.turns.merge(load["turns"])
        self.told.failures += msgspec.convert(load["failures"], list[ContextFailure])
        for name, count in load["figures"].items():
            self.told.figures[name] = self.told.figures.get(name, 0) + count
        self._flying[client_id], self._talking[client_id] = load["flying"], load["talking"]
        if (now := self.now()) >= 0:
            self.told.talking[int(now)] = sum(self._talking.values())


@contextmanager
def _workers(folder: Path, plan: Plan, port: int) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """The processes that send; none is left at the end."""
    path = plans.write(folder / "plan.msgpack", plan)
    command = [sys.executable, "-m", "loadtest.running.worker", str(path)]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for index in range(plan.workers):
            processes.append(subprocess.Popen([*command, str(index), str(port)], cwd=ROOT, start_new_session=True))
        yield processes
    finally:
        for one in processes:
            try:
                one.wait(PATIENCE_S + 5)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


def _wait(what: Callable[[], bool], processes: list["subprocess.Popen[bytes]"]) -> None:
    deadline = time.monotonic() + START_S
    while not what():
        _alive(processes)
        if time.monotonic() > deadline:
            raise CannotRun(f"the {len(processes)} workers were not there within {START_S:g} s")
        gevent.sleep(0.05)


def _alive(processes: list["subprocess.Popen[bytes]"]) -> None:
    gone = [one for one in processes if one.poll() is not None]
    if gone:
        raise CannotRun(f"a worker ended with {gone[0].returncode} in the middle of the load; what it said stands above")


logging.getLogger("locust").setLevel(logging.ERROR)
