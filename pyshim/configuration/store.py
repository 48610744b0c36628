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
from collections.abc import Iterable, Mapping, Sequence

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

    @property
    def pieces(self) -> set[str]:
        """Keys of what it is of."""
        found = [(("source", piece.source), ("tenant", piece.source), ("part", piece.part)) for piece in self.tenants.values()]
        return {key_of(kind, name) for pieces in found for kind, name in pieces}

    @property
    def names(self) -> set[str]:
        """Keys of what names the pieces."""
        return {key_of(kind, self.number) for kind in ("version", "edge")}


class Event(msgspec.Struct, frozen=True):
    """A line of the log. changes: a line for each thing that is different from what served before."""

    at: float
    who: str
    what: str
    version: int
    why: str = ""
    changes: list[str] = []


def key_of(kind: str, name: str | int) -> str:
    return f"{{config}}:{kind}:{name}"


def _pieces(manifests: Iterable[Manifest]) -> set[str]:
    return {key for manifest in manifests for key in manifest.pieces}


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
            await self._redis.command("SET", key_of("source", piece.source), msgspec.msgpack.encode(source))
            await self._redis.command("SET", key_of("tenant", piece.source), pack(one))
            await self._redis.command("SET", key_of("part", piece.part), part)
        manifest = Manifest(compiled.number, compiled.digest, pieces, who, at, why)
        edge = {"number": compiled.number, "parts": {name: piece.part for name, piece in pieces.items()}}
        await self._redis.command("SET", key_of("edge", compiled.number), msgspec.json.encode(edge))
        await self._redis.command("SET", key_of("version", compiled.number), msgspec.json.encode(manifest))
        await self._redis.command("ZADD", NUMBERS, compiled.number, compiled.number)
        return manifest

    async def manifest(self, number: int) -> Manifest:
        """Raises BadTenant where there is no such version."""
        text = await self._redis.command("GET", key_of("version", number))
        if text is None:
            raise BadTenant(f"no version {number} is stored; `sluice config versions` lists those that are")
        return msgspec.json.decode(text, type=Manifest)

    async def manifests(self, numbers: Sequence[int]) -> list[Manifest]:
        """Those of them that are stored."""
        texts = await self._redis.command("MGET", *(key_of("version", number) for number in numbers)) if numbers else []
        return [msgspec.json.decode(text, type=Manifest) for text in texts if text]

    async def source(self, digest: str) -> Source:
        return msgspec.msgpack.decode(await self.value(key_of("source", digest)), type=Source)

    async def sources(self, number: int) -> list[Source]:
        """What a version was made of. Raises BadTenant."""
        return [await self.source(piece.source) for piece in (await self.manifest(number)).tenants.values()]

    async def compiled(self, digest: str) -> bytes:
        """A tenant as pyshim/tenants/compile.py packs it. Raises BadTenant."""
        return await self.value(key_of("tenant", digest))

    async def numbers(self) -> list[int]:
        """Versions that are stored, oldest first."""
        return [int(number) for number in await self._redis.command("ZRANGE", NUMBERS, 0, -1)]

    async def prune(self, record: Configuration) -> None:
        """Forgets the oldest versions, and pieces only they name."""
        numbers = await self.numbers()
        gone = [number for number in numbers[:-KEPT] if number not in record.kept]
        if not gone:
            return
        kept = await self.manifests([number for number in numbers if number not in gone])
        unused = _pieces(await self.manifests(gone)) - _pieces(kept)
        await self._redis.command("ZREM", NUMBERS, *gone)
        await self._redis.command("DEL", *(key_of(kind, number) for number in gone for kind in ("version", "edge")), *unused)

    # -- what a machine keeps of it (pyshim/configuration/copy.py) ---------------------------------------------------------

    async def value(self, key: str) -> bytes:
        """Raises BadTenant."""
        found: bytes | None = await self._redis.command("GET", key)
        if found is None:
            raise BadTenant(f"{key} is not in Redis any more")
        return found

    async def newest(self) -> int:
        """The number given last."""
        return int(await self._redis.command("GET", NEWEST) or 0)

    async def lines(self, count: int = 10 * KEPT) -> list[bytes]:
        """The log as it is stored, the newest first."""
        found: list[bytes] = await self._redis.command("LRANGE", LOG, 0, count - 1)
        return found

    async def put_again(self, number: int, values: Mapping[str, bytes], newest: int) -> None:
        """A version that was lost. values: by key, pieces before what names them; newest: no lower number is given any more."""
        for key, value in values.items():
            await self._redis.command("SET", key, value)
        await self.add([number], newest)

    async def note_again(self, lines: list[bytes]) -> None:
        if lines and not await self._redis.command("LLEN", LOG):
            await self._redis.command("RPUSH", LOG, *lines)

    async def add(self, numbers: list[int], newest: int) -> None:
        """Versions whose pieces are here again. newest: no lower number is given any more."""
        for number in numbers:
            await self._redis.command("ZADD", NUMBERS, number, number)
        if await self.newest() < newest:
            await self._redis.command("SET", NEWEST, newest)

    async def note_before(self, lines: list[bytes]) -> None:
        """Lines of the log, the newest first, that are older than all that are here."""
        here = await self.lines()
        oldest = msgspec.json.decode(here[-1], type=Event).at if here else float("inf")
        older = [line for line in lines if msgspec.json.decode(line, type=Event).at < oldest]
        if older:
            await self._redis.command("RPUSH", LOG, *older)
            await self._redis.command("LTRIM", LOG, 0, 10 * KEPT - 1)

    # -- its history -------------------------------------------------------------------------------------------------------

    async def note(self, event: Event) -> None:
        await self._redis.command("LPUSH", LOG, msgspec.json.encode(event))
        await self._redis.command("LTRIM", LOG, 0, 10 * KEPT - 1)

    async def events(self, count: int) -> list[Event]:
        """The newest first."""
        return [msgspec.json.decode(line, type=Event) for line in await self._redis.command("LRANGE", LOG, 0, count - 1)]
