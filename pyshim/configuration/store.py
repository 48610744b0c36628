"""What does each version hold?

    {config}:versions            their numbers, a sorted set
    {config}:version:<number>    Manifest, JSON: who made it, when, why, and which pieces it is of
    {config}:edge:<number>       the same for nginx, JSON
    {config}:source:<digest>     a tenant's files and keys, as they were brought
    {config}:tenant:<digest>     that tenant compiled, for shims
    {config}:part:<digest>       that tenant compiled, for nginx
    {config}:log                 every apply, canary and rollback: who, when, what changed

Pieces are named by their content, so versions share what did not change. They are written before what names them.
"""

import hashlib

import msgspec

from pyshim.configuration.configuration import LOG, NEWEST, Configuration
from pyshim.errors import BadTenant
from pyshim.outside.redis import Redis
from pyshim.tenants.compile import Snapshot, pack
from pyshim.tenants.edge import edge_part
from pyshim.tenants.source import Source

NUMBERS = "{config}:versions"
KEPT = 100  # versions, and ten times as many lines of the log


class Piece(msgspec.Struct, frozen=True):
    """Digests of one tenant: of what was brought, of what nginx reads."""

    source: str
    part: str


class Manifest(msgspec.Struct, frozen=True):
    """at: seconds since 1970; digest: of the whole content."""

    number: int
    digest: str
    tenants: dict[str, Piece]
    who: str
    at: float
    why: str


class Event(msgspec.Struct, frozen=True):
    """A line of the log. changes: a line for each thing that is different from what served before."""

    at: float
    who: str
    what: str
    version: int
    why: str = ""
    changes: list[str] = []


def _key(kind: str, name: str | int) -> str:
    return f"{{config}}:{kind}:{name}"


class Store:
    """All methods raise RedisAway."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def next_number(self) -> int:
        return int(await self._redis.command("INCR", NEWEST))

    async def put(self, compiled: Snapshot, sources: list[Source], who: str, at: float, why: str) -> Manifest:
        """Stores a version under its number."""
        pieces = {}
        for source in sources:
            one = compiled.served[source.tenant]
            part = edge_part(compiled.settings, one)
            piece = pieces[source.tenant] = Piece(source.digest, hashlib.sha256(part).hexdigest()[:16])
            await self._redis.command("SET", _key("source", piece.source), msgspec.msgpack.encode(source))
            await self._redis.command("SET", _key("tenant", piece.source), pack(one))
            await self._redis.command("SET", _key("part", piece.part), part)
        manifest = Manifest(compiled.number, compiled.digest, pieces, who, at, why)
        edge = {"number": compiled.number, "parts": {name: piece.part for name, piece in pieces.items()}}
        await self._redis.command("SET", _key("edge", compiled.number), msgspec.json.encode(edge))
        await self._redis.command("SET", _key("version", compiled.number), msgspec.json.encode(manifest))
        await self._redis.command("ZADD", NUMBERS, compiled.number, compiled.number)
        return manifest

    async def manifest(self, number: int) -> Manifest:
        """Raises BadTenant where there is no such version."""
        text = await self._redis.command("GET", _key("version", number))
        if text is None:
            raise BadTenant(f"no version {number} is stored; `sluice config versions` lists those that are")
        return msgspec.json.decode(text, type=Manifest)

    async def source(self, digest: str) -> Source:
        return msgspec.msgpack.decode(await self._piece("source", digest), type=Source)

    async def sources(self, number: int) -> list[Source]:
        """What a version was made of. Raises BadTenant."""
        return [await self.source(piece.source) for piece in (await self.manifest(number)).tenants.values()]

    async def compiled(self, digest: str) -> bytes:
        """A tenant as pyshim/tenants/compile.py packs it. Raises BadTenant."""
        return await self._piece("tenant", digest)

    async def _piece(self, kind: str, digest: str) -> bytes:
        found: bytes | None = await self._redis.command("GET", _key(kind, digest))
        if found is None:
            raise BadTenant(f"{_key(kind, digest)} is not in Redis any more")
        return found

    async def numbers(self) -> list[int]:
        """Versions that are stored, oldest first."""
        return [int(number) for number in await self._redis.command("ZRANGE", NUMBERS, 0, -1)]

    async def prune(self, record: Configuration) -> None:
        """Forgets the oldest versions, and pieces only they name."""
        numbers = await self.numbers()
        named = {record.serving, record.previous, record.candidate, record.preparing}
        gone = [number for number in numbers[:-KEPT] if number not in named]
        if not gone:
            return
        unused = await self._pieces(gone) - await self._pieces([number for number in numbers if number not in gone])
        await self._redis.command("ZREM", NUMBERS, *gone)
        await self._redis.command("DEL", *(_key(kind, number) for number in gone for kind in ("version", "edge")), *unused)

    async def _pieces(self, numbers: list[int]) -> set[str]:
        """Keys of all that these versions are of."""
        texts = await self._redis.command("MGET", *(_key("version", number) for number in numbers)) if numbers else []
        pieces = [piece for text in texts if text for piece in msgspec.json.decode(text, type=Manifest).tenants.values()]
        return {
            key
            for piece in pieces
            for key in (_key("source", piece.source), _key("tenant", piece.source), _key("part", piece.part))
        }

    async def note(self, event: Event) -> None:
        await self._redis.command("LPUSH", LOG, msgspec.json.encode(event))
        await self._redis.command("LTRIM", LOG, 0, 10 * KEPT - 1)

    async def events(self, count: int) -> list[Event]:
        """The newest first."""
        return [msgspec.json.decode(line, type=Event) for line in await self._redis.command("LRANGE", LOG, 0, count - 1)]
