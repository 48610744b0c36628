"""What does a clause say, to somebody who knows what was asked?

For each open question there is a list of readers; the first that finds something has read the clause. Surer evidence comes first:
a model's word is heard only where nothing that was asked for was said.
"""

import re
from collections.abc import Callable

from pyshim.dialogue import asides, consent, erasure, flows, lists, short_words, slots, waiting
from pyshim.dialogue.commands import (
    Ask,
    Cancel,
    Choose,
    Command,
    Confirm,
    Correct,
    Deny,
    Erase,
    Evidence,
    Insult,
    Part,
    Question,
    Repeat,
    Resend,
    Set,
    Status,
    Unclear,
    Wait,
)
from pyshim.dialogue.hearing import CODE, LIKELY, MISTAKE, RATHER, UNLIKELY, WRONG, Heard, where
from pyshim.dialogue.matters import is_matter, matter
from pyshim.dialogue.reducer import Open
from pyshim.language.values import addresses
from pyshim.tenants.schema import Task
from pyshim.turns import stored
from pyshim.turns.turn import CONFIRM, Turn
from pyshim.turns.turn import Part as Clause
from pyshim.understanding.intents import DIALOGUE_INTENTS, OUT_OF_SCOPE, SMALL_TALK

CORRECTING = re.compile(rf"{WRONG}|不对|不是|错了|应该是|改成|换成|改为|更正|还是|而是|^是")
BACK = re.compile(r"^(?:返回|退回|回到|回|后退到?)?上一?[步页级]|^(?:返回|后退|退回去|撤回)$")
GO_ON = re.compile(
    r"(?:我们?|那|好的?|嗯|就|请)?[，, ]*(?:继续|接着|往下)(?:办理?|来|说|弄|提交)?[吧呗啊呀]?\W*"
    r"|再?重?试(?:一?[下次])?[吧]?\W*|下一步\W*"
)
STATUS = re.compile(
    r"(?:请问|那|我的|刚才|刚刚|上次|这个|那个|这事|这件事|现在|到底|究竟|你们?|帮我|[，, ])*(?:已经|都|还)?(?:给我)?"
    r"(?:(?:办理?|弄|搞|处理|提交|操作|退订?|改|挂失?|取消|停|分期|生效|成功|完成|办成|搞定)(?:好|成|完|上|掉|下来|成功|失)?了?"
    r"|好|成|有?结果(?:出来)?了?)(?:了没有?|了[吗么嘛]|[吗么嘛]|没有?|没|了不)[啊呀呢哦]*[?？!！。~]*"
    r"|(?:现在)?(?:办|处理|弄)(?:得|的)?(?:怎么样|咋样|如何)了?[?？]*|(?:有|出)结果了?[吗么没][?？]*|(?:成|办)没(?:成|办)[?？]*"
)
RESEND = re.compile(
    r"(?:重新?|再|又|没)(?:给我|帮我)?(?:发送?|来|获取|拿|收到|收着)(?!错)(?:了?一?[次条个遍])?|[过失]期|收不到|没有收到|没来|不见(?:验证码|短信)"
)
WHETHER = re.compile(r"(?:还能|还可以|能不能|可不可以|是不是|会不会|可以).*(?:[吗么嘛]|[?？])$|[吗么][?？]*$")
DENIES = re.compile(r"[不没别甭勿莫冇唔未非]|保留|留着|除外|以外|之外")
HOW = re.compile(r"怎[么样]|咋|如何")
LOOKING = re.compile(r"查|看看|看一?下|问一?下")
AGAINST = r"(?:不|别|甭|勿|没让你?|没叫你?|不要|不用|不想|不能|先不|暂时不|没有?要)(?:再|给我|帮我|马上)?"
INSULT = re.compile(
    r"傻[逼比叉缺帽子]|煞笔|沙比|(?<![a-z])s[ab]b?(?![a-z])|(?<![a-z])nt(?![a-z])|脑残|智障|弱智|白痴|废物|滚(?:蛋|开|$)"
    r"|垃圾(?:客服|公司|平台|系统|东西|机器人|玩意|$)"
    r"|去死|[他你]妈|妈的|操[你蛋]|卧槽|狗[屁东日]|王八|骗子|人工智障|fuck|shit|stupid|idiot",
    re.IGNORECASE,
)
NO = re.compile(r"[不没别未无?？吗么呢先]|要是|如果")
DENIED = re.compile(rf"{slots.GAP}[不非]|{slots.GAP}[没莫么木无](?:有|啥|什么)?问题")
LONG_NUMBER = re.compile(r"\d{4}")

Found = list[Command]
Reader = Callable[[Heard], Found]


# -- nothing waits ------------------------------------------------------------------------------------------------------------


def _bare_value(heard: Heard) -> Found:
    """A value by itself belongs to the last matter that needs one, or to the one task it fits; of several one is asked for."""
    turn, state = heard.turn, heard.turn.state
    if not LONG_NUMBER.search(slots.figured(heard.text)):
        return []
    for remembered in (True, False):
        values = {name: value for name in turn.tenant.slots if (value := _alone(turn, name, heard.text, remembered))}
        fits = [intent for intent, task in turn.tenant.tasks.items() if not values.keys().isdisjoint(task.slots)]
        if not fits:
            continue
        waiting.keep(turn, values)
        if state.intent in fits or len(fits) == 1:
            return [Ask(Evidence.VALUE, heard.text, state.intent if state.intent in fits else fits[0])]
        turn.intent, turn.confidence, turn.likeliest = None, 0.0, fits
        return [Unclear(Evidence.VALUE, heard.text)]
    return []


def _alone(turn: Turn, name: str, text: str, remembered: bool) -> str | None:
    """The slot's value, where it is a number (of an order, say) and all the message says."""
    slot = turn.tenant.slots[name]
    sought = slot.remember is remembered and slot.formed
    found = slots.find(slot, text, turn.tenant.today) if sought else None
    return found.value if found is not None and slots.bare(found.rest) else None


def _insult(heard: Heard) -> Found:
    matter = is_matter(heard.turn, heard.said) and heard.said.intent != "complain"
    insults = not heard.values and not matter and INSULT.search(heard.text) is not None
    return [Insult(Evidence.GRAMMAR, heard.text)] if insults else []


def _erasure(heard: Heard) -> Found:
    return [Erase(Evidence.GRAMMAR, heard.text)] if erasure.asked(heard.text) else []


def _in_a_dialogue(heard: Heard) -> Found:
    """What means something only where something waits."""
    kind = {"repeat": Repeat, "affirm": Confirm, "deny": Deny, "cancel_flow": Cancel}.get(heard.said.intent)
    if kind is None:
        return []
    if slots.courteous(heard.text) and short_words.meaning(heard.text) is None:
        return []  # ？ and … say nothing, whatever the model takes them for
    if kind is Confirm and _evidence(heard.said) is Evidence.MODEL:
        return []  # what a model alone takes for a yes answers nothing here
    return [kind(_evidence(heard.said), heard.text)] if heard.means(heard.said.intent) else []


def _meant(heard: Heard) -> Found:
    said, tenant = heard.said, heard.turn.tenant
    if said.confidence < tenant.confidence_min or not (said.intent in tenant.replies or said.intent in tenant.tasks):
        return []
    if said.intent in DIALOGUE_INTENTS or (said.intent in SMALL_TALK and not asides.small_talk(said, 0.0)):
        return []  # 100 is no goodbye
    return [matter(heard.turn, said)]


def _chosen(heard: Heard) -> Found:
    """The answer to "did you mean"."""
    if heard.text.strip() == heard.turn.tenant.phrases.none_of_these:
        return [Deny(Evidence.BUTTON, heard.text)]
    number = short_words.ordinal(heard.text)
    if number is None and heard.means("affirm"):
        number = 0
    return [Choose(Evidence.GRAMMAR, heard.text, number)] if number is not None and number < len(heard.turn.state.offered) else []


# -- a value was asked for ----------------------------------------------------------------------------------------------------


def _part(heard: Heard) -> Found:
    """An address is said in pieces: this one completes it, or adds to it."""
    pending, asking = heard.pending, heard.pending.asking
    if pending.part and (whole := slots.whole(heard.slot, heard.text, pending.part)):
        return [Set(Evidence.VALUE, heard.text, asking, whole)]
    part = slots.part(heard.slot, heard.text, pending.part)
    return [Part(Evidence.VALUE, heard.text, asking, part)] if part and part != pending.part else []


def _listed(heard: Heard) -> Found:
    """Several values of one slot: the task is about one, and each of the others is a task of its own."""
    tenant, pending = heard.turn.tenant, heard.pending
    for name in dict.fromkeys([pending.asking, *heard.task.slots]):
        several = lists.read(tenant.slots[name], heard.text, tenant.today) if name in heard.task.slots else None
        if several is None:
            continue
        values, now = several.values, pending.slots.get(name)
        own: Found = [Set(Evidence.VALUE, heard.text, name, values[0])] if now is None else []
        own += [Correct(Evidence.VALUE, heard.text, name, values[0])] if now is not None and now not in values else []
        others = [value for value in values if value != (now if now in values else values[0])]
        return [*own, *(Ask(Evidence.VALUE, value, pending.intent) for value in others)]
    return []


def _queued(heard: Heard) -> Found:
    """先办8866, which was to come next: it is now, and the one that was shown comes after it."""
    later = {one.words for one in heard.turn.state.later if one.intent == heard.pending.intent}
    for name, value in heard.changed.items():
        shown = heard.pending.slots.get(name)
        if shown and value in later and not DENIES.search(heard.text):
            correct = Correct(Evidence.VALUE, heard.text, name, value)
            return [correct, Ask(Evidence.VALUE, shown, heard.pending.intent)]
    return []


def _another(heard: Heard) -> Found:
    """1234也丢了: not instead of the one that is shown, but besides."""
    others = [value for name, value in heard.changed.items() if name in heard.pending.slots and lists.lists(heard.slot_of(name))]
    if len(others) != 1 or not lists.ALSO.search(heard.rest) or CORRECTING.search(heard.text):
        return []
    return [Ask(Evidence.VALUE, others[0], heard.pending.intent)]


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
    if WHETHER.search(heard.text.strip()):
        return []  # 确认了还能取消吗 wants to know
    values = heard.values if where(heard.turn) is Open.SLOT else {}
    dropped = asides.dropped(heard.turn, heard.said, values, heard.rest)
    return [Cancel(_evidence(heard.said), heard.text)] if dropped else []


def _aside(heard: Heard) -> Found:
    aside = asides.other(heard.turn, heard.said, heard.pending, heard.values, heard.rest)
    if aside is None or (heard.proposed("value") and _could_answer(heard)):
        return []
    return [*_beside(heard, aside), matter(heard.turn, heard.said)]


def _could_answer(heard: Heard) -> bool:
    return bool(heard.values) or (where(heard.turn) is Open.SLOT and heard.slot.free)


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
    answers = pending.asking != CONFIRM and slots.accept(known[pending.asking], heard.text, heard.turn.tenant.today) is not None
    if answers or any(slots.find(known[name], heard.text, heard.turn.tenant.today) for name in heard.task.slots):
        return []
    return [Ask(Evidence.MODEL, heard.text, OUT_OF_SCOPE)]


def _proposed(heard: Heard) -> Found:
    """No value, says the model that knows what was asked, whatever a reader finds in it: a question about the task goes to who
    can answer it, unless a rule does; who looks for it is asked again."""
    if heard.values and slots.bare(heard.rest):
        return []
    named = where(heard.turn) is Open.CONFIRM and any(name in heard.text for name in _acts(heard))
    if heard.proposed("drop") and not named:  # 取消, where an order is to be cancelled, may be a yes
        return [Cancel(Evidence.MODEL, heard.text)]
    if heard.proposed("other", "question", least=RATHER):
        return _asked(heard)
    if (
        heard.proposed("wait")
        and not slots.courteous(heard.text)
        and not (is_matter(heard.turn, heard.said) and heard.said.intent != heard.pending.intent)
    ):
        return [Wait(Evidence.MODEL, heard.text)]
    return [Unclear(Evidence.MODEL, heard.text)] if heard.proposed("no_value") else []


def _asked(heard: Heard) -> Found:
    """Another matter, where the model of intents takes it for one, too: a question may be one that a rule answers."""
    said, tenant = heard.said, heard.turn.tenant
    other = heard.share("other") > heard.share("question")
    by_a_rule = heard.means(said.intent) and said.intent in tenant.replies and said.intent not in (*SMALL_TALK, *DIALOGUE_INTENTS)
    if said.intent != heard.pending.intent and (by_a_rule or (other and is_matter(heard.turn, said))):
        return [matter(heard.turn, said)]
    return [] if other else [Question(Evidence.MODEL, heard.text)]


def _likely(heard: Heard) -> Found:
    """Where nobody else could read it."""
    if heard.proposed("question", least=LIKELY):
        return [Question(Evidence.MODEL, heard.text)]
    waits = heard.proposed("wait", least=RATHER) and not slots.courteous(heard.text)  # ？ asks for no time
    return [Wait(Evidence.MODEL, heard.text)] if waits else []


def _values(heard: Heard) -> Found:
    return _sets(heard)


def _any_text(heard: Heard) -> Found:
    """A free slot takes the whole message, but for small talk."""
    if heard.means("affirm", "deny", "repeat") or asides.small_talk(heard.said, asides.SURE):
        return []
    if heard.turn.proposed and not heard.proposed("value", "correct", least=UNLIKELY):
        return []
    text = slots.accept(heard.slot, heard.text, heard.turn.tenant.today)
    return [] if text is None else [Set(Evidence.VALUE, heard.text, heard.pending.asking, text)]


def _question(heard: Heard) -> Found:
    """挂失要钱吗, while a card is to be blocked: for who knows answers; the open question comes again behind it. How it is done
    (怎么退款啊) is answered by what is asked for."""
    if where(heard.turn) is Open.SLOT and HOW.search(heard.text):
        return []
    asks = heard.means(heard.pending.intent) and slots.asks(heard.text) and heard.text.strip() not in heard.turn.tenant.titles
    return [Question(Evidence.MODEL, heard.text)] if asks else []


def _denies(heard: Heard) -> Found:
    """What names the act or the value, and a no beside it, is no wish to hear the question again."""
    said = heard.text.replace(heard.turn.tenant.title(heard.pending.intent), "")
    denies = heard.means(heard.pending.intent, "affirm", "repeat") and DENIES.search(said) is not None
    return [Unclear(Evidence.GRAMMAR, heard.text)] if denies else []


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
    """To exactly what was shown, and to no other value; nor where something was wrong (名字写错了，提交)."""
    if MISTAKE.search(heard.text):
        return []
    how: consent.Consent = "strict" if heard.pending.tries else heard.task.consent  # asked to be plain, 好的 is not any more
    given = heard.pending.confirm and agreed(heard.text, heard.text if heard.changed else heard.rest, heard.task, how)
    return [Confirm(Evidence.GRAMMAR, heard.text)] if given else []


def _changed_alone(heard: Heard) -> Found:
    return _changed(heard) if slots.bare(heard.rest) else []


def _changed(heard: Heard) -> Found:
    if LOOKING.search(heard.rest) and not CORRECTING.search(heard.text):
        return []  # 帮我查下20231105 changes nothing of what is to be done
    return [Correct(Evidence.VALUE, heard.text, name, value) for name, value in heard.changed.items()]


def _amended(heard: Heard) -> Found:
    """门牌号是2号: of an address that was shown, one number is another."""
    for name, value in heard.pending.slots.items():
        anew = addresses.amended(value, heard.text) if heard.slot_of(name).type == "address" else None
        if anew is not None:
            return [Correct(Evidence.VALUE, heard.text, name, anew)]
    return []


def _half_named(heard: Heard) -> Found:
    if not consent.half_named(heard.text, heard.task.acts):
        return []
    return _changed(heard) or [Unclear(Evidence.GRAMMAR, heard.text)]


def _acts(heard: Heard) -> set[str]:
    """What the act is called, wholly and by its first two characters."""
    return {name for act in heard.task.acts for name in (act, act[:2]) if len(name) > 1 and name.isalpha() and not name.isascii()}


def _against(heard: Heard) -> Found:
    """别挂失: the act, denied."""
    denied = any(re.search(AGAINST + re.escape(name), heard.text) for name in _acts(heard))
    return [Deny(Evidence.GRAMMAR, heard.text)] if denied else []


def _opposite(heard: Heard) -> Found:
    """The very opposite is wanted (解除挂失)."""
    return [Ask(Evidence.GRAMMAR, heard.text, heard.pending.intent)] if flows.opposite(heard.task, heard.text) else []


def _no(heard: Heard) -> Found:
    return [Deny(_evidence(heard.said), heard.text)] if heard.means("deny") else []


def _model_yes(heard: Heard) -> Found:
    return [Confirm(Evidence.MODEL, heard.text)] if heard.means("affirm") else []


# -- a code was asked for -----------------------------------------------------------------------------------------------------


def _resend(heard: Heard) -> Found:
    return [Resend(Evidence.GRAMMAR, heard.text)] if RESEND.search(heard.text) else []


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
    values, _ = slots.values_in(heard.turn.tenant, MISTAKE.sub(slots.GAP, text), known)  # 单号发错了 gives no reason 发错
    for name in known:
        bare = slots.numbered(heard.turn.tenant.slots[name], CORRECTING.sub("", text))
        if name not in values and bare:
            values[name] = bare
    if not values:
        return _mistaken(heard, known)
    return [Correct(Evidence.VALUE, text, name, value) for name, value in values.items() if value != pending.slots[name]]


def _mistaken(heard: Heard, known: list[str]) -> Found:
    """单号发错了: that it is wrong, and not what it is."""
    if not MISTAKE.search(heard.text) or is_matter(heard.turn, heard.said):
        return []
    known_slots, left = heard.turn.tenant.slots, MISTAKE.sub("", heard.text)
    named = [name for name in known if name != heard.pending.asking and slots.names(known_slots[name], left)]
    return [Correct(Evidence.GRAMMAR, heard.text, named[0], None)] if len(named) == 1 else []


def _status(heard: Heard) -> Found:
    """办好了吗 asks about what was submitted; where nothing was or waits, it is for a model."""
    if not STATUS.fullmatch(heard.text.strip()):
        return []
    turn = heard.turn
    if turn.state.flow is not None or any(not sent.outcome for sent in turn.calls()):
        return [Status(Evidence.GRAMMAR, heard.text)]
    return [Repeat(Evidence.GRAMMAR, heard.text)] if turn.newest and stored.acted(turn.newest) else []


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


def _evidence(said: Clause) -> Evidence:
    """Of a yes, a no, or never mind."""
    return Evidence.GRAMMAR if short_words.meaning(said.text) == said.intent else Evidence.MODEL


def _sets(heard: Heard) -> Found:
    return [Set(Evidence.VALUE, heard.text, name, value) for name, value in heard.values.items()]


NOTHING: tuple[Reader, ...] = (_erasure, _go_on, _status, _bare_value, _insult, _in_a_dialogue, _meant)
READERS: dict[Open, tuple[Reader, ...]] = {
    Open.NOTHING: NOTHING,
    Open.OFFER: (_chosen, *NOTHING),
    Open.SLOT: (
        _erasure,
        _opposite,
        _go_on,
        _status,
        _back,
        _proposed,
        _listed,
        _corrected,
        _part,
        _values_alone,
        _known_again,
        _dropped,
        _insult,
        _aside,
        _strange,
        _values,
        _any_text,
        _question,
        _likely,
        _once_more,
    ),
    Open.CONFIRM: (
        _erasure,
        _opposite,
        _queued,
        _given,
        _go_on,
        _status,
        _listed,
        _another,
        _amended,
        _changed_alone,
        _back,
        _proposed,
        _corrected,
        _half_named,
        _against,
        _dropped,
        _insult,
        _aside,
        _changed,
        _strange,
        _question,
        _no,
        _denies,
        _model_yes,
        _likely,
        _once_more,
    ),
    Open.CODE: (
        _code,
        _erasure,
        _resend,
        _go_on,
        _status,
        _back,
        _corrected,
        _dropped,
        _insult,
        _aside,
        _no,
        _once_more,
    ),
}
