"""What does a teacher look like that comes from a BERT checkpoint?

The encoder of Devlin et al. (2019): tokens, positions and the kind of the first sentence, normalised; each layer is normalised
after each of its two halves. Asked as network.Encoder is, it answers with a Reading; what its heads look at is the mean and
the maximum of the last hidden states. It has no bag.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from triton_models.build.network import SHUT, Reading, RowDropout
from triton_models.build.vocabulary import MAX_TOKENS


@dataclass(frozen=True)
class Shape:
    """heads: of each layer; all are hidden / heads wide. kinds: of sentences, of which ours is the first."""

    vocabulary: int
    labels: int
    heads: tuple[int, ...]
    hidden: int
    feed_forward: int
    kinds: int = 2
    epsilon: float = 1e-12
    embedding: int = 128
    dropout: float = 0.1

    @property
    def layers(self) -> int:
        return len(self.heads)


class Layer(nn.Module):
    def __init__(self, shape: Shape, heads: int) -> None:
        super().__init__()
        self.heads, self.head_size = heads, shape.hidden // heads
        self.query, self.key, self.value = (nn.Linear(shape.hidden, shape.hidden) for _ in range(3))
        self.attended = nn.Linear(shape.hidden, shape.hidden)
        self.after_attention = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.feed_in = nn.Linear(shape.hidden, shape.feed_forward)
        self.feed_out = nn.Linear(shape.feed_forward, shape.hidden)
        self.after_feed = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.dropout = RowDropout(shape.dropout)

    def forward(self, x: Tensor, shut: Tensor, gate: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As network.Block's."""
        query, key, value = (self._by_head(part(x)) for part in (self.query, self.key, self.value))
        scores = query @ key.transpose(-1, -2) * self.head_size**-0.5
        mixed = (scores + shut).softmax(-1) @ value
        if gate is not None:
            mixed = mixed * gate[:, None, None]
        x = self.after_attention(x + self.dropout(self.attended(mixed.transpose(1, 2).flatten(2))))
        fed = self.feed_out(functional.gelu(self.feed_in(x)))
        return self.after_feed(x + self.dropout(fed)), scores

    def _by_head(self, x: Tensor) -> Tensor:
        return x.view(x.shape[0], x.shape[1], self.heads, self.head_size).transpose(1, 2)

    def named_in_checkpoint(self) -> Iterator[tuple[str, nn.Module]]:
        for name in ("query", "key", "value"):
            yield f"attention.self.{name}", getattr(self, name)
        yield "attention.output.dense", self.attended
        yield "attention.output.LayerNorm", self.after_attention
        yield "intermediate.dense", self.feed_in
        yield "output.dense", self.feed_out
        yield "output.LayerNorm", self.after_feed


class Bert(nn.Module):
    """ids int64 [batch, tokens] -> LOGITS [batch, labels], EMBEDDING [batch, 128]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.characters = nn.Embedding(shape.vocabulary, shape.hidden, padding_idx=0)
        self.positions = nn.Embedding(MAX_TOKENS, shape.hidden)
        self.kinds = nn.Embedding(shape.kinds, shape.hidden)
        self.first_norm = nn.LayerNorm(shape.hidden, eps=shape.epsilon)
        self.dropout = RowDropout(shape.dropout)
        self.blocks = nn.ModuleList(Layer(shape, heads) for heads in shape.heads)
        self.to_logits = nn.Linear(2 * shape.hidden, shape.labels)
        self.to_embedding = nn.Linear(2 * shape.hidden, shape.embedding)
        for head in (self.to_logits, self.to_embedding):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def features(self, ids: Tensor, gates: Sequence[Tensor] | None = None) -> tuple[Reading, Tensor]:
        """A reading that lacks its heads' words, and what the heads look at: [batch, 2 * hidden]."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.dropout(self.first_norm(self.characters(ids) + self.positions(places) + self.kinds.weight[0]))
        real = (ids != 0).to(x.dtype)[:, :, None]
        shut = (ids == 0).to(x.dtype)[:, None, None, :] * SHUT
        states, attention = [], []
        for number, block in enumerate(self.blocks):
            x, scores = block(x, shut, None if gates is None else gates[number])
            states.append(x)
            attention.append(scores)
        mean = (x * real).sum(1) / real.sum(1)
        top = (x + (real - 1) * -SHUT).amax(1)
        empty = x.new_empty(0)
        return Reading(states, attention, empty, empty, real), self.dropout(torch.cat((mean, top), dim=1))

    def read(self, ids: Tensor, gates: Sequence[Tensor] | None = None) -> Reading:
        reading, seen = self.features(ids, gates)
        reading.logits = self.to_logits(seen)
        reading.embedding = functional.normalize(self.to_embedding(seen), dim=1)
        return reading

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        reading = self.read(ids)
        return reading.logits, reading.embedding

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())

    def named_in_checkpoint(self) -> Iterator[tuple[str, Tensor]]:
        """Every parameter but the heads', as a checkpoint calls it."""
        yield "embeddings.word_embeddings.weight", self.characters.weight
        yield "embeddings.position_embeddings.weight", self.positions.weight
        yield "embeddings.token_type_embeddings.weight", self.kinds.weight
        parts = [("embeddings.LayerNorm", self.first_norm)]
        for number, block in enumerate(self.blocks):
            parts += [(f"encoder.layer.{number}.{name}", part) for name, part in block.named_in_checkpoint()]
        for name, part in parts:
            yield f"{name}.weight", part.weight
            yield f"{name}.bias", part.bias
