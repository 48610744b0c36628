"""Of how many matters does a message speak, as far as its form tells?

Clauses are cut where another matter is announced (另外, 对了, 还有, 顺便), where one act follows another (取消订单，再开发票),
and at marks. The first kind is sure; the others tell of two matters only where the model says so.
"""

import re

MOST, LONGEST = 4, 200
# Where one of these stands nginx leaves the message to a shim: it would answer one of two matters.
AT_THE_EDGE = ("另外", "顺便", "顺带", "除此之外", "与此同时", "再就是", "by the way", "，再", ",再", "然后")
ANNOUNCED = re.compile(
    r"[\s，,。.；;！!、]*"
    r"(?:另外|顺便|顺带|对了(?!吗)|还有(?=[，,就个我你帮件一想要问再])|除此之外|与此同时|再就是|by the way|btw)[\s，,、：:]*"
)
# 再 is another act before a verb of asking or doing (再开张发票), and a time or a while elsewhere (再过两天, 再也不买).
FOLLOWING = re.compile(
    r"[\s，,。；;、]*(?:(?:然后|接着|同时|完了|之后|并且)(?:再|还|也)?|再(?=[帮给替开查办看问改换申催取退订补预调])|还(?:要|想|得|需要))"
    r"(?:[\s，,、：:]*)(?=\S{2})"
)
MARKED = re.compile(r"[，,。；;！!\n]+\s*")


def announced(text: str) -> list[str]:
    """The clauses between announcements; one where there is none."""
    return _pieces(ANNOUNCED, text)


def following(text: str) -> list[str]:
    """The clauses between acts that follow each other."""
    return _pieces(FOLLOWING, text)


def marked(text: str) -> list[str]:
    """The clauses between marks."""
    return _pieces(MARKED, text)


def _pieces(between: re.Pattern[str], text: str) -> list[str]:
    if len(text) > LONGEST:
        return [text]
    pieces = [piece.strip() for piece in between.split(text)]
    pieces = [piece for piece in pieces if piece]
    return pieces if 1 < len(pieces) <= MOST else [text]
