"""Do near copies stay together, and what differs apart?"""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triton_models.importing.grouping import ALIKE, folded, groups, pairs
from triton_models.importing.rows import Row


def grouped(*texts: str, intent: str = "x") -> list[tuple[str, ...]]:
    return [group.sentences for group in groups([Row(text, intent, "f:1", tenant="acme") for text in texts])]


def test_the_same_but_for_punctuation_case_width_and_numbers_is_one_group():
    assert grouped("订单123到哪了", "订单 20231105，到哪了？", "ＯＫ", "ok!", "退货") == [
        ("订单123到哪了", "订单 20231105，到哪了？"),
        ("ＯＫ", "ok!"),
        ("退货",),
    ]


def test_near_copies_are_one_group_directly_or_through_others():
    assert grouped("我想问一下怎么退货", "想问一下怎么退货呢", "请问一下怎么退货呢", "换个颜色") == [
        ("我想问一下怎么退货", "想问一下怎么退货呢", "请问一下怎么退货呢"),
        ("换个颜色",),
    ]


def test_nothing_joins_two_intents_or_two_groups_that_somebody_made():
    rows = [
        Row("怎么退货", "a", "f:1"),
        Row("怎么退货呢", "b", "f:2"),
        Row("怎么退款", "c", "f:3", "1"),
        Row("怎么退款呢", "c", "f:4", "2"),
    ]
    assert len(groups(rows)) == 4


def test_a_sentence_without_a_group_joins_the_group_it_is_like():
    rows = [Row("怎么申请退货", "a", "f:1", "1"), Row("怎么申请退货呢", "a", "f:2"), Row("坏了", "a", "f:3", "1")]
    assert [group.sentences for group in groups(rows)] == [("怎么申请退货", "怎么申请退货呢", "坏了")]


def test_sentences_of_punctuation_alone_are_not_all_the_same():
    assert grouped("？", "！！！") == [("？",), ("！！！",)]


@settings(max_examples=200)
@given(st.lists(st.text(alphabet="我要退货款吗？1", min_size=1, max_size=9), unique=True, max_size=12))
def test_no_two_groups_hold_near_copies(texts):
    """What blocking finds is what comparing each with each would find."""
    found = grouped(*texts)
    for number, one in enumerate(found):
        for other in found[number + 1 :]:
            for left in one:
                for right in other:
                    mine, theirs = pairs(folded(left)), pairs(folded(right))
                    assert len(mine & theirs) / len(mine | theirs) < ALIKE


@pytest.mark.long
def test_fifty_thousand_rows_take_seconds():
    random = Random(5)
    words = ["".join(chr(random.randrange(0x4E00, 0x5E00)) for _ in range(3)) for _ in range(3_000)]
    rows = [Row("".join(random.choices(words, k=3)), f"i{at % 50}", "f:1") for at in range(50_000)]
    started = time.monotonic()
    assert len(groups(rows)) > 40_000
    assert time.monotonic() - started < 20
