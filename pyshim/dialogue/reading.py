"""What does this message say, to somebody who knows what was asked?

Yields commands (pyshim/dialogue/commands.py), each with its evidence and its words. What they do is not decided here.

For each open question there is a list of readers; the first that finds something in the message, or in the clause that is about
the question, has read it. Surer evidence comes first: a model's word is heard only where nothing that was asked for was said.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from pyshim.dialogue import asides, consent, flows, short_words, slots
from pyshim.dialogue.commands import (
    Ask,
    Cancel,
    Choose,
    Command,
    Confirm,
    Correct,
    Deny,
    Evidence,
    Handover,
    Insult,
    Repeat,
    Set,
    SmallTalk,
    Unclear,
)
from pyshim.dialogue.reducer import Open
from pyshim.language import clauses
from pyshim.tenants.schema import Slot, Task
from pyshim.turns.turn import CONFIRM, Part, Pending, Turn
from pyshim.understanding.intents import DIALOGUE_INTENTS, OUT_OF_SCOPE, SMALL_TALK

WRONG = r"(?:发|写|填|说|输|打|搞|弄|给|报|看|记)错了?"
CORRECTING = re.compile(rf"{WRONG}|不对|不是|错了|应该是|改成|换成|改为|更正|还是|而是|^是")
MISTAKE = re.compile(WRONG)
BACK = re.compile(r"^(?:返回|退回|回到|回|后退到?)?上一?[步页级]|^(?:返回|后退|退回去|撤回)$")
GO_ON = re.compile(
    r"(?:我们?|那|好的?|嗯|就|请)?[，, ]*(?:继续|接着|往下)(?:办理?|来|说|弄|提交)?[吧呗啊呀]?\W*"
    r"|再?重?试(?:一?[下次])?[吧]?\W*|下一步\W*"
)
LOOKING = re.compile(r"查|看看|看一?下|问一?下")
AGAINST = r"(?:不|别|甭|勿|没让你?|没叫你?|不要|不用|不想|不能|先不|暂时不|没有?要)(?:再|给我|帮我|马上)?"
INSULT = re.compile(
    r"傻[逼比叉缺帽子]|煞笔|沙比|(?<![a-z])s[ab]b?(?![a-z])|(?<![a-z])nt(?![a-z])|脑残|智障|弱智|白痴|废物|滚(?:蛋|开|$)"
    r"|垃圾(?:客服|公司|平台|系统|东西|机器人|玩意|$)"
    r"|去死|[他你]妈|妈的|操[你蛋]|卧槽|狗[屁东日]|王八|骗子|人工智障|fuck|shit|stupid|idiot",
    re.IGNORECASE,
)
CODE = re.compile(r"(?:短信)?(?:验证|校验|动态)码")
NO = re.compile(r"[不没别未无?？吗么呢先]|要是|如果")
DENIED = re.compile(rf"{slots.GAP}[不非]|{slots.GAP}[没莫么木无](?:有|啥|什么)?问题")
LONG_NUMBER = re.compile(r"\d{4}")
DOUBT = re.compile(r"如果|要是|的话|除非|算了|取消|[不没别先等但]|再想|还是")


Found = list[Command]
Reader = Callable[["Heard"], Found]


def where(turn: Turn) -> Open:
    """What does the conversation wait for?"""
    pending = turn.state.flow
    if pending is None:
        return Open.OFFER if turn.state.offered else Open.NOTHING
    if pending.asking == CONFIRM:
        return Open.CONFIRM
    return Open.CODE if pending.agreed else Open.SLOT


def changes(turn: Turn, commands: Iterable[Command]) -> bool:
    """Does one of them change a value of the waiting task?"""
    pending = turn.state.flow
    if pending is None:
        return False
    now = flows.values(turn, pending)
    known = turn.tenant.tasks[pending.intent].slots
    return any(isinstance(one, Set | Correct) and one.slot in known and one.value != now.get(one.slot) for one in commands)


def is_code(turn: Turn) -> bool:
    """Is it nothing but a code that the tenant's system sends, where no value is asked for, or nobody knows what is?"""
    if where(turn) is Open.SLOT and not turn.degraded:
        return False
    named = {task.verify.slot for task in turn.tenant.tasks.values() if task.verify}
    found = [slots.find(turn.tenant.slots[name], turn.query) for name in named]
    return any(one is not None and slots.bare(CODE.sub("", one.rest)) for one in found)


def pressed(turn: Turn) -> list[Command]:
    """A button of the confirmation."""
    assert turn.press is not None
    return [(Confirm if turn.press.answer == "yes" else Cancel)(Evidence.BUTTON, consent.text(turn.press.answer))]


def read(turn: Turn) -> list[Command]:
    """What the message says, urgent matters first."""
    main, others = _matters(turn)
    own = _first(READERS[where(turn)], _hear(turn, main))
    if any(isinstance(one, Confirm) for one in own) and any(_may_take_back(one) for one in others):
        own = [Unclear(Evidence.MODEL, main.text)]
    asked = {
        one.intent: one for one in reversed([*own, *others]) if isinstance(one, Ask)
    }  # each matter once, as it was said first
    once = [one for one in (*own, *others) if not isinstance(one, Ask) or asked[one.intent] is one]
    return sorted(once, key=lambda one: isinstance(one, Ask) and not turn.tenant.is_urgent(one.intent))


def _may_take_back(beside: Command) -> bool:
    """Could it take back the yes that stands before it?"""
    return isinstance(beside, Unclear) or DOUBT.search(beside.words) is not None


# -- several matters ----------------------------------------------------------------------------------------------------------


def _whole(turn: Turn) -> Part:
    return _short(Part(turn.query, turn.intent or "", turn.confidence))


def _short(part: Part) -> Part:
    """A bare yes, no or never mind means itself, with or without a model."""
    meant = short_words.meaning(part.text)
    return part if meant is None else Part(part.text, meant, 1.0)


def _matters(turn: Turn) -> tuple[Part, Found]:
    """The clause that is about what waits, and the matters beside it."""
    announced = clauses.announced(turn.query)
    unread = [Part(text, "", 0.0) for text in announced] if where(turn) is Open.CONFIRM else []  # Triton is away
    parts = [_short(part) for part in turn.parts or unread]
    if len(parts) < 2:
        return _whole(turn), []
    if len(announced) < len(parts):
        return _urgent(turn, parts)
    if turn.state.flow is None and not all(_is_matter(turn, part) for part in parts):
        return _whole(turn), []
    return parts[0], [_announced(turn, part) for part in parts[1:]]  # what is said there is no value of what waits


def _announced(turn: Turn, part: Part) -> Command:
    """A matter that was announced (另外帮我查下20231105): what it surely means, or the likeliest that looks that value up."""
    if _is_matter(turn, part):
        return _matter(turn, part)
    values, _ = flows.told(turn, part.text, [name for name, slot in turn.tenant.slots.items() if slot.remember])
    looks_up = (
        intent
        for intent in part.likeliest
        if (task := turn.tenant.tasks.get(intent)) and task.confirm is None and not values.keys().isdisjoint(task.slots)
    )
    intent = next(looks_up, None)
    return Unclear(Evidence.MODEL, part.text) if intent is None else Ask(Evidence.VALUE, part.text, intent)


def _urgent(turn: Turn, parts: list[Part]) -> tuple[Part, Found]:
    """Clauses that only marks divide are two matters where one of them is urgent, and the other one surely something else."""
    urgent = next((part for part in parts if _is_matter(turn, part) and turn.tenant.is_urgent(part.intent)), None)
    rest = [part for part in parts if part is not urgent]
    pending = turn.state.flow
    if urgent is None or len(rest) != 1 or (pending and pending.intent == urgent.intent):
        return _whole(turn), []
    if pending is None and not (_is_matter(turn, rest[0]) and rest[0].intent != urgent.intent):
        return _whole(turn), []
    return rest[0], [_matter(turn, urgent)]


def _is_matter(turn: Turn, part: Part) -> bool:
    """Is it surely something of its own?"""
    if part.intent in (*SMALL_TALK, *DIALOGUE_INTENTS) or part.confidence < asides.SURE:
        return False
    return part.intent in turn.tenant.replies or part.intent in turn.tenant.tasks


def _matter(turn: Turn, part: Part) -> Command:
    """A command for what a clause means, whatever waits."""
    evidence = Evidence.BUTTON if part.text.strip() in turn.tenant.titles else Evidence.MODEL
    if part.intent in SMALL_TALK:
        return SmallTalk(evidence, part.text, part.intent)
    rule = turn.tenant.replies.get(part.intent)
    if rule is not None and rule.handover and not rule.urgent:
        return Handover(evidence, part.text, part.intent)
    return Ask(evidence, part.text, part.intent)


# -- what a reader hears ------------------------------------------------------------------------------------------------------


class Heard:
    """A clause, and what it says of the task that waits. values: of slots nobody spoke of yet, where one is asked for, and of all
    of them where consent is; rest: what it says beside; changed: the values that differ from those that stand."""

    def __init__(self, turn: Turn, said: Part) -> None:
        self.turn, self.said, self.text = turn, said, said.text
        self.values: dict[str, str] = {}
        self.rest = said.text
        self.changed: dict[str, str] = {}

    @property
    def pending(self) -> Pending:
        assert self.turn.state.flow is not None
        return self.turn.state.flow

    @property
    def task(self) -> Task:
        return self.turn.tenant.tasks[self.pending.intent]

    @property
    def slot(self) -> Slot:
        """The one that is asked for."""
        return self.turn.tenant.slots[self.pending.asking]

    def means(self, *intents: str) -> bool:
        """Does the model, or a short word, say one of these?"""
        return self.said.intent in intents and self.said.confidence >= self.turn.tenant.confidence_min


def _hear(turn: Turn, said: Part) -> Heard:
    heard, open = Heard(turn, said), where(turn)
    if open is Open.SLOT:
        text = said.text if slots.find(heard.slot, said.text) else MISTAKE.sub(slots.GAP, said.text)  # 单号发错了: no reason 发错
        heard.values, heard.rest = flows.told(turn, text, flows.unknown(turn, heard.pending), first=heard.pending.asking)
        if not heard.values and (numbered := slots.numbered(heard.slot, said.text)):
            heard.values, heard.rest = {heard.pending.asking: numbered}, ""
    elif open is Open.CONFIRM:
        heard.values, heard.rest = flows.told(turn, MISTAKE.sub(slots.GAP, said.text), heard.task.slots)
        if is_code(turn):  # of before: a value was changed, and no code is asked for
            heard.values, heard.rest = {}, said.text
        now = flows.values(turn, heard.pending)
        if not heard.values:
            heard.values = {name: one for name in heard.task.slots if (one := slots.numbered(turn.tenant.slots[name], said.text))}
            heard.rest = "" if heard.values else heard.rest
        heard.changed = {name: value for name, value in heard.values.items() if value != now.get(name)}
    return heard


def _first(readers: Sequence[Reader], heard: Heard) -> Found:
    return next((found for reader in readers if (found := reader(heard))), [Unclear(Evidence.MODEL, heard.text)])


# -- nothing waits ------------------------------------------------------------------------------------------------------------


def _bare_value(heard: Heard) -> Found:
    """A value by itself belongs to the last matter that needs one, or to the one task it fits; of several one is asked for."""
    turn, state = heard.turn, heard.turn.state
    for remembered in (True, False):
        values = {name: value for name in turn.tenant.slots if (value := _alone(turn, name, heard.text, remembered))}
        fits = [intent for intent, task in turn.tenant.tasks.items() if not values.keys().isdisjoint(task.slots)]
        if not fits:
            continue
        flows.keep(turn, values)
        if state.intent in fits or len(fits) == 1:
            return [Ask(Evidence.VALUE, heard.text, state.intent if state.intent in fits else fits[0])]
        turn.intent, turn.confidence, turn.likeliest = None, 0.0, fits
        return [Unclear(Evidence.VALUE, heard.text)]
    return []


def _alone(turn: Turn, name: str, text: str, remembered: bool) -> str | None:
    """The slot's value, where it is a number (of an order, say) and all the message says."""
    slot = turn.tenant.slots[name]
    sought = slot.remember is remembered and slot.formed and LONG_NUMBER.search(slots.figured(text))
    found = slots.find(slot, text, turn.tenant.today) if sought else None
    return found.value if found is not None and slots.bare(found.rest) else None


def _insult(heard: Heard) -> Found:
    matter = _is_matter(heard.turn, heard.said) and heard.said.intent != "complain"
    insults = not heard.values and not matter and INSULT.search(heard.text) is not None
    return [Insult(Evidence.GRAMMAR, heard.text)] if insults else []


def _in_a_dialogue(heard: Heard) -> Found:
    """What means something only where something waits."""
    kind = {"repeat": Repeat, "affirm": Confirm, "deny": Deny, "cancel_flow": Cancel}.get(heard.said.intent)
    if slots.courteous(heard.text) and short_words.meaning(heard.text) is None:
        return []  # ？ and … say nothing, whatever the model takes them for
    return [kind(_evidence(heard.said), heard.text)] if kind is not None and heard.means(heard.said.intent) else []


def _meant(heard: Heard) -> Found:
    said, tenant = heard.said, heard.turn.tenant
    if said.confidence < tenant.confidence_min or not (said.intent in tenant.replies or said.intent in tenant.tasks):
        return []
    if said.intent in DIALOGUE_INTENTS or (said.intent in SMALL_TALK and not asides.small_talk(said, 0.0)):
        return []  # 100 is no goodbye
    return [_matter(heard.turn, said)]


def _chosen(heard: Heard) -> Found:
    """The answer to "did you mean"."""
    number = short_words.ordinal(heard.text)
    if number is None and heard.means("affirm"):
        number = 0
    return [Choose(Evidence.GRAMMAR, heard.text, number)] if number is not None and number < len(heard.turn.state.offered) else []


# -- a value was asked for ----------------------------------------------------------------------------------------------------


def _values_alone(heard: Heard) -> Found:
    return _sets(heard) if heard.values and slots.bare(heard.rest) else []


def _known_again(heard: Heard) -> Found:
    """The bare value of a slot that is known already: another one."""
    for name in heard.task.slots:
        slot = heard.turn.tenant.slots[name]
        found = slots.find(slot, heard.text, heard.turn.tenant.today) if slot.formed and slot.remember else None
        if found is not None and slots.bare(found.rest):
            return [Correct(Evidence.VALUE, heard.text, name, found.value)]
    return []


def _dropped(heard: Heard) -> Found:
    values = heard.values if where(heard.turn) is Open.SLOT else {}
    dropped = asides.dropped(heard.turn, heard.said, values, heard.rest)
    return [Cancel(_evidence(heard.said), heard.text)] if dropped else []


def _aside(heard: Heard) -> Found:
    aside = asides.other(heard.turn, heard.said, heard.pending, heard.values, heard.rest)
    if aside is None:
        return []
    return [*_beside(heard, aside), _matter(heard.turn, heard.said)]


def _beside(heard: Heard, aside: str) -> Found:
    """An answer with a question is both (质量问题，运费谁出啊); a value that the other matter needs itself is its own."""
    other, asking = heard.turn.tenant.tasks.get(aside), heard.pending.asking
    if where(heard.turn) is not Open.SLOT or asking not in heard.values:
        return []
    return [] if other and (other.confirm or asking in other.slots) else _sets(heard)


def _strange(heard: Heard) -> Found:
    """Surely none of our intents, and nothing the task could use?"""
    if heard.said.intent != OUT_OF_SCOPE or heard.said.confidence < asides.SURE or slots.courteous(heard.text):
        return []
    known, pending = heard.turn.tenant.slots, heard.pending
    answers = pending.asking != CONFIRM and slots.accept(known[pending.asking], heard.text) is not None
    if answers or any(slots.find(known[name], heard.text, heard.turn.tenant.today) for name in heard.task.slots):
        return []
    return [Ask(Evidence.MODEL, heard.text, OUT_OF_SCOPE)]


def _values(heard: Heard) -> Found:
    return _sets(heard)


def _any_text(heard: Heard) -> Found:
    """A free slot takes the whole message, but for small talk."""
    if heard.means("affirm", "deny", "repeat") or asides.small_talk(heard.said, asides.SURE):
        return []
    text = slots.accept(heard.slot, heard.text)
    return [] if text is None else [Set(Evidence.VALUE, heard.text, heard.pending.asking, text)]


def _once_more(heard: Heard) -> Found:
    again = slots.courteous(heard.text) or heard.means("repeat", "affirm", heard.pending.intent)
    return [Repeat(Evidence.MODEL, heard.text)] if again else []


# -- consent was asked for ----------------------------------------------------------------------------------------------------


def agreed(text: str, rest: str, task: Task, how: consent.Consent | None = None) -> bool:
    """rest: the text without the values that were shown, which may be said again (确认，20231107); but a no, a question or a
    condition in them (不需要, a reason) is never cut out, nor what is denied behind it (质量没问题)."""
    denied = len(NO.findall(text)) > len(NO.findall(rest)) or DENIED.search(rest) is not None
    return any(consent.given(said, how or task.consent, task.acts) for said in (text, text if denied else rest))


def _given(heard: Heard) -> Found:
    """To exactly what was shown, and to no other value."""
    how: consent.Consent = "strict" if heard.pending.tries else heard.task.consent  # asked to be plain, 好的 is not any more
    given = heard.pending.confirm and agreed(heard.text, heard.text if heard.changed else heard.rest, heard.task, how)
    return [Confirm(Evidence.GRAMMAR, heard.text)] if given else []


def _changed_alone(heard: Heard) -> Found:
    return _changed(heard) if slots.bare(heard.rest) else []


def _changed(heard: Heard) -> Found:
    if LOOKING.search(heard.rest) and not CORRECTING.search(heard.text):
        return []  # 帮我查下20231105 changes nothing of what is to be done
    return [Correct(Evidence.VALUE, heard.text, name, value) for name, value in heard.changed.items()]


def _half_named(heard: Heard) -> Found:
    if not consent.half_named(heard.text, heard.task.acts):
        return []
    return _changed(heard) or [Unclear(Evidence.GRAMMAR, heard.text)]


def _against(heard: Heard) -> Found:
    """别挂失: the act, denied."""
    names = {
        name for act in heard.task.acts for name in (act, act[:2]) if len(name) > 1 and name.isalpha() and not name.isascii()
    }
    denied = any(re.search(AGAINST + re.escape(name), heard.text) for name in names)
    return [Deny(Evidence.GRAMMAR, heard.text)] if denied else []


def _opposite(heard: Heard) -> Found:
    """The very opposite is wanted (解除挂失)."""
    return [Ask(Evidence.GRAMMAR, heard.text, heard.pending.intent)] if flows.opposite(heard.task, heard.text) else []


def _no(heard: Heard) -> Found:
    return [Deny(_evidence(heard.said), heard.text)] if heard.means("deny") else []


def _model_yes(heard: Heard) -> Found:
    return [Confirm(Evidence.MODEL, heard.text)] if heard.means("affirm") else []


# -- a code was asked for -----------------------------------------------------------------------------------------------------


def _code(heard: Heard) -> Found:
    found = slots.find(heard.slot, heard.text, heard.turn.tenant.today)
    if found is None or not slots.bare(CODE.sub("", found.rest)):
        return []
    return [Set(Evidence.VALUE, heard.text, heard.pending.asking, found.value)]


# -- corrections, wherever a task waits ---------------------------------------------------------------------------------------


def _corrected(heard: Heard) -> Found:
    """Another value for what was said before, or that it was wrong."""
    pending, text = heard.pending, heard.text
    known = [name for name in heard.task.slots if name in pending.slots]
    if not known or not CORRECTING.search(text):
        return []
    values, _ = flows.told(heard.turn, MISTAKE.sub(slots.GAP, text), known)  # 单号发错了 gives no reason 发错
    for name in known:
        bare = slots.numbered(heard.turn.tenant.slots[name], CORRECTING.sub("", text))
        if name not in values and bare:
            values[name] = bare
    if not values:
        return _mistaken(heard, known)
    return [Correct(Evidence.VALUE, text, name, value) for name, value in values.items() if value != pending.slots[name]]


def _mistaken(heard: Heard, known: list[str]) -> Found:
    """单号发错了: that it is wrong, and not what it is."""
    if not MISTAKE.search(heard.text) or _is_matter(heard.turn, heard.said):
        return []
    known_slots, left = heard.turn.tenant.slots, MISTAKE.sub("", heard.text)
    named = [name for name in known if name != heard.pending.asking and slots.names(known_slots[name], left)]
    return [Correct(Evidence.GRAMMAR, heard.text, named[0], None)] if len(named) == 1 else []


def _go_on(heard: Heard) -> Found:
    """On with it: agrees to nothing, and drops nothing."""
    return [Repeat(Evidence.GRAMMAR, heard.text)] if GO_ON.fullmatch(heard.text.strip()) else []


def _back(heard: Heard) -> Found:
    """One step back: the last value is asked for again."""
    if not BACK.search(heard.text.strip()):
        return []
    last = next(reversed(heard.pending.slots), None)
    if last in heard.task.slots:
        return [Correct(Evidence.GRAMMAR, heard.text, last, None)]
    return [Repeat(Evidence.GRAMMAR, heard.text)]


def _evidence(said: Part) -> Evidence:
    """Of a yes, a no, or never mind."""
    return Evidence.GRAMMAR if short_words.meaning(said.text) == said.intent else Evidence.MODEL


def _sets(heard: Heard) -> Found:
    return [Set(Evidence.VALUE, heard.text, name, value) for name, value in heard.values.items()]


NOTHING: tuple[Reader, ...] = (_go_on, _bare_value, _insult, _in_a_dialogue, _meant)
READERS: dict[Open, tuple[Reader, ...]] = {
    Open.NOTHING: NOTHING,
    Open.OFFER: (_chosen, *NOTHING),
    Open.SLOT: (
        *(_opposite, _go_on, _back, _corrected, _values_alone, _known_again, _dropped, _insult, _aside, _strange),
        *(_values, _any_text, _once_more),
    ),
    Open.CONFIRM: (
        *(
            _opposite,
            _given,
            _go_on,
            _changed_alone,
            _back,
            _corrected,
            _half_named,
            _against,
            _dropped,
            _insult,
            _aside,
            _changed,
            _strange,
        ),
        *(_no, _model_yes, _once_more),
    ),
    Open.CODE: (_code, _go_on, _back, _corrected, _dropped, _insult, _aside, _no, _once_more),
}
