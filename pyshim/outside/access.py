"""What lets a new connection into Redis: a name and a password, and whose word for its certificate?"""

import ssl
from functools import cached_property
from pathlib import Path

import hiredis

from pyshim.outside.secrets import Secret, Unusable
from pyshim.settings import ROOT, Settings


class NotLetIn(OSError):
    """Names the file that has to be put right, never what is in it."""


class Access:
    """credential: a file with `password` or `user:password`, looked at for each new connection; authorities: a file of
    certificates, "" for the machine's."""

    def __init__(self, credential: Path | None = None, tls: bool = False, authorities: str = "") -> None:
        self._path, self._secret = credential, Secret(credential) if credential else None
        self._tls, self._authorities = tls, authorities

    @cached_property
    def context(self) -> ssl.SSLContext | None:
        """None without TLS. Raises NotLetIn."""
        if not self._tls:
            return None
        try:
            return ssl.create_default_context(cafile=self._authorities or None)
        except OSError as error:
            raise NotLetIn(f"{self._authorities}: certificates of authorities are wanted: {error.strerror}") from None

    def said_first(self) -> tuple[str, ...]:
        """AUTH; nothing where no credential is set. Raises NotLetIn."""
        if self._secret is None:
            return ()
        try:
            user, colon, password = self._secret.now().partition(":")
        except Unusable as error:
            raise NotLetIn(self._secret.fault or str(error)) from None
        if not colon:
            user, password = "", user
        return ("AUTH", user, password) if user else ("AUTH", password)

    def refused(self, error: hiredis.ReplyError) -> NotLetIn:
        """What Redis said to said_first()."""
        return NotLetIn(f"{self._path}: Redis does not take what is in it ({str(error).partition(' ')[0]})")


def of(settings: Settings) -> Access:
    credential = ROOT / settings.redis_credential if settings.redis_credential else None
    return Access(credential, settings.redis.tls, str(ROOT / settings.redis_ca) if settings.redis_ca else "")
