"""Does the edge take exactly the signatures that another library makes?"""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.edge.tokens import ALGORITHMS, Signer, signer

TEXT = b"header.claims"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(scope="module")
def signature(lua: Any) -> Any:
    return lua.eval(b"require 'edge.signature'")


@pytest.fixture
def opened(lua: Any, signature: Any) -> Callable[[Signer], Any]:
    def open_(key: Signer) -> Any:
        return signature[b"open"](lua.table_from({b"kid": b"k", b"alg": key.alg.encode()}), key.verifies)

    return open_


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_signature_is_good_for_its_text_and_key_alone(signature: Any, opened: Any, alg: str) -> None:
    verify, key = signature[b"verify"], opened(signer(alg))
    for number in range(50):  # r and s of ES256 have leading zeros or a high bit now and then
        text = TEXT + str(number).encode()
        signed = signer(alg).sign(text)
        assert verify(key, text, len(text), signed)
        assert not verify(key, text + b".", len(text) + 1, signed)
        assert verify(key, text + b".", len(text), signed), "what stands behind it is no part of it"
    assert verify(key, b"", 0, signer(alg).sign(b""))
    assert not verify(opened(signer(alg, "theirs")), TEXT, len(TEXT), signer(alg).sign(TEXT))


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_no_length_and_no_bit_but_the_right_ones(signature: Any, opened: Any, alg: str) -> None:
    verify, key, good = signature[b"verify"], opened(signer(alg)), signer(alg).sign(TEXT)
    for length in (*range(0, 80), 255, 256, 257, 512, 3000):
        for filled in (b"\0", b"\xff"):
            assert not verify(key, TEXT, len(TEXT), filled * length)
        if length != len(good):
            assert not verify(key, TEXT, len(TEXT), (good * 100)[:length])
    for near in (good + b"\0", b"\0" + good, good[:-1], good[1:], good[::-1]):
        assert not verify(key, TEXT, len(TEXT), near)
    for bit in range(0, len(good) * 8, 7):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        assert not verify(key, TEXT, len(TEXT), bytes(changed))
    assert verify(key, TEXT, len(TEXT), good)


def test_no_psychic_signature(signature: Any, opened: Any) -> None:
    key, good = opened(signer("ES256")), signer("ES256").sign(TEXT)
    zero, order = bytes(32), P256_ORDER.to_bytes(32, "big")
    for r in (zero, order, good[:32]):
        for s in (zero, order, good[32:]):
            assert signature[b"verify"](key, TEXT, len(TEXT), r + s) is (r + s == good)


def test_es256_is_64_bytes_and_not_der(signature: Any, opened: Any) -> None:
    der = signer("ES256").private.sign(TEXT, ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(der)
    key = opened(signer("ES256"))
    assert not signature[b"verify"](key, TEXT, len(TEXT), der)
    assert signature[b"verify"](key, TEXT, len(TEXT), r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def test_rs256_is_pkcs1_with_sha256_and_nothing_else(signature: Any, opened: Any) -> None:
    key, private = opened(signer("RS256")), signer("RS256").private
    for digest in (hashes.SHA1(), hashes.SHA384(), hashes.SHA512()):
        assert not signature[b"verify"](key, TEXT, len(TEXT), private.sign(TEXT, padding.PKCS1v15(), digest))
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    assert not signature[b"verify"](key, TEXT, len(TEXT), private.sign(TEXT, pss, hashes.SHA256()))
    number = int.from_bytes(signer("RS256").sign(TEXT), "big") + private.public_key().public_numbers().n
    assert not signature[b"verify"](key, TEXT, len(TEXT), number.to_bytes(257, "big"))


def test_eddsa_has_one_signature_only(signature: Any, opened: Any) -> None:
    good = signer("EdDSA").sign(TEXT)
    more = int.from_bytes(good[32:], "little") + ED25519_ORDER  # the same number, written otherwise
    assert not signature[b"verify"](opened(signer("EdDSA")), TEXT, len(TEXT), good[:32] + more.to_bytes(32, "little"))


def test_a_key_is_opened_after_another_was_asked(signature: Any, opened: Any) -> None:
    """A configuration is loaded while turns pass: all of them share one context."""
    for alg in ALGORITHMS:
        key = opened(signer(alg))
        assert signature[b"verify"](key, TEXT, len(TEXT), signer(alg).sign(TEXT))
        assert signature[b"sha256"](b"one") == hashlib.sha256(b"one").digest()


def test_hs256_is_no_plain_hash(signature: Any, opened: Any) -> None:
    key = opened(signer("HS256"))
    assert not signature[b"verify"](key, TEXT, len(TEXT), hashlib.sha256(signer("HS256").verifies + TEXT).digest())


@pytest.mark.parametrize("verifies", [b"", b"\x30", b"\x30\x82\xff\xff", b"\0" * 91, b"x" * 4000])
def test_what_is_no_key_is_an_error_that_names_it(lua: Any, signature: Any, verifies: bytes) -> None:
    for alg in (b"RS256", b"ES256", b"EdDSA"):
        opened, error = signature[b"open"](lua.table_from({b"kid": b"bank-1", b"alg": alg}), verifies)
        assert opened is None
        assert b"bank-1" in error and alg in error
    opened, error = signature[b"open"](lua.table_from({b"kid": b"bank-1", b"alg": b"none"}), b"")
    assert (opened, b"none" in error) == (None, True)
