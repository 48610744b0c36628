"""Who signs tokens, and with what?

Each tenant has a JWKS file under var/keys (pyshim/identity/jwks.py). All its keys verify; the first that has its private part
signs. So a key is rotated by putting a new one in front and removing the old one later. A missing file is made with a fresh HS256
key. A tenant whose own issuer signs brings public keys only; then nothing is minted here for it.
"""

import base64
import os
import secrets
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import jwt
import msgspec

from pyshim.errors import BadTenant
from pyshim.identity import jwks
from pyshim.identity.jwks import Key

ONLY_PUBLIC = "only public keys; to sign tokens here an HS256 key, or one with its private part, is wanted"


def path_of(folder: Path, tenant: str) -> Path:
    return folder / f"{tenant}.jwks.json"


def _make(path: Path, tenant: str) -> None:
    secret = base64.urlsafe_b64encode(secrets.token_bytes(jwks.SECRET_BYTES_MIN)).rstrip(b"=").decode()
    entry = {"kid": f"{tenant}-{secrets.token_hex(4)}", "kty": "oct", "alg": "HS256", "k": secret}
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".tmp") as draft:  # made readable by its owner only
        draft.write(msgspec.json.encode({"keys": [entry]}))
        draft.flush()
        with suppress(FileExistsError):  # whoever comes first makes the key; theirs is as good, and nobody replaces it
            os.link(draft.name, path)


def read(folder: Path, tenant: str) -> bytes:
    """The tenant's JWKS file; made when there is none. Raises BadTenant."""
    path = path_of(folder, tenant)
    try:
        if not path.exists():
            _make(path, tenant)
        return path.read_bytes()
    except OSError as error:
        raise BadTenant(f"{path}: a JWKS file is wanted: {error}") from None


def keys(folder: Path, tenant: str) -> list[Key]:
    """The tenant's keys; made when there are none. Raises BadTenant."""
    return jwks.parse(read(folder, tenant), str(path_of(folder, tenant)))


def signer(found: list[Key], folder: Path, tenant: str) -> Key | None:
    """The first key that can sign here: a secret, or one whose private part this machine's file has. None where only others
    can."""
    private: dict[str, Key] = {}
    for key in found:
        if key.signs is not None:
            return key
        private = private or _private_parts(folder, tenant)
        own = private.get(key.kid)
        if own is not None and own.public == key.public:
            return own
    return None


def lacking(found: list[Key], folder: Path, tenant: str) -> list[str]:
    """A sentence for each secret that is to verify here and is not in this machine's file."""
    wanted = [key for key in found if key.fingerprint and not key.verifies]
    own = _private_parts(folder, tenant) if wanted else {}
    path = path_of(folder, tenant)
    there = {kid: key.public for kid, key in own.items()}
    return [
        f"{path}: key {key.kid!r} {'is another one than was applied' if key.kid in there else 'is wanted on this machine, too'}; "
        "its tokens are refused here until this file is as where it was applied, or another one is applied"
        for key in wanted
        if there.get(key.kid) != key.public
    ]


def _private_parts(folder: Path, tenant: str) -> dict[str, Key]:
    try:
        return {key.kid: key for key in _parsed(path_of(folder, tenant).read_bytes()) if key.signs is not None}
    except (OSError, BadTenant):
        return {}


@lru_cache(maxsize=256)
def _parsed(content: bytes) -> list[Key]:
    return jwks.parse(content, "")


def signing_key(folder: Path, tenant: str) -> Key:
    """The key that signs for this tenant. Raises BadTenant where only somebody else can."""
    key = signer(keys(folder, tenant), folder, tenant)
    if key is None:
        raise BadTenant(f"{path_of(folder, tenant)}: {ONLY_PUBLIC}")
    return key


def mint(
    key: Key,
    tenant: str,
    user: str,
    audience: str,
    seconds: int,
    issuer: str | None = None,
    seq: int | None = None,
    guest: bool = False,
    known_since: int | None = None,
) -> str:
    """A token for one user of one tenant, good for so many seconds. seq: no turn before this position is accepted; guest: nobody
    vouches for this one; known_since: the tenant has known this one since then, seconds since 1970 (docs/screen.md)."""
    now = int(time.time())
    claims: dict[str, object] = {"tenant_id": tenant, "user_id": user, "aud": audience, "iat": now, "exp": now + seconds}
    claims["jti"] = secrets.token_hex(12)
    if issuer is not None:
        claims["iss"] = issuer
    if seq is not None:
        claims["seq"] = seq
    if guest:
        claims["guest"] = True
    if known_since is not None:
        claims["known_since"] = known_since
    assert key.signs is not None, f"{key.kid} cannot sign"
    return jwt.encode(claims, _private(key.alg, key.signs), algorithm=key.alg, headers={"kid": key.kid})


@lru_cache(maxsize=256)
def _private(alg: str, signs: bytes) -> Any:
    """As PyJWT signs with it. Reading a private RSA key takes longer than signing."""
    return jwt.get_algorithm_by_name(alg).prepare_key(signs)
