"""What has a tenant brought?

gateway/tenants/<tenant>/ holds tenant.yaml, replies.yaml, flows.yaml, faq.tsv and words/. They are read strictly: an unknown
key, a missing one or a wrong type is an error naming file and place. Nothing is half loaded.
"""

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
import yaml

from pyshim.errors import BadTenant

T = TypeVar("T")


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


class About(msgspec.Struct, forbid_unknown_fields=True):
    """tenant.yaml"""

    name: str
    greeting: str
    guests: bool
    limits: Limits
    examples: list[str]
    backend: str | None = None
    campaign: Campaign | None = None


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
    """Everything one tenant brought, read and checked."""

    id: str
    about: About
    replies: dict[str, RuleReply]
    phrases: Phrases
    slots: dict[str, Slot]
    tasks: dict[str, Task]
    faq: list[Question]
    mask: list[str]
    allow: list[str]
    titles: dict[str, str] = {}  # button text -> intent

    def __post_init__(self) -> None:
        self.titles = {self.title(intent): intent for intent in self.intents}

    @property
    def intents(self) -> list[str]:
        return sorted([*self.replies, *self.tasks])

    def title(self, intent: str) -> str:
        return (self.replies.get(intent) or self.tasks[intent]).title

    def is_flow(self, intent: str) -> bool:
        return intent in self.tasks and self.tasks[intent].confirm is not None


def _read_yaml(path: Path, kind: type[T], variables: dict[str, str]) -> T:
    try:
        text = path.read_text(encoding="utf-8")
        for name, value in variables.items():
            text = text.replace("${" + name + "}", value)
        return msgspec.convert(yaml.safe_load(text), kind)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise BadTenant(f"{path}: {error}") from None


def _read_faq(path: Path) -> list[Question]:
    questions: list[Question] = []
    if not path.exists():
        return questions
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if number == 1 or not line.strip():
            continue
        cells = line.split("\t")
        if len(cells) != 2 or not all(cell.strip() for cell in cells):
            raise BadTenant(f"{path}:{number}: question, tab, answer is wanted")
        questions.append(Question([wording.strip() for wording in cells[0].split(" | ")], cells[1].strip()))
    return questions


def _read_words(path: Path) -> list[str]:
    if not path.exists():
        return []
    try:
        return [word for line in path.read_text(encoding="utf-8").splitlines() if (word := line.strip())]
    except UnicodeDecodeError as error:
        raise BadTenant(f"{path}:{path.read_bytes()[: error.start].count(10) + 1}: not UTF-8") from None


def load(folder: Path, variables: dict[str, str]) -> Tenant:
    """One tenant's folder; its name is the tenant's id. Raises BadTenant."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", folder.name):
        raise BadTenant(f"{folder}: a tenant's name is a-z, 0-9 and _, at most 32")
    replies = _read_yaml(folder / "replies.yaml", Replies, variables)
    flows = _read_yaml(folder / "flows.yaml", Flows, variables)
    return Tenant(
        id=folder.name,
        about=_read_yaml(folder / "tenant.yaml", About, variables),
        replies=replies.replies,
        phrases=replies.phrases,
        slots=flows.slots,
        tasks={**flows.actions, **flows.flows},
        faq=_read_faq(folder / "faq.tsv"),
        mask=_read_words(folder / "words" / "mask.txt"),
        allow=_read_words(folder / "words" / "allow.txt"),
    )
