"""Does an entry of a FAQ answer a question?

recall.npz of a version folder, which may do without one: how much each way in which they are alike counts
(pyshim/understanding/likeness.py), and from which probability on that is enough.

    rarity      uint8 [8192]        how much grams say (grams.py)
    mean, scale float32 [features]  of the features, as it learned them
    weights     float32 [features + 1], the last one a bias
    threshold   float32             a probability, 0 to 1.01
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pyshim.understanding.grams import BUCKETS, Rarity
from pyshim.understanding.likeness import FEATURES, Candidate, Floats

FILE = "recall.npz"
MAX_BYTES = 64 * 1024
NEVER = 1.01  # no probability reaches it


class RecallFileError(Exception):
    """recall.npz cannot be read; the text says what is wrong and what was wanted."""


@dataclass(frozen=True)
class Judge:
    rarity: Rarity
    mean: Floats
    scale: Floats
    weights: Floats
    threshold: float

    def probability(self, candidates: list[Candidate]) -> npt.NDArray[np.float64]:
        """Of each candidate, that it answers."""
        features = (np.array([one.features for one in candidates]) - self.mean) / self.scale
        return np.asarray(1 / (1 + np.exp(-(features @ self.weights[:-1] + self.weights[-1]))))


def load(folder: Path) -> Judge | None:
    """None where the version has none. Raises RecallFileError."""
    path = folder / FILE
    if not path.is_file():
        return None
    if path.stat().st_size > MAX_BYTES:
        raise RecallFileError(f"{path}: {path.stat().st_size} bytes, at most {MAX_BYTES}")
    try:
        with np.load(path, allow_pickle=False) as stored:
            found = {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise RecallFileError(f"{path}: cannot be read: {error}; a whole recall.npz is wanted") from None
    return Judge(**_checked(path, found))


def save(judge: Judge, folder: Path) -> None:
    floats = {name: np.float32(getattr(judge, name)) for name in ("mean", "scale", "weights", "threshold")}
    np.savez(folder / FILE, rarity=judge.rarity, **floats)


def _checked(path: Path, found: dict[str, npt.NDArray[Any]]) -> dict[str, Any]:
    wanted = {
        "rarity": (BUCKETS,),
        "mean": (FEATURES,),
        "scale": (FEATURES,),
        "weights": (FEATURES + 1,),
        "threshold": (),
    }
    for name, shape in wanted.items():
        kind = np.uint8 if name == "rarity" else np.float32
        if name not in found:
            raise RecallFileError(f"{path}: lacks {name}")
        if found[name].shape != shape or found[name].dtype != kind:
            said = f"{found[name].dtype} {list(found[name].shape)}"
            raise RecallFileError(f"{path}: {name} is {said}; {np.dtype(kind)} {list(shape)} is wanted")
        if kind is np.float32 and not np.isfinite(found[name]).all():
            raise RecallFileError(f"{path}: {name} is not a number somewhere; finite ones are wanted")
    if not (found["scale"] > 0).all():
        raise RecallFileError(f"{path}: scale: numbers above 0 are wanted")
    threshold = float(found["threshold"])
    if not 0 <= threshold <= round(NEVER, 2) + 1e-6:
        raise RecallFileError(f"{path}: threshold: 0 to {NEVER} is wanted, not {threshold:.2f}")
    return {**{name: found[name] for name in wanted}, "threshold": threshold}
