"""What do teacher and student look like?

One transformer over characters and pieces of words, in two depths. What goes in is a token and, hashed, the pair it makes
with the one before: most Chinese words have two characters, and a few thousand sentences are too few to find that out by
attention alone. A sentence is read as the mean and the maximum of its last hidden states, beside the plain mean of what
went in (the bag); from these, two heads give LOGITS over all labels and an EMBEDDING of 128 numbers with length one.
Padding is id 0 and is never attended to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from triton_models.build.vocabulary import MAX_TOKENS

SHUT = -1e4  # added to the score of what must not be attended to


@dataclass(frozen=True)
class Architecture:
    """heads: of each layer; all are hidden / 12 wide, also where pruning has left fewer than twelve."""

    vocabulary: int
    labels: int
    heads: tuple[int, ...] = (12,) * 4
    hidden: int = 312
    feed_forward: int = 1200
    embedding: int = 128
    dropout: float = 0.15
    bag_dropout: float = 0.4
    pair_buckets: int = 1 << 14
    pair_size: int = 64

    @property
    def layers(self) -> int:
        return len(self.heads)

    @property
    def head_size(self) -> int:
        return self.hidden // 12


class RowDropout(nn.Module):
    """Dropout whose mask is shared by all tokens of a sentence: a tenth of the random numbers, and no worse."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.share == 0:
            return x
        size = (x.shape[0], *[1] * (x.dim() - 2), x.shape[-1])
        return x * (torch.rand(size) >= self.share).to(x.dtype) / (1 - self.share)


class Block(nn.Module):
    """One layer, normalised before each of its two halves."""

    def __init__(self, shape: Architecture, heads: int) -> None:
        super().__init__()
        self.heads, self.head_size = heads, shape.head_size
        width = heads * shape.head_size
        self.before_attention = nn.LayerNorm(shape.hidden)
        self.query_key_value = nn.Linear(shape.hidden, 3 * width)
        self.attended = nn.Linear(width, shape.hidden)
        self.before_feed = nn.LayerNorm(shape.hidden)
        self.feed_in = nn.Linear(shape.hidden, shape.feed_forward)
        self.feed_out = nn.Linear(shape.feed_forward, shape.hidden)
        self.dropout = RowDropout(shape.dropout)

    def forward(self, x: Tensor, shut: Tensor, gate: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x [batch, tokens, hidden]; shut [batch, 1, 1, tokens] is 0 where attended, very negative where not; gate [heads]
        weighs what each head says. Returns the states and the attention scores [batch, heads, tokens, tokens]."""
        mixed, scores = self._attend(self.before_attention(x), shut, gate)
        x = x + self.dropout(self.attended(mixed))
        fed = functional.gelu(self.feed_in(self.before_feed(x)))
        return x + self.dropout(self.feed_out(fed)), scores

    def _attend(self, x: Tensor, shut: Tensor, gate: Tensor | None) -> tuple[Tensor, Tensor]:
        batch, tokens, _ = x.shape
        split = self.query_key_value(x).view(batch, tokens, 3, self.heads, self.head_size)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        scores = query @ key.transpose(-1, -2) * self.head_size**-0.5
        mixed = (scores + shut).softmax(-1) @ value
        if gate is not None:
            mixed = mixed * gate[:, None, None]
        return mixed.transpose(1, 2).reshape(batch, tokens, self.heads * self.head_size), scores


@dataclass
class Reading:
    """All that a network thinks of some sentences: states after each layer [batch, tokens, hidden], attention scores of each
    layer, logits, embedding, and real [batch, tokens, 1], 1 where there is a token."""

    states: list[Tensor]
    attention: list[Tensor]
    logits: Tensor
    embedding: Tensor
    real: Tensor


class Encoder(nn.Module):
    """ids int64 [batch, tokens] -> LOGITS [batch, labels], EMBEDDING [batch, 128]."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.shape = shape
        self.characters = nn.Embedding(shape.vocabulary, shape.hidden, padding_idx=0)
        self.pairs = nn.Embedding(shape.pair_buckets, shape.pair_size)
        self.from_pairs = nn.Linear(shape.pair_size, shape.hidden, bias=False)
        self.positions = nn.Embedding(MAX_TOKENS, shape.hidden)
        self.first_norm = nn.LayerNorm(shape.hidden)
        self.dropout = RowDropout(shape.dropout)
        self.bag_dropout = nn.Dropout(shape.bag_dropout)
        self.blocks = nn.ModuleList(Block(shape, heads) for heads in shape.heads)
        self.last_norm = nn.LayerNorm(shape.hidden)
        self.bag_norm = nn.LayerNorm(shape.hidden)
        self.to_logits = nn.Linear(2 * shape.hidden, shape.labels)
        self.bag_to_logits = nn.Linear(shape.hidden, shape.labels)
        self.to_embedding = nn.Linear(3 * shape.hidden, shape.embedding)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)
        nn.init.normal_(self.pairs.weight, std=0.1)
        nn.init.normal_(self.from_pairs.weight, std=0.1)

    def mark(self, ids: Tensor) -> Tensor:
        """What each token is by itself and with the one before it: [batch, tokens, hidden]."""
        before = functional.pad(ids[:, :-1], (1, 0))
        pair = (before * 5741 + ids * 31) % self.shape.pair_buckets
        marks: Tensor = self.characters(ids) + self.from_pairs(self.pairs(pair))
        return marks

    def layers(self, marks: Tensor, ids: Tensor, gates: Sequence[Tensor] | None = None) -> tuple[list[Tensor], list[Tensor]]:
        """States after each layer and attention scores of each."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.dropout(self.first_norm(marks + self.positions(places)))
        shut = (ids == 0).to(x.dtype)[:, None, None, :] * SHUT
        states, attention = [], []
        for number, block in enumerate(self.blocks):
            x, scores = block(x, shut, None if gates is None else gates[number])
            states.append(x)
            attention.append(scores)
        return states, attention

    def bag(self, marks: Tensor, real: Tensor) -> Tensor:
        """The mean mark of a sentence, in no order: [batch, hidden]."""
        bagged: Tensor = self.bag_dropout(self.bag_norm((marks * real).sum(1) / real.sum(1)))
        return bagged

    def features(self, ids: Tensor, gates: Sequence[Tensor] | None = None) -> tuple[Reading, Tensor]:
        """A reading that lacks its heads' words, and what the heads look at: [batch, 3 * hidden]."""
        marks = self.mark(ids)
        real = (ids != 0).to(marks.dtype)[:, :, None]
        states, attention = self.layers(marks, ids, gates)
        last = self.last_norm(states[-1])
        mean = (last * real).sum(1) / real.sum(1)
        top = (last + (real - 1) * -SHUT).amax(1)
        deep = self.dropout(torch.cat((mean, top), dim=1))
        empty = marks.new_empty(0)
        return Reading(states, attention, empty, empty, real), torch.cat((deep, self.bag(marks, real)), dim=1)

    def read(self, ids: Tensor, gates: Sequence[Tensor] | None = None) -> Reading:
        reading, seen = self.features(ids, gates)
        deep, bag = seen[:, : 2 * self.shape.hidden], seen[:, 2 * self.shape.hidden :]
        reading.logits = self.to_logits(deep) + self.bag_to_logits(bag)
        reading.embedding = functional.normalize(self.to_embedding(seen), dim=1)
        return reading

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        reading = self.read(ids)
        return reading.logits, reading.embedding

    def guess_from_bag(self, ids: Tensor) -> Tensor:
        """Logits [batch, labels] by the bag alone: a model without order, which learns in seconds."""
        marks = self.mark(ids)
        logits: Tensor = self.bag_to_logits(self.bag(marks, (ids != 0).to(marks.dtype)[:, :, None]))
        return logits

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())
