"""The same customers under Locust's own page: `locust -f loadtest/locustfile.py`, then open http://127.0.0.1:8089.

--scenario, --rate and the others are on its command line and in its form. The target is the sluice that runs here, by the
settings of the environment, or --host with --tokens, --keys or guests. --processes, --master and --worker work as Locust's manual
says. What is shown is Locust's; latencies are from the intended start all the same, and what was forgotten is a failure called
CHECK. Records and gates are those of `python -m loadtest`.
"""

import logging
import secrets
import time
from argparse import ArgumentParser
from typing import Any

import gevent  # type: ignore[import-untyped]
from locust import LoadTestShape, events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadtest.running import planning, shapes, target, worker
from loadtest.running.floor import Floor
from loadtest.running.master import LEAD_S, SPAWN_PER_S
from loadtest.running.plan import Plan
from loadtest.who.users import ClosedUser, OpenUser
from pyshim.settings import read_settings

FORGET_S = 10.0  # turns are kept for a record that is not made here
log = logging.getLogger("loadtest")


class Rows(LoadTestShape):
    """The rows of the scenario."""

    plan: Plan | None = None

    def tick(self) -> tuple[int, float] | None:
        plan, t = self.plan, float(self.get_run_time()) - LEAD_S  # type: ignore[no-untyped-call]
        if plan is None:  # it is made when the first user starts
            return 1, SPAWN_PER_S
        if t > plan.scenario.seconds + LEAD_S:
            return None
        users = plan.senders if plan.model == "open" else plan.users_at(shapes.rate_at(plan.rows, max(0.0, t)))
        return users, SPAWN_PER_S


class Stage:
    """What one process of Locust knows of the load that goes on."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.floor: Floor | None = None

    def planned(self, workers: int, run: str) -> Plan:
        told = self.environment.parsed_options
        assert told is not None
        settings, wanted = read_settings(), planning.wanted(told)
        host = self.environment.host or told.host
        if host:
            to = target.elsewhere(host, settings, wanted, planning.path(told.tokens), planning.path(told.keys), None)
        else:
            to = target.running(settings, wanted)
        plan, missing = planning.planned(told, to, workers, run)
        for text in [*missing, *to.missing]:
            log.warning(text)
        return plan

    def set(self, plan: Plan, index: int) -> None:
        """Users may come."""
        self.floor, kind = worker.attach(plan, index)
        self.environment.host = plan.url
        self.environment.user_classes[:] = [kind]

    def begin(self, **_: Any) -> None:
        if self.floor is not None and not self.floor.begun.is_set():
            worker.begin(self.floor, time.monotonic() + LEAD_S)
            gevent.spawn(self._forget, self.floor)

    def end(self, **_: Any) -> None:
        if self.floor is not None:
            self.floor.end()

    @staticmethod
    def _forget(floor: Floor) -> None:
        while not floor.over:
            gevent.sleep(FORGET_S)
            for one in floor.report()["failures"]:
                log.warning("forgotten: %(tenant)s %(conversation)s seq %(turn)s: %(wanted)s; got %(got)s", one)


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def options(parser: ArgumentParser, **_: Any) -> None:
    planning.add(parser)


@events.init.add_listener  # type: ignore[untyped-decorator]
def init(environment: Environment, **_: Any) -> None:
    stage, runner = Stage(environment), environment.runner
    if isinstance(runner, WorkerRunner):
        runner.register_message("floor", lambda environment, msg, **_: on_worker(stage, msg.data))
    environment.user_classes[:] = [_kind(environment)]
    environment.events.test_start.add_listener(lambda **_: on_start(stage))  # type: ignore[no-untyped-call]
    environment.events.spawning_complete.add_listener(stage.begin)  # type: ignore[no-untyped-call]
    environment.events.test_stop.add_listener(stage.end)  # type: ignore[no-untyped-call]


def _kind(environment: Environment) -> type[OpenUser] | type[ClosedUser]:
    return ClosedUser if environment.parsed_options and environment.parsed_options.model == "closed" else OpenUser


def on_start(stage: Stage) -> None:
    """The master plans, and tells each worker which part is its own; a process that is alone plans for itself."""
    runner, run = stage.environment.runner, secrets.token_hex(4)
    if isinstance(runner, WorkerRunner):
        return
    clients = [one.id for one in runner.clients.ready] if isinstance(runner, MasterRunner) else []
    Rows.plan = plan = stage.planned(max(1, len(clients)), run)
    stage.environment.host = plan.url
    for index, client in enumerate(clients):
        assert runner is not None
        runner.send_message("floor", {"index": index, "workers": len(clients), "run": run, "host": plan.url}, client)
    if not clients:
        stage.set(plan, 0)


def on_worker(stage: Stage, told: dict[str, Any]) -> None:
    stage.set(stage.planned(told["workers"], told["run"]), told["index"])
