"""One process that sends, a worker of Locust: `python -m loadtest.running.worker PLAN INDEX PORT`; the command starts it."""

import logging
import signal
import sys
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped]
from locust import runners
from locust.env import Environment

from loadtest.running import plan as plans
from loadtest.running.floor import Floor
from loadtest.running.plan import Plan
from loadtest.who.attacker import Attacker
from loadtest.who.users import ChatUser, ClosedUser, OpenUser

REPORT_S = 1.0  # how often a worker tells the master what it saw


def attach(plan: Plan, index: int) -> tuple[Floor, type[ChatUser]]:
    """The floor of this worker, and the class of its users."""
    kind = OpenUser if plan.model == "open" else ClosedUser
    kind.floor = Floor(plan, index)
    kind.host = plan.url
    return kind.floor, kind


def begin(floor: Floor, at: float) -> None:
    """Everything begins at this moment, monotonic seconds."""
    if floor.plan.attacks:
        gevent.spawn(Attacker(floor, floor.plan.attacks / floor.plan.workers).run)
    floor.begin(at)


def run(path: Path, index: int, port: int) -> int:
    plan = plans.read(path)
    floor, kind = attach(plan, index)
    runners.WORKER_REPORT_INTERVAL = REPORT_S
    environment = Environment(user_classes=[kind], host=plan.url)
    environment.events.report_to_master.add_listener(  # type: ignore[no-untyped-call]
        lambda client_id, data: data.update(load=floor.report())
    )
    runner = environment.create_worker_runner("127.0.0.1", port)

    def told_to_begin(environment: Environment, msg: Any, **_: Any) -> None:
        begin(floor, msg.data["at"])

    runner.register_message("begin", told_to_begin)
    runner.register_message("enough", lambda environment, msg, **_: floor.end())
    runner.greenlet.join()
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format=f"worker {sys.argv[2]}: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command says when it is over
    sys.exit(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
