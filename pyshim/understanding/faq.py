"""Which questions of a FAQ does a version know by their embeddings?

Each version has an index of its own, built once Triton can embed with it (l6_recall reads it).
"""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pyshim.understanding.version import Index, Version


class Asked(Protocol):
    """Whose FAQ it is. wordings: of its questions, each with its answer."""

    digest: str
    wordings: list[tuple[str, str]]


class Embedder(Protocol):
    """Embeddings float32 [texts, 128] by a version. Raises TritonAway."""

    async def embed(self, texts: list[str], version: str) -> npt.NDArray[np.float32]: ...


async def build(version: Version, tenants: Iterable[Asked], triton: Embedder) -> None:
    """Embeds these tenants' wordings with this version, but for those it knows. Raises TritonAway; what was built stays."""
    for tenant in tenants:
        if tenant.wordings and tenant.digest not in version.faq:
            wordings = tuple(wording for wording, _ in tenant.wordings)
            known = next((index for index in version.faq.values() if index.wordings == wordings), None)
            version.faq[tenant.digest] = known or Index(wordings, await triton.embed([*wordings], version.name))


def built(version: Version, tenants: Iterable[Asked]) -> bool:
    return all(tenant.digest in version.faq for tenant in tenants if tenant.wordings)
