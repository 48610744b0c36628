"""Do the known attacks on JSON Web Tokens fail, for each algorithm?

The tenant `signed` has a key of each; a forged token is good but for the one thing its test names. More about HS256 tokens
stands in test_identity.py.
"""

import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.conftest import Stack
from tests.edge.tokens import ALGORITHMS, Signer, coded, signer
from tests.http.conftest import ISSUERS
from tests.http.raw import Answer, Stranger, request

pytestmark = pytest.mark.real
PUBLIC = ("RS256", "ES256", "EdDSA")


@dataclass
class Issuer:
    """Signs for one tenant with one of its keys, and shows tokens to the edge."""

    stranger: Stranger
    alg: str
    tenant: str = "signed"

    @property
    def key(self) -> Signer:
        return signer(self.alg, self.tenant)

    @property
    def kid(self) -> str:
        return f"{self.tenant}-{self.alg}"

    def token(
        self, header: Any = None, claims: Any = None, sign: Callable[[bytes], bytes] | None = None, said: bytes | None = None
    ) -> str:
        """header, claims: members to change (None: take it out); said: the claims as they are written."""
        now = int(time.time())
        head = {"alg": self.alg, "kid": self.kid} | (header or {})
        good = {
            "tenant_id": self.tenant,
            "user_id": "u",
            "aud": "sluice",
            "iss": ISSUERS[self.tenant],
            "iat": now,
            "exp": now + 60,
        }
        good |= claims or {}
        head, good = ({name: value for name, value in part.items() if value is not None} for part in (head, good))
        return self.key.token(head, said or good, sign)

    def show(self, token: str) -> Answer:
        return self.stranger.send(request("GET", "/v1/history?limit=1", [f"Authorization: Bearer {token}"]))

    def refused(self, token: str, code: str = "token_invalid") -> None:
        for _ in range(2):  # nothing is learned from a bad one
            self.show(token).refuses(401, code)


@pytest.fixture
def issuers(small: Stack) -> dict[str, Issuer]:
    return {alg: Issuer(Stranger(small, "one_user"), alg) for alg in ALGORITHMS}


@pytest.fixture(params=ALGORITHMS)
def issuer(issuers: dict[str, Issuer], request: pytest.FixtureRequest) -> Issuer:
    return issuers[request.param]


def test_a_good_token_is_taken_again_and_again(issuer: Issuer) -> None:
    token = issuer.token()
    assert [issuer.show(token).status for _ in range(6)] == [200] * 6


def test_alg_none_in_all_spellings(issuer: Issuer) -> None:
    for spelled in ("none", "None", "NONE", "nOnE", "", " none", "none\0", None, False, ["none"]):
        said = issuer.token({"alg": spelled}).rpartition(".")[0]
        for signature in ("", coded(b""), coded(b"\0"), issuer.token().rpartition(".")[2]):
            issuer.refused(f"{said}.{signature}")
        issuer.refused(said)


def test_a_key_has_one_algorithm_and_the_token_chooses_none(issuers: dict[str, Issuer], issuer: Issuer) -> None:
    for named in {*ALGORITHMS, "HS384", "HS512", "RS384", "RS512", "PS256", "ES256K", "ES384", "Ed25519", "ES512"} - {issuer.alg}:
        issuer.refused(issuer.token({"alg": named}))
    for alg in set(ALGORITHMS) - {issuer.alg}:  # signed by the right key of that algorithm, under this one's kid
        other = issuers[alg].key.sign
        issuer.refused(issuer.token({"alg": alg}, sign=other))
        issuer.refused(issuer.token(sign=other))


def test_hs256_with_a_public_key_as_the_secret(issuers: dict[str, Issuer]) -> None:
    for alg in PUBLIC:
        issuer, public = issuers[alg], signer(alg, "signed").private.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        raw = [base64.urlsafe_b64decode(value + "==") for value in issuer.key.jwk("k").values() if len(value) > 40]
        assert raw
        texts = (pem, pem.strip(), pem.replace(b"\n", b"\r\n"), base64.b64encode(issuer.key.verifies))
        for secret in (*texts, issuer.key.verifies, *raw):
            for named in ("HS256", alg):
                issuer.refused(issuer.token({"alg": named}, sign=lambda text, secret=secret: hmac.digest(secret, text, "sha256")))


def test_kids_that_lead_elsewhere(issuer: Issuer) -> None:
    kids = [
        "../../../../etc/passwd",
        "/dev/null",
        "signed.jwks.json",
        "",
        " ",
        f"{issuer.kid} ",
        f"{issuer.kid}\0",
        "' OR 1=1 --",
    ]
    for kid in [*kids, issuer.kid.upper(), "__index", "nobody", 0, 1, True, [issuer.kid], {"kid": issuer.kid}, "x" * 500, None]:
        issuer.refused(issuer.token({"kid": kid}))


def test_a_key_that_the_token_brings_itself_opens_nothing(issuer: Issuer) -> None:
    own = signer(issuer.alg, "attacker")
    for member in (
        {"jwk": own.jwk(issuer.kid)},
        {"jku": "http://127.0.0.1:1/jwks.json"},
        {"x5u": "http://127.0.0.1:1/"},
        {"x5c": ["MIIB"]},
    ):
        issuer.refused(issuer.token(member, sign=own.sign))
        issuer.refused(issuer.token({**member, "kid": "attacker"}, sign=own.sign))
        assert issuer.show(issuer.token(member)).status == 200, "nobody reads it"


def test_what_is_critical_to_somebody_else_is_refused(issuer: Issuer) -> None:
    for crit in (["exp"], ["b64"], [], "exp"):
        issuer.refused(issuer.token({"crit": crit, "b64": False}))


def test_signatures_that_are_none(issuer: Issuer) -> None:
    good = issuer.token()
    said, _, signature = good.rpartition(".")
    for length in (0, 1, 31, 32, 33, 63, 64, 65, 72, 128, 255, 256, 257, 512):
        for filled in (b"\0", b"\xff"):
            issuer.refused(f"{said}.{coded(filled * length)}")
    raw = base64.urlsafe_b64decode(signature + "==")
    for near in (raw[:-1], raw + b"\0", b"\0" + raw, raw[::-1], raw * 2):
        issuer.refused(f"{said}.{coded(near)}")
    assert issuer.show(good).status == 200


def test_psychic_signatures(issuers: dict[str, Issuer]) -> None:
    issuer, order = issuers["ES256"], bytes.fromhex("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")
    for r in (bytes(32), order, bytes(31) + b"\1"):
        for s in (bytes(32), order, bytes(31) + b"\1"):
            issuer.refused(issuer.token(sign=lambda _, r=r, s=s: r + s))


CLAIMS: dict[str, Any] = {
    "no exp": {"exp": None},
    "nbf later": {"nbf": time.time() + 3600},
    "iat later": {"iat": time.time() + 3600},
    "another audience": {"aud": "sluice-admin"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://id.partner.example"},
    "its issuer with a slash": {"iss": f"{ISSUERS['signed']}/"},
    "issuers in a list": {"iss": [ISSUERS["signed"]]},
    "no issuer": {"iss": None},
    "another tenant": {"tenant_id": "partner"},
    "a tenant without issuer": {"tenant_id": "shop"},
    "too long a life": {"exp": time.time() + 32 * 86400},
    "oversized": {"padding": "x" * 4000},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS)
def test_claims_that_a_good_signature_does_not_help(issuer: Issuer, claims: Any) -> None:
    issuer.refused(issuer.token(claims=claims))


def test_an_expired_token(issuer: Issuer) -> None:
    issuer.refused(issuer.token(claims={"exp": time.time() - 1}), "token_expired")


def test_claims_said_twice(issuer: Issuer) -> None:
    until = int(time.time()) + 60
    for twice in ('"user_id":"root"', '"tenant_id":"partner"', '"exp":1', '"iss":"x"', '"colour":1,"colour":1'):
        once = f'"tenant_id":"signed","user_id":"u","aud":"sluice","iss":"{ISSUERS["signed"]}","exp":{until}'
        assert issuer.show(issuer.token(said=f"{{{once}}}".encode())).status == 200
        for both in (f"{{{once},{twice}}}", f"{{{twice},{once}}}"):
            issuer.refused(issuer.token(said=both.encode()))


def test_one_issuers_good_tokens_open_nothing_at_another(small: Stack) -> None:
    ours, theirs = (Issuer(Stranger(small, "one_user"), "RS256", tenant) for tenant in ("signed", "partner"))
    good = [ours.token(), theirs.token()]
    assert [ours.show(token).status for token in good * 4] == [200] * 8  # every worker remembers both
    for thief, owner in ((ours, theirs), (theirs, ours)):
        borrowed = {"tenant_id": owner.tenant, "iss": ISSUERS[owner.tenant]}
        thief.refused(thief.token(claims=borrowed))
        thief.refused(thief.token(claims={"tenant_id": owner.tenant}))
        thief.refused(thief.token({"kid": owner.kid}, borrowed))
        thief.refused(thief.token({"kid": owner.kid}))
        head, _, signature = thief.token().split(".")
        thief.refused(f"{head}.{owner.token().split('.')[1]}.{signature}")
        thief.refused(f"{owner.token().split('.')[0]}.{thief.token().split('.')[1]}.{signature}")
    assert [ours.show(token).status for token in good * 4] == [200] * 8


def test_guests_of_a_tenant_with_an_issuer_are_signed_by_its_own_private_key(small: Stack) -> None:
    token = Stranger(small).guest({"tenant": "signed"}).json()["token"]
    issuer = Issuer(Stranger(small), "ES256")
    assert issuer.show(token).status == 200
    assert signer("ES256", "signed").jwk("signed-ES256")["kid"] in base64.urlsafe_b64decode(token.split(".")[0] + "==").decode()
    Stranger(small).guest({"tenant": "partner"}).refuses(403, "guests_refused")
