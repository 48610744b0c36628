"""With which model version does a process begin?

With the stable one of the record; a version that was rolled back must not come back because its number is the highest. Without
Redis, with the one this machine served last. On a machine that never served, with the highest whole version.
"""

import asyncio
import logging
import sys
from contextlib import suppress

from pyshim.errors import BadTenant, RedisAway
from pyshim.outside.redis import opened
from pyshim.rollout.rollout import Records, Rollout
from pyshim.settings import ROOT, Settings
from pyshim.understanding.folder import IncompleteVersion, check_files, versions

log = logging.getLogger(__name__)


async def record(settings: Settings) -> Rollout | None:
    """The record, or None when there is none or Redis is away."""
    try:
        async with opened(settings, 0.0) as redis:
            return await Records(redis).read()
    except RedisAway:
        return None


def last_served(settings: Settings) -> int:
    with suppress(OSError, ValueError):
        return int((settings.model_versions / "stable").read_text(encoding="ascii"))
    return 0


async def first_version(settings: Settings) -> int:
    """The version to begin with. Raises BadTenant when there is none on this machine's disk."""
    known = await record(settings)
    for version in (known.stable if known else 0, last_served(settings)):
        if version and has_files(settings, version):
            return version
        if version:
            log.warning("version %s was stable, but is not whole on disk any more", version)
    return await _highest_whole(settings)


def has_files(settings: Settings, version: int) -> bool:
    with suppress(IncompleteVersion):
        check_files(settings.student / str(version))
        return True
    return False


async def _highest_whole(settings: Settings) -> int:
    student = settings.student
    found = versions(student)
    if not found:
        raise BadTenant(f"{student}: no version folder; `make models` makes one")
    for version in reversed(found[1:]):  # the lowest is taken as it is: there is nothing to fall back to
        # In a process of its own: what the check imports would stay in the launcher's memory.
        command = [sys.executable, "-m", "pyshim.understanding.folder", str(student / str(version))]
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stderr=asyncio.subprocess.PIPE)
        _, said = await process.communicate()
        if process.returncode == 0:
            return version
        log.warning("not served: %s", said.decode(errors="replace").strip())
    return found[0]
