"""How does the teacher come to know the language before it is told what anything means?

By filling gaps (masked language modelling, Devlin et al., 2019): of 15 % of the tokens of a sentence, eight in ten are hidden,
one is another token, one stays, and the network says what stood there. Its answer is read against the token table itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from triton_models.build.batches import slices
from triton_models.build.descend import Descent, descend
from triton_models.build.network import Encoder
from triton_models.build.vocabulary import MASK

GAPS, HIDDEN, OTHER = 0.15, 0.8, 0.1
LONGEST = 32  # tokens that are looked at: questions are short, and long texts cost most


@dataclass(frozen=True)
class Plan:
    steps: int = 1200
    sentences: int = 128
    rate: float = 7e-4


class GapFiller(nn.Module):
    """The encoder and what turns its states into tokens."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.turn = nn.Linear(encoder.shape.hidden, encoder.shape.hidden)
        self.norm = nn.LayerNorm(encoder.shape.hidden)
        self.bias = nn.Parameter(torch.zeros(encoder.shape.vocabulary))

    def loss(self, ids: Tensor, mask: int) -> Tensor:
        """ids int64 [batch, tokens], whole."""
        gapped, gaps = make_gaps(ids, mask, self.encoder.shape.vocabulary)
        states, _ = self.encoder.layers(self.encoder.mark(gapped), ids)
        said = self.norm(functional.gelu(self.turn(self.encoder.last_norm(states[-1])[gaps])))
        logits = said @ self.encoder.characters.weight.to(said.dtype).T + self.bias
        return functional.cross_entropy(logits.float(), ids[gaps])


def make_gaps(ids: Tensor, mask: int, vocabulary: int) -> tuple[Tensor, Tensor]:
    """ids with gaps, and bool [batch, tokens]: where they are. The first token and padding are never one; one gap at least."""
    open_ = ids != 0
    open_[:, 0] = False
    gaps = open_ & (torch.rand(ids.shape) < GAPS)
    if not gaps.any():
        gaps = open_ & (open_.cumsum(1) == 1)
    dice = torch.rand(ids.shape)
    others = torch.randint(mask + 1, vocabulary, ids.shape)
    gapped = torch.where(gaps & (dice < HIDDEN), mask, ids)
    return torch.where(gaps & (dice >= HIDDEN) & (dice < HIDDEN + OTHER), others, gapped), gaps


def pretrain(encoder: Encoder, texts: list[str], tokenizer: Tokenizer, plan: Plan, seed: int, saved: Path) -> Encoder:
    """texts: any, unlabelled. Returns the encoder; its heads have learned nothing."""
    mask = tokenizer.token_to_id(MASK)
    assert mask is not None
    filler = GapFiller(encoder)

    def loss(step: int) -> Tensor:
        drawn = Random(f"{seed} {step}").sample(texts, min(plan.sentences, len(texts)))
        parts = [filler.loss(ids[:, :LONGEST], mask) for ids in slices(sorted(drawn, key=len), tokenizer)]
        return torch.stack(parts).mean()

    return descend(filler, loss, Descent("pretraining", plan.steps, plan.rate, seed), saved).encoder
