"""Who signs tokens, and with what?

Each tenant has a JWKS file (RFC 7517) of HS256 keys under var/keys; the first key signs, all of them verify, so a key is
rotated by putting a new one in front and removing the old one later. Missing files are made with a fresh key.
"""

import base64
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import jwt
import msgspec

from pyshim.errors import BadTenant

SECRET_BYTES = 32


class Key(msgspec.Struct):
    """One entry of a JWKS file; k is the secret in unpadded base64url."""

    kid: str
    k: str
    kty: str = "oct"
    alg: str = "HS256"

    @property
    def secret(self) -> bytes:
        return base64.urlsafe_b64decode(self.k + "=" * (-len(self.k) % 4))


class KeySet(msgspec.Struct):
    keys: list[Key]


def _make(path: Path, tenant: str) -> None:
    text = base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).rstrip(b"=").decode()
    key = Key(kid=f"{tenant}-{secrets.token_hex(4)}", k=text)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".tmp") as draft:  # made readable by its owner only
        draft.write(msgspec.json.encode(KeySet([key])))
        draft.flush()
        with suppress(FileExistsError):  # whoever comes first makes the key; theirs is as good, and nobody replaces it
            os.link(draft.name, path)


def path_of(folder: Path, tenant: str) -> Path:
    return folder / f"{tenant}.jwks.json"


def read(folder: Path, tenant: str) -> bytes:
    """The tenant's JWKS file; made when there is none. Raises BadTenant."""
    path = path_of(folder, tenant)
    if not path.exists():
        _make(path, tenant)
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadTenant(f"{path}: {error.strerror}") from None


def keys(folder: Path, tenant: str) -> list[Key]:
    """The keys of a tenant's file, the signing one first. Raises BadTenant."""
    return parse(read(folder, tenant), str(path_of(folder, tenant)))


def parse(content: bytes, path: str) -> list[Key]:
    """The keys of a JWKS file; path: as faults name it. Raises BadTenant."""
    try:
        found = msgspec.json.decode(content, type=KeySet).keys
    except msgspec.DecodeError as error:
        raise BadTenant(f"{path}: a JWKS file is wanted: {error}") from None
    for key in found:
        if key.kty != "oct" or key.alg != "HS256" or len(key.secret) < SECRET_BYTES:
            raise BadTenant(f"{path}: key {key.kid}: kty oct, alg HS256 and at least {SECRET_BYTES} bytes are wanted")
    if not found:
        raise BadTenant(f"{path}: at least one key is wanted")
    return found


def mint(key: Key, tenant: str, user: str, audience: str, seconds: int, seq: int | None = None) -> str:
    """A token for one user of one tenant, good for so many seconds. seq: no turn before this position is accepted."""
    now = int(time.time())
    claims: dict[str, object] = {"tenant_id": tenant, "user_id": user, "aud": audience, "iat": now, "exp": now + seconds}
    if seq is not None:
        claims["seq"] = seq
    return jwt.encode(claims, key.secret, algorithm=key.alg, headers={"kid": key.kid})
