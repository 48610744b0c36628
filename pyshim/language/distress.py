"""Does a text say that a life is in danger?

Plain words, so that the edge can look for the same ones (lua/edge/l3_hot.lua).
"""

import re

from pyshim.language.folding import plain, simplified

WORDS = (
    *[
        "不想活",
        "不想再活",
        "活不下去",
        "没法活了",
        "活够了",
        "活着没意思",
        "活着真没意思",
        "活着没劲",
        "活着太累",
        "活着好累",
        "活着干嘛",
    ],
    *[
        "想自杀",
        "要自杀",
        "去自杀",
        "自杀算了",
        "自杀的心",
        "轻生",
        "輕生",
        "自残",
        "自殘",
        "割腕",
        "想跳楼",
        "要跳楼",
        "去跳楼",
        "跳楼算了",
        "跳河",
        "跳江",
    ],
    *[
        "结束生命",
        "结束自己",
        "结束我的生命",
        "死了算了",
        "不如死了",
        "死了一了百了",
        "想去死",
        "我想死",
        "写好遗书",
        "写了遗书",
        "吞药",
        "喝农药",
        "烧炭",
    ],
    *("kill myself", "suicide", "want to die", "end my life"),
)
# What holds one of them and means something else.
HARMLESS = re.compile(r"想死[你您他她它]|防(?:止)?轻生|轻生活|轻生态|烧炭[炉机笔烤]")


def heard(text: str) -> bool:
    said = HARMLESS.sub("", simplified(plain(text)).lower())
    return any(word in said for word in WORDS)
