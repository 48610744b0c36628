"""What can a tenant bring?

gateway/tenants/<tenant>/ holds tenant.yaml, replies.yaml, flows.yaml, faq.tsv, words/ and lists/; pyshim/tenants/reader.py reads
them. An unknown key, a missing one or a wrong type is a fault.
"""

import re
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from pyshim.outside.base import Base
from pyshim.tenants.addresses import Ranges

PLACEHOLDER = re.compile(r"\{([\w.]+)\}")  # in a sentence of a tenant's
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}  # of 24h
Route = Literal["chat", "session", "history", "intent", "user"]  # our URLs that ask who is there (lua/edge/door.lua)


Rate = Annotated[float, msgspec.Meta(ge=1e-6, le=1e7)]  # the edge counts tokens exactly up to there; no NaN is within bounds
Many = Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
Small = Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]  # what nothing can hold cannot travel, either
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Limit(msgspec.Struct, forbid_unknown_fields=True):
    """A token bucket: tokens per second and the most it holds. shadow: it counts whom it would refuse, and refuses nobody."""

    rate_per_s: Rate
    burst: Many
    shadow: bool = False


class Slots(msgspec.Struct, forbid_unknown_fields=True):
    """The most turns of a tenant at one moment."""

    turns: Many
    shadow: bool = False


class Limits(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How fast a tenant's callers may go: all together, one user, one address, at one of our URLs; and how many turns at once."""

    tenant: Limit
    user: Limit
    address: Limit | None = None
    routes: dict[Route, Limit] = {}
    concurrency: Slots | None = None


Clock = Annotated[str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]


class Campaign(msgspec.Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A text appended to the answers of some intents, from one moment until another."""

    text: str
    from_: datetime
    until: datetime
    intents: list[str]


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Thresholds(msgspec.Struct, forbid_unknown_fields=True):
    """From which probability a meaning counts, from which the edge answers by itself, and from which one an FAQ entry is the
    same question (by the judge; a cosine, where the model has none). None: what the settings and the model say."""

    confidence: Share | None = None
    router: Share | None = None
    recall: Share | None = None


class Hours(msgspec.Struct, forbid_unknown_fields=True):
    """When a person can be reached. days: 1 is Monday; from, until: HH:MM, until may be 24:00; zone: from UTC, as in +08:00."""

    from_: Clock = msgspec.field(name="from")
    until: Clock
    zone: Annotated[str, msgspec.Meta(pattern=r"^[+-]([01]\d|2[0-3]):[0-5]\d$")]
    days: tuple[Annotated[int, msgspec.Meta(ge=1, le=7)], ...] = (1, 2, 3, 4, 5, 6, 7)


class People(msgspec.Struct, forbid_unknown_fields=True):
    """How persons are reached: phone, and hours in words; open: the same hours for the engine, None for always."""

    phone: str
    hours: str
    open: Hours | None = None


class History(msgspec.Struct, forbid_unknown_fields=True):
    """What is kept of customers. personal: phones and addresses that they type, in the history; consents: what they agreed to,
    once they want to be forgotten (`sluice consents` shows it)."""

    personal: Literal["kept", "masked"] = "kept"
    consents: Literal["kept", "erased"] = "kept"


class Credential(msgspec.Struct, forbid_unknown_fields=True):
    """What a back end knows sluice by: the name of a header, and the file that holds its value (pyshim/outside/secrets.py); a
    relative path is from the project's folder. The value is in no snapshot."""

    header: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")]
    file: Annotated[str, msgspec.Meta(min_length=1)]


class About(msgspec.Struct, forbid_unknown_fields=True):
    """tenant.yaml; issuer: what iss of a token must be, None for anything; today: the day that dates are told from, for a
    demonstration whose clock stands still, None for the real one."""

    name: str
    greeting: str
    guests: bool
    limits: Limits
    examples: list[str]
    people: People | None = None
    backend: str | None = None
    credential: Credential | None = None
    campaign: Campaign | None = None
    issuer: str | None = None
    today: date | None = None
    thresholds: Thresholds = msgspec.field(default_factory=Thresholds)
    history: History = msgspec.field(default_factory=History)

    @property
    def base(self) -> Base:
        """Of its back end's URLs."""
        known = self.credential
        return Base(self.backend or "", known.header, known.file) if known else Base(self.backend or "")


class RuleReply(msgspec.Struct, forbid_unknown_fields=True):
    """The one answer of an intent. handover: a person is wanted, and {people} in it says how one is reached; urgent: it is
    answered whoever has the conversation; words: of an urgent one, each enough by itself, whatever else is said or waits; en: the
    answer to who writes English."""

    title: str
    answer: str
    en: str = ""
    words: list[Annotated[str, msgspec.Meta(min_length=2)]] = []
    suggestions: list[str] = []
    handover: bool = False
    urgent: bool = False


class Phrases(msgspec.Struct, forbid_unknown_fields=True):
    """What the engine itself says. {people}: how a person is reached, which is people_open or people_closed."""

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
    ask_open: str = "抱歉，我没有听明白。您可以换个说法，或者直接告诉我想查什么、想办什么。"
    ask_open_again: str = "还是没有听明白，是我的问题。请用几个字说说要查或要办的事，或者点下面的按钮。"
    ask_back_again: str = "我再确认一下：是“{first}”，还是“{second}”？都不是的话，请换个说法告诉我。"
    ask_back_one: str = "您是想问“{first}”吗？"
    none_of_these: str = "都不是"
    out_of_scope_again: str = "这个我确实帮不上忙，怕说错耽误您。{people}。"
    only_chinese: str = "(Sorry, we can only answer this in Chinese.)"
    people_open: str = "人工客服电话 {phone}（{hours}），现在有人接听"
    people_closed: str = "人工客服电话 {phone}，服务时间是{hours}，现在不在服务时间"
    people_none: str = "这里暂时没有人工客服"
    people_again: str = "我在这里没有办法把您转给人工客服，要请您打电话。{people}。我一直在这里，也可以继续问我。"
    apology: str = "很抱歉让您着急了，是我没有做好。{people}。愿意的话我们接着办，不想办了说“算了”就行。"
    lookup_down: str = "抱歉，系统刚才没有应答，没有查到。请过几分钟再试。"
    not_accepted: str = "抱歉，系统没有受理“{title}”，没有办成。{people}。"
    unknown: str = (
        "“{title}”已经提交给系统，但还没有收到结果，现在不能确定办成了没有。"
        "我会继续查，有了结果，您下次发消息时我先告诉您；在那之前不用重复提交。"
    )
    unknown_waits: str = "上次提交的“{title}”还没有结果，现在不能再提交一次，以免重复。我还在查，有了结果先告诉您。"
    unknown_stays: str = "“{title}”已经提交给系统，我这里撤不回来，办成了没有也还不知道。我还在查，有了结果先告诉您。"
    unknown_known: str = "先告诉您上次“{title}”的结果：{result}"
    unknown_lost: str = "一直没能查到结果，不能确定办成了没有，请打电话核实。{people}。"
    unknown_not_done: str = "系统没有收到这次提交，没有办成。需要的话请再说一次。"
    later_more: str = "您提到的别的几项，等这些办完请再告诉我。"
    no_value: str = "{why}。{question}"
    erasure: str = (
        "您可以要求删除我们这里存的您的聊天和办理记录，删除后找不回来；您同意过的业务，按规定要留的凭证会留着。"
        "凭这一句话我不能删，要先确认是您本人：请在 App 里登录后提出，或打电话。{people}。"
    )
    no_answer: str = "这个问题我这里没有现成的答案，{people}。"
    no_answer_again: str = "这个我也没有现成的答案，怕说错耽误您。{people}。"
    not_yet: str = "还没有提交。{question}"
    incomplete: str = "还缺{missing}，请补上，前面说过的不用再说。"
    take_time: str = "不急，您慢慢来。{question}"
    put_aside: str = "“{title}”没有提交，先放下了。"
    distress: str = (
        "听您这样说，我很担心您。您现在安全吗？请马上告诉身边信得过的人；全国心理援助热线 12356 有人听您说话，"
        "有危险请立即拨打 120 或 110。{people}。"
    )
    later: str = "您还提到了“{title}”，这件办完接着说。"
    later_now: str = "再说您刚才提到的“{title}”。"
    secret: str = (
        "提醒您：密码、验证码、卡片安全码、完整卡号和身份证号，请不要发在聊天里，也不要告诉任何人。您刚才发的已经隐去，没有留存。"
    )
    quote_down: str = "抱歉，系统刚才没有应答，查不到确认前要告诉您的内容，还没有提交。请过一会儿再说“继续”，不想办了说“算了”。"


class Replies(msgspec.Struct, forbid_unknown_fields=True):
    """replies.yaml"""

    replies: dict[str, RuleReply]
    phrases: Phrases


Kind = Literal[
    "text", "choice", "amount", "date", "month", "phone", "number", "identity_card", "card_tail", "count", "address", "name"
]
Digits = Annotated[int, msgspec.Meta(ge=1, le=32)]


class NumberShape(msgspec.Struct, forbid_unknown_fields=True):
    """What a number looks like: digits, how many, or at least and at most; prefix: letters before them; bare: may they be left
    out? kept: are they part of what is sent?"""

    digits: Digits | Annotated[list[Digits], msgspec.Meta(min_length=2, max_length=2)]
    prefix: Annotated[str, msgspec.Meta(pattern="^[A-Za-z]{0,8}$")] = ""
    bare: bool = True
    kept: bool = True

    @property
    def lengths(self) -> tuple[int, int]:
        """At least, and at most, so many digits."""
        return (self.digits, self.digits) if isinstance(self.digits, int) else (self.digits[0], self.digits[1])


class Slot(msgspec.Struct, forbid_unknown_fields=True):
    """One thing a flow must know. type: what it is (pyshim/language/values/ has a reader for each); also: what answers as well.
    shapes: of a number; names: words before a number or a name; units, least, most: of a count; toward: where a day without a
    year lies; everything: the choice that stands for all; choices of another type than choice: words that are values, too.
    remember: kept for later flows of the same session."""

    ask: str
    invalid: str | None = None
    type: Kind = "text"
    also: list[Kind] = []
    shapes: list[NumberShape] = []
    names: list[Word] = []
    units: str = "件个"
    least: Small = 1
    most: Small = 99
    toward: Literal["past", "future", "near"] = "past"
    everything: str = ""
    patterns: list[str] = []
    choices: dict[Word, list[Word | Annotated[int, msgspec.Meta(ge=0, le=10**15)]]] = {}
    free: bool = False
    max_chars: Small = 60
    default: str | None = None
    remember: bool = False

    @property
    def formed(self) -> bool:
        """Can its value be told from other text by what it looks like?"""
        return bool(self.patterns) or self.type not in ("text", "choice")

    @property
    def fillable(self) -> bool:
        """Can an answer fill it?"""
        return self.formed or bool(self.choices) or self.free

    @property
    def chooses(self) -> bool:
        return bool(self.choices) and self.type in ("text", "choice")


class Call(msgspec.Struct, forbid_unknown_fields=True):
    """A request to the tenant's back end; body: slots sent as JSON."""

    method: Literal["GET", "POST"]
    path: str
    body: list[str] = []


class ErrorReply(msgspec.Struct, forbid_unknown_fields=True):
    """What to say to an error of the back end; ask_again: the slot to ask for once more."""

    say: str
    ask_again: str | None = None


class Verify(msgspec.Struct, forbid_unknown_fields=True):
    """A step-up: behind the consent the tenant's system sends a code, and the call carries it. send: what makes it send one; ask:
    what is said then, with the fields of its answer; slot: the code, one of the slots and none of the task's."""

    send: Call
    ask: str
    slot: str


class Unless(msgspec.Struct, forbid_unknown_fields=True):
    """Words that want the opposite of a task (解除挂失), and what is said to them instead of beginning it."""

    words: list[Annotated[str, msgspec.Meta(min_length=2)]]
    say: str


class Task(msgspec.Struct, forbid_unknown_fields=True):
    """A flow (with confirm: it changes something) or an action (without: it only reads). consent: whether only a yes that names
    the act runs it, or a plain one, too (pyshim/dialogue/consent.py); acts: verb and object, as customers call what is done;
    quote: a GET whose fields the confirmation tells; check: a GET that says what became of a call, {key} being its key;
    idempotent: how long the same call with the same key does nothing twice; urgent: it runs whoever has the conversation; unless:
    what it is not begun for."""

    title: str
    call: Call
    done: str
    slots: list[str] = []
    confirm: str | None = None
    consent: Literal["strict", "plain"] = "strict"
    acts: list[str] = []
    quote: Call | None = None
    verify: Verify | None = None
    check: Call | None = None
    idempotent: Annotated[str, msgspec.Meta(pattern=r"^[1-9]\d{0,3}[smhd]$")] | None = None
    urgent: bool = False
    unless: Unless | None = None
    errors: dict[str, ErrorReply] = {}
    suggestions: list[str] = []

    @property
    def repeats_s(self) -> int:
        """For how long its call may be sent again with the same key, seconds."""
        return int(self.idempotent[:-1]) * UNITS[self.idempotent[-1]] if self.idempotent else 0


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
    intents: list[str] = []
    titles: dict[str, str] = {}
    alarms: list[tuple[str, str]] = []  # words of urgent rules, in lower case, each with the rule's intent
    wordings: list[tuple[str, str]] = []  # of the FAQ, each with its answer
    urgent: bool = False  # is something urgent?

    def __post_init__(self) -> None:
        self.intents = sorted([*self.replies, *self.tasks])
        self.alarms = [(word.lower(), intent) for intent, rule in self.replies.items() for word in rule.words]
        self.titles = {self.title(intent): intent for intent in self.intents}
        self.urgent = any(self.is_urgent(intent) for intent in self.intents)
        self.wordings = [(wording, question.answer) for question in self.faq for wording in question.wordings]

    @property
    def today(self) -> date:
        return self.about.today or date.today()

    def recalled(self, wording: str) -> str | None:
        """The FAQ's answer to one of its own wordings."""
        return next((answer for known, answer in self.wordings if known == wording), None)

    def title(self, intent: str) -> str:
        """What customers see of it; itself, where it is none that is served (any more)."""
        known = self.replies.get(intent) or self.tasks.get(intent)
        return known.title if known else intent

    def is_urgent(self, intent: str) -> bool:
        known = self.replies.get(intent) or self.tasks.get(intent)
        return known is not None and known.urgent

    def is_flow(self, intent: str) -> bool:
        return intent in self.tasks and self.tasks[intent].confirm is not None
