"""Which keys does a JWKS file hold, and what is each good for?

Rules:

* HS256 (oct), RS256 (RSA), ES256 (EC P-256), EdDSA (OKP Ed25519). A key has one algorithm, its own; where the file does not say
  which, its type does.
* Weak keys are refused: a secret below 32 bytes, RSA below 2048 bits, any other curve.
* An entry with its private part can sign, a public one can only verify. What verifies is a secret or a DER SubjectPublicKeyInfo;
  private parts, secrets among them, never leave the machines whose files have them (public()). Of a secret a fingerprint travels.
* Entries marked `"use": "enc"` are for something else and passed over: an identity provider's file can be taken as it is.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import jwt.algorithms
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from pyshim.errors import BadTenant

SECRET_BYTES_MIN = 32
RSA_BITS_MIN, RSA_BITS_MAX = 2048, 8192  # larger ones cost the edge milliseconds a token
KID = re.compile(r"[A-Za-z0-9._~:=+-]{1,128}")
FINGERPRINT = re.compile("[0-9a-f]{32}")
ALGORITHMS = {"oct": "HS256", "RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}
CURVES = {"EC": "P-256", "OKP": "Ed25519"}

READERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "RSA": jwt.algorithms.RSAAlgorithm.from_jwk,
    "EC": jwt.algorithms.ECAlgorithm.from_jwk,
    "OKP": jwt.algorithms.OKPAlgorithm.from_jwk,
}

Private = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
Public = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Key:
    """verifies: the secret (HS256), empty where only its fingerprint is known, or the public key in DER. signs: the secret, or
    the private key in PEM (PKCS #8); None where only others can. fingerprint: of a secret."""

    kid: str
    alg: str
    verifies: bytes
    signs: bytes | None
    fingerprint: str = ""

    @property
    def public(self) -> str | bytes:
        """What anybody may know of it."""
        return self.fingerprint or self.verifies


class _File(msgspec.Struct):
    keys: list[dict[str, Any]]


def _secret(entry: dict[str, Any]) -> bytes:
    text = str(entry.get("k", ""))
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise ValueError("k in unpadded base64url is wanted")
    secret = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(secret) < SECRET_BYTES_MIN:
        raise ValueError(f"a secret of at least {SECRET_BYTES_MIN} bytes is wanted, this one has {len(secret)}")
    return secret


def fingerprint(secret: bytes) -> str:
    """32 hexadecimal digits; lua/edge/keys.lua computes the same."""
    return hashlib.sha256(b"sluice key\0" + secret).hexdigest()[:32]


def _pair(kty: str, entry: dict[str, Any]) -> tuple[Public, Private | None]:
    wanted = CURVES.get(kty)
    if wanted and entry.get("crv") != wanted:
        raise ValueError(f"the curve {wanted} is wanted, not {entry.get('crv')!r}")
    found = READERS[kty](entry)
    private = found if isinstance(found, Private) else None
    public: Public = private.public_key() if private else found
    if isinstance(public, RSAPublicKey) and not RSA_BITS_MIN <= public.key_size <= RSA_BITS_MAX:
        raise ValueError(f"RSA of {RSA_BITS_MIN} to {RSA_BITS_MAX} bits is wanted, this key has {public.key_size}")
    return public, private


def _key(entry: dict[str, Any]) -> Key:
    kid, kty = entry.get("kid"), str(entry.get("kty"))
    if not isinstance(kid, str) or not KID.fullmatch(kid):
        raise ValueError("a kid of 1 to 128 of A-Z a-z 0-9 . _ ~ : = + - is wanted")
    if kty not in ALGORITHMS:
        raise ValueError(f"kty {', '.join(ALGORITHMS)} is wanted, not {entry.get('kty')!r}")
    alg = ALGORITHMS[kty]
    if entry.get("alg", alg) != alg:
        raise ValueError(f"alg {alg} is wanted for kty {kty}, not {entry['alg']!r}")
    if kty == "oct" and "k" not in entry and FINGERPRINT.fullmatch(str(entry.get("fingerprint"))):
        return Key(kid, alg, b"", None, entry["fingerprint"])
    if kty == "oct":
        secret = _secret(entry)
        return Key(kid, alg, secret, secret, fingerprint(secret))
    public, private = _pair(kty, entry)
    signs = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) if private else None
    return Key(kid, alg, public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), signs)


def parse(content: bytes, where: str) -> list[Key]:
    """The keys of a file's content, in its order. Raises BadTenant, naming where it stands, the key and what is wanted."""
    try:
        entries = msgspec.json.decode(content, type=_File).keys
    except msgspec.DecodeError as error:
        raise BadTenant(f"{where}: a JWKS file is wanted: {error}") from None
    found: dict[str, Key] = {}
    for number, entry in enumerate(entries):
        if entry.get("use") == "enc":
            continue
        try:
            key = _key(entry)
        except (ValueError, TypeError, KeyError, binascii.Error, jwt.InvalidKeyError) as error:
            raise BadTenant(f"{where}: key {entry.get('kid', number)!r}: {error}") from None
        if key.kid in found:
            raise BadTenant(f"{where}: key {key.kid!r}: two keys with one kid")
        found[key.kid] = key
    if not found:
        raise BadTenant(f"{where}: at least one key is wanted")
    return list(found.values())


PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth")  # members of RSA, EC and OKP keys (RFC 7518)


def public(content: bytes) -> tuple[bytes, list[str]]:
    """A file's content without private parts, and the kids of those that had one; as it is where there is none, or it is no JWKS
    file. Instead of a secret there is its fingerprint."""
    try:
        entries = msgspec.json.decode(content, type=_File).keys
    except msgspec.DecodeError:
        return content, []
    for_others = [entry for entry in entries if entry.get("use") == "enc"]
    signs = [str(entry.get("kid")) for entry in entries if entry not in for_others and not {*PRIVATE, "k"}.isdisjoint(entry)]
    if not signs and not for_others:
        return content, []
    kept = [_without_secret(entry) for entry in entries if entry not in for_others]
    return msgspec.json.encode({"keys": kept}), signs


def _without_secret(entry: dict[str, Any]) -> dict[str, Any]:
    """A secret that is none stays: parse() says what is wrong with it."""
    kept = {name: value for name, value in entry.items() if name not in PRIVATE}
    if entry.get("kty") == "oct" and "k" in entry:
        with suppress(ValueError):
            kept["fingerprint"] = fingerprint(_secret(entry))
            del kept["k"]
    return kept


def check_apart(keys: dict[str, list[Key]], where: dict[str, str]) -> None:
    """A key tells whose token it is, so no two tenants may share one. where: tenant -> file, as the fault names
    it. Raises BadTenant."""
    seen: dict[str | bytes, str] = {}
    for tenant, found in keys.items():
        for key in found:
            for what in (key.kid, key.public):
                other = seen.setdefault(what, tenant)
                if other != tenant:
                    raise BadTenant(
                        f"{where[tenant]} and {where[other]}: key {key.kid!r}: a kid and its key belong to one tenant"
                    )
