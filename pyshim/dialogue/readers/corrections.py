"""What does a clause say of the task that waits, whatever was asked: another value, a code, back, on with it?"""

import re

from pyshim.dialogue import slots
from pyshim.dialogue.commands import Correct, Evidence, Repeat, Resend, Set, Status
from pyshim.dialogue.hearing import CODE, MISTAKE, WRONG, Heard
from pyshim.dialogue.matters import is_matter
from pyshim.dialogue.readers.found import Found
from pyshim.turns import stored

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


def corrected(heard: Heard) -> Found:
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


def status(heard: Heard) -> Found:
    """办好了吗 asks about what was submitted; where nothing was or waits, it is for a model."""
    if not STATUS.fullmatch(heard.text.strip()):
        return []
    turn = heard.turn
    if turn.state.flow is not None or turn.open_call() is not None:
        return [Status(Evidence.GRAMMAR, heard.text)]
    return [Repeat(Evidence.GRAMMAR, heard.text)] if turn.newest and stored.acted(turn.newest) else []


def go_on(heard: Heard) -> Found:
    """On with it: agrees to nothing, and drops nothing."""
    return [Repeat(Evidence.GRAMMAR, heard.text)] if GO_ON.fullmatch(heard.text.strip()) else []


def back(heard: Heard) -> Found:
    """One step back: the last value is asked for again."""
    if not BACK.search(heard.text.strip()):
        return []
    last = next(reversed(heard.pending.slots), None)
    if last in heard.task.slots:
        return [Correct(Evidence.GRAMMAR, heard.text, last, None)]
    return [Repeat(Evidence.GRAMMAR, heard.text)]


def resend(heard: Heard) -> Found:
    return [Resend(Evidence.GRAMMAR, heard.text)] if RESEND.search(heard.text) else []


def code(heard: Heard) -> Found:
    found = slots.find(heard.slot, heard.text, heard.turn.tenant.today)
    if found is None or not slots.bare(CODE.sub("", found.rest)):
        return []
    return [Set(Evidence.VALUE, heard.text, heard.pending.asking, found.value)]
