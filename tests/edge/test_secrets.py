"""Do edge and shim find the same in every text, and is it cheap?"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.language.secrets import words
from pyshim.language.secrets.masking import find, masked
from tests.language.hidden import ADDRESSES, INNOCENT, PHONES, SECRET

WORDS = {
    "states": words.STATES,
    "prose": words.PROSE,
    "again": words.AGAIN,
    "english": words.ENGLISH,
    "says": words.SAYS,
    "joins": words.JOINS,
    "chains": words.CHAINS,
    "counts": words.COUNTS,
    "of": words.OF,
    "is": words.IS,
    "before_is": words.BEFORE_IS,
    "identity": words.IDENTITY,
    "card": words.CARD,
    "no_card": words.NO_CARD,
    "order": words.ORDER,
}


def at_the_edge(lua: Any, text: str, personal: bool) -> tuple[str, list[tuple[int, int, str]]]:
    room = lua.eval(b"require 'edge.secrets'")
    found = room[b"find"](text.encode(), personal)
    if found is None:
        return text, []
    listed = [(one[1] - 1, one[2] - 1, one[3].decode()) for one in found.values()]
    return room[b"masked"](text.encode(), found).decode(), listed


def here(text: str, personal: bool) -> tuple[str, list[tuple[int, int, str]]]:
    found = [one for one in find(text, personal) if one.kind != "address"]  # the edge leaves these to a shim
    return masked(text, found), [tuple(one) for one in found]


def test_both_have_the_same_words(lua: Any) -> None:
    there = lua.eval(b"require 'edge.secrets.words'")
    for name, known in WORDS.items():
        assert [word.decode() for word in there[name.encode()].values()] == list(known), name
    for kind, known in words.NAMES.items():
        assert [word.decode() for word in there[b"names"][kind.encode()].values()] == list(known), kind


@pytest.mark.parametrize("personal", [False, True])
def test_both_find_the_same_in_what_customers_type(lua: Any, personal: bool) -> None:
    for text in (*SECRET, *INNOCENT, *PHONES, *ADDRESSES):
        assert at_the_edge(lua, text, personal) == here(text, personal), text


pieces = st.one_of(
    st.sampled_from([word for known in (*WORDS.values(), *words.NAMES.values()) for word in known]),
    st.text("0123456789", min_size=1, max_size=20),
    st.text("0123456789 -–.", min_size=1, max_size=24),
    st.text("零一二三四五六七八九十两两〇幺壹 ", min_size=1, max_size=20),
    st.text("０１２３４５６７８９Ｘ　", min_size=1, max_size=20),
    st.text("abxXpPiIn1_.-!@ ()（）,，。：:=", max_size=6),
    st.sampled_from(
        ["4111111111111111", "6222021234567890128", "11010519491231002", "X", "x", "13800002046", "86", "0086", "010-62345678"]
    ),
    st.text(max_size=4),
)


@pytest.mark.long
@settings(max_examples=5000, deadline=None)
@given(text=st.lists(pieces, max_size=7).map("".join), personal=st.booleans())
def test_both_find_the_same_in_any_text(lua: Any, text: str, personal: bool) -> None:
    assert at_the_edge(lua, text, personal) == here(text, personal)


@pytest.mark.long
@settings(max_examples=1000, deadline=None)
@given(text=st.text(max_size=60))
def test_no_text_breaks_either(lua: Any, text: str) -> None:
    assert at_the_edge(lua, text, True) == here(text, True)
