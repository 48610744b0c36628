"""What is recall taught?

The FAQs of the shipped tenants, asked as customers would: every wording asks the others of its entry, with so many of each entry
left as a tenant may write; it asks again where its entry is gone, and only its neighbours are there; and sentences that no entry
answers ask: those of triton_models/recall/pairs.tsv, which are as near as twins, and what is out of scope, but for answered.txt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from pyshim.understanding.grams import BUCKETS, STEPS, Rarity, bucket, grams, weights
from pyshim.understanding.likeness import Candidate, Entries
from triton_models.build.corpus import OUT_OF_SCOPE
from triton_models.build.shipped import shipped
from triton_models.build.task import Example

FOLDER = Path(__file__).resolve().parents[1] / "recall"
LEFT = (5, 5, 3)  # wordings of each entry, a round each

Floats32 = NDArray[np.float32]
Faq = list[list[str]]  # entries and their wordings


@dataclass(frozen=True)
class Asked:
    """whose: FAQ; kind: known, twin or strange; right: the entry's number, -1 for none; left: wordings an entry."""

    whose: str
    kind: str
    text: str
    right: int
    left: int
    candidates: list[Candidate]


@dataclass(frozen=True)
class Material:
    """faqs: by tenant; near, far: what no entry answers, of their matters and of others."""

    faqs: dict[str, Faq]
    near: list[str]
    far: list[str]
    rarity: Rarity

    @classmethod
    def of(cls, known: Sequence[Example]) -> Material:
        answered = set((FOLDER / "answered.txt").read_text(encoding="utf-8").splitlines())
        near = [text for text in paired() if text not in answered]
        own = answered | {wording for tenant in shipped() for question in tenant.faq for wording in question.wordings}
        far = [one.text for one in known if one.intent == OUT_OF_SCOPE and one.text not in own]
        texts = [*near, *(one.text for one in known)]
        faqs = {tenant.id: [question.wordings for question in tenant.faq] for tenant in shipped()}
        return cls(faqs, near, far, rarity(texts))

    @property
    def texts(self) -> list[str]:
        listed = [wording for faq in self.faqs.values() for entry in faq for wording in entry]
        return sorted({*listed, *self.near, *self.far})


def paired() -> list[str]:
    """All sentences of the pairs, once."""
    lines = (FOLDER / "pairs.tsv").read_text(encoding="utf-8").splitlines()
    return sorted({text for line in lines for text in line.split("\t")[:2]})


def held(tenant: str) -> list[tuple[str, str]]:
    """What measures: a question, and the first wording of its entry, "" for none."""
    lines = (FOLDER / f"held-{tenant}.tsv").read_text(encoding="utf-8").splitlines()
    return [(text, first) for text, _, first in (line.partition("\t") for line in lines)]


def digest() -> str:
    """Of all that is taught beside the corpus."""
    faqs = [wording for tenant in shipped() for question in tenant.faq for wording in question.wordings]
    return hashlib.sha256("\n".join([*faqs, (FOLDER / "pairs.tsv").read_text(encoding="utf-8")]).encode()).hexdigest()


def rarity(texts: Iterable[str]) -> Rarity:
    """How much each bucket of grams says: the logarithm of one in how many texts has it."""
    having, count = np.zeros(BUCKETS), 0
    for count, text in enumerate(texts, start=1):  # noqa: B007
        having[sorted({bucket(gram) for gram in grams(text)})] += 1
    return np.round(np.log((count + 1) / (having + 1)) * STEPS).clip(0, 255).astype(np.uint8)


def asked(material: Material, row_of: dict[str, Floats32], seed: int, rounds: int, strange: int) -> Iterator[Asked]:
    """row_of: each text's EMBEDDING. strange: how many that are near, and as many that are far, each tenant is asked a round."""
    random = Random(f"{seed} recall")
    weigh = cache(partial(weights, rarity=material.rarity))

    def entries(faq: Faq) -> Entries:
        numbered = [(wording, number) for number, entry in enumerate(faq) for wording in entry]
        return Entries(numbered, np.stack([row_of[wording] for wording, _ in numbered]), material.rarity, weigh)

    def ask(whose: str, kind: str, text: str, right: int, left: int, faq: Faq) -> Asked:
        return Asked(whose, kind, text, right, left, entries(faq).alike(text, row_of[text]))

    def themselves(whose: str, faq: Faq, left: int) -> Iterator[Asked]:
        for number, entry in enumerate(faq):
            for text in entry:
                shown = [_some([w for w in other if w != text], left, random) for other in faq]
                without = shown[:number] + shown[number + 1 :]
                yield ask(whose, "known", text, number, left, shown)
                yield ask(whose, "twin", text, -1, left, without)

    for whose, faq in material.faqs.items():
        for left in LEFT[:rounds]:
            yield from themselves(whose, faq, left)
            shown = entries([_some(entry, left, random) for entry in faq])
            for text in (*_some(material.near, strange, random), *_some(material.far, strange, random)):
                yield Asked(whose, "strange", text, -1, left, shown.alike(text, row_of[text]))


def _some(texts: list[str], count: int, random: Random) -> list[str]:
    return random.sample(texts, min(count, len(texts)))
