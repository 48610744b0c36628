"""What does the student look like?

A small transformer over characters: 4 layers of 312, 12 heads, feed-forward 1200, learned positions (64). Padding is
id 0 and is never attended to. What goes in is a character and, hashed, the pair it makes with the one before: most
Chinese words have two characters, and a few thousand sentences are too few to find that out by attention alone. A
sentence is read as the mean and the maximum of its last hidden states, beside the plain mean of what went in (the
bag); from these, two heads give LOGITS over all labels and an EMBEDDING of 128 numbers with length one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from triton_models.build.vocabulary import MAX_TOKENS


@dataclass(frozen=True)
class Architecture:
    vocabulary: int
    labels: int
    layers: int = 4
    hidden: int = 312
    heads: int = 12
    feed_forward: int = 1200
    embedding: int = 128
    dropout: float = 0.2
    bag_dropout: float = 0.4
    pair_buckets: int = 1 << 14
    pair_size: int = 64


class Block(nn.Module):
    """One layer, normalised before each of its two halves."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.heads = shape.heads
        self.before_attention = nn.LayerNorm(shape.hidden)
        self.query_key_value = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.attended = nn.Linear(shape.hidden, shape.hidden)
        self.before_feed = nn.LayerNorm(shape.hidden)
        self.feed_in = nn.Linear(shape.hidden, shape.feed_forward)
        self.feed_out = nn.Linear(shape.feed_forward, shape.hidden)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor, shut: Tensor) -> Tensor:
        x = x + self.dropout(self.attended(self._attend(self.before_attention(x), shut)))
        fed = functional.gelu(self.feed_in(self.before_feed(x)))
        return x + self.dropout(self.feed_out(fed))

    def _attend(self, x: Tensor, shut: Tensor) -> Tensor:
        """x [batch, tokens, hidden]; shut [batch, 1, 1, tokens] is 0 where attended, very negative where not."""
        batch, tokens, hidden = x.shape
        split = self.query_key_value(x).view(batch, tokens, 3, self.heads, hidden // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        scores = query @ key.transpose(-1, -2) * (hidden // self.heads) ** -0.5 + shut
        mixed = scores.softmax(-1) @ value
        return mixed.transpose(1, 2).reshape(batch, tokens, hidden)


class Student(nn.Module):
    """ids int64 [batch, tokens] -> LOGITS [batch, labels], EMBEDDING [batch, 128]."""

    def __init__(self, shape: Architecture) -> None:
        super().__init__()
        self.shape = shape
        self.characters = nn.Embedding(shape.vocabulary, shape.hidden, padding_idx=0)
        self.pairs = nn.Embedding(shape.pair_buckets, shape.pair_size)
        self.from_pairs = nn.Linear(shape.pair_size, shape.hidden, bias=False)
        self.positions = nn.Embedding(MAX_TOKENS, shape.hidden)
        self.first_norm = nn.LayerNorm(shape.hidden)
        self.dropout = nn.Dropout(shape.dropout)
        self.bag_dropout = nn.Dropout(shape.bag_dropout)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
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

    def encode(self, marks: Tensor, ids: Tensor) -> Tensor:
        """Hidden states [batch, tokens, hidden]."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.dropout(self.first_norm(marks + self.positions(places)))
        shut = (ids == 0).to(x.dtype)[:, None, None, :] * -1e4
        for block in self.blocks:
            x = block(x, shut)
        normed: Tensor = self.last_norm(x)
        return normed

    def bag(self, marks: Tensor, ids: Tensor) -> Tensor:
        """The mean mark of a sentence, in no order: [batch, hidden]."""
        real = (ids != 0).to(marks.dtype)[:, :, None]
        bagged: Tensor = self.bag_dropout(self.bag_norm((marks * real).sum(1) / real.sum(1)))
        return bagged

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        marks = self.mark(ids)
        bag = self.bag(marks, ids)
        states = self.encode(marks, ids)
        real = (ids != 0).to(states.dtype)[:, :, None]
        mean = (states * real).sum(1) / real.sum(1)
        top = (states + (real - 1) * 1e4).amax(1)
        deep = self.dropout(torch.cat((mean, top), dim=1))
        embedding = self.to_embedding(torch.cat((deep, bag), dim=1))
        return self.to_logits(deep) + self.bag_to_logits(bag), functional.normalize(embedding, dim=1)

    def guess_from_bag(self, ids: Tensor) -> Tensor:
        """Logits [batch, labels] by the bag alone: a model without order, which learns in seconds."""
        logits: Tensor = self.bag_to_logits(self.bag(self.mark(ids), ids))
        return logits

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())
