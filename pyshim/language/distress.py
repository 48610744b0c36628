"""Does a text say that a life is in danger?

Plain words, so that the edge can look for the same ones (lua/edge/l3_hot.lua): simplified as they stand here, and in traditional
script as EDGE has them besides.
"""

import re
from functools import cache

from pyshim.language.scripts import to_traditional
from pyshim.language.values.spans import fold


def _apart(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WORDS = (
    *_apart("不想活 不想再活 唔想活 活不下去 活唔落去 没法活了 活够了"),
    *_apart("活着没意思 活着真没意思 活着冇意思 活着没劲 活着太累 活着好累 活着干嘛"),
    *_apart("想自杀 要自杀 去自杀 自杀算了 自杀的心 轻生 自残 割腕 想跳楼 要跳楼 去跳楼 跳楼算了 跳河 跳江 想死"),
    *_apart("结束生命 结束自己 结束我的生命 死了算了 不如死了 死了一了百了 想去死 写好遗书 写了遗书 遗书写好 遗书都写"),
    *_apart("吞药 喝农药 烧炭 安眠药吃了 吃了安眠药 一瓶安眠药"),
    *("kill myself", "suicide", "want to die", "end my life"),
)
ANY = re.compile("|".join(map(re.escape, WORDS)))
# What holds one of them and means something else.
HARMLESS = re.compile(r"[我好]?想死[你您他她它]|[得的吃]想死|防(?:止)?轻生|轻生活|轻生态|烧炭[炉机笔烤]")


def heard(text: str) -> bool:
    return told(fold(text).text.lower())


def told(folded: str) -> bool:
    """folded: in small letters, too."""
    said = folded.replace("著", "着")
    return ANY.search(HARMLESS.sub("", said) if HARMLESS.search(said) else said) is not None


@cache
def edge() -> tuple[str, ...]:
    """WORDS, and what they are in traditional script, as OpenCC prefers it: nginx compares bytes."""
    other = [word.translate(to_traditional()) for word in WORDS]
    return tuple(dict.fromkeys([*WORDS, *other, *(word.replace("着", "著") for word in other)]))
