"""What did a tenant bring, byte for byte?

A Source is a tenant's folder and its keys, taken from disk or from a stored version. Two with the same digest are the same
tenant: nothing of one that did not change is made again.
"""

import hashlib
import re
from functools import cached_property
from pathlib import Path

import msgspec

from pyshim.errors import BadTenant
from pyshim.identity import jwks, tokens
from pyshim.settings import Settings

NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
FILES = (
    "tenant.yaml",
    "replies.yaml",
    "flows.yaml",
    "faq.tsv",
    "words/mask.txt",
    "words/allow.txt",
    "words/blocked.txt",
    "lists/addresses_refused.txt",
    "lists/addresses_trusted.txt",
)
READ = {".yaml", ".yml", ".tsv", ".txt", ".csv", ".json"}  # endings of what somebody would expect to be read


class Source(msgspec.Struct, frozen=True, dict=True):
    """files: path in the tenant's folder -> bytes; keys: its JWKS file, without private parts and secrets; signs: the kids of
    those that had one. where, keys_where: how faults name the two."""

    tenant: str
    where: str
    files: dict[str, bytes]
    keys: bytes = b""
    keys_where: str = ""
    signs: list[str] = []

    @cached_property
    def digest(self) -> str:
        content = [self.tenant, sorted(self.files.items()), self.keys, *([self.signs] if self.signs else [])]
        return hashlib.sha256(msgspec.msgpack.encode(content)).hexdigest()[:16]

    def text(self, name: str) -> str:
        """A file's text, "" where there is none. Raises BadTenant."""
        raw = self.files.get(name, b"")
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadTenant(f"{self.place(name)}:{raw[: error.start].count(10) + 1}: not UTF-8") from None

    def place(self, name: str) -> str:
        return f"{self.where}/{name}"


def of_folder(folder: Path, keys: bytes = b"", keys_where: str = "") -> Source:
    """One tenant's folder; its name is the tenant's id. Raises BadTenant."""
    _named(folder)
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    unknown = [name for name, path in found.items() if name not in FILES and path.suffix in READ and not name.startswith(".")]
    if unknown:
        raise BadTenant(*(f"{folder / name}: not a file that is read; those are {', '.join(FILES)}" for name in unknown))
    try:
        files = {name: path.read_bytes() for name, path in found.items() if name in FILES}
    except OSError as error:
        raise BadTenant(f"{error.filename}: {error.strerror}") from None
    public, signs = jwks.public(keys)
    return Source(folder.name, str(folder), files, public, keys_where, signs)


def _named(folder: Path) -> str:
    if not NAME.fullmatch(folder.name):
        raise BadTenant(f"{folder}: a tenant's name is a-z, 0-9 and _, at most 32")
    return folder.name


def _serves_keys(settings: Settings, tenant: str) -> bool:
    """Has what this machine's nginx was given last a key of this tenant?"""
    try:
        parts = msgspec.json.decode(settings.edge_configuration.read_bytes())["parts"]
        return bool(parts[tenant]["keys"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError):
        return False


def without_private(one: Source) -> Source:
    """As it is stored today: a sluice of before December 2026 stored secrets with it."""
    public, signs = jwks.public(one.keys)
    return msgspec.structs.replace(one, keys=public, signs=sorted({*one.signs, *signs})) if signs else one


def of_settings(settings: Settings) -> list[Source]:
    """All tenants of SLUICE_TENANTS with their keys, which are made where there are none. Raises BadTenant with all faults."""
    folders = sorted(path for path in settings.tenants.iterdir() if path.is_dir()) if settings.tenants.is_dir() else []
    if not folders:
        raise BadTenant(f"{settings.tenants}: no tenant's folder here")
    found: list[Source] = []
    faults: list[str] = []
    for folder in folders:
        try:
            path = tokens.path_of(settings.keys, _named(folder))
            if not path.exists() and _serves_keys(settings, folder.name):
                raise BadTenant(f"{path}: gone, and tokens of its keys are served here: put it back, or they are refused")
            found.append(of_folder(folder, tokens.read(settings.keys, folder.name), str(path)))
        except BadTenant as error:
            faults += error.faults
    if faults:
        raise BadTenant(*faults)
    return found
