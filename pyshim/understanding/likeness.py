"""How alike are a question and the entries of a FAQ?

Entries(wordings, rows, rarity) is a FAQ as it is asked; alike(question, embedding) takes the NEIGHBOURS entries that are nearest
and says of each, where the guards let any of its wordings speak, how alike it is in FEATURES ways: by the embedding, by rare
characters shared, by what is asked, and by how far the next entry is behind. What judges them is pyshim/understanding/recall.py.
"""

from collections import Counter
from collections.abc import Sequence
from math import log, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pyshim.language.guards import clash, distance, marks, silent
from pyshim.understanding.aspects import aspects
from pyshim.understanding.grams import Rarity, weights

NEIGHBOURS = 3
LEXICAL = 1.5  # how much shared characters count beside the cosine when neighbours are chosen
COMMON = 0.5  # of an entry's wordings have what it is about
CLASHING = 0.5  # of an entry's wordings, and none of them speaks
COHERENT = 0.6  # the cosine of two wordings of one entry, where there is only one
NOBODY = -1.0
FEATURES, APART = 26, 12  # how many, and which says how far amounts are apart

Floats = npt.NDArray[np.float32]


class Candidate(NamedTuple):
    """number: of the entry; near: the best cosine of a wording that may speak."""

    number: int
    near: float
    features: list[float]


class _Entry(NamedTuple):
    """start, end: its wordings; about: grams that most of them have, and what those say; coherent: their cosine."""

    start: int
    end: int
    grams: frozenset[str]
    about: dict[str, float]
    aspects: npt.NDArray[np.float32]
    coherent: float


class Entries:
    """wordings: each with the number of its entry, in order; rows [wordings, 128]: their embeddings."""

    def __init__(self, wordings: Sequence[tuple[str, int]], rows: Floats, rarity: Rarity) -> None:
        self._rows, self._rarity = rows, rarity
        texts, numbers = [text for text, _ in wordings], np.array([number for _, number in wordings])
        said = [weights(text, rarity) for text in texts]
        self._mass = np.array([sum(one.values()) or 1.0 for one in said])
        self._marks = [marks(text) for text in texts]
        having: dict[str, list[int]] = {}
        for row, one in enumerate(said):
            for gram in one:
                having.setdefault(gram, []).append(row)
        self._having = {gram: np.array(found) for gram, found in having.items()}
        self._starts = np.flatnonzero(np.diff(numbers, prepend=NOBODY))
        ends = np.append(self._starts[1:], len(texts))
        self._sizes = ends - self._starts
        self._entries = [
            _entry(int(start), int(end), said[start:end], texts[start:end], rows[start:end])
            for start, end in zip(self._starts, ends, strict=True)
        ]

    def alike(self, question: str, embedding: Floats) -> list[Candidate]:
        asked = weights(question, self._rarity)
        mass = sum(asked.values()) or 1.0
        near = self._rows @ embedding
        shared = np.zeros(len(near))
        for gram, weight in asked.items():
            having = self._having.get(gram)
            if having is not None:
                shared[having] += weight
        covers, covered = shared / mass, shared / self._mass
        lexical = np.sqrt(covers * covered)
        best_near, best_lexical, best = (
            np.maximum.reduceat(one, self._starts) for one in (near, lexical, near + LEXICAL * lexical)
        )
        mean = np.add.reduceat(near, self._starts) / self._sizes
        ranked = np.argsort(-best)[: NEIGHBOURS + 1]
        told, wants, found = marks(question), aspects(question), list[Candidate]()
        centre, spread = float(near.mean()), float(near.std()) + 1e-6
        for number in ranked[:NEIGHBOURS]:
            entry = self._entries[number]
            rows = slice(entry.start, entry.end)
            speaking = [row for row in range(entry.start, entry.end) if not clash(told, self._marks[row])]
            clashing = 1 - len(speaking) / (entry.end - entry.start)
            if not speaking or clashing > CLASHING:
                continue
            others = ranked[ranked != number]
            nearest = float(near[speaking].max())
            new = [weight for gram, weight in asked.items() if len(gram) == 2 and gram not in entry.grams]
            about = sum(entry.about.values()) or 1.0
            features = [
                nearest,
                float(mean[number]),
                float(lexical[speaking].max()),
                float(covers[rows].max()),
                float(covered[rows].max()),
                float(best[number]),
                sum(weight for gram, weight in asked.items() if gram in entry.grams) / mass,
                _ahead(best_near, number, others),
                _ahead(best_lexical, number, others),
                _ahead(best, number, others),
                clashing,
                float(min(silent(told, self._marks[row]) for row in speaking)),
                min(distance(told, self._marks[row]) for row in speaking),
                log(1 + len(question)),
                mass / max(1, len(asked)),
                (float(best_near[number]) - centre) / spread,
                float(best_near[number]) - entry.coherent,
                float(wants @ entry.aspects) / (float(wants.sum()) + 1e-3),
                float(wants @ (1 - entry.aspects)),
                float((1 - wants) @ entry.aspects),
                sum(weight for gram, weight in entry.about.items() if gram in asked) / about,
                sum(weight for gram, weight in asked.items() if gram in entry.about) / mass,
                sum(new) / mass,
                max(new, default=0.0),
                sqrt(entry.end - entry.start),
            ]
            found.append(Candidate(int(number), nearest, features))
        apart = [one.features[APART] for one in found]
        for place, one in enumerate(found):
            one.features.append(one.features[APART] - min(apart[:place] + apart[place + 1 :], default=apart[place]))
        return found

    def first(self, candidate: Candidate) -> int:
        """The number of its first wording."""
        return self._entries[candidate.number].start


def _ahead(scores: npt.NDArray[np.float64], number: int, others: npt.NDArray[np.int64]) -> float:
    """Of the best of the others."""
    return float(scores[number] - scores[others].max()) if len(others) else 1.0


def _entry(start: int, end: int, said: list[dict[str, float]], texts: list[str], rows: Floats) -> _Entry:
    size = end - start
    having = Counter(gram for one in said for gram in one)
    weight = {gram: value for one in said for gram, value in one.items()}
    about = {gram: weight[gram] * count for gram, count in having.items() if count >= max(2.0, COMMON * size)}
    alike = rows @ rows.T - 2 * np.eye(size)
    coherent = float(alike.max(1).mean()) if size > 1 else COHERENT
    return _Entry(start, end, frozenset(having), about, np.mean([aspects(text) for text in texts], axis=0), coherent)
