"""Who gets in with which token?

The secrets of the stack under test are known here, so that a forged token is wrong in the one way its test names.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from typing import Any

import pytest

from pyshim.identity import tokens
from tests.conftest import Stack, wait_until
from tests.http.conftest import NEW, OLD
from tests.http.raw import Answer, Stranger, request

pytestmark = pytest.mark.real


def coded(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Forger:
    """Makes tokens for one stack. Those of make() are good but for what is asked."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.port = stack, stack.settings.port
        self.keys = {tenant: tokens.keys(stack.settings.keys, tenant)[0] for tenant in ("shop", "bank", "telecom")}

    def make(self, header: Any = None, claims: Any = None, secret: bytes | None = None, algorithm: str = "sha256") -> str:
        """header, claims: members to change (None: take it out), or bytes to put there instead."""
        key = self.keys["shop"]
        now = int(time.time())
        good = {"tenant_id": "shop", "user_id": "customer", "aud": "sluice", "iat": now, "exp": now + 60}
        head = _changed({"alg": "HS256", "typ": "JWT", "kid": key.kid}, header)
        said = f"{head}.{_changed(good, claims)}"
        return f"{said}.{coded(hmac.new(secret or key.verifies, said.encode(), algorithm).digest())}"

    def show(self, token: str, scheme: str = "Bearer ") -> Answer:
        answer = Stranger(self.stack).send(request("GET", "/v1/history?limit=1", [f"Authorization: {scheme}{token}"]))
        assert answer.status in (200, 400, 401), answer
        return answer


def _changed(members: dict[str, Any], change: Any) -> str:
    if isinstance(change, bytes):
        return coded(change)
    return coded({name: value for name, value in (members | (change or {})).items() if value is not None})


@pytest.fixture
def forger(stack: Stack) -> Forger:
    return Forger(stack)


def test_a_good_token_is_taken_however_bearer_is_written(forger: Forger) -> None:
    for scheme in ("Bearer ", "bearer ", "BEARER ", "Bearer   "):
        assert forger.show(forger.make(), scheme).status == 200, scheme


# -- the header: which key, which algorithm ----------------------------------------------------------------------------

HEADERS: dict[str, Any] = {
    "no algorithm": {"alg": None},
    "alg none": {"alg": "none"},
    "alg None": {"alg": "None"},
    "alg in small letters": {"alg": "hs256"},
    "alg RS256": {"alg": "RS256"},
    "alg a number": {"alg": 256},
    "alg a list": {"alg": ["HS256"]},
    "kid missing": {"kid": None},
    "kid of nobody": {"kid": "shop-00000000"},
    "kid a number": {"kid": 1},
    "kid a list": {"kid": ["shop"]},
    "kid empty": {"kid": ""},
    "kid a path": {"kid": "../../../dev/null"},
    "kid a key's file": {"kid": "shop.jwks.json"},
    "kid with a NUL": {"kid": "shop\0"},
    "crit": {"crit": ["exp"]},
    "crit unknown": {"crit": ["b64"], "b64": False},
    "crit empty": {"crit": []},
    "a list": b"[]",
    "a text": b'"HS256"',
    "null": b"null",
    "not JSON": b"{",
    "empty": b"",
    "deep": b'{"kid":' + b"[" * 100,
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_that_says_too_much_or_too_little(forger: Forger, header: Any) -> None:
    forger.show(forger.make(header)).refuses(401, "token_invalid")


def test_no_signature_where_the_algorithm_is_none(forger: Forger) -> None:
    said = forger.make({"alg": "none"}).rpartition(".")[0]
    for token in (said, f"{said}.", f"{said}.e30"):
        forger.show(token).refuses(401, "token_invalid")


@pytest.mark.parametrize(("alg", "digest"), [("HS384", "sha384"), ("HS512", "sha512")])
def test_another_hash_with_the_right_secret_is_refused_by_name_and_by_length(forger: Forger, alg: str, digest: str) -> None:
    forger.show(forger.make({"alg": alg}, algorithm=digest)).refuses(401, "token_invalid")
    forger.show(forger.make(algorithm=digest)).refuses(401, "token_invalid")


# -- the signature: whose key ------------------------------------------------------------------------------------------


def test_the_key_of_another_tenant_does_not_sign_for_this_one(forger: Forger) -> None:
    bank = forger.keys["bank"]
    own = {"tenant_id": "bank"}
    assert forger.show(forger.make({"kid": bank.kid}, own, bank.verifies)).status == 200
    forger.show(forger.make({"kid": bank.kid}, {}, bank.verifies)).refuses(401, "token_invalid")  # the bank says "shop"
    forger.show(forger.make({}, own)).refuses(401, "token_invalid")  # the shop says "bank"
    forger.show(forger.make({}, {}, bank.verifies)).refuses(401, "token_invalid")  # the shop's kid, the bank's secret
    forger.show(forger.make({"kid": bank.kid}, own)).refuses(401, "token_invalid")  # the bank's kid, the shop's secret


def test_a_changed_token_is_refused_even_when_the_good_one_is_remembered(forger: Forger) -> None:
    good = forger.make()
    assert forger.show(good).status == 200
    head, payload, signature = good.split(".")
    other = "A" if signature[0] != "A" else "B"
    richer = coded({"tenant_id": "shop", "user_id": "somebody-else", "aud": "sluice", "exp": int(time.time()) + 60})
    for token in (
        f"{head}.{payload}.{other}{signature[1:]}",
        f"{head}.{payload}.{signature[:-1]}",
        f"{head}.{payload}.{signature[:22]}",
        f"{head}.{payload}.{signature}AAAA",
        f"{head}.{payload}.",
        f"{head}.{richer}.{signature}",
        f"{head[:-4]}.{payload}.{signature}",
        f"{head}.{payload}",
        f"{head}.{payload}.{signature}.{signature}",
        f"{head}.{signature}.{payload}",
        f"{head}..{signature}",
        good[::-1],
    ):
        forger.show(token).refuses(401, "token_invalid")
    assert forger.show(good).status == 200


def test_a_secret_that_looks_public_opens_nothing(forger: Forger) -> None:
    key = forger.keys["shop"]
    for secret in (coded(key.verifies).encode(), key.kid.encode(), b"\0", b"secret", hashlib.sha256(b"").digest()):
        forger.show(forger.make(secret=secret)).refuses(401, "token_invalid")


# -- the claims --------------------------------------------------------------------------------------------------------

CLAIMS: dict[str, Any] = {
    "exp missing": {"exp": None},
    "exp as text": {"exp": "4102444800"},
    "exp a list": {"exp": [4102444800]},
    "exp true": {"exp": True},
    "exp NaN": {"exp": float("nan")},
    "nbf tomorrow": {"nbf": time.time() + 86400},
    "nbf as text": {"nbf": "0"},
    "iat tomorrow": {"iat": time.time() + 86400},
    "iat as text": {"iat": "now"},
    "aud missing": {"aud": None},
    "aud another": {"aud": "sluice-admin"},
    "aud in capitals": {"aud": "SLUICE"},
    "aud empty": {"aud": ""},
    "aud an empty list": {"aud": []},
    "aud a list of others": {"aud": ["a", "b", 1]},
    "aud an object": {"aud": {"1": "sluice"}},
    "aud a number": {"aud": 1},
    "tenant_id missing": {"tenant_id": None},
    "tenant_id of another": {"tenant_id": "bank"},
    "tenant_id of nobody": {"tenant_id": "florist"},
    "tenant_id a list": {"tenant_id": ["shop"]},
    "user_id missing": {"user_id": None},
    "user_id empty": {"user_id": ""},
    "user_id a number": {"user_id": 7},
    "user_id a list": {"user_id": ["a"]},
    "user_id with braces": {"user_id": "a}b{c"},  # would end the hash tag of the user's keys
    "user_id with a space": {"user_id": "a b"},
    "user_id with a line break": {"user_id": "a\r\nX-Sluice-Tenant: bank"},
    "user_id with a slash": {"user_id": "a/b"},
    "user_id of 65": {"user_id": "a" * 65},
    "user_id in Chinese": {"user_id": "张三"},
    "user_id with a NUL": {"user_id": "a\0b"},
    "jti a number": {"jti": 7},
    "jti empty list": {"jti": []},
    "jti of 257": {"jti": "x" * 257},
    "exp in 32 days": {"exp": time.time() + 32 * 86400},
    "exp in 32 days, without iat": {"exp": time.time() + 32 * 86400, "iat": None},
    "exp without end": b'{"tenant_id":"shop","user_id":"u","aud":"sluice","exp":1e999}',
    "iat long ago, exp soon": {"iat": 1, "exp": time.time() + 86400},
    "seq as text": {"seq": "5"},
    "seq a list": {"seq": [5]},
    "a list": b"[]",
    "a text": b'"customer"',
    "null": b"null",
    "not JSON": b"{",
    "empty": b"",
    "deep": b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}",
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS)
def test_claims_that_are_not_good_enough(forger: Forger, claims: Any) -> None:
    forger.show(forger.make(claims=claims)).refuses(401, "token_invalid")


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["other", "sluice"]},
        {"user_id": "a.Z_9@:+=-"},
        {"user_id": "a" * 64},
        {"iat": None},
        {"nbf": 0, "jti": "x", "scope": ["chat"]},
        {"exp": int(time.time()) + 86400.5},
        {"iat": None, "exp": int(time.time()) + 30 * 86400},
        {"iss": "whoever", "sub": "whoever"},  # a tenant that names no issuer takes any
        {"jti": "x" * 256},
        b'{"a":{"exp":1,"exp":2},"tenant_id":"shop","user_id":"u","aud":["sluice","x"],"exp":%d}' % (time.time() + 86400),
    ],
    ids=lambda claims: re.sub(r"1\d{9}", "then", str(claims)),  # whoever collects, and whenever: the same names
)
def test_claims_that_are(forger: Forger, claims: Any) -> None:
    assert forger.show(forger.make(claims=claims)).status == 200


def test_the_leeway_is_given_on_both_sides_and_ends(forger: Forger) -> None:
    now, leeway = time.time(), forger.stack.settings.token_leeway_s
    assert leeway == 5
    for name, within, beyond in (("exp", now - 2, now - leeway - 1), ("nbf", now + 2, now + 60), ("iat", now + 2, now + 60)):
        assert forger.show(forger.make(claims={name: within})).status == 200, name
        code = "token_expired" if name == "exp" else "token_invalid"
        forger.show(forger.make(claims={name: beyond})).refuses(401, code)


TWICE = {
    "a claim": (b"", b'"user_id":"somebody"'),
    "a claim, the same": (b"", b'"tenant_id":"shop"'),
    "a claim nobody reads": (b"", b'"colour":"red","colour":"blue"'),
    "a claim, written otherwise": (b"", b'"user\\u005fid":"somebody"'),
    "a claim as null": (b"", b'"exp":null'),
    "alg": (b'"alg":"none"', b""),
    "alg, the same": (b'"alg":"HS256"', b""),
    "kid": (b'"kid":"../x"', b""),
    "a name in the header that nobody reads": (b'"x":[{"x":1}],"x":2', b""),
}


@pytest.mark.parametrize("twice", TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("first", [True, False])
def test_what_is_said_twice_is_refused_whoever_comes_first(forger: Forger, twice: tuple[bytes, bytes], first: bool) -> None:
    good = b'"alg":"HS256","kid":"%s"' % forger.keys["shop"].kid.encode()
    claims = b'"tenant_id":"shop","user_id":"u","aud":"sluice","exp":%d' % (time.time() + 60)
    assert forger.show(forger.make(b"{" + good + b"}", b"{" + claims + b"}")).status == 200
    parts = []
    for said, again in zip((good, claims), twice, strict=True):
        both = [again, said] if first else [said, again]
        parts.append(b"{" + b" , ".join(part for part in both if part) + b"}")
    forger.show(forger.make(*parts)).refuses(401, "token_invalid")


# -- what is hardly a token --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer .",
        "Bearer ..",
        "Bearer ...",
        "Bearer a.b.c",
        "Bearer %%%.###.@@@",
        "Bearer eyJhbGciOiJIUzI1NiJ9",
        "Bearer e30=.e30=.e30=",
        "Bearer " + "A" * 3000 + "." + "B" * 500 + ".C",
        "Basic YWRtaW46YWRtaW4=",
        "Digest username=admin",
        "Bearer\t{good}",
        "Bearer {good} {good}",
        "Bearer {good},",
        'Bearer "{good}"',
        "Bearer: {good}",
        "Token {good}",
        "{good}",
    ],
)
def test_what_is_no_token(forger: Forger, authorization: str) -> None:
    answer = forger.show(authorization.replace("{good}", forger.make()), scheme="")
    assert answer.status == 401
    assert answer.error()["code"] in ("token_invalid", "token_missing")


def test_a_token_of_5_kb_is_refused_though_it_is_good(forger: Forger) -> None:
    assert forger.show(forger.make(claims={"padding": "x" * 2000})).status == 200
    forger.show(forger.make(claims={"padding": "x" * 4000})).refuses(401, "token_invalid")


# -- time passes -------------------------------------------------------------------------------------------------------


def test_a_remembered_token_is_forgotten_when_it_expires(small: Stack) -> None:
    forger = Forger(small)
    token = forger.make(claims={"exp": time.time() + 1.5})
    assert [forger.show(token).status for _ in range(20)] == [200] * 20  # by now every worker has seen it
    expired = wait_until(lambda: (answer := forger.show(token)).status == 401 and answer, timeout_s=5)
    expired.refuses(401, "token_expired")
    assert [forger.show(token).status for _ in range(20)] == [401] * 20


def test_while_a_key_is_rotated_old_and_new_tokens_are_good(small: Stack) -> None:
    bank = {"tenant_id": "bank"}
    forger = Forger(small)
    for key in (OLD, NEW):
        assert forger.show(forger.make({"kid": key.kid}, bank, key.verifies)).status == 200
    forger.show(forger.make({"kid": OLD.kid}, bank, NEW.verifies)).refuses(401, "token_invalid")


def test_the_first_key_signs(small: Stack) -> None:
    header = json.loads(base64.urlsafe_b64decode(small.token("bank").split(".")[0] + "=="))
    assert header["kid"] == NEW.kid
    assert header["alg"] == "HS256"


def test_a_guests_token_is_signed_with_the_tenants_key_and_says_no_more_than_needed(stack: Stack) -> None:
    token = Stranger(stack).guest({"tenant": "shop"}).json()["token"]
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    assert header["kid"] == tokens.keys(stack.settings.keys, "shop")[0].kid
    assert claims.keys() == {"tenant_id", "user_id", "aud", "iat", "exp", "jti", "guest"}
    assert claims["exp"] - claims["iat"] == stack.settings.guest_token_s


# -- the position a token carries --------------------------------------------------------------------------------------


def test_no_turn_comes_before_the_tokens_position(stack: Stack) -> None:
    stranger = Stranger(stack)
    stranger.token = stack.token("shop", "resumed", seq=10)
    stranger.chat({"query": "你好", "session_id": "s", "seq": 9}).refuses(409, "stale_seq")
    assert stranger.chat({"query": "你好", "session_id": "s", "seq": 10}).json()["seq"] == 10
    assert stranger.chat({"query": "你好", "session_id": "s"}).json()["seq"] == 11
    stranger.chat({"query": "你好", "session_id": "other", "seq": 1}).refuses(409, "stale_seq")
