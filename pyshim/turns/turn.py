"""What is known about the turn that is passing through?

Every field a layer may read or write is declared here, with who writes it. Nothing else is put on a turn.
"""

import time
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from pyshim.language.scripts import Script
from pyshim.language.secrets.found import Secret
from pyshim.language.secrets.masking import find, masked
from pyshim.tenants.schema import Tenant
from pyshim.understanding.version import Version
from pyshim.words.compose import Composer

BOT, PERSON = "bot", "person"
CONFIRM = "confirm"


class Later(msgspec.Struct):
    """Another matter of the same message, to be taken up when the first is done. words: what was said of it."""

    intent: str
    words: str


class Pending(msgspec.Struct, omit_defaults=True):
    """A task that waits for an answer. Its values are its own: what another matter is told in between is not told to it.

    asking: a slot's name, CONFIRM, or the slot of its code; id: the turn that began it, or that corrected it after a refusal."""

    intent: str
    id: str
    asking: str
    tries: int = 0
    slots: dict[str, str] = {}
    quote: dict[str, str] = {}  # what the confirmation tells besides
    confirm: str = ""  # id of the confirmation that was shown: the turn that made it; "" while none was
    shown: str = ""  # digest of its text
    agreed: str = ""  # the words or the button that agreed, while a code is waited for
    pressed: bool = False  # was it the button?
    part: str = ""  # of the value that is asked for, as far as it was said


class State(msgspec.Struct, omit_defaults=True):
    """Where a conversation stands: the value of d:{t:u}, MessagePack, under 2 KB."""

    session: str = ""
    turn: int = 0
    seq: int = 0
    intent: str | None = None
    slots: dict[str, str] = {}  # what was said and is worth remembering, for later tasks
    flow: Pending | None = None
    owner: str = BOT
    misses: int = 0
    offered: list[str] = []  # of the last "did you mean": intents, and wordings of the FAQ
    declined: list[str] = []  # intents of those before, while nobody was understood
    later: list[Later] = []
    script: Script = ""  # of what was typed last, as far as it could be told

    def understood(self) -> None:
        """What was not is forgotten."""
        self.misses, self.offered, self.declined = 0, [], []


Fields = dict[str, str | int | float | bool | None]  # of a back end's answer, as pyshim/outside/backend.py has them


class Sent(msgspec.Struct, omit_defaults=True):
    """A call that changes something, from before it is sent until the customer heard what came of it: a value of c:{t:u}.

    key: its Idempotency-Key; task: the id it had while it waited for consent; at: when it was sent, milliseconds since 1970;
    values: the task's, and what is needed to send it again;
    outcome: "" while it is not known, "lost" where it cannot be found out; code: of a refusal, "" where the call never arrived;
    fields: of the answer."""

    key: str
    task: str
    intent: str
    values: dict[str, str]
    at: int
    outcome: Literal["", "done", "refused", "lost"] = ""
    code: str = ""
    fields: Fields = {}
    tries: int = 0


class Consent(msgspec.Struct, omit_defaults=True):
    """What a customer agreed to. shown: the words that were shown; agreed: the words or the button's text that agreed; by: which
    of the two; config, model: versions."""

    task: str
    shown: str
    agreed: str
    by: Literal["button", "words"]
    values: dict[str, str]
    config: int
    model: str
    key: str


class Clause(msgspec.Struct):
    """One clause of a message that speaks of several matters, as the model reads it alone. likeliest: as of a turn."""

    text: str
    intent: str
    confidence: float
    likeliest: list[str] = []


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
    """One message on its way. Times are monotonic seconds. query is given as it was typed; from then on there is nothing secret
    in it but what the conversation asks for (pyshim/dialogue/secrecy.py)."""

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
    understood: bool = False  # the guess is the student's own reading of this text, which the edge remembered
    config: int = 0  # number of the configuration
    state_given: bytes = b""  # the edge saw this state a moment ago
    version: Version | None = None  # the model version that answers; l4_understand falls back to ...
    stable: Version | None = None  # ... this one

    # itself, when it is made
    typed: str = ""  # what was typed, whole: nobody but dialogue/secrecy.py reads it, and nobody keeps it
    hides: list[Secret] = []  # what is secret in it, and personal where the tenant's history keeps nothing personal
    kept: str = ""  # what may be kept of it

    # conversation
    warned: bool = False  # something secret was said that nobody asked for: the customer is told
    state: State = msgspec.field(default_factory=State)
    newest: bytes = b""  # the last stored turn of this user, JSON
    degraded: bool = False  # the state store is away
    sent: list[Sent] = []  # calls whose outcome the customer has not heard

    # l4_understand
    heard_at: tuple[str, str, bool] = ("", "", False)  # the question that was open when it was understood
    intent: str | None = None
    confidence: float = 0.0
    likeliest: list[str] = []  # intents with something to say, best first
    parts: list[Clause] = []  # where it speaks of several matters
    embedding: npt.NDArray[np.float32] | None = None
    proposed: dict[str, float] = {}  # what the query says to what was asked, by shares (pyshim/understanding/proposer.py)
    read_as: tuple[str, float] | None = None  # by the version that was drawn, of the query alone, which is of one clause
    fault: bool = False  # the version that was drawn could not answer, or not in a candidate's time

    # l5_dialogue
    resume: str = ""  # what to say behind the answer of a layer below
    told: list[str] = []  # keys of calls whose outcome this turn tells: they are forgotten with its commit
    known: dict[str, Sent] = {}  # by key: the call that this turn made, for the case that its commit fails
    consent: Consent | None = None  # what was agreed to in this turn
    secret: bool = False  # the query is a code: the history does not keep it

    # l6_recall
    near: str = ""  # a wording of the FAQ that may be what is meant

    # funnel
    answered_by: str = ""
    reached: int = 0
    spent_ms: dict[str, float] = {}

    def __post_init__(self) -> None:
        self.typed = self.query
        self.hides = find(self.query, self.tenant.about.history.personal == "masked") if self.press is None else []
        self.query = masked(self.query, [one for one in self.hides if one.is_secret])
        self.kept = masked(self.typed, self.hides)

    def calls(self) -> list[Sent]:
        """Those the customer has not heard the end of, as they stand."""
        return list({**{sent.key: sent for sent in self.sent}, **self.known}.values())

    def open_call(self, intent: str = "") -> Sent | None:
        """The one that was sent, and nobody knows what became of it; of this intent, where one is named."""
        return next((sent for sent in self.calls() if not sent.outcome and intent in ("", sent.intent)), None)

    def left(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self.deadline - time.monotonic())
