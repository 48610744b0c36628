"""What do they ask? A seeded mix of questions by tenant, of sentences no model has seen.

hot           buttons, and sentences that the edge's router is sure of and may answer
hard          what is left for Triton; of the shop also what real customers asked (jddc_intent)
repeated      a few questions, most of all the first: what everybody asks today
paraphrased   a question, and then the same in other words
out_of_scope  no matter of the tenant's; and what people say when they look for a restaurant (crosswoz)

Sentences are those of the validation side (triton_models/build/split.py), never of the training side. The public data sets may be
missing: then a sentence says so, and the rest goes on.
"""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from pyshim.language.router import Router, RouterFileError
from pyshim.settings import Settings
from pyshim.tenants.edge import hot_intents
from pyshim.tenants.schema import Tenant
from pyshim.understanding.intents import DIALOGUE_INTENTS, OUT_OF_SCOPE
from pyshim.understanding.model import Model, read_model
from triton_models.build import corpus, datasets
from triton_models.build.corpus import GENERAL, Group
from triton_models.build.split import split

REAL = "shop"  # whose customers jddc_intent's are
POPULAR = 12  # questions that everybody repeats
CHARS_MAX = 200

Kind = Literal["hot", "hard", "repeated", "paraphrased", "out_of_scope"]

# Shares of turns. What is missing to 1 are follow-ups: turns of conversations (loadtest/who/conversations.py).
MIX: Mapping[Kind, float] = {"hot": 0.5, "repeated": 0.22, "hard": 0.06, "paraphrased": 0.04, "out_of_scope": 0.03}
FOLLOW_UPS = 1 - sum(MIX.values())


@dataclass
class Questions:
    """Of one tenant. pairs: two ways to say the same; buttons: exact titles of rules, by intent."""

    hot: list[str] = field(default_factory=list)
    hard: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    out_of_scope: list[str] = field(default_factory=list)
    popular: list[str] = field(default_factory=list)

    def draw(self, kind: Kind, chance: random.Random) -> list[str]:
        """One question, or two that belong together; [] where there is none of the kind."""
        if kind == "paraphrased":
            return list(chance.choice(self.pairs)) if self.pairs else []
        if kind == "repeated":
            return [self.popular[min(int(chance.paretovariate(1)) - 1, len(self.popular) - 1)]] if self.popular else []
        pool = {"hot": self.hot, "hard": self.hard, "out_of_scope": self.out_of_scope}[kind]
        return [chance.choice(pool)] if pool else []


def drawn(questions: Questions, chance: random.Random, turns: int) -> Iterator[tuple[Kind, str]]:
    """At least so many questions of one customer, in the shares of MIX."""
    said = 0
    while said < turns:
        kind = chance.choices(list(MIX), list(MIX.values()))[0]
        for question in questions.draw(kind, chance) or questions.draw("hot", chance):
            said += 1
            yield kind, question


def buttons(tenant: Tenant) -> list[str]:
    """Titles of the rules that the edge may answer."""
    return [tenant.title(intent) for intent in hot_intents(tenant)]


class Sorter:
    """Is the edge's router sure of a sentence, and may it answer it?"""

    def __init__(self, model: Model) -> None:
        self._router = Router.load(model.folder / "router.bin")
        self._model = model

    def hot(self, tenant: Tenant, sentences: Iterable[str]) -> Iterator[bool]:
        columns = self._model.columns(tenant.intents)
        labels = [self._model.labels[column] for column in columns]
        mine = {*tenant.intents, OUT_OF_SCOPE}
        priors = np.array([0 if label in mine else np.log(self._model.calibration.foreign) for label in labels])
        threshold = tenant.about.thresholds.router or self._model.calibration.router_threshold(tenant.id)
        rules = set(hot_intents(tenant))
        for sentence in sentences:
            logits = self._router.logits(sentence)
            if logits is None:
                yield False
                continue
            share = _shares(logits[columns] + priors)
            best = int(share.argmax())
            yield bool(share[best] >= threshold) and labels[best] in rules


def _shares(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    powers = np.exp(logits - logits.max())
    shares: npt.NDArray[np.float64] = powers / powers.sum()
    return shares


def held(data: Path | None = None) -> tuple[Group, ...]:
    """The meaning groups of the validation side; data: a folder of other sentences than our own. Raises CorpusError."""
    return split(corpus.own() if data is None else corpus.read(data))[1].groups


def build(
    settings: Settings, tenants: Iterable[Tenant], seed: int, data: Path | None = None
) -> tuple[dict[str, Questions], list[str]]:
    """Questions of each tenant, shuffled by the seed, and what is missing, a sentence each. Raises BadTenant, CorpusError."""
    sorter, groups = _sorter(settings), held(data)
    real, elsewhere, missing = _public(settings.datasets)
    built = {}
    for tenant in tenants:
        chance = random.Random(f"corpus:{seed}:{tenant.id}")
        found = _own(tenant, groups, sorter)
        found.hot += buttons(tenant)
        found.hard += real if tenant.id == REAL else []
        found.out_of_scope += elsewhere
        for pool in (found.hot, found.hard, found.pairs, found.out_of_scope):
            chance.shuffle(pool)
        found.popular = [*found.hot[: POPULAR * 3 // 4], *found.hard[: POPULAR // 4]]
        built[tenant.id] = found
        if not groups_of(tenant, groups):
            missing.append(f"{tenant.id}: no validation sentences of its own; its buttons are what is asked")
    return built, missing


def _sorter(settings: Settings) -> Sorter | None:
    try:
        return Sorter(read_model(settings.models))
    except RouterFileError:  # a model without one: everything is for Triton
        return None


def groups_of(tenant: Tenant, groups: Iterable[Group]) -> list[Group]:
    """What its customers ask: its own and the general matters, without yes, no and the like, which mean nothing by themselves."""
    known = set(tenant.intents) - set(DIALOGUE_INTENTS)
    return [group for group in groups if group.owner in (tenant.id, GENERAL) and group.intent in known]


def _own(tenant: Tenant, groups: tuple[Group, ...], sorter: Sorter | None) -> Questions:
    found = Questions()
    for group in groups_of(tenant, groups):
        found.pairs += [(a, b) for a, b in zip(group.sentences, group.sentences[1:], strict=False)][:3]
        sure = sorter.hot(tenant, group.sentences) if sorter else [False] * len(group.sentences)
        for sentence, is_hot in zip(group.sentences, sure, strict=True):
            (found.hot if is_hot else found.hard).append(sentence)
    strange = [group for group in groups if group.intent == OUT_OF_SCOPE and group.owner in (tenant.id, GENERAL)]
    found.out_of_scope = [one for group in strange for one in group.sentences]
    return found


def _public(data: Path) -> tuple[list[str], list[str], list[str]]:
    """What real customers of a shop ask, what people ask elsewhere, and which of both is missing."""
    real: list[str] = []
    elsewhere: list[str] = []
    missing = []
    try:
        real = [text for text, _ in datasets.pairs(data / "jddc_intent/valid.tsv") if 1 < len(text) <= CHARS_MAX]
    except FileNotFoundError:
        missing.append(f"{data}/jddc_intent: not here, so no questions of a real shop's customers")
    try:
        talks = datasets.lines(data / "crosswoz/val.jsonl")
        said = [one["text"] for talk in talks for one in talk["messages"] if one["role"] == "usr"]
        elsewhere = [text for text in said if 1 < len(text) <= CHARS_MAX]
    except FileNotFoundError:
        missing.append(f"{data}/crosswoz: not here, so no dialogues about restaurants among the questions out of scope")
    return real, elsewhere, missing
