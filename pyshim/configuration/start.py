"""With which version of the configuration does a process begin?

The record in Redis decides; what lies in SLUICE_TENANTS becomes version 1 only where there is no record. A folder that was
changed since waits for `sluice config apply`: a node that restarts must not change what the others serve. Each machine keeps
what it serves under var/run, so that it can begin without Redis, and tell an empty one.
"""

import asyncio
import time
from contextlib import suppress

import msgspec

from pyshim.agreement.files import put
from pyshim.agreement.lost import PATIENCE
from pyshim.agreement.records import BEAT_S, me
from pyshim.configuration.configuration import Configuration, Records
from pyshim.configuration.copy import Copy
from pyshim.configuration.restoring import Restoring
from pyshim.configuration.store import Event, Store
from pyshim.errors import BadTenant, RedisAway
from pyshim.outside.redis import opened
from pyshim.tenants import source
from pyshim.tenants.compile import Compiler, Snapshot, pack
from pyshim.tenants.edge import edge_part


class Kept(msgspec.Struct):
    """What this machine serves, as var/run keeps it. tenants: as pyshim/tenants/compile.py packs them."""

    number: int
    tenants: list[bytes]


def kept(compiler: Compiler) -> Snapshot | None:
    """What this machine served last, None where it never did or another version of sluice kept it."""
    try:
        found = msgspec.msgpack.decode(compiler.settings.kept_configuration.read_bytes(), type=Kept)
        served = [compiler.unpack(one) for one in found.tenants]
    except (OSError, msgspec.DecodeError, BadTenant):
        return None
    return compiler.whole(found.number, {one.tenant.id: one for one in served})


def keep(serving: Snapshot) -> None:
    """Puts what serves where nginx and shims of this machine begin; readable by its owner only."""
    settings = serving.settings
    parts = {name: msgspec.Raw(edge_part(settings, one)) for name, one in serving.served.items()}
    edge = {"number": serving.number, "digest": serving.digest, "parts": parts}
    put(settings.edge_configuration, msgspec.json.encode(edge), secret=True)
    tenants = [pack(one) for one in serving.served.values()]
    put(settings.kept_configuration, msgspec.msgpack.encode(Kept(serving.number, tenants)), secret=True)


async def first(compiler: Compiler, folder: Snapshot | None = None) -> tuple[Snapshot, str]:
    """What to begin with, and a sentence for whoever starts it, or "". folder: what lies in SLUICE_TENANTS, where it
    is compiled already. Needs Redis. Raises RedisAway, BadTenant."""
    async with opened(compiler.settings) as redis:
        records, store = Records(redis), Store(redis)
        record = await records.read()
        if record is None:
            record = await _told_again(records, Restoring(redis, store, Copy(compiler.settings, store), me()))
        if record is None:
            return await _begun(compiler, records, store, folder), ""
        serving = compiler.compile(await store.sources(record.serving), record.serving, like=folder)
        return serving, _differs(compiler, serving)


async def _told_again(records: Records, restoring: Restoring) -> Configuration | None:
    """The record, where Redis lost it and this machine, or another one meanwhile, tells it again; None where it keeps nothing."""
    for _ in range(PATIENCE + 2):
        record = await records.read() or await restoring.beat(None, None)
        if record is not None or not restoring.knows:
            return record
        await asyncio.sleep(BEAT_S)
    return None


async def _begun(compiler: Compiler, records: Records, store: Store, folder: Snapshot | None) -> Snapshot:
    """The folder as the first version."""
    sources = source.of_settings(compiler.settings)
    compiled = compiler.compile(sources, await store.next_number(), like=folder)
    now = time.time()
    await store.put(compiled, sources, me(), now, "as found at the first start")
    if await records.write(Configuration(1, compiled.number), None):
        await store.note(Event(now, me(), "began", compiled.number, "as found at the first start"))
        return compiled
    record = await records.read()  # another machine was faster: what it wrote serves
    assert record is not None
    return compiler.compile(await store.sources(record.serving), record.serving)


def _differs(compiler: Compiler, serving: Snapshot) -> str:
    """Is the folder another configuration than the one that serves?"""
    folder = compiler.settings.tenants
    try:
        sources = source.of_settings(compiler.settings)
        compiler.compile(sources, like=serving)
    except BadTenant as error:
        return f"version {serving.number} of the configuration serves; {folder} has faults: {error.faults[0]}"
    if {one.tenant: one.digest for one in sources} == {name: one.tenant.digest for name, one in serving.served.items()}:
        return ""
    different = f"{folder} is different: `sluice config diff` shows it, `sluice config apply` applies it"
    return f"version {serving.number} of the configuration serves; {different}"


async def or_kept(compiler: Compiler) -> Snapshot:
    """For a shim: what its machine serves. Where nothing is kept, what the folder says. Raises BadTenant."""
    found = kept(compiler)
    if found is not None:
        return found
    with suppress(RedisAway):
        return (await first(compiler))[0]
    return compiler.compile(source.of_settings(compiler.settings))
