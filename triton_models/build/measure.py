"""How often is it right, tenant by tenant?

A tenant is asked its own and the general validation sentences: accuracy and macro-F1 are over these. Others'
sentences, where no twin makes them unsure, are asked too and ought to be out_of_scope: they count towards its
recall and towards the router's threshold. A score is the softmax over all labels but others' twins of
the tenant's own; what falls on other tenants' labels counts as out_of_scope. Messages that
the noise itself lists whole (可以, 谢谢) may have been trained on and are not asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyshim.tenants.edge import hot_intents
from pyshim.tenants.schema import Tenant
from triton_models.build.corpus import OUT_OF_SCOPE, Corpus
from triton_models.build.synonyms import WHOLE
from triton_models.build.tenancy import Tenancy

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
    the edge may answer; row: which validation sentence; label: its right label; native: own or general."""

    tenant: str
    seen: NDArray[np.bool_]
    mine: NDArray[np.bool_]
    hot: NDArray[np.bool_]
    row: NDArray[np.int64]
    label: NDArray[np.int64]
    native: NDArray[np.bool_]


@dataclass(frozen=True)
class Figures:
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
    kept = [row for row, meaning in enumerate(meant) if meaning is not None and fresh[row]]
    native = [intents[row] in own or intents[row] == OUT_OF_SCOPE for row in kept]
    label = [labels.index(meant[row] or OUT_OF_SCOPE) for row in kept]
    hot = np.array([name in audience.hot for name in labels])
    return Questions(
        audience.tenant, tenancy.seen(own), tenancy.mine(own), hot, np.array(kept), np.array(label), np.array(native)
    )


def shares(logits: Floats, seen: NDArray[np.bool_], temperature: float) -> Floats:
    """softmax over the seen labels, 0 for the others; logits [n, labels]."""
    scaled = np.where(seen, logits / temperature, -np.inf)
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    result: Floats = raised / raised.sum(axis=1, keepdims=True)
    return result


def heard(logits: Floats, asked: Questions, out_of_scope: int, temperature: float) -> Floats:
    """shares of what means something to the tenant; all else is out_of_scope. logits [validation sentences, labels]."""
    share = shares(logits[asked.row], asked.seen, temperature)
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


def figures(logits: Floats, asked: Questions, out_of_scope: int) -> Figures:
    """logits [validation sentences, labels]."""
    guess = heard(logits, asked, out_of_scope, 1.0).argmax(axis=1)
    right, strange = guess == asked.label, asked.label == out_of_scope
    return Figures(
        accuracy=float(right[asked.native].mean()),
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
