"""What is known about the turn that is passing through?

Every field a layer may read or write is declared here, with who writes it. Nothing else is put on a turn.
"""

import time
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from pyshim.tenants.schema import Tenant
from pyshim.understanding.version import Version
from pyshim.words.compose import Composer

BOT, PERSON = "bot", "person"
CONFIRM = "confirm"


class Pending(msgspec.Struct, omit_defaults=True):
    """A flow that waits for an answer. asking: a slot's name or CONFIRM; id: also the back end's Idempotency-Key."""

    intent: str
    id: str
    asking: str
    tries: int = 0
    confirm: str = ""  # id of the confirmation that was shown: the turn that made it


class State(msgspec.Struct, omit_defaults=True):
    """Where a conversation stands: the value of d:{t:u}, MessagePack, under 2 KB."""

    session: str = ""
    turn: int = 0
    seq: int = 0
    intent: str | None = None
    slots: dict[str, str] = {}
    flow: Pending | None = None
    owner: str = BOT
    misses: int = 0
    offered: list[str] = []  # intents of the last "did you mean"


class Buttons(msgspec.Struct):
    """What agrees to exactly what was shown, and what drops it. id: of this confirmation; yes, no: texts of the buttons."""

    id: str
    yes: str
    no: str


class Press(msgspec.Struct):
    """One of the two was pressed."""

    id: str
    answer: Literal["yes", "no"]


class Reply(msgspec.Struct):
    """What a layer answers. suggestions: texts of buttons, at most three; confirm: where consent is asked for."""

    answer: str
    intent: str | None = None
    confidence: float = 1.0
    suggestions: list[str] = []
    confirm: Buttons | None = None


class Turn(msgspec.Struct):
    """One message on its way. Times are monotonic seconds."""

    # server
    id: str
    tenant: Tenant
    composer: Composer  # tenant and composer are of one version of the configuration: the turn is answered by it wholly
    user_id: str
    query: str
    deadline: float
    trace: str = ""  # W3C traceparent
    session_id: str = ""
    seq: int = 0
    press: Press | None = None  # a button instead of a query, whose text the query then is
    guess: str | None = None  # the edge router's best intent ...
    guess_confidence: float = 0.0  # ... and its probability
    state_given: bytes = b""  # the edge saw this state a moment ago
    version: Version | None = None  # the model version that answers; l4_understand falls back to ...
    stable: Version | None = None  # ... this one

    # conversation
    state: State = msgspec.field(default_factory=State)
    newest: bytes = b""  # the last stored turn of this user, JSON
    degraded: bool = False  # the state store is away

    # l4_understand
    intent: str | None = None
    confidence: float = 0.0
    likeliest: list[str] = []  # intents with something to say, best first
    embedding: npt.NDArray[np.float32] | None = None
    fault: bool = False  # the version that was drawn could not answer, or not in a candidate's time

    # l5_dialogue
    resume: str = ""  # what to say behind the answer of a layer below

    # funnel
    answered_by: str = ""
    reached: int = 0
    spent_ms: dict[str, float] = {}

    def left(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self.deadline - time.monotonic())
