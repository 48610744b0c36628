"""Whose is what a run writes?

Its owner's, and nobody else may look: state, keys, logs, the append-only file, sockets. Where SLUICE_GROUP names a group, that
one may connect to the sockets in var/run, for an nginx that is another user's; it may not list, read or write anything. What is
started as root becomes SLUICE_USER's before anything else: nothing here needs root.
"""

import grp
import logging
import os
import pwd
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


def become(settings: Settings) -> None:
    """Gives what earlier runs wrote to SLUICE_USER, and becomes that user for good. Behind claim(). Raises BadSetting."""
    if not settings.user:
        if os.geteuid() == 0:
            log.warning("all of sluice runs as root, nginx' workers too: SLUICE_USER says whom it should become")
        return
    try:
        user = pwd.getpwnam(settings.user)
    except KeyError:
        raise BadSetting(f"SLUICE_USER={settings.user!r}: there is no such user") from None
    if os.geteuid() == user.pw_uid:
        return
    if os.geteuid() != 0:
        raise BadSetting(f"SLUICE_USER={settings.user!r}: only root becomes another user")
    group = -1 if settings.group else user.pw_gid  # SLUICE_GROUP's has been given by claim()
    for path in (settings.var, *settings.var.rglob("*")):
        mode = path.lstat().st_mode
        os.chown(path, user.pw_uid, group, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(mode & 0o7777)  # giving away takes away what a group inherits
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ |= {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name}


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
