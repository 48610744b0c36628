"""Does a question ask whether something is so, or why or when it is not?

哪些能开票 and 能退吗 affirm; 哪些不能开票, 不能退吗 and 怎么退不了 deny; 怎么退 does neither. What is told before the question
(家里没人，放门口行吗) is no part of it. 退不退 and 能退不 deny nothing, nor do 特别, 不小心, 不想要了 and 没用完.
"""

import re
from enum import IntEnum

# The two halves of a question; one of them at the end asks as 吗 does.
A_NOT_A = re.compile(r"(.{1,2})[不没]\1|(?<=[有能可会要行])没有?(?=[\W_]|$)()|[不没]有?[啊呀嘛呢吗么]?(?=[\W_]|$)()")
PIECES = re.compile(r"[^,，。;；!！?？\s…~]+")
SHORT = 4  # characters of a piece that asks nothing by itself: 为啥, 咋办, 可以吗
NO_DENIAL = re.compile(
    r"特别|分别|级别|性别|区别|识别|类别|个别|告别|别[人家的处名]|非常|除非|非得|并非|拒收"
    r"|不好意思|对不[起住]|不小心|差不多|不管|不论|不得不|不仅|不但|不只|不光|不过|不错|不同|不断|不久|了不[起得]|不然|不如"
    r"|[不没]想|不知|不晓得|不清楚|不明白|不懂|不确定|不放心|不记得|不了解|不方便|看不[懂明清]|想不[起通]|记不[住得清]|找不[到着]|分不清"
    r"|不要了?|不用|不需要|不必|用不[完着掉]|没用|没事|没关系|没问题|没注意|没留|没准|没空|没时间|没(?=[花用放吃]完)"
    r"|[不没](?:超过|满|够|足|到|达)|未来|未成年|未必|未接|无线|无论|无需|免不了|受不了|忍不住|来不及|忘不了|不耐烦|不停"
)
NEGATION = re.compile(r"[不没未無]|无法|无效|除外|以外")
ASKS = re.compile(r"能|可以|可[不否]|行[吗么啊]|允许|支持|给.{0,4}[吗么不]|会[不给].{0,6}|有.{0,8}[吗么]|[哪啥]|什么")


class Stance(IntEnum):
    AFFIRMS, NEITHER, DENIES = 1, 0, -1


def stance(text: str) -> Stance:
    """text: folded."""
    question = _question(text)
    if _negated(question):
        return Stance.DENIES if ASKS.search(text) or len(question) <= 2 * SHORT else Stance.NEITHER
    return Stance.AFFIRMS if ASKS.search(question) and not _negated(text) else Stance.NEITHER


def _negated(text: str) -> bool:
    return NEGATION.search(NO_DENIAL.sub("", A_NOT_A.sub(r"\1", text))) is not None


def _question(text: str) -> str:
    """The last piece, and the one before where it says little."""
    pieces = PIECES.findall(text)
    return "，".join(pieces[-2:] if len(pieces[-1]) <= SHORT else pieces[-1:]) if pieces else text
