"""Whose is what a run writes?

Its owner's, and nobody else may look: state, keys, logs, the append-only file, sockets. Where SLUICE_GROUP names a group, that
one may connect to the sockets in var/run, for an nginx that is another user's; it may not list, read or write anything.
"""

import grp
import logging
import os
from pathlib import Path

from pyshim.settings import BadSetting, Settings

log = logging.getLogger("sluice")

OWNERS = 0o700
GROUP_PASSES = 0o710
GROUP_INHERITS = 0o2710  # what is made in it is the group's


def claim(settings: Settings) -> None:
    """Makes the folders of a run, and this process and all it starts discreet. Raises BadSetting where there is no such group."""
    os.umask(0o077)
    group = _group(settings)
    for folder in (settings.var, settings.run, settings.log, settings.keys):
        folder.mkdir(parents=True, exist_ok=True)
    _give(settings.log, OWNERS)
    _give(settings.keys, OWNERS)
    _give(settings.var, OWNERS if group is None else GROUP_PASSES, group)
    _give(settings.run, OWNERS if group is None else GROUP_INHERITS, group)


def _group(settings: Settings) -> int | None:
    if not settings.group:
        return None
    try:
        return grp.getgrnam(settings.group).gr_gid
    except KeyError:
        raise BadSetting(f"SLUICE_GROUP={settings.group!r}: there is no such group") from None


def _give(folder: Path, mode: int, group: int | None = None) -> None:
    try:
        if group is not None:
            os.chown(folder, -1, group)
        folder.chmod(mode)
    except PermissionError:  # a volume that somebody else mounted
        log.warning("%s is another user's: who may look into it is theirs to say", folder)
