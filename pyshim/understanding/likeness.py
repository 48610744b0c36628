"""How alike are a question and the entries of a FAQ?

Entries(wordings, rows, rarity) is a FAQ as it is asked; alike(question, embedding) takes the NEIGHBOURS entries that are nearest
and says of each, where the guards let any of its wordings speak, how alike it is (Features): by the embedding, by rare
characters shared, by what is asked, and by how far the next entry is behind. What judges them is pyshim/understanding/recall.py.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from math import log, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pyshim.language.guards import Marks, clash, distance, marks, silent
from pyshim.understanding.aspects import aspects
from pyshim.understanding.grams import Rarity, weights

NEIGHBOURS = 3
LEXICAL = 1.5  # how much shared characters count beside the cosine when neighbours are chosen
COMMON = 0.5  # of an entry's wordings have what it is about
CLASHING = 0.5  # of an entry's wordings, and none of them speaks
COHERENT = 0.6  # the cosine of two wordings of one entry, where there is only one
NOBODY = -1.0

Floats = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]


class Features(NamedTuple):
    """The ways in which a question and an entry are alike, in the order in which recall.npz weighs them. Shares are of what grams
    say (grams.py): of the question's, unless said otherwise."""

    near: float  # cosine of the best wording that may speak
    near_mean: float  # of all wordings
    lexical: float  # of the best wording that may speak
    covers: float  # share of the question that the best wording has
    covered: float  # share of the best wording that the question has
    best: float  # by what neighbours are chosen
    known: float  # share that any wording has
    near_ahead: float  # of the best other entry
    lexical_ahead: float
    best_ahead: float
    clashing: float  # share of wordings that contradict the question
    silent: float  # amounts of either that have nothing to be compared with
    apart: float  # how far amounts are apart
    length: float
    rare: float  # what a gram of the question says
    near_spread: float  # the best cosine, in spreads of all wordings' cosines
    near_coherent: float  # the best cosine, beside that of the entry's wordings among themselves
    asks_alike: float  # share of the aspects asked that are the entry's, too
    asks_more: float  # aspects that are not
    asks_less: float  # aspects of the entry that are not asked
    about: float  # share of what the entry is about that the question has
    about_asked: float  # share that is of what the entry is about
    new: float  # share of pairs that no wording has
    newest: float  # what the rarest of these says
    wordings: float
    farther: float = 0.0  # how much farther amounts are apart than in the nearest other candidate


FEATURES = len(Features._fields)


class Candidate(NamedTuple):
    """number: of the entry; near: the best cosine of a wording that may speak."""

    number: int
    near: float
    features: Features


class _Asked(NamedTuple):
    """A question. mass: what its grams say together."""

    text: str
    grams: dict[str, float]
    mass: float
    marks: Marks
    wants: Floats


class _Scores(NamedTuple):
    """Of a question and each wording (near, lexical, covers, covered), and of each entry (mean, best_...; best_best is by what
    neighbours are chosen). centre, spread: of all cosines."""

    near: Floats
    centre: float
    spread: float
    lexical: Scores
    covers: Scores
    covered: Scores
    mean: Floats
    best_near: Floats
    best_lexical: Scores
    best_best: Scores


class _Entry(NamedTuple):
    """start, end: its wordings; about: grams that most of them have, and what those say; coherent: their cosine."""

    start: int
    end: int
    grams: frozenset[str]
    about: dict[str, float]
    aspects: npt.NDArray[np.float32]
    coherent: float


class Entries:
    """wordings: each with the number of its entry, in order; rows [wordings, 128]: their embeddings; weigh: what weights() says
    with this rarity, for who makes many of the same wordings and remembers it."""

    def __init__(
        self,
        wordings: Sequence[tuple[str, int]],
        rows: Floats,
        rarity: Rarity,
        weigh: Callable[[str], dict[str, float]] | None = None,
    ) -> None:
        self._rows, self._weigh = rows, weigh or partial(weights, rarity=rarity)
        texts, numbers = [text for text, _ in wordings], np.array([number for _, number in wordings])
        said = [self._weigh(text) for text in texts]
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
        grams = self._weigh(question)
        asked = _Asked(question, grams, sum(grams.values()) or 1.0, marks(question), aspects(question))
        scores = self._scores(asked, embedding)
        ranked = np.argsort(-scores.best_best)[: NEIGHBOURS + 1]
        found = []
        for number in ranked[:NEIGHBOURS]:
            entry = self._entries[number]
            speaking = [row for row in range(entry.start, entry.end) if not clash(asked.marks, self._marks[row])]
            if not speaking or 1 - len(speaking) / (entry.end - entry.start) > CLASHING:
                continue
            features = self._features(asked, scores, number, ranked[ranked != number], speaking)
            found.append(Candidate(int(number), features.near, features))
        return _beside_each_other(found)

    def _scores(self, asked: _Asked, embedding: Floats) -> _Scores:
        near = self._rows @ embedding
        shared = np.zeros(len(near))
        for gram, weight in asked.grams.items():
            having = self._having.get(gram)
            if having is not None:
                shared[having] += weight
        covers, covered = shared / asked.mass, shared / self._mass
        lexical = np.sqrt(covers * covered)
        mean = np.add.reduceat(near, self._starts) / self._sizes
        best = (np.maximum.reduceat(one, self._starts) for one in (near, lexical, near + LEXICAL * lexical))
        return _Scores(near, float(near.mean()), float(near.std()) + 1e-6, lexical, covers, covered, mean, *best)

    def _features(
        self, asked: _Asked, scores: _Scores, number: int, others: npt.NDArray[np.int64], speaking: list[int]
    ) -> Features:
        """Of one entry. others: that are nearest; speaking: its wordings that may."""
        entry, grams, near = self._entries[number], asked.grams, scores.near
        rows, size = slice(entry.start, entry.end), entry.end - entry.start
        best_near = float(scores.best_near[number])
        new = [weight for gram, weight in grams.items() if len(gram) == 2 and gram not in entry.grams]
        about = sum(entry.about.values()) or 1.0
        return Features(
            near=float(near[speaking].max()),
            near_mean=float(scores.mean[number]),
            lexical=float(scores.lexical[speaking].max()),
            covers=float(scores.covers[rows].max()),
            covered=float(scores.covered[rows].max()),
            best=float(scores.best_best[number]),
            known=sum(weight for gram, weight in grams.items() if gram in entry.grams) / asked.mass,
            near_ahead=_ahead(scores.best_near, number, others),
            lexical_ahead=_ahead(scores.best_lexical, number, others),
            best_ahead=_ahead(scores.best_best, number, others),
            clashing=1 - len(speaking) / size,
            silent=float(min(silent(asked.marks, self._marks[row]) for row in speaking)),
            apart=min(distance(asked.marks, self._marks[row]) for row in speaking),
            length=log(1 + len(asked.text)),
            rare=asked.mass / max(1, len(grams)),
            near_spread=(best_near - scores.centre) / scores.spread,
            near_coherent=best_near - entry.coherent,
            asks_alike=float(asked.wants @ entry.aspects) / (float(asked.wants.sum()) + 1e-3),
            asks_more=float(asked.wants @ (1 - entry.aspects)),
            asks_less=float((1 - asked.wants) @ entry.aspects),
            about=sum(weight for gram, weight in entry.about.items() if gram in grams) / about,
            about_asked=sum(weight for gram, weight in grams.items() if gram in entry.about) / asked.mass,
            new=sum(new) / asked.mass,
            newest=max(new, default=0.0),
            wordings=sqrt(size),
        )

    def first(self, candidate: Candidate) -> int:
        """The number of its first wording."""
        return self._entries[candidate.number].start


def _beside_each_other(found: list[Candidate]) -> list[Candidate]:
    """The candidates, each with how much farther its amounts are than the nearest other one's."""
    apart = [one.features.apart for one in found]
    nearest = [min(apart[:place] + apart[place + 1 :], default=apart[place]) for place in range(len(apart))]
    return [
        one._replace(features=one.features._replace(farther=one.features.apart - other))
        for one, other in zip(found, nearest, strict=True)
    ]


def _ahead(scores: Scores | Floats, number: int, others: npt.NDArray[np.int64]) -> float:
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
