"""Does this message agree to the act that was just shown, and to nothing else?

A call that changes something runs only on a sentence that, as a whole, is in this closed grammar of yeses. Rules:

* The sentence is folded (NFKC, lower case, simplified); courtesies around a yes that names the act are dropped. 了 吗 么 呢 吧
  and ？ never are: they turn a yes into a question, a report or a doubt, as does whatever else is not in the grammar.
* A yes that names the act (确认, 办理, 提交吧, 取消订单 at a cancelling) is enough for every task.
* A plain yes (好的, 可以, 没问题) may agree with the text alone: it is enough where the task's consent is "plain".
* What a model takes for a yes is never enough.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from pyshim.language.folding import simplified

Consent = Literal["strict", "plain"]

YES, NO = "确认", "不办了"  # texts of the two buttons; short_words reads the second

MARKS = r"[\s,，、。.!！~～;；:：]*"
HESITATION = re.compile(r"\.{2,}|。{2,}|…|[?？]")
COURTESIES = re.compile(
    r"(?:你好|您好|谢谢(?:你|您|啦)?|多谢|感谢|拜托|(?:麻烦|辛苦)(?:你|您)?|劳驾|亲亲?|please|pls|thank you|thanks|thx)"
    r"|[👌👍🙏😊🌹]"
)
MISSPELT = {
    "确任": "确认",
    "确忍": "确认",
    "缺认": "确认",
    "确人": "确认",
    "办里": "办理",
    "同义": "同意",
    "取肖": "取消",
    "卦失": "挂失",
}
MISSPELT |= {
    "阔以": "可以",
    "口以": "可以",
    "可以滴": "可以的",
    "么问题": "没问题",
    "冇问题": "没问题",
    "好得": "好的",
    "是滴": "是的",
}
READ = r"(?:(?:信息|核对|内容|以上内容|以上)?(?:都)?无误|(?:我)?(?:都)?(?:看|核对)过了|条款(?:我)?都看了|看了)"
LEAD = rf"(?:是的?|好的?|好滴|好哒|好呀|好啊|好嘞|成|中嘞|嗯+呢?|对的?|行|行啊|可以的?|没问题|没错|ok|okay|那|要得|中|{READ})"
PLAIN = (
    r"好的?|好滴|好哒|好嘞|好呀|好啊|好噢|好哦|行|行吧|行的|行啊|行嘞|可以|可以的|可以呀|可以啊|可以哦|当然可以|没问题的?|没问题呀|没有问题"
    r"|(?:信息|上面|内容)?(?:都)?(?:对|对的|正确)|对呀|对啊|对头|是|是的|是呀|是啊|没错|没毛病|中|中嘞|要得|要的|成|成嘞|得嘞|妥妥的"
    r"|(?:对的?)?就是(?:这个|这样)|ok|okay|ok的|okk|sure|fine|alright|no problem|of course|correct|yes|haode|冇问题|系嘅"
)
WAYS = (
    r"(?:请你?|请您|请为我|请帮我|(?:你|您|侬)?(?:帮|给|替|为)(?:我|俺|咱)|你|您|去|就|那就|我要|我|马上|立刻|立即|现在就?|直接|尽快"
    r"|快点?|赶紧|(?:就)?按(?:这个|你说的)|就这样|照这个|按这个方案)"
)
ACTS = (
    r"(?:我|本人)?(?:都)?(?:确认|确定|同意)(?:并(?:确认|同意))?(?:要)?(?:办理|提交|申请|登记|预约|操作|办|无误)?(?:的|啦|哈|哟|吧)?"
    r"|已阅读并同意|(?:办理|办|提交|下单|执行|处理|安排|开始办理)(?:吧)?|(?:给)?办了吧|办吧办吧"
    r"|就这么(?:办|定)(?:吧)?|就这样(?:办|定)(?:吧)?|办理?就(?:行|好)"
    r"|y|yes|yep|confirm|confirmed|i confirm|i agree|agree|agreed|go ahead|proceed|submit|submit it|do it|confirm it"
)
ALONE = ("办", "执行", "下单", "处理", "安排")  # one of these by itself is no sentence


def text(answer: Literal["yes", "no"]) -> str:
    """Of that button."""
    return YES if answer == "yes" else NO


def given(text: str, consent: Consent, acts: Sequence[str]) -> bool:
    """acts: how this task's act is called, verb and object."""
    said = _folded(COURTESIES.sub(" ", text.lower()))
    if said is not None and said not in ALONE and _naming(tuple(acts)).fullmatch(said):
        return True
    plainly = _folded(text)  # 好的谢谢 may be the end of a chat
    return consent == "plain" and plainly is not None and PLAINLY.fullmatch(plainly) is not None


def half_named(text: str, acts: Sequence[str]) -> bool:
    """Is it a part of the act's name, so that it could mean the act or its opposite (取消 where an order is to be cancelled)?"""
    said = (_folded(text) or "").removesuffix("吧")
    return any(said and said != act and said in act for act in acts)


def _folded(text: str) -> str | None:
    """The sentence without its marks; None where it hesitates or asks."""
    said = simplified(unicodedata.normalize("NFKC", text).lower())
    if HESITATION.search(said) or HESITATION.search(text):
        return None
    for wrong, right in MISSPELT.items():
        said = said.replace(wrong, right)
    if re.search(r"[a-z]", said):
        return re.sub(r"[\s,，、。.!！~～]+", " ", said).strip()
    return re.sub(MARKS, "", said)


@lru_cache(maxsize=1024)
def _naming(acts: tuple[str, ...]) -> re.Pattern[str]:
    own = "|".join(re.escape(simplified(act.lower())) for act in acts) or "(?!)"
    act = rf"(?:{ACTS}|(?:我)?(?:确认|确定|同意|申请)?(?:{own})(?:吧)?)"
    return re.compile(rf"(?:{LEAD}\s?){{0,3}}(?:{WAYS}{{0,2}}{act}\s?){{1,3}}(?:就行|就好|{LEAD})?")


PLAINLY = re.compile(rf"(?:嗯+\s?)?(?:{LEAD}\s?){{0,2}}(?:{PLAIN})")
