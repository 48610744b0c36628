"""Which characters do a question and a wording share, and how much do those say?

A text's grams are its characters and pairs of neighbours, without marks and spaces. Rarity says how much one says: rare ones
much, 的 little. It lies in a table of bytes, by a hash of the gram.
"""

import re
import zlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pyshim.language.folding import fold, plain, simplified

BUCKETS = 1 << 13
STEPS = 16.0  # of a byte, to a unit of rarity
SILENT = re.compile(r"[\W_]+")

Rarity = npt.NDArray[np.uint8]


@lru_cache(maxsize=4096)
def grams(text: str) -> frozenset[str]:
    said = SILENT.sub("", simplified(fold(plain(text))))
    return frozenset([*said, *(said[at : at + 2] for at in range(len(said) - 1))])


def bucket(gram: str) -> int:
    return zlib.crc32(gram.encode()) & BUCKETS - 1


def weights(text: str, rarity: Rarity) -> dict[str, float]:
    """Each gram, and how much it says."""
    return {gram: float(rarity[bucket(gram)]) / STEPS for gram in grams(text)}
