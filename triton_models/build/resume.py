"""How does a student learn a few hundred new sentences in minutes, and forget nothing?

It goes on from its own weights. Every step meets pairs of new sentences and, three times as many, pairs of the old ones
(replay). What the old ones mean it is told again; beside that, it should say of them what it said before, logits and embedding.
The router goes on likewise, with the student that has just learned as its teacher.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace

import torch
from tokenizers import Tokenizer
from torch import Tensor

from triton_models.build import losses, ngrams, reader
from triton_models.build.batches import Sampler
from triton_models.build.descend import Descent, descend
from triton_models.build.lesson import Said, lesson, said
from triton_models.build.network import Encoder
from triton_models.build.task import Example, Task
from triton_models.build.teach import both
from triton_models.build.use import Use

UNHEARD = 2.0  # by so much a label that nobody has learned yet scores below the rarest one


@dataclass(frozen=True)
class Plan:
    """old_pairs, new_pairs: of a batch. keeping: how much what was said before counts beside what is meant. router_old,
    router_new: pairs of noisy sentences, beside every sentence as it is written."""

    steps: int = 120
    rate: float = 5e-4
    old_pairs: int = 48
    new_pairs: int = 16
    smoothing: float = 0.1
    contrast: float = 0.3
    contrast_temperature: float = 0.1
    same_intent: float = 0.25
    keeping: float = 3.0
    averaging: float = 0.97
    router_old: int = 4_000
    router_new: int = 2_000
    router: ngrams.Plan = field(default_factory=lambda: ngrams.Plan(epochs=2, table_rate=1e-3, weight_rate=1e-3))

    def quick(self) -> Plan:
        """To see that it runs, not to serve."""
        return replace(self, steps=3, router_old=64, router_new=64, router=replace(self.router, epochs=1))


@dataclass(frozen=True)
class Sentences:
    """All that is learned from: task.train holds old and new; groups from first_new on are new."""

    task: Task
    first_new: int

    @property
    def old(self) -> tuple[Example, ...]:
        return tuple(one for one in self.task.train if one.group < self.first_new)

    @property
    def new(self) -> tuple[Example, ...]:
        return tuple(one for one in self.task.train if one.group >= self.first_new)

    def samplers(self, tokenizer: Tokenizer, seed: int) -> tuple[Sampler, Sampler]:
        """Of the old ones, and of the new ones."""
        old, new = (Sampler(replace(self.task, train=part), tokenizer, seed) for part in (self.old, self.new))
        return old, new


def relabelled(network: Encoder | Use, rows: list[int]) -> Encoder | Use:
    """The same network for other labels. rows: which of its labels each has been, -1 for one that nothing is taken for yet."""
    other = type(network)(replace(network.shape, labels=len(rows)))  # type: ignore[arg-type]
    known = torch.tensor([row >= 0 for row in rows])
    kept = torch.tensor([row for row in rows if row >= 0])
    weights = network.state_dict()
    for name in [name for name in weights if "to_logits." in name]:
        table = torch.zeros_like(other.state_dict()[name])
        table[known] = weights[name][kept]
        weights[name] = table
    weights["to_logits.bias"][~known] = weights["to_logits.bias"].min() - UNHEARD
    other.load_state_dict(weights)
    return other.eval()


def student(begun: Encoder | Use, sentences: Sentences, tokenizer: Tokenizer, plan: Plan, seed: int) -> Encoder | Use:
    """A network that has learned on; begun stays what it is."""
    learning = deepcopy(begun)
    replay, fresh = sentences.samplers(tokenizer, seed)
    loose = torch.tensor([label in sentences.task.broad for label in sentences.task.labels])

    def loss_of(step: int) -> Tensor:
        batch = replay.batch_of(replay.draw(step, plan.old_pairs) + fresh.draw(step, plan.new_pairs), step)
        logits, embedding = both(learning, batch)
        with torch.no_grad():
            said_before, near_before = both(begun, batch)
        old = batch.group < sentences.first_new
        again = losses.like_teacher(logits[old], said_before[old], batch.apart[old], 1.0)
        moved = (1 - (embedding[old] * near_before[old]).sum(1)).mean()
        meant = losses.meant(logits, batch, plan.smoothing)
        near = losses.near(embedding, batch, plan.contrast_temperature, plan.same_intent, loose)
        return meant + plan.contrast * near + plan.keeping * (again + moved)

    return descend(learning, loss_of, Descent("student", plan.steps, plan.rate, seed, averaging=plan.averaging))


def router(
    begun: ngrams.Network, teacher: Encoder | Use, sentences: Sentences, tokenizer: Tokenizer, plan: Plan, seed: int
) -> ngrams.Network:
    """begun learns in place."""
    replay, fresh = sentences.samplers(tokenizer, seed + 40)
    spoken = _together(said(replay, plan.router_old), said(fresh, plan.router_new))
    with torch.autocast("cpu", torch.bfloat16):
        logits, _ = reader.read(teacher, tokenizer, spoken.texts)
    torch.manual_seed(seed)
    return ngrams.train(lesson(spoken, logits, sentences.task), begun.shape, plan.router, seed, begun)


def _together(one: Said, other: Said) -> Said:
    return Said(one.texts + other.texts, one.intents + other.intents, one.said_to + other.said_to)
