"""Of how many matters does a message speak, as far as its form tells?

Clauses are cut where another matter is announced (另外, 对了, 还有, 顺便), and at marks. The first kind is sure; the second tells
of two matters only where the model says so.
"""

import re

MOST, LONGEST = 4, 200
ANNOUNCED = re.compile(
    r"[\s，,。.；;！!、]*"
    r"(?:另外|顺便|顺带|对了(?!吗)|还有(?=[，,就个我你帮件一想要问再])|除此之外|与此同时|再就是|by the way|btw)[\s，,、：:]*"
)
MARKED = re.compile(r"[，,。；;！!\n]+\s*")


def announced(text: str) -> list[str]:
    """The clauses between announcements; one where there is none."""
    return _pieces(ANNOUNCED, text)


def marked(text: str) -> list[str]:
    """The clauses between marks."""
    return _pieces(MARKED, text)


def _pieces(between: re.Pattern[str], text: str) -> list[str]:
    if len(text) > LONGEST:
        return [text]
    pieces = [piece.strip() for piece in between.split(text)]
    pieces = [piece for piece in pieces if piece]
    return pieces if 1 < len(pieces) <= MOST else [text]
