"""What does a worker remember of a token, and what makes it look again? (tests/http has the attacks, through real nginx.)"""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edge.tokens import ALGORITHMS, Signer, signer
from tests.edge.worker import Worker

NOW = 1_800_000_000.0
SHOP, BANK = {"tenant_id": "shop", "mark": "s1"}, {"tenant_id": "bank", "mark": "b1"}


@pytest.fixture
def worker() -> Worker:
    return Worker(NOW)


def token(key: Signer, kid: str = "k", **claims: Any) -> str:
    good = {"tenant_id": "shop", "user_id": "u", "aud": "sluice", "iat": NOW, "exp": NOW + 600}
    return key.token({"alg": key.alg, "kid": kid}, {name: v for name, v in (good | claims).items() if v is not None})


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_good_token_is_taken_until_it_expires(worker: Worker, alg: str) -> None:
    config, good = worker.config({"k": (signer(alg), SHOP)}), token(signer(alg))
    assert [worker.show(good, config) for _ in range(3)] == ["u"] * 3
    worker.now = NOW + 604.9
    assert worker.show(good, config) == "u"
    worker.now = NOW + 605
    assert worker.show(good, config) == "token_expired"


def test_a_remembered_token_is_not_verified_again_when_something_else_changes(worker: Worker) -> None:
    good = token(signer("RS256"))
    assert worker.show(good, worker.config({"k": (signer("RS256"), SHOP)})) == "u"
    # Its key could not verify it any more, but the mark says that nothing changed: so it was not asked.
    assert worker.show(good, worker.config({"k": (signer("RS256", "other"), SHOP)})) == "u"


def test_a_remembered_token_is_judged_again_when_what_judged_it_changed(worker: Worker) -> None:
    def after(key: Signer, more: dict[str, Any], kid: str = "k", **settings: Any) -> str:
        fresh = Worker(NOW)
        good = token(signer("ES256"), iss="https://a.example")
        assert fresh.show(good, fresh.config({"k": (signer("ES256"), SHOP | {"issuer": "https://a.example"})})) == "u"
        return fresh.show(good, fresh.config({kid: (key, more)}, **settings))

    ours, changed = signer("ES256"), SHOP | {"mark": "s2"}
    assert after(ours, changed) == "u"
    assert after(ours, changed, kid="another") == "token_invalid"
    assert after(ours, changed | {"issuer": "https://b.example"}) == "token_invalid"
    assert after(ours, changed | {"tenant_id": "bank"}) == "token_invalid"
    assert after(ours, changed, token_audience="another") == "token_invalid"
    assert after(ours, changed, token_life_max_s=60) == "token_invalid"
    assert after(signer("ES256", "another"), changed) == "token_invalid"
    assert after(signer("EdDSA"), changed) == "token_invalid"


def test_a_key_is_rotated_while_tokens_of_both_are_on_their_way(worker: Worker) -> None:
    old, new = signer("HS256", "old"), signer("ES256", "new")
    first, second = token(old, "old"), token(new, "new", user_id="v")
    only_old = worker.config({"old": (old, SHOP)})
    assert [worker.show(one, only_old) for one in (first, second)] == ["u", "token_invalid"]
    both = worker.config({"new": (new, SHOP | {"mark": "s2"}), "old": (old, SHOP)})
    assert [worker.show(one, both) for one in (first, second)] == ["u", "v"]
    only_new = worker.config({"new": (new, SHOP | {"mark": "s2"})})
    assert [worker.show(one, only_new) for one in (first, second)] == ["token_invalid", "v"]


def test_one_issuers_tokens_say_nothing_about_anothers(worker: Worker) -> None:
    a, b = {"issuer": "https://a.example"}, {"issuer": "https://b.example"}
    config = worker.config({"a": (signer("ES256", "a"), SHOP | a), "b": (signer("ES256", "b"), BANK | b)})
    good = token(signer("ES256", "a"), "a", iss="https://a.example")
    assert worker.show(good, config) == "u"
    for key, kid, iss, tenant in (
        ("a", "a", "https://b.example", "shop"),
        ("a", "a", None, "shop"),
        ("a", "a", ["https://a.example"], "shop"),
        ("b", "b", "https://a.example", "shop"),
        ("b", "b", "https://b.example", "shop"),
        ("b", "b", "https://a.example", "bank"),
        ("a", "b", "https://b.example", "bank"),
        ("b", "a", "https://a.example", "shop"),
    ):
        bad = token(signer("ES256", key), kid, iss=iss, tenant_id=tenant)
        assert [worker.show(bad, config) for _ in range(2)] == ["token_invalid"] * 2, (key, kid, iss, tenant)
    assert worker.show(good, config) == "u"
    assert worker.refused() == {"token_invalid": 16}


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_the_longest_life_counts_from_iat_or_from_now(worker: Worker, alg: str) -> None:
    config, key = worker.config({"k": (signer(alg), SHOP)}), signer(alg)
    assert worker.show(token(key, exp=NOW + 3605), config) == "u"
    assert worker.show(token(key, exp=NOW + 3606), config) == "token_invalid"
    assert worker.show(token(key, iat=NOW - 100, exp=NOW + 3506), config) == "token_invalid"
    assert worker.show(token(key, iat=None, exp=NOW + 3605), config) == "u"
    assert worker.show(token(key, iat=None, exp=NOW + 3606), config) == "token_invalid"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
WORKER = Worker(NOW)
HS256 = WORKER.config({"k": (signer("HS256"), SHOP)})


@pytest.mark.long
@given(st.dictionaries(st.text(), JSON, max_size=5), st.booleans(), st.data())
@settings(max_examples=200, deadline=None)
def test_what_is_said_once_is_taken_whatever_it_looks_like_and_what_is_said_twice_is_not(
    more: dict[str, Any], ascii_only: bool, data: st.DataObject
) -> None:
    claims = more | {"tenant_id": "shop", "user_id": "u", "aud": "sluice", "iat": NOW, "exp": NOW + 600}
    for reserved in {"jti", "seq", "nbf", "known_since"} & claims.keys():  # what these may be has tests of its own
        del claims[reserved]

    def show(text: str) -> str:
        return WORKER.show(signer("HS256").token({"alg": "HS256", "kid": "k"}, text.encode()), HS256)

    def member(name: str, value: Any, ascii_only: bool) -> str:
        return f"{json.dumps(name, ensure_ascii=ascii_only)} : {json.dumps(value, ensure_ascii=ascii_only)}"

    written = [member(name, value, ascii_only) for name, value in claims.items()]
    assert show("{" + ", ".join(written) + "}") == "u"
    again = data.draw(st.sampled_from(sorted(claims)))
    twice = [*written, member(again, data.draw(JSON), not ascii_only)]
    assert show("{" + ", ".join(data.draw(st.permutations(twice))) + "}") == "token_invalid"


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_who_may_be_refused_anyway_is_verified_where_that_is_cheap_or_affordable(worker: Worker, alg: str) -> None:
    config, asked = worker.config({"k": (signer(alg), SHOP)}), []

    def glance(text: str, affords: bool) -> str | None:
        def ask() -> bool:
            asked.append(text)
            return affords

        claims = worker.identity[b"glance"](f"Bearer {text}".encode(), config, ask)
        return claims and str(claims[b"user_id"].decode())

    good = token(signer(alg))
    assert glance(good, affords=False) == ("u" if alg == "HS256" else None)
    assert glance(good, affords=True) == "u"
    assert glance(good, affords=False) == "u"  # it is remembered
    assert glance(f"{good[:-6]}AAAAAA", affords=True) is None
    assert len(asked) == (0 if alg == "HS256" else 3)
    assert worker.refused() == {}


@pytest.mark.parametrize(("since", "shown"), [(NOW - 1, "u"), (None, "u"), ("2020", "token_invalid"), (True, "token_invalid")])
def test_since_when_a_customer_is_known_is_a_number(worker: Worker, since: object, shown: str) -> None:
    config = worker.config({"k": (signer("HS256"), SHOP)})
    assert worker.show(token(signer("HS256"), known_since=since), config) == shown
