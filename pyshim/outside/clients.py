"""Which clients does a process hold?"""

from dataclasses import dataclass

from pyshim.outside.backend import Backend
from pyshim.outside.redis import Redis
from pyshim.outside.triton import Triton


@dataclass(frozen=True, slots=True)
class Outside:
    """One long-lived client of each, for the whole process."""

    redis: Redis
    triton: Triton
    backend: Backend
