"""Which questions of a FAQ does a version know by their embeddings?

Each version has an index of its own, built once Triton can embed with it (l6_recall reads it).
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pyshim.understanding.likeness import Entries
from pyshim.understanding.version import Index, Version


class Asked(Protocol):
    """Whose FAQ it is. wordings: of its questions, each with its answer."""

    digest: str
    wordings: list[tuple[str, str]]


class Embedder(Protocol):
    """Embeddings float32 [texts, 128] by a version. Raises TritonAway."""

    async def embed(self, texts: list[str], version: str) -> npt.NDArray[np.float32]: ...


async def build(version: Version, tenants: Iterable[Asked], triton: Embedder | None) -> None:
    """Embeds these tenants' wordings with this version, but for those it knows. None: whoever answers nobody needs none. Raises
    TritonAway; what was built stays."""
    if triton is None:
        return
    for tenant in tenants:
        if tenant.wordings and tenant.digest not in version.faq:
            wordings = tuple(_numbered(tenant.wordings))
            known = next((index for index in version.faq.values() if index.wordings == wordings), None)
            version.faq[tenant.digest] = known or await _index(version, wordings, triton)


def built(version: Version, tenants: Iterable[Asked]) -> bool:
    return all(tenant.digest in version.faq for tenant in tenants if tenant.wordings)


def _numbered(wordings: list[tuple[str, str]]) -> Iterator[tuple[str, int]]:
    """Each wording with the number of its entry: neighbours with the same answer are one."""
    for number, (_, entry) in enumerate(groupby(wordings, key=itemgetter(1))):
        yield from ((wording, number) for wording, _ in entry)


async def _index(version: Version, wordings: tuple[tuple[str, int], ...], triton: Embedder) -> Index:
    rows = await triton.embed([text for text, _ in wordings], version.name)
    judge = version.model.judge
    return Index(wordings, rows, None if judge is None else Entries(wordings, rows, judge.rarity))
