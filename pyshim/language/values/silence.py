"""Does a text say that it says no value?"""

import re

from pyshim.language.values.found import NoValue, Reason

REASONS = (
    (
        Reason.FORGOTTEN,
        re.compile(r"忘[了记光掉]|忘的|[不没]记得|记不[得清起住]|[不没]知道|不清楚|不晓得|想不起|找不[到着]|查不到"),
    ),
    (
        Reason.UNDECIDED,
        re.compile(r"[没未](?:有)?(?:想|考虑|决定|定|确定)|再想想|想一想|考虑(?:一下|考虑)?|看情况|再说|随便|都行|都可以|无所谓"),
    ),
    (Reason.SHARE, re.compile(r"一半|半数|[一二三四五]成(?!为|了|功)|百分之|分之[一二三四五六七八九十]|\d%")),
    (
        Reason.UNSAID,
        re.compile(
            r"[那这上][一]?[笔个次单张]|(?:[刷充付转扣买还交存借寄订填留用]|支付|下单)[了过]?的|原来的|以前的|之前的|同上|一样的"
        ),
    ),
)


def why(text: str) -> NoValue | None:
    return next((NoValue(reason) for reason, words in REASONS if words.search(text)), None)
