"""What does this machine keep of the configuration, should Redis lose it?

All that the versions are of which the record names, as it stands in Redis, a file for each key; and an index: the record, the
log, the number given last. Shim 0 takes it whenever the record or the log changed; any process of this machine gives it back. The
files hold keys: only their owner can read them.
"""

import asyncio

import msgspec
from msgspec.structs import replace

from pyshim.agreement.files import put
from pyshim.configuration.configuration import Configuration
from pyshim.configuration.store import Manifest, Store, key_of
from pyshim.settings import Settings

INDEX = "index"


class Index(msgspec.Struct, frozen=True):
    """newest: the number given last; log: the newest line first."""

    record: Configuration
    newest: int
    log: list[bytes]


class Copy:
    """The files. What asks Redis raises RedisAway."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._folder, self._store = settings.configuration_copy, store

    def index(self) -> Index | None:
        """None where nothing is kept, or another version of sluice kept it."""
        try:
            return msgspec.msgpack.decode((self._folder / INDEX).read_bytes(), type=Index)
        except (OSError, msgspec.DecodeError):
            return None

    async def take(self, record: Configuration) -> None:
        """The index comes after what it names, and what it names no more goes after it. Raises BadTenant, OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        manifests = await self._store.manifests(sorted(record.kept))
        pieces = {key for manifest in manifests for key in manifest.pieces}
        names = {key for manifest in manifests for key in manifest.names}
        there = {path.name for path in self._folder.iterdir()}
        for key in (pieces - there) | names:  # a piece is named by its content, a version only by its number
            await asyncio.to_thread(put, self._folder / key, await self._store.value(key), True)
        index = Index(record, await self._store.newest(), await self._store.lines())
        await asyncio.to_thread(put, self._folder / INDEX, msgspec.msgpack.encode(index), True)
        for name in there - pieces - names - {INDEX}:
            (self._folder / name).unlink(missing_ok=True)

    async def give_back(self, record: Configuration, seq: int) -> Configuration | None:
        """Puts into Redis what this record names, as far as it is kept here. Returns the record to be written with this seq:
        without the versions that are not; None where the one that serves is not."""
        index = self.index()
        found = {number: values for number in record.kept if (values := self._version(number))}
        if index is None or record.serving not in found:
            return None
        for number, values in found.items():
            await self._store.put_again(number, values, max(index.newest, *found))
        lacking = {name: 0 for name in ("previous", "candidate", "preparing") if getattr(record, name) not in found}
        percent = 0.0 if "candidate" in lacking else record.percent
        return replace(record, **{**lacking, "percent": percent, "seq": seq})

    async def give_back_log(self) -> None:
        """Once the record is written again."""
        index = self.index()
        if index is not None:
            await self._store.note_again(index.log)

    def _version(self, number: int) -> dict[str, bytes]:
        """All that a version is of, by key, pieces first; nothing where some of it is missing."""
        try:
            manifest = msgspec.json.decode((self._folder / key_of("version", number)).read_bytes(), type=Manifest)
            return {key: (self._folder / key).read_bytes() for key in (*manifest.pieces, *manifest.names)}
        except (OSError, msgspec.DecodeError):
            return {}
