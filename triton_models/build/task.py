"""What is to be told apart, and by which sentences?

A task is all that the steps of the pipeline know of their data: the project's own corpus is one, a public data set or what a
user brings is another.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from triton_models.build.corpus import GENERAL, OUT_OF_SCOPE, Corpus, said_to
from triton_models.build.measure import LISTED
from triton_models.build.tenancy import Tenancy


@dataclass(frozen=True)
class Example:
    """A sentence, what it means, and the number of its meaning group; said_to: the tenant for which that is out of scope, ""
    where it means the same to all."""

    text: str
    intent: str
    group: int
    said_to: str = ""


@dataclass(frozen=True)
class Task:
    """train is learned from, held only measures. twins: pairs of intents that are not told apart in training; broad: intents
    of which two sentences need have nothing in common; noisy: whether Chinese slips of typing are put in; owner_of: each
    label's tenant, or general, where there are some."""

    name: str
    labels: tuple[str, ...]
    train: tuple[Example, ...]
    held: tuple[Example, ...]
    twins: frozenset[frozenset[str]] = frozenset()
    broad: frozenset[str] = frozenset({OUT_OF_SCOPE, "chitchat"})
    noisy: bool = True
    owner_of: dict[str, str] = field(default_factory=dict)

    @cached_property
    def index(self) -> dict[str, int]:
        return {label: number for number, label in enumerate(self.labels)}

    def apart(self, intent: str, said_to: str = "") -> NDArray[np.bool_]:
        """bool [labels]: what a sentence of this intent is told apart from, itself among them. What is out of scope for one
        tenant may be another one's business."""
        mine = {label for label in self.labels if not said_to or self.owner_of[label] in (said_to, GENERAL)}
        return np.array([label in mine and frozenset((intent, label)) not in self.twins for label in self.labels])

    @cached_property
    def digest(self) -> str:
        each = (f"{e.intent}\t{e.text}\t{e.group}\t{e.said_to}".rstrip("\t") for e in (*self.train, *self.held))
        parts = [self.name, *self.labels, *each]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def examples(corpus: Corpus, first_group: int = 0) -> tuple[Example, ...]:
    """Every sentence of a corpus, groups numbered from first_group."""
    numbered = enumerate(corpus.groups, start=first_group)
    return tuple(Example(text, group.intent, number, said_to(group)) for number, group in numbered for text in group.sentences)


def of_corpus(name: str, known: Corpus, held: Corpus, tenancy: Tenancy) -> Task:
    """The project's way: intents of all tenants together. What the noise lists whole is not asked."""
    pairs = {frozenset((one, other)) for one in tenancy.labels for other in tenancy.twins(one)}
    asked = tuple(example for example in examples(held, len(known.groups)) if example.text not in LISTED)
    return Task(name, tuple(tenancy.labels), examples(known), asked, frozenset(pairs), owner_of=tenancy.owner_of)
