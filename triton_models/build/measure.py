"""How often is it right, tenant by tenant?

A tenant is asked its own and the general validation sentences, what is out of scope, and others' sentences where no twin makes
them unsure, which ought to be out_of_scope: in the proportions of life (PRIOR), whatever the numbers of sentences are. A score is
the softmax over all labels but others' twins of the tenant's own, those that it does not have by a lower prior; what falls on
them counts as out_of_scope. Messages that the noise itself lists whole (可以, 谢谢) may have been trained on and are not asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyshim.tenants.edge import hot_intents
from pyshim.tenants.schema import Tenant
from triton_models.build.corpus import OUT_OF_SCOPE, Corpus, said_to
from triton_models.build.synonyms import WHOLE
from triton_models.build.tenancy import Tenancy

OWN, OUTSIDE, FOREIGN = PRIOR = 0.85, 0.12, 0.03  # of what a tenant is asked: its own and general intents, neither, another one's
LISTED = frozenset(word for words in WHOLE for word in words)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Audience:
    """Who is asked: a tenant, the intents it has, and those that the edge may answer for it."""

    tenant: str
    intents: frozenset[str]
    hot: frozenset[str]

    @classmethod
    def of(cls, tenant: Tenant) -> Audience:
        return cls(tenant.id, frozenset(tenant.intents), frozenset(hot_intents(tenant)))


@dataclass(frozen=True)
class Questions:
    """What one tenant is asked. seen, mine, hot bool [labels]: what competes, what means something to the tenant, and what
    the edge may answer; row: which validation sentence; label: its right label; native: own or general; weight: its share of
    what is asked in life, 1 in all."""

    tenant: str
    seen: NDArray[np.bool_]
    mine: NDArray[np.bool_]
    hot: NDArray[np.bool_]
    row: NDArray[np.int64]
    label: NDArray[np.int64]
    native: NDArray[np.bool_]
    weight: Floats


@dataclass(frozen=True)
class Figures:
    """accuracy: by weight; the others by sentences: macro_f1 of native ones, out_of_scope_recall of all that ought to be."""

    accuracy: float
    macro_f1: float
    out_of_scope_recall: float
    questions: int

    def as_card(self) -> dict[str, float | int]:
        rounded = {name: round(float(value), 4) for name, value in vars(self).items()}
        return {**rounded, "questions": self.questions}


def sentences_of(corpus: Corpus) -> list[str]:
    return [sentence for group in corpus.groups for sentence in group.sentences]


def intents_of(corpus: Corpus) -> list[str]:
    return [group.intent for group in corpus.groups for _ in group.sentences]


def questions(corpus: Corpus, tenancy: Tenancy, audiences: list[Audience]) -> list[Questions]:
    return [_asked_of(one, corpus, tenancy) for one in audiences]


def _asked_of(audience: Audience, corpus: Corpus, tenancy: Tenancy) -> Questions:
    own = audience.intents
    labels, intents = tenancy.labels, intents_of(corpus)
    meant = [tenancy.meaning(intent, own) for intent in intents]
    fresh = [sentence not in LISTED for sentence in sentences_of(corpus)]
    heard = [said_to(group) in ("", audience.tenant) for group in corpus.groups for _ in group.sentences]
    kept = [row for row, meaning in enumerate(meant) if meaning is not None and fresh[row] and heard[row]]
    native = [intents[row] in own or intents[row] == OUT_OF_SCOPE for row in kept]
    label = [labels.index(meant[row] or OUT_OF_SCOPE) for row in kept]
    hot = np.array([name in audience.hot for name in labels])
    right, near = np.array(label), np.array(native)
    sides = (near & (right != tenancy.out_of_scope), near & (right == tenancy.out_of_scope), ~near)
    weight = weighed(sides)
    return Questions(audience.tenant, tenancy.seen(own), tenancy.mine(own), hot, np.array(kept), right, near, weight)


def weighed(sides: tuple[NDArray[np.bool_], ...]) -> Floats:
    """Each question's share: those of a side share its prior, and where a side is empty the others share all."""
    weight = np.zeros(len(sides[0]))
    for side, share in zip(sides, PRIOR, strict=True):
        weight[side] = share / max(1, side.sum())
    whole: Floats = weight / weight.sum()
    return whole


def shares(logits: Floats, seen: NDArray[np.bool_], temperature: float) -> Floats:
    """softmax over the seen labels, 0 for the others; logits [n, labels]."""
    scaled = np.where(seen, logits / temperature, -np.inf)
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    result: Floats = raised / raised.sum(axis=1, keepdims=True)
    return result


def competing(logits: Floats, asked: Questions, temperature: float, foreign: float) -> Floats:
    """shares [questions, labels] where an intent that the tenant does not have has that prior."""
    return shares(logits[asked.row] / temperature + np.where(asked.mine, 0.0, np.log(foreign)), asked.seen, 1.0)


def heard(logits: Floats, asked: Questions, out_of_scope: int, temperature: float, foreign: float) -> Floats:
    """shares of what means something to the tenant; all else is out_of_scope. logits [validation sentences, labels]."""
    share = competing(logits, asked, temperature, foreign)
    share[:, out_of_scope] += share[:, ~asked.mine].sum(axis=1)
    share[:, ~asked.mine] = 0
    return share


def macro_f1(guess: NDArray[np.int64], label: NDArray[np.int64]) -> float:
    """Mean F1 over the labels that occur among the right answers."""
    scores = []
    for one in np.unique(label):
        hit = np.sum((guess == one) & (label == one))
        scores.append(2 * hit / (np.sum(guess == one) + np.sum(label == one)))
    return float(np.mean(scores))


def figures(logits: Floats, asked: Questions, out_of_scope: int, temperature: float, foreign: float) -> Figures:
    """logits [validation sentences, labels]."""
    guess = heard(logits, asked, out_of_scope, temperature, foreign).argmax(axis=1)
    right, strange = guess == asked.label, asked.label == out_of_scope
    return Figures(
        accuracy=float((right * asked.weight).sum()),
        macro_f1=macro_f1(guess[asked.native], asked.label[asked.native]),
        out_of_scope_recall=float(right[strange].mean()),
        questions=int(asked.native.sum()),
    )


def overall(each: list[Figures]) -> Figures:
    """Tenants count by the number of their questions."""
    weights = [one.questions for one in each]

    def mean(values: list[float]) -> float:
        return float(np.average(values, weights=weights))

    return Figures(
        accuracy=mean([one.accuracy for one in each]),
        macro_f1=mean([one.macro_f1 for one in each]),
        out_of_scope_recall=mean([one.out_of_scope_recall for one in each]),
        questions=sum(weights),
    )
