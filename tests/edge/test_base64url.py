"""Base64 as tokens have it, against Python's own."""

import base64
import random
from typing import Any

import pytest

ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture
def decode(lua: Any) -> Any:
    return lua.eval(b"require 'edge.base64url'")[b"decode"]


def coded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def test_what_was_encoded_comes_back(decode: Any) -> None:
    chosen = random.Random(1)
    for size in [*range(40), 255, 256, 3000]:
        raw = chosen.randbytes(size)
        text = coded(raw)
        assert decode(text, 1, len(text)) == raw
        assert decode(b"ab." + text + b".cd", 4, 3 + len(text)) == raw


def test_the_tail_stands_behind_it(decode: Any) -> None:
    assert decode(coded(b"{}"), 1, 3, b" \t\n\r") == b"{} \t\n\r"


def test_nothing_but_the_alphabet(decode: Any) -> None:
    for other in {bytes([b]) for b in range(256)} - {bytes([b]) for b in ALPHABET}:
        for place in range(4):
            text = b"AAAA"[:place] + other + b"AAAA"[place + 1 :]
            assert decode(text, 1, 4) is None


def test_one_text_for_the_same_bytes(decode: Any) -> None:
    assert decode(b"AA", 1, 2) == b"\0"
    assert [decode(b"A" + bytes([last]), 1, 2) for last in ALPHABET].count(None) == 60, "four of their six bits belong to a byte"
    assert decode(b"A", 1, 1) is None
    assert decode(b"AA==", 1, 4) is None


def test_too_long_is_no_token(decode: Any) -> None:
    assert decode(b"A" * 4096, 1, 4096) == bytes(3072)
    assert decode(b"A" * 4100, 1, 4100) is None
    assert decode(b"A" * 4096, 1, 4096, b" ") is None
