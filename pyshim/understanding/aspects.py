"""What does a question want to know: when, how much, where, how, which, whether, how many, why, who?"""

import re
from functools import lru_cache

import numpy as np
import numpy.typing as npt

ASPECTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"多[久长]|几天|几个?小时|什么时[候间]|啥时|几[点时号日]|何时|哪天|期限|有效期|过期|周期",
        r"多少钱|几[块毛]|收费|免费|[要花扣收加交付]钱|费用|手续费|价格|扣我|几个钱|多少[元块]",
        r"哪[里儿]|在?哪个?[能可办查找看开领弄换]|[去上从在]哪|地址|入口",
        r"怎|咋|如何|步骤|流程|手续",
        r"哪[些几种类]|什么|啥|几[种类]",
        r"[吗么嘛]|[行好]?不$|行不|可以不|(.)不\1|有没有|能否|可否",
        r"多少|几[个张条次G天块]|上限|最[多高低少]|额度|限额",
        r"为[什啥何]|凭[什啥]|怎么回事|原因|咋回事",
        r"谁|找哪|哪位",
    )
)


@lru_cache(maxsize=4096)
def aspects(text: str) -> npt.NDArray[np.float32]:
    """0 or 1 for each of ASPECTS."""
    return np.array([pattern.search(text) is not None for pattern in ASPECTS], dtype=np.float32)
