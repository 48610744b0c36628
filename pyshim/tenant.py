"""What has a tenant brought?

gateway/tenants/<tenant>/ holds tenant.yaml, replies.yaml, flows.yaml, faq.tsv, words/ and lists/. They are read strictly: an
unknown key, a missing one or a wrong type is a fault naming file and line. Nothing is half loaded.
"""

import string
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, TypeVar

import msgspec

from pyshim import addresses, places
from pyshim.addresses import Ranges
from pyshim.config import Settings
from pyshim.errors import BadTenant
from pyshim.source import Source

T = TypeVar("T")
BLOCKED_CHARS_MAX = 40
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


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
    """A flow (with confirm: it changes something) or an action (without: it only reads)."""

    title: str
    call: Call
    done: str
    slots: list[str] = []
    confirm: str | None = None
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


def _faq(source: Source) -> list[Question]:
    questions: list[Question] = []
    faults: list[str] = []
    for number, line in enumerate(source.text("faq.tsv").splitlines(), 1):
        if number == 1 or not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) != 2 or not all(cell.strip() for cell in cells):
            faults.append(f"{source.place('faq.tsv')}:{number}: question, tab, answer is wanted")
        else:
            questions.append(Question([wording.strip() for wording in cells[0].split(" | ")], cells[1].strip()))
    if faults:
        raise BadTenant(*faults)
    return questions


def _lines(source: Source, name: str) -> list[str]:
    return [entry for line in source.text(name).splitlines() if (entry := line.strip())]


def _ranges(source: Source, name: str) -> Ranges:
    return addresses.of(addresses.parse(source.text(name), source.place(name)))


def _blocked(source: Source, name: str) -> list[str]:
    """Words nobody may say here; # begins a comment. A-Z count in any case (lua/edge/blocked.lua)."""
    words: dict[str, None] = {}
    faults: list[str] = []
    for number, line in enumerate(source.text(name).splitlines(), 1):
        word = line.partition("#")[0].strip().translate(LOWER)
        if len(word) == 1:
            faults.append(f"{source.place(name)}:{number}: {word!r} would refuse too much: two characters or more are wanted")
        elif len(word) > BLOCKED_CHARS_MAX:
            faults.append(f"{source.place(name)}:{number}: at most {BLOCKED_CHARS_MAX} characters are wanted")
        elif word:
            words[word] = None
    if faults:
        raise BadTenant(*faults)
    return list(words)


class _Reader:
    """Reads one part after another; faults are gathered, so that all are told at once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.faults: list[str] = []

    def yaml(self, name: str, kind: type[T]) -> T | None:
        def read() -> T:
            if name not in self._source.files:
                raise BadTenant(f"{self._source.place(name)}: no such file")
            return places.convert(self._source.place(name), self._source.text(name), kind)

        return self.part(read)

    def part(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except BadTenant as error:
            self.faults += error.faults
            return None


def about(source: Source) -> About:
    """Its tenant.yaml alone. Raises BadTenant."""
    return places.convert(source.place("tenant.yaml"), source.text("tenant.yaml"), About)


def load(source: Source, settings: Settings) -> Tenant:
    """The tenant. Raises BadTenant with all faults of its files; what they say together is checked in pyshim/checks.py."""
    reader = _Reader(source)
    about = reader.yaml("tenant.yaml", About)
    replies = reader.yaml("replies.yaml", Replies)
    flows = reader.yaml("flows.yaml", Flows)
    faq = reader.part(lambda: _faq(source))
    words = {name: reader.part(lambda name=name: _lines(source, f"words/{name}.txt")) for name in ("mask", "allow")}  # type: ignore[misc]
    lists = {
        name: reader.part(lambda name=name: _ranges(source, f"lists/addresses_{name}.txt"))  # type: ignore[misc]
        for name in ("refused", "trusted")
    }
    blocked = reader.part(lambda: _blocked(source, "words/blocked.txt"))
    if reader.faults:
        raise BadTenant(*reader.faults)
    assert about is not None
    assert replies is not None
    assert flows is not None
    confidence = about.thresholds.confidence
    return Tenant(
        id=source.tenant,
        digest=source.digest,
        about=about,
        replies=replies.replies,
        phrases=replies.phrases,
        slots=flows.slots,
        tasks={**flows.actions, **flows.flows},
        faq=faq or [],
        mask=words["mask"] or [],
        allow=words["allow"] or [],
        blocked=blocked or [],
        addresses_refused=lists["refused"] or Ranges(),
        addresses_trusted=lists["trusted"] or Ranges(),
        confidence_min=settings.confidence_min if confidence is None else confidence,
    )
