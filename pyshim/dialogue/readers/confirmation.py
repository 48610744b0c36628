"""What does a clause say to somebody who asked for consent?"""

import re

from pyshim.dialogue import asides, consent, slots
from pyshim.dialogue.commands import Ask, Confirm, Correct, Deny, Evidence, Unclear
from pyshim.dialogue.hearing import MISTAKE, Heard
from pyshim.dialogue.readers import corrections
from pyshim.dialogue.readers.found import Found, evidence
from pyshim.language.values import addresses
from pyshim.tenants.schema import Task

LOOKING = re.compile(r"查|看看|看一?下|问一?下")
AGAINST = r"(?:不|别|甭|勿|没让你?|没叫你?|不要|不用|不想|不能|先不|暂时不|没有?要)(?:再|给我|帮我|马上)?"
NO = re.compile(r"[不没别未无?？吗么呢先]|要是|如果")
DENIED = re.compile(rf"{slots.GAP}[不非]|{slots.GAP}[没莫么木无](?:有|啥|什么)?问题")


def agreed(text: str, rest: str, task: Task, how: consent.Consent | None = None) -> bool:
    """rest: the text without the values that were shown, which may be said again (确认，20231107); but a no, a question or a
    condition in them (不需要, a reason) is never cut out, nor what is denied behind it (质量没问题)."""
    denied = len(NO.findall(text)) > len(NO.findall(rest)) or DENIED.search(rest) is not None
    return any(consent.given(said, how or task.consent, task.acts) for said in (text, text if denied else rest))


def given(heard: Heard) -> Found:
    """To exactly what was shown, and to no other value; nor where something was wrong (名字写错了，提交)."""
    if MISTAKE.search(heard.text):
        return []
    how: consent.Consent = "strict" if heard.pending.tries else heard.task.consent  # asked to be plain, 好的 is not any more
    given = heard.pending.confirm and agreed(heard.text, heard.text if heard.changed else heard.rest, heard.task, how)
    return [Confirm(Evidence.GRAMMAR, heard.text)] if given else []


def changed_alone(heard: Heard) -> Found:
    return changed(heard) if slots.bare(heard.rest) else []


def changed(heard: Heard) -> Found:
    if LOOKING.search(heard.rest) and not corrections.CORRECTING.search(heard.text):
        return []  # 帮我查下20231105 changes nothing of what is to be done
    return [Correct(Evidence.VALUE, heard.text, name, value) for name, value in heard.changed.items()]


def amended(heard: Heard) -> Found:
    """门牌号是2号: of an address that was shown, one number is another."""
    for name, value in heard.pending.slots.items():
        anew = addresses.amended(value, heard.text) if heard.slot_of(name).type == "address" else None
        if anew is not None:
            return [Correct(Evidence.VALUE, heard.text, name, anew)]
    return []


def half_named(heard: Heard) -> Found:
    if not consent.half_named(heard.text, heard.task.acts):
        return []
    return changed(heard) or [Unclear(Evidence.GRAMMAR, heard.text)]


def acts(heard: Heard) -> set[str]:
    """What the act is called, wholly and by its first two characters."""
    return {name for act in heard.task.acts for name in (act, act[:2]) if len(name) > 1 and name.isalpha() and not name.isascii()}


def against(heard: Heard) -> Found:
    """别挂失: the act, denied."""
    denied = any(re.search(AGAINST + re.escape(name), heard.text) for name in acts(heard))
    return [Deny(Evidence.GRAMMAR, heard.text)] if denied else []


def opposite(heard: Heard) -> Found:
    """The very opposite is wanted (解除挂失)."""
    return [Ask(Evidence.GRAMMAR, heard.text, heard.pending.intent)] if asides.opposite(heard.task, heard.text) else []


def no(heard: Heard) -> Found:
    return [Deny(evidence(heard.said), heard.text)] if heard.means("deny") else []


def model_yes(heard: Heard) -> Found:
    return [Confirm(Evidence.MODEL, heard.text)] if heard.means("affirm") else []
