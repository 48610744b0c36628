"""What can a tenant bring?

gateway/tenants/<tenant>/ holds tenant.yaml, replies.yaml, flows.yaml, faq.tsv, words/ and lists/; pyshim/tenants/reader.py reads
them. An unknown key, a missing one or a wrong type is a fault.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from pyshim.tenants.addresses import Ranges

Route = Literal["chat", "session", "history", "intent"]  # our URLs that ask who is there (lua/edge/door.lua)


class Limit(msgspec.Struct, forbid_unknown_fields=True):
    """A token bucket: tokens per second and the most it holds. shadow: it counts whom it would refuse, and refuses nobody."""

    rate_per_s: Annotated[float, msgspec.Meta(gt=0)]
    burst: Annotated[int, msgspec.Meta(ge=1)]
    shadow: bool = False


class Slots(msgspec.Struct, forbid_unknown_fields=True):
    """The most turns of a tenant at one moment."""

    turns: Annotated[int, msgspec.Meta(ge=1)]
    shadow: bool = False


class Limits(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How fast a tenant's callers may go: all together, one user, one address, at one of our URLs; and how many turns at once."""

    tenant: Limit
    user: Limit
    address: Limit | None = None
    routes: dict[Route, Limit] = {}
    concurrency: Slots | None = None


class Campaign(msgspec.Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A text appended to the answers of some intents, from one moment until another."""

    text: str
    from_: datetime
    until: datetime
    intents: list[str]


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Thresholds(msgspec.Struct, forbid_unknown_fields=True):
    """From which probability a meaning counts, from which the edge answers by itself, and from which cosine an FAQ entry is the
    same question. None: what the settings and the model's calibration say."""

    confidence: Share | None = None
    router: Share | None = None
    recall: Share | None = None


class About(msgspec.Struct, forbid_unknown_fields=True):
    """tenant.yaml; issuer: what iss of a token must be, None for anything."""

    name: str
    greeting: str
    guests: bool
    limits: Limits
    examples: list[str]
    backend: str | None = None
    campaign: Campaign | None = None
    issuer: str | None = None
    thresholds: Thresholds = msgspec.field(default_factory=Thresholds)


class RuleReply(msgspec.Struct, forbid_unknown_fields=True):
    """The one answer of an intent. handover: a person takes over with it."""

    title: str
    answer: str
    suggestions: list[str] = []
    handover: bool = False


class Phrases(msgspec.Struct, forbid_unknown_fields=True):
    """What the engine itself says."""

    ask_back: str
    out_of_scope: str
    handover: str
    person_owns: str
    flow_cancelled: str
    flow_resume: str
    flow_nothing: str
    flow_unclear: str
    repeat_nothing: str
    backend_down: str
    degraded: str
    unavailable: str


class Replies(msgspec.Struct, forbid_unknown_fields=True):
    """replies.yaml"""

    replies: dict[str, RuleReply]
    phrases: Phrases


class Slot(msgspec.Struct, forbid_unknown_fields=True):
    """One thing a flow must know. remember: kept for later flows of the same session."""

    ask: str
    invalid: str | None = None
    patterns: list[str] = []
    choices: dict[str, list[str]] = {}
    free: bool = False
    max_chars: int = 60
    default: str | None = None
    remember: bool = False


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """A request to the tenant's back end; body: slots sent as JSON."""

    method: Literal["GET", "POST"]
    path: str
    body: list[str] = []


class ErrorReply(msgspec.Struct, forbid_unknown_fields=True):
    """What to say to an error of the back end; ask_again: the slot to ask for once more."""

    say: str
    ask_again: str | None = None


class Task(msgspec.Struct, forbid_unknown_fields=True):
    """A flow (with confirm: it changes something) or an action (without: it only reads). consent: whether only a yes that names
    the act runs it, or a plain one, too (pyshim/dialogue/consent.py); acts: verb and object, as customers call what is done."""

    title: str
    call: Call
    done: str
    slots: list[str] = []
    confirm: str | None = None
    consent: Literal["strict", "plain"] = "strict"
    acts: list[str] = []
    errors: dict[str, ErrorReply] = {}
    suggestions: list[str] = []


class Flows(msgspec.Struct, forbid_unknown_fields=True):
    """flows.yaml"""

    slots: dict[str, Slot] = {}
    flows: dict[str, Task] = {}
    actions: dict[str, Task] = {}


class Question(msgspec.Struct):
    """One row of faq.tsv: wordings of the question, and its answer."""

    wordings: list[str]
    answer: str


class Tenant(msgspec.Struct):
    """Everything one tenant brought, read and checked. digest: of its files and keys; titles: button text -> intent."""

    id: str
    digest: str
    about: About
    replies: dict[str, RuleReply]
    phrases: Phrases
    slots: dict[str, Slot]
    tasks: dict[str, Task]
    faq: list[Question]
    mask: list[str]
    allow: list[str]
    blocked: list[str]
    addresses_refused: Ranges
    addresses_trusted: Ranges
    confidence_min: float
    titles: dict[str, str] = {}
    wordings: list[tuple[str, str]] = []  # of the FAQ, each with its answer

    def __post_init__(self) -> None:
        self.titles = {self.title(intent): intent for intent in self.intents}
        self.wordings = [(wording, question.answer) for question in self.faq for wording in question.wordings]

    @property
    def intents(self) -> list[str]:
        return sorted([*self.replies, *self.tasks])

    def title(self, intent: str) -> str:
        return (self.replies.get(intent) or self.tasks[intent]).title

    def is_flow(self, intent: str) -> bool:
        return intent in self.tasks and self.tasks[intent].confirm is not None
