"""What is to be done? One Plan a run: the command writes it, the master and every worker read it."""

from pathlib import Path
from typing import Literal

import msgspec

from loadtest.running.shapes import Row, Scenario
from loadtest.what.questions import Questions
from pyshim.tenants.schema import Tenant

PATIENCE_S = 10.0  # how long a customer waits for an answer; a turn's own deadline is SLUICE_DEADLINE_MS
SENDERS_S = 0.75  # seconds of the peak's turns that may be under way at once
SENDERS_MIN, SENDERS_MAX = 48, 900  # below the 1,000 that an address may have under way (SLUICE_ADDRESS_CONNECTIONS)


class Place(msgspec.Struct, frozen=True):
    """One tenant: its files as they are known here, what is asked of it, who asks. tokens: good ones that were given; keys: the
    folder of its signing key, "" for none; with neither everybody is a guest. flows: whether its flows can be followed."""

    tenant: Tenant
    questions: Questions
    tokens: list[str] = []
    keys: str = ""
    guests: bool = False
    flows: bool = True


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """run: no other run's, so that no two share users or sessions; url: where POST /v1/chat is; again: share of turns that are
    sent twice; looked_up: share of conversations whose history is read at the end; guests: share of newcomers where both come;
    attacks: a second, from addresses of their own; audience: of tokens that are made."""

    run: str
    scenario: Scenario
    model: Literal["open", "closed"]
    url: str
    seed: int
    workers: int
    places: list[Place]
    audience: str
    again: float = 0.03
    looked_up: float = 0.05
    guests: float = 0.2
    attacks: float = 0.0

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.scenario.rows

    @property
    def senders(self) -> int:
        """Turns that may be under way at once, all workers together; what is due beyond waits, and its latency with it."""
        wanted = round(self.scenario.peak * SENDERS_S)
        return max(self.workers, min(SENDERS_MAX, max(SENDERS_MIN, wanted)))

    def users_at(self, rate: float) -> int:
        """Closed model: users with think time that ask about so often, where answers take no time."""
        return max(self.workers, round(rate * self.scenario.think_s))


def write(path: Path, plan: Plan) -> Path:
    path.write_bytes(msgspec.msgpack.encode(plan))
    path.chmod(0o600)  # tokens
    return path


def read(path: Path) -> Plan:
    return msgspec.msgpack.decode(path.read_bytes(), type=Plan)
