"""Does a bare word mean itself?"""

import pytest

from pyshim.dialogue import short_words


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("好的。", "affirm"),
        ("没有问题", "affirm"),
        ("OK", "affirm"),
        ("不是！", "deny"),
        ("不用", "deny"),
        ("不用了", "cancel_flow"),
        ("算了吧~", "cancel_flow"),
        ("好的谢谢", None),
        ("算了，我要退款", None),
        ("", None),
        ("？", None),
    ],
)
def test_a_bare_yes_no_or_never_mind(text: str, intent: str | None) -> None:
    assert short_words.meaning(text) == intent


@pytest.mark.parametrize(("text", "number"), [("第一个", 0), ("2", 1), ("第二个吧。", 1), ("第三个", None), ("20231105", None)])
def test_which_of_what_was_offered(text: str, number: int | None) -> None:
    assert short_words.ordinal(text) == number
