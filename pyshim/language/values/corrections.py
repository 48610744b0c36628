"""Of several values that were said, which stand?

Rules, over a folded text and values in their order:

* One behind 不是, or behind 不要 and before 的, is denied, and no value where it is alone; so is what is left out (除了A都退,
  A留着). Behind 不要, or before 不对 or 写错了, it is denied where another is said: 不是A是B, A不对，是B, 是B，不是A. 彩铃不要了
  says 彩铃.
* Behind 哦不对, 说错了, 改成 and the like only what follows stands. A还是B吧 is B; A还是B is both.
* What remains (剩下B), and what it was taken from (一共A，先分B; A里先分B), is not what was asked for. Nor is what stands beside
  one that something is done with: 套餐是A，扣了B; 额度A不够，调到B.
* Said twice is said once.
"""

import re
from collections.abc import Callable

from pyshim.language.values import silence
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.spans import Folded

NEAR = 8  # characters before a value that may deny it

NOT = r"(?:那个|这个|换成?|改成?|选|尾号|金额)?\s*[¥T]?\s*$"
DENIED = re.compile(rf"(?:(?<!是)(?<!要)不是|并非|不能是|而非){NOT}")
UNWANTED = re.compile(rf"(?:不要|不想要|不用|(?<![特分个])别要?){NOT}")
# 除了A都退, A留着别的都退: what is left out of all.
EXCEPT = re.compile(
    rf"(?:(?<![还么啥咋])不(?:要|想|再|用|能)?(?:退订?|换|取消|停机?|挂失|注销|关)(?:了|掉|成|到)?|(?<!扣)(?<!删)(?<!移)除(?:了|去|开|掉)?|不包括|不包含|不含|不算上?|保留|留着|留下){NOT}"
)
KEPT = re.compile(
    r"[元块的卡期]*\s?(?:这[张个项笔]|那[张个项笔])?(?:就|也|还|都|给我|我)?"
    r"(?:以外|之外|除外|留着|留下|保留|不退|别退|不取消|别取消|不动|别动|接着用|继续用|还要用|还用着?"
    r"|不(?:用|要|想|能)?(?:再)?(?:挂失|停|换|退|取消|办)|别(?:挂失|停|换|办)|没有?丢|没有?事|找到了|在我手[上里]|还在)"
)
WRONG = re.compile(
    r"\s?[元块的期号]*\s?(?:这个|那个)?[，, ]?(?:是)?(?:不对|不是(?=[，,。；的 ]|$)|错了|[写打说输发填]错|有误|不要了)"
)
INSTEAD = re.compile(
    r"不对|不不|错了|[写打说输发填搞弄]错|口误|手误|应该?是|改成|改为|改到|换成|换为|换到|更正|纠正|我是说|我的意思"
    r"|(?:[噢哦啊额呃嗯]|等等|等下|算了)[，,。 ]*(?:不是?[，, ]?|是|还是)"
)
EITHER = re.compile(r"还是(?:选|要|用|换|改|换成|改成)?\s?$")
SETTLED = re.compile(r"[元块的那个款套餐期号钱 ]*(?:吧|得了|好了|算了|罢)")
REST = re.compile(r"(?:剩下?|剩余|剩的|余下|其余|其它|其他|余款|多出来?)(?:的|那)?[是有还]?\s?$")
WHOLE = re.compile(r"(?:总共|一共|总额|总计|共计|总的|账单|全部|欠款?|贷了?款?)(?:是|有|了|共)?\s?$")
# What is done with a value, right before it: it is the one that counts.
DONE = re.compile(
    r"(?:(?:先|只|就|仅|我)(?:想|要)?(?:分|还|转|交|付|办|充|借|提)|多?[扣收充冲转付交缴还借贷分]|分期)(?:期|掉|了|个|走|我|去)?\s?$"
)
GOAL = re.compile(r"[提调升加降涨换改变][高升低]?[到至成](?:了|个)?\s?$")
AND = re.compile(r"[元块的卡]?\s?[和、跟及与]\s?(?:尾号)?")
OUT_OF = re.compile(r"[元块钱 ]*(?:里面?|当中|之中|中|以内)(?:的|先|只|就|分|拿)")


def concluded(text: Folded, said: list[Found], why: NoValue | None) -> Reading:
    """What a reader says that found these, in the folded text's places, or else why it found none."""
    stand = standing(text.text, said)
    if said and not stand:
        return why or NoValue(Reason.DENIED)
    if not stand:
        return why or silence.why(text.text) or []
    places = [text.span(one.start, one.end) for one in stand]
    return [one._replace(start=start, end=end) for one, (start, end) in zip(stand, places, strict=True)]


def standing(text: str, said: list[Found]) -> list[Found]:
    """Those of said that stand; all of them where nothing tells."""
    if not said:
        return said
    left = said[_after_the_last_correction(text, said) :]
    left = [one for one in left if not _denied(text, one)]
    left = _unless_all(left, lambda one: _before(UNWANTED, text, one) or WRONG.match(text, one.end) is not None)
    left = _unless_all(left, lambda one: _before(REST, text, one))
    left = _done_with(DONE, text, _done_with(GOAL, text, left))
    left = _unless_all(left, lambda one: _before(WHOLE, text, one))
    left = _unless_all(left, lambda one: OUT_OF.match(text, one.end) is not None)
    if len(left) > 1 and _before(EITHER, text, left[-1]) and SETTLED.match(text, left[-1].end):
        left = left[-1:]
    last = {one.value: one for one in left}
    return [one for one in left if last[one.value] is one]


def _unless_all(said: list[Found], drops: Callable[[Found], bool]) -> list[Found]:
    kept = [one for one in said if not drops(one)]
    return kept or said


def _after_the_last_correction(text: str, said: list[Found]) -> int:
    """How many values stand before the last word that takes back what was said."""
    for number in range(len(said) - 1, 0, -1):
        if INSTEAD.search(text, said[number - 1].end, said[number].start):
            between = text[said[number - 1].end : said[number].start]
            if not (DENIED.search(between) or UNWANTED.search(between)) or INSTEAD.search(DENIED.sub("", between)):
                return number
    return 0


def _denied(text: str, one: Found) -> bool:
    """Denied, whatever else is said? 不要 alone denies only 29的 and the like: 彩铃不要了 says 彩铃."""
    if _before(DENIED, text, one) or _before(EXCEPT, text, one) or KEPT.match(text, one.end) is not None:
        return True
    return _before(UNWANTED, text, one) and text.startswith(("的", "那"), one.end)


def _done_with(done: re.Pattern[str], text: str, said: list[Found]) -> list[Found]:
    """Those that something is done with, and what is said in one breath with them (分6000和3000); all where nothing is."""
    kept: list[Found] = []
    for one in said:
        together = bool(kept) and AND.fullmatch(text, kept[-1].end, one.start) is not None
        if together or _before(done, text, one):
            kept.append(one)
    return kept or said


def _before(pattern: re.Pattern[str], text: str, one: Found) -> bool:
    return pattern.search(text[max(0, one.start - NEAR) : one.start]) is not None
