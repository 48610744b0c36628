"""Who signs in these tests? One issuer for each algorithm, whose keys are made once."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ALGORITHMS = ("HS256", "RS256", "ES256", "EdDSA")


def coded(part: object) -> str:
    """Base64url of bytes as they are, or of anything else as JSON."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class Signer:
    """private: as PyJWT and cryptography take it; verifies: the secret, or the public key in DER."""

    alg: str
    private: Any
    verifies: bytes

    def sign(self, text: bytes) -> bytes:
        return jwt.get_algorithm_by_name(self.alg).sign(text, self.private)

    def token(self, header: Any, claims: Any, sign: Callable[[bytes], bytes] | None = None) -> str:
        said = f"{coded(header)}.{coded(claims)}"
        return f"{said}.{coded((sign or self.sign)(said.encode()))}"

    def jwk(self, kid: str, private: bool = False) -> dict[str, Any]:
        """An entry of a JWKS file, with its private part or without."""
        if self.alg == "HS256":
            return {"kid": kid, "kty": "oct", "k": coded(self.verifies)}
        key = self.private if private else self.private.public_key()
        return {**json.loads(jwt.get_algorithm_by_name(self.alg).to_jwk(key)), "kid": kid, "alg": self.alg}


def _public(key: Any) -> bytes:
    return bytes(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@cache
def signer(alg: str, name: str = "ours") -> Signer:
    """The same name gives the same key, for as long as the tests run."""
    if alg == "HS256":
        secret = name.encode().ljust(32, b".")
        return Signer(alg, secret, secret)
    made: Any = {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }[alg]()
    return Signer(alg, made, _public(made))
