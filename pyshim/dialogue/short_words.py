"""What does a bare yes, no or never mind say? It means itself, with or without a model."""

YES = frozenset(
    ["是", "是的", "对", "对的", "对呀", "对啊", "嗯", "嗯嗯", "好", "好的", "好呀", "行", "可以", "确认", "确认提交"]
)
YES |= frozenset(["没错", "没问题", "没有问题", "提交", "提交吧", "ok", "OK", "yes", "y"])
NO = frozenset(["不", "不是", "不对", "不要", "不行", "不用", "错了", "no", "n"])
NEVER_MIND = frozenset(["算了", "算了吧", "取消", "不办了", "不弄了", "先不办了", "先不弄了", "不退了", "不改了", "不用了"])
MARKS, PARTICLES = "。！!，,～~.？? ", "了吧的哦呢啊呀"
ORDINALS = {"第一个": 0, "第一": 0, "1": 0, "前面那个": 0, "第二个": 1, "第二": 1, "2": 1, "后面那个": 1}


def _forms(text: str) -> list[str]:
    """As it stands, without its marks, and without its particles: 算了。 is 算了 before it is 算."""
    unmarked = text.strip().strip(MARKS)
    return [text.strip(), unmarked, unmarked.strip(MARKS + PARTICLES)]


def meaning(text: str) -> str | None:
    """affirm, deny or cancel_flow; None for whatever says more."""
    intents = ((YES, "affirm"), (NO, "deny"), (NEVER_MIND, "cancel_flow"))
    return next((intent for said in _forms(text) for words, intent in intents if said in words), None)


def ordinal(text: str) -> int | None:
    """Which of what was offered, 0-based; None for none."""
    return ORDINALS.get(_forms(text)[-1])
