"""What do all tenants, the model and the settings amount to, checked and ready to serve?

Everything is checked here, once, so that nobody has to doubt it on a turn's way: a fault names file and line and stops the whole
snapshot. The shim keeps it in memory; the edge gets its part as JSON (pyshim/tenants/edge.py). Versions follow each other while
serving: pyshim/configuration.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from pyshim.errors import BadTenant
from pyshim.identity import jwks
from pyshim.identity.jwks import Key
from pyshim.settings import Settings
from pyshim.tenants import checks, reader, source
from pyshim.tenants.schema import Tenant
from pyshim.tenants.source import Source
from pyshim.understanding.model import Model, read_model
from pyshim.words import sensitive
from pyshim.words.compose import Composer
from pyshim.words.sensitive import Sensitive


class Compiled(msgspec.Struct):
    """One tenant, read and checked: what travels to those who serve it."""

    tenant: Tenant
    keys: list[Key]


@dataclass(frozen=True, slots=True)
class Served:
    """One tenant, ready to serve."""

    tenant: Tenant
    composer: Composer
    keys: list[Key]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that decides an answer. number: of the version, 0 for what was not applied; digest: of its content; model:
    the one it was checked with, whose place others take while serving (pyshim/rollout)."""

    number: int
    digest: str
    settings: Settings
    served: dict[str, Served]
    model: Model

    @property
    def tenants(self) -> dict[str, Tenant]:
        return {name: one.tenant for name, one in self.served.items()}


def composer(tenant: Tenant, large: Sensitive | None = None) -> Composer:
    return Composer(tenant.mask, tenant.allow, tenant.about.campaign, large)


def lacks(loaded: Iterable[Tenant], model: Model) -> list[str]:
    """What the model does not know of these tenants' intents; a sentence for each tenant."""
    found = []
    for tenant in loaded:
        unknown = sorted(set(tenant.intents) - set(model.labels))
        if unknown:
            found.append(f"{tenant.id}: the model (version {model.version}) does not know {', '.join(unknown)}")
    return found


@dataclass(frozen=True, slots=True)
class Compiler:
    """What all versions of a configuration are compiled with: settings, the model, and the large lists of words, which are
    read once."""

    settings: Settings
    model: Model
    large: Sensitive

    def compile(self, sources: Iterable[Source], number: int = 0, like: Snapshot | None = None) -> Snapshot:
        """Reads and checks everything. like: an earlier snapshot, of which unchanged tenants are taken. Raises BadTenant with all
        faults; nothing is served from a snapshot with one."""
        served: dict[str, Served] = {}
        faults: list[str] = []
        where: dict[str, str] = {}
        for one in sources:
            where[one.tenant] = one.keys_where
            before = like.served.get(one.tenant) if like else None
            try:
                same = before is not None and before.tenant.digest == one.digest
                served[one.tenant] = before if before is not None and same else self._one(one)
            except BadTenant as error:
                faults += error.faults
        if faults:
            raise BadTenant(*faults)
        jwks.check_apart({name: one.keys for name, one in served.items()}, where)
        return self.whole(number, served)

    def whole(self, number: int, served: dict[str, Served]) -> Snapshot:
        content = msgspec.json.encode([[one.tenant.digest for one in served.values()], self.large.digest])
        return Snapshot(number, hashlib.sha256(content).hexdigest()[:12], self.settings, served, self.model)

    def unpack(self, compiled: bytes) -> Served:
        """What pack() made, perhaps elsewhere. Raises BadTenant where another version of sluice made it."""
        try:
            one = msgspec.msgpack.decode(compiled, type=Compiled)
        except msgspec.DecodeError as error:
            raise BadTenant(f"a compiled tenant cannot be read: {error}") from None
        return Served(one.tenant, composer(one.tenant, self.large), one.keys)

    def _one(self, brought: Source) -> Served:
        tenant = reader.load(brought, self.settings)
        keys = jwks.parse(brought.keys, brought.keys_where)
        faults = checks.faults(tenant, brought, keys, self.model.labels, self.model.version, self.settings.query_chars_max)
        if faults:
            raise BadTenant(*faults)
        return Served(tenant, composer(tenant, self.large), keys)


def pack(one: Served) -> bytes:
    """One tenant as it travels, MessagePack."""
    return msgspec.msgpack.encode(Compiled(one.tenant, one.keys))


def new_compiler(settings: Settings, version: int | None = None) -> Compiler:
    """With this version of the model, or the highest. Raises BadTenant."""
    model = read_model(settings.models, version)
    return Compiler(settings, model, sensitive.load(settings.word_lists, model.folder))


def compile_all(settings: Settings, version: int | None = None) -> Snapshot:
    """SLUICE_TENANTS as it is on disk. Raises BadTenant with all faults."""
    return new_compiler(settings, version).compile(source.of_settings(settings))
