"""Does this message agree to the act that was just shown, and to nothing else?

A call that changes something runs only on a sentence that, as a whole, is in this closed grammar of yeses. Rules:

* The sentence is folded (consent_spelling.py). 了 吗 么 呢 吧 嘛 and ？ are never dropped: they turn
  a yes into a question, a report or a doubt, as does whatever else is not in the grammar.
* A yes that names the act (确认, 办理, 提交吧, 取消订单 at a cancelling) is enough for every task.
* A plain yes (好的, 可以, 没问题) may agree with the text alone: it is enough where the task's consent is "plain".
* What a model takes for a yes is never enough.

A sentence is parts in a row (consent_words.py), at least one of them names the act, the others stand by it. It is read in two
steps: what this task's acts are called becomes one sign each (_Names), then the grammar reads the sentence, the same for all
tasks (SENTENCE). Names are taken apart into verb and object, so that 取消订单 is 把这个订单取消掉, too. What consists of safe
words in another order is a yes, too (consent_unordered.py).
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from pyshim.dialogue import consent_unordered as unordered
from pyshim.dialogue import consent_words as words
from pyshim.dialogue.consent_spelling import folded, plainer
from pyshim.dialogue.consent_words import FULL, HANDLED, UNDONE, VERB
from pyshim.dialogue.slots import GAP
from pyshim.language import kept

Consent = Literal["strict", "plain"]

YES, NO = "确认", "不办了"  # texts of the two buttons; short_words reads the second


def text(answer: Literal["yes", "no"]) -> str:
    """Of that button."""
    return YES if answer == "yes" else NO


def given(text: str, consent: Consent, acts: Sequence[str]) -> bool:
    """acts: how this task's act is called, verb and object; … in one stands for a value that was shown. Where values were cut out
    of the text because they are those shown, slots.GAP stands in their place."""
    return any(_given(said, consent, tuple(acts)) for said in folded(text))


def _given(said: str, consent: Consent, acts: tuple[str, ...]) -> bool:
    if said not in words.LONE:
        signed = _names(acts).signed(said)
        if CONDITION.search(signed):
            return False
        if _names_the_act(signed):
            return True
    return consent == "plain" and _agrees(said)


def _names_the_act(signed: str) -> bool:
    return _is(SENTENCE, signed) or unordered.names_the_act(signed, SENTENCE)


def _agrees(said: str) -> bool:
    return unordered.agrees(said) or _is(PLAINLY, said)


def _is(grammar: re.Pattern[str], said: str) -> bool:
    return SIGNS_OF_A_YES.issuperset(said) and grammar.fullmatch(said) is not None


def half_named(text: str, acts: Sequence[str]) -> bool:
    """Is it a part of the act's name, so that it could mean the act or its opposite (取消 where an order is to be cancelled)?"""
    halves = [half["half"] for said in folded(text) for half in [HALF.fullmatch(said)] if half]
    return any(half != act and half in act for act in map(plainer, acts) for half in halves)


# -- the act's names --


class _Names:
    """All that one task's acts are called, as patterns. full: with the object (退款); handled: with 把 (把钱退); verbs: without
    it (退); undoing: verbs that could also mean the opposite (取消); things: the objects."""

    def __init__(self, acts: Sequence[str]) -> None:
        self._full: list[str] = []
        self._handled: list[str] = []
        self._verbs: list[str] = []
        self._undoing: list[str] = []
        self._things: list[str] = []
        for act in sorted(acts, key=len, reverse=True):
            self._add(plainer(act.replace(words.VALUE, GAP)))
        things = f"{_either(self._things)}?"
        self._full += [f"{verb}(?:{words.INTO}{things}|{words.THIS})" for verb in self._verbs]
        self._handled += [f"把{words.THIS}(?:[给帮替]我)?{verb}" for verb in self._verbs]
        if any(words.VALUE in act for act in acts):
            self._full.append(f"(?<=确认|确定|同意){GAP}")
        kinds = {  # first things first: 退款 before 退, and 提交 before 提
            "handled": _either(self._handled),
            "full": _either(self._full),
            "kept": words.KEPT,
            "undoing": f"{_either(self._undoing)}(?=[吧的了掉啦嘛呗噻撒,{GAP}]|$)",
            "verb": _either(self._verbs),
        }
        self._names = re.compile("|".join(f"(?P<{kind}>{names})" for kind, names in kinds.items()))

    def signed(self, said: str) -> str:
        """The sentence with a sign for each name."""
        return self._names.sub(lambda name: SIGNS.get(name.lastgroup or "", name.group()), said)

    def _add(self, act: str) -> None:
        thing = next((one for one in (*words.OBJECTS, GAP) if act.endswith(one) and act != one), "")
        said = re.escape(act)
        if act in words.UNDOING:
            self._undoing.append(said)
        elif thing:
            self._add_apart(re.sub(f"(?<=.){words.WHICH}$", "", act.removesuffix(thing)), thing)
        elif act.isascii():
            self._full.append(said.replace(",", ",(?:(?:the|my|this|an?),)?"))
        else:
            self._full.append(f"{said}(?:{words.INTO}|{words.THIS}(?!{'|'.join(words.OBJECTS)}))?")
            self._handled.append(f"把(?:{words.THIS}|{GAP}|{words.WHICH}){said}")

    def _add_apart(self, verb: str, thing: str) -> None:
        which, said = words.WHICH + thing, re.escape(verb)
        self._full += [f"{said}{which}{words.INTO}?", f"{which}就?(?:[给帮替]我)?{said}(?:{words.INTO}|{words.THIS})?"]
        self._handled.append(f"把{which}(?:[给帮替]我)?{said}{words.INTO}?")
        self._things.append(thing)
        if verb in words.UNDOING:
            self._undoing.append(said)
        elif not re.fullmatch(words.DO, verb):
            self._verbs.append(said)


SIGNS = {"handled": HANDLED, "full": FULL, "undoing": UNDONE, "verb": VERB}


def _either(patterns: Sequence[str]) -> str:
    """Any of these; none of none."""
    return f"(?:{'|'.join(patterns)})" if patterns else "(?!)"


@lru_cache(maxsize=1024)
def _names(acts: tuple[str, ...]) -> _Names:
    return _Names(acts)


# -- sentences --

AGREEING = (
    # 确认, 我同意办理, 确认取消, 信息确认无误
    f"{words.PERFORM}(?:并?要?(?:{words.LOOSELY}|{UNDONE}|{words.PERFORMED}))?{words.PERFORM_END}",
    f"{words.LINES}[都全]?确认(?:无误|没问题)",
    words.PERFORMED_HERE,
    words.PRESSED,
    # 办理, 就退款, 退吧, 我要退; a value right behind it may be none that goes with it (退款不需要)
    f"{words.WAY}{words.NAMED}(?!{GAP})",
    f"{words.WAY}{words.LOOSELY}{words.END}",
    f"(?:这[个笔单张项件]|那就|那)?{words.SELF}就?要{words.LOOSELY}",
    f"(?:就|就?是){FULL}",
    # 退 by itself, 退退退 (but 改改 is 改 a little), 马上退, 登记上, 查这30块, 报修KD12345678, 必须办
    f"(?:(?<![^,{GAP}])(?:{VERB}{VERB})?|{words.HASTE}){VERB}(?=,|$)",
    f"{words.WAY}(?:{words.DO}|[{FULL}{VERB}]){words.ALONG}",
    f"{words.WAY}[{FULL}{VERB}]这?{words.GAPS}(?=,|$)",
    f"那?{words.SURELY}(?:要|得)?{words.LOOSELY}[啊呀的]?",
    f"{words.LOOSELY}(?=,{words.HURRY})",
    # what would drop the matter, of the value that was shown: 取消20231106, 13800002046，停嘛
    f"{words.WAY}{UNDONE}{GAP}(?:这单|这笔|那个)?",
    f"{words.SHOWN},?{UNDONE}[吧掉嘛呗噻]?",
    f"{GAP}(?:这[单笔个]|那[单笔个])?不要了,{UNDONE}吧?",
    # 帮我退, 麻烦办一下, 给我办了吧, 把这张卡挂失; 劳驾您给办了, 那就把票开了
    f"{words.HELP}{words.LOOSELY}{words.HELPED_END}?",
    f"{words.POLITELY}(?:给|帮我|给我){words.LOOSELY}掉?了",
    f"{words.HELP}?{HANDLED}{words.HELPED_END}?",
    f"(?:那就|{words.HASTE}|{words.POLITELY}){HANDLED}掉?了",
    # 快退, 赶紧给我办了
    f"(?:快点?|赶紧|赶快|抓紧)(?:{words.LOOSELY}|{words.HELP}{words.LOOSELY}掉?了)",
    # 可以退, 可以停了; but 可以退吧 asks
    f"可以(?:{words.LOOSELY}|{UNDONE})掉?[了的]?",
    # behind a yes and a comma: 要得，办嘛; 好的，退; 好的，把这张卡挂失了; 是的，取消吧; 三万那档，办嘛; 移机，办嘛
    f"(?:{words.AGREED}|{words.SHOWN}|{words.KNOWN}|{words.LOOKED}|{words.DECIDED}),(?:(?:{words.HELP}|{words.WAY}){words.LOOSELY}{words.DOUBTFUL_END}|(?:需?要|给我)?{words.LOOSELY})",
    f"(?:{words.AGREED}|{words.BEGUN}),(?:{words.YOU}?给{words.SELF}{words.LOOSELY}|{words.HELP}?{HANDLED})掉?了",
    f"(?<={FULL}),{words.WAY}{words.LOOSELY}{words.DOUBTFUL_END}",
    f"{words.ANSWERED}{UNDONE}吧?",
    # 办咯办咯; 退就退吧
    f"(?P<urged>{words.LOOSELY}[嘛咯喽]),?(?P=urged)",
    f"(?P<taken>{words.LOOSELY})就(?P=taken)吧",
    words.AS_SAID,
    words.ENGLISH,
)
# 没问题就办, 没错你就办: if it is, do it; 那就办, 我就办 and behind a comma it is none.
CONDITION = re.compile(
    f"(?:(?<=[^,{GAP}那我俺咱你您恁侬嗯啊哎现在们人这儿里边])|(?<=[错题对误确行以好了][你您]))就(?:[你您]|[给帮]我|请|麻烦)*"
    f"(?:{words.DO}|[{FULL}{HANDLED}{UNDONE}{VERB}]|确认|确定|同意)"
)
SENTENCE = kept.pattern(
    "sentence", f"{words.ALONE}|(?:(?:(?:^|,)(?:{words.BESIDE},?){{0,5}})?{_either(AGREEING)}){{1,3}}{words.BEHIND}{{0,4}}"
)
# A plain yes. Behind 好的 and 行 a thank-you may be the end of the talk: it goes with the surer ones.
BEFORE = (
    f"(?:{words.BREATH}|那|{words.LOOKED}|{words.KNOWN}(?=,{words.SURE})|{words.DECIDED}|{words.BEGUN}|{words.CALLED}(?=,)"
    f"|{words.SHOWN})"
)
BETWEEN = f"(?:{words.LOOKED}|就这样|就这么[着的地]|就这个|{words.CALLED}(?=,))"
AFTER = (
    f"(?:{words.LOOKED}|就这样|就这么[着的地]|没说的|没(?:啥|什么)[可好]说的|{words.BOTHERED}|{words.CALLED}|{words.BEGUN}"
    "|赶紧的|尽快|越快越好|please|pls|[👌👍])"
)
PLAINLY = kept.pattern(
    "plainly",
    f"(?:{BEFORE},?){{0,2}}(?:{words.AGREED},?(?:{BETWEEN},?)?){{0,3}}"
    f"(?:{words.AGREED}(?:,?{AFTER})?|{words.SURE},?{words.THANKS}|{words.AS_SHOWN}|{words.BEGUN}|就这样,{words.BOTHERED})"
    f"|{words.THANKS},{words.SURE}",
)
# Nearly every sentence that is no yes has a sign that no yes has; the patterns have no ranges, and no sign that stands for any.
SIGNS_OF_A_YES = frozenset(SENTENCE.pattern + PLAINLY.pattern)
HALF = re.compile(
    rf"(?>(?:{words.OPENING}|就|不想?要了),?)*(?P<half>(?!就).{{1,8}}?)[吧嘛咯呗噻]?(?>,?(?P=half)[吧嘛咯呗噻]?)*(?>,?(?:{words.THANKS}|不想?要了))*"
)
