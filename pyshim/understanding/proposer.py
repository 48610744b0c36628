"""What does a message say, to a model that knows what was asked?

A small network of a version. It sees what the student made of the text (LOGITS and EMBEDDING), the characters of the text, the
kind of value that was asked for, and the task that waits. It proposes; what is done is decided by pyshim/dialogue.

    load(folder, labels) -> Proposer; None where the folder has none; BadTenant where it cannot be used
    proposer.shares(text, logits, embedding, asked, task) -> {what it says: share of 1}

proposer.npz: says, kinds (texts); grams int8 [buckets, g] and grams_scale [g]; hidden int8 [h, features], hidden_scale and
hidden_bias [h]; out float16 [says, h + kinds] and out_bias [says]; temperature. features: EMBEDDING, square roots of the softmax
of LOGITS, that of the task, the highest of the others, one for the kind, and the mean row of the text's n-grams.
"""

import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pyshim.errors import BadTenant

FILE = "proposer.npz"
CONFIRM = "confirm"
SAYS = ("value", "correct", "question", "other", "no_value", "drop", "wait", "yes", "no", "talk")
NEVER = {True: ("value",), False: ("yes", "no")}  # by whether consent was asked for
LENGTHS = (1, 2, 3)
MOST = 200  # characters that are read
Floats = NDArray[np.float32]


def grams(text: str, buckets: int) -> list[int]:
    """Rows of the text's n-grams: in small letters, every digit a 0, without blanks."""
    folded = unicodedata.normalize("NFKC", text[:MOST]).lower()
    said = "<" + "".join("0" if one.isdigit() else one for one in folded if not one.isspace()) + ">"
    return [
        zlib.crc32(said[at : at + n].encode("utf-8", "replace")) % buckets for n in LENGTHS for at in range(len(said) - n + 1)
    ]


def features(logits: Floats, embedding: Floats, task: int | None, kind: int, kinds: int) -> Floats:
    """Without the n-grams. logits [labels], embedding [e]; task: its label's number."""
    weights = np.exp(logits - logits.max())
    weights /= weights.sum()
    own, others = 0.0, weights
    if task is not None:
        own, others = float(weights[task]), weights.copy()
        others[task] = 0
    more = np.zeros(2 + kinds, np.float32)
    more[0], more[1], more[2 + kind] = np.sqrt(own), others.max(), 1
    return np.concatenate([embedding, np.sqrt(weights), more])


@dataclass(frozen=True, slots=True)
class Proposer:
    labels: Sequence[str]
    says: tuple[str, ...]
    kinds: tuple[str, ...]
    grams: Floats
    hidden: Floats
    hidden_bias: Floats
    out: Floats
    out_bias: Floats
    temperature: float

    def shares(self, text: str, logits: Floats, embedding: Floats, asked: str, task: str) -> dict[str, float]:
        """asked: a type of slots, or CONFIRM; task: the intent that waits. A kind it was not trained for is text."""
        kind = self.kinds.index(asked if asked in self.kinds else "text")
        number = self.labels.index(task) if task in self.labels else None
        row = features(logits, embedding, number, kind, len(self.kinds))
        bag = self.grams[grams(text, len(self.grams))].mean(0)
        inner = np.maximum(self.hidden @ np.concatenate([row, bag]) + self.hidden_bias, 0)
        scores = self.out @ np.concatenate([inner, row[-len(self.kinds) :]]) + self.out_bias
        scores[[self.says.index(never) for never in NEVER[asked == CONFIRM]]] = -np.inf
        weights = np.exp((scores - scores.max()) / self.temperature)
        return dict(zip(self.says, (weights / weights.sum()).tolist(), strict=True))


def load(folder: Path, labels: Sequence[str]) -> Proposer | None:
    """Raises BadTenant where the file cannot be used."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        made = Proposer(
            labels,
            tuple(map(str, found["says"])),
            tuple(map(str, found["kinds"])),
            found["grams"].astype(np.float32) * found["grams_scale"],
            found["hidden"].astype(np.float32) * found["hidden_scale"][:, None],
            found["hidden_bias"].astype(np.float32),
            found["out"].astype(np.float32),
            found["out_bias"].astype(np.float32),
            float(found["temperature"]),
        )
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile) as error:
        raise BadTenant(f"{path}: {error!r}; the file that `sluice models train` writes is wanted") from None
    if wrong := _wrong(made):
        raise BadTenant(f"{path}: {wrong}")
    return made


def _wrong(made: Proposer) -> str:
    """What does not fit, or ""."""
    kinds, inner = len(made.kinds), len(made.hidden_bias)
    if set(made.says) != set(SAYS) or "text" not in made.kinds:
        return f"says {', '.join(made.says)} of kinds {', '.join(made.kinds)}; {', '.join(SAYS)} are wanted, and the kind text"
    shapes = {
        "grams": (made.grams.ndim, 2),
        "hidden": (made.hidden.shape[:1], (inner,)),
        "out": (made.out.shape, (len(SAYS), inner + kinds)),
        "out_bias": (made.out_bias.shape, (len(SAYS),)),
    }
    for name, (found, wanted) in shapes.items():
        if found != wanted:
            return f"{name} is {found}; {wanted} is wanted"
    wide = made.hidden.shape[1] - made.grams.shape[1] - kinds - 2 - len(made.labels)
    if wide < 1:
        return f"made for a student of other labels: {len(made.labels)} are in labels.txt"
    numbers = (made.grams, made.hidden, made.hidden_bias, made.out, made.out_bias)
    if not all(np.isfinite(one).all() for one in numbers) or not 0.05 <= made.temperature <= 20:
        return "holds what is no number, or a temperature outside 0.05 to 20"
    return ""
