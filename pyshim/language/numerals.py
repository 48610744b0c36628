"""Which numbers does a question speak of, whatever their script?

满300减多少 and 满三百块减多少 speak of the same number; 一下, 一起 and 十分 speak of none. A vague one (两万多) is itself.
"""

import re

from pyshim.language.folding import plain
from pyshim.language.values.figures import figures
from pyshim.language.values.spans import fold

# A single 一 counts things only before one of these; 两 and the others always do.
COUNTED = "元块毛角分折期天日周月年岁号倍成件张单次"
IDIOMS = re.compile(
    r"十分(?![之钟])|一[下起些样直定般共会旦点]|万一|百分百|七七八八|三番五次|五一|十一(?=假|黄金)|第一时间|参[加与]|统一|大陆"
)


def numbers(text: str) -> frozenset[float | str]:
    """All numbers of a question."""
    text = fold(IDIOMS.sub(" ", plain(text))).text
    found: set[float | str] = set()
    for figure in figures(text):
        word, after = text[figure.start : figure.end], text[figure.end : figure.end + 1]
        if word != "一" or (after and after in COUNTED):
            found.add(word if figure.value is None else float(figure.value))
    return frozenset(found)
