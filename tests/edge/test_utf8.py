"""Is the edge's idea of UTF-8 Python's idea of it?"""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st


def length(lua: Any, text: bytes) -> int | None:
    answer = lua.eval(b"require 'edge.utf8'")[b"length"](text)
    return None if isinstance(answer, tuple) else int(answer)


@settings(deadline=None)
@given(st.text())
def test_every_text_is_as_long_as_it_is(lua: Any, text: str) -> None:
    assert length(lua, text.encode()) == len(text)


@pytest.mark.long
@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=12))
@example(b"\xc0\x80")
@example(b"\xed\xa0\x80")
@example(b"\xf4\x90\x80\x80")
@example(b"\xe4\xb8")
def test_every_other_string_of_bytes_is_refused(lua: Any, text: bytes) -> None:
    try:
        expected: int | None = len(text.decode())
    except UnicodeDecodeError:
        expected = None
    assert length(lua, text) == expected
