"""How does the router learn, and how is it written?

Rows, weights and biases descend together towards what the lesson wants. Rows that no training n-gram reaches stay
zero, so unknown text pulls the scores towards the biases: unsure, as it should be. Rows are kept as INT8 with one
scale for each dimension, which is folded into the weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pyshim.language.router import HEADER, MAGIC, MULTIPLIER, VERSION, Router, Shape, fold
from triton_models.build.lesson import Lesson

UNHEARD = 2.0  # by so much a class that nobody has learned yet scores below the rarest one


@dataclass(frozen=True)
class Plan:
    epochs: int = 4
    batch: int = 256
    table_rate: float = 4e-3
    weight_rate: float = 1e-2
    row_dropout: float = 0.3
    dropout: float = 0.3  # of what a text's rows come to


@dataclass(frozen=True)
class Bags:
    """The table rows of many texts, int64, one text behind the other: where each text's begin, and how many it has."""

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, texts: list[str], shape: Shape) -> Bags:
        """A text without a guess has none."""
        known = {text: fold(text, shape.symbols) or [] for text in dict.fromkeys(texts)}
        each = [known[text] for text in texts]
        lengths = np.array([len(one) for one in each], np.int64)
        symbols = np.fromiter(chain.from_iterable(each), np.uint32, int(lengths.sum()))
        rows, counts = _rows(symbols, lengths, shape)
        ends = np.concatenate([[0], np.cumsum(counts)])[np.concatenate([[0], np.cumsum(lengths)])]
        return cls(rows, ends[:-1], np.diff(ends))

    def some(self, texts: NDArray[np.int64], rng: np.random.Generator, drop: float) -> tuple[Tensor, Tensor]:
        """All rows of these texts in one line and where each text begins; some rows are left out, never all of a text."""
        sizes = self.sizes[texts]
        whose = np.repeat(np.arange(len(texts)), sizes)
        place = np.arange(len(whose)) + np.repeat(self.starts[texts] - _starts(sizes), sizes)
        left = rng.random(len(whose)) >= drop
        left |= np.bincount(whose[left], minlength=len(texts))[whose] == 0
        offsets = _starts(np.bincount(whose[left], minlength=len(texts)))
        return torch.from_numpy(self.rows[place[left]]), torch.from_numpy(offsets)


def _rows(symbols: NDArray[np.uint32], lengths: NDArray[np.int64], shape: Shape) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """pyshim.language.router.buckets_of for folded texts one behind the other, in its order: the rows, and how many begin at each
    symbol."""
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(symbols))  # symbols to the end of the text
    inside = (left > 1) & (left < np.repeat(lengths, lengths))
    h = np.zeros(len(symbols), np.uint32)
    rows, there = np.zeros((2, len(symbols), shape.max_n), np.uint32)
    for n in range(1, shape.max_n + 1):
        h[: len(symbols) - n + 1] = (h[: len(symbols) - n + 1] ^ symbols[n - 1 :]) * np.uint32(MULTIPLIER)
        rows[:, n - 1] = (h ^ (h >> np.uint32(15))) & np.uint32(shape.buckets - 1)
        there[:, n - 1] = (left >= n) & (n >= shape.min_n) & (inside if n == 1 else True)
    return rows[there > 0].astype(np.int64), there.sum(axis=1, dtype=np.int64)


def _starts(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)[:-1]])


class Network(nn.Module):
    """bags int64 [rows], offsets int64 [n] -> logits [n, classes]."""

    def __init__(self, shape: Shape, reached: Tensor, dropout: float = 0.3) -> None:
        super().__init__()
        self.shape = shape
        self.table = nn.EmbeddingBag(shape.buckets, shape.dims, mode="mean", sparse=True)
        self.dropout = nn.Dropout(dropout)
        self.scores = nn.Linear(shape.dims, shape.classes)
        nn.init.zeros_(self.table.weight)
        nn.init.zeros_(self.scores.weight)
        nn.init.zeros_(self.scores.bias)
        with torch.no_grad():
            self.table.weight[reached] = torch.randn(len(reached), shape.dims) / shape.dims**0.5

    def forward(self, bags: Tensor, offsets: Tensor) -> Tensor:
        logits: Tensor = self.scores(self.dropout(self.table(bags, offsets)))
        return logits


def train(lesson: Lesson, shape: Shape, plan: Plan, seed: int, begun: Network | None = None) -> Network:
    """begun: a network that goes on learning instead of a new one; its shape is the one wanted."""
    rng = np.random.default_rng(seed)
    bags = Bags.of(lesson.texts, shape)
    kept = np.flatnonzero(bags.sizes)
    network = begun or Network(shape, torch.from_numpy(np.unique(bags.rows)), plan.dropout)
    slow = torch.optim.Adam(network.scores.parameters(), lr=plan.weight_rate)
    fast = torch.optim.SparseAdam(network.table.parameters(), lr=plan.table_rate)
    steps = plan.epochs * (len(kept) // plan.batch)
    for step in range(steps):
        if step * plan.batch % len(kept) < plan.batch:
            rng.shuffle(kept)
        start = step * plan.batch % (len(kept) - plan.batch + 1)
        rows = kept[start : start + plan.batch]
        logits = network(*bags.some(rows, rng, plan.row_dropout))
        loss = _cross_entropy(logits, torch.from_numpy(lesson.wanted[rows]), torch.from_numpy(lesson.seen[rows]))
        for optimizer, rate in ((slow, plan.weight_rate), (fast, plan.table_rate)):
            optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
            optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        slow.step()
        fast.step()
        if step % 500 == 0 or step == steps - 1:
            print(f"  router {step + 1}/{steps}: loss {loss.item():.3f}", flush=True)
    return network


def _cross_entropy(logits: Tensor, wanted: Tensor, seen: Tensor) -> Tensor:
    log_share = functional.log_softmax(logits.masked_fill(~seen, -torch.inf), dim=1).masked_fill(~seen, 0)
    return -(wanted * log_share).sum(1).mean()


def unpacked(router: Router, rows: NDArray[np.int64]) -> Network:
    """The network of a written router, to learn on. rows int64 [classes]: which row of its weights each class begins with, -1
    for a class that it does not have, and which nothing is taken for yet. Its table is scaled back to what training gives a
    row."""
    shape = replace(router.shape, classes=len(rows))
    network = Network(shape, torch.zeros(0, dtype=torch.long))
    reached = router.table[np.any(router.table != 0, axis=1)].astype(np.float32)
    scale = 1 / (shape.dims**0.5 * np.maximum(reached.std(axis=0), 1e-9))
    known = rows >= 0
    with torch.no_grad():
        network.table.weight.copy_(torch.from_numpy(router.table * scale.astype(np.float32)))
        network.scores.weight[known] = torch.from_numpy(router.weight[rows[known]] / scale.astype(np.float32))
        network.scores.bias[known] = torch.from_numpy(router.bias[rows[known]].copy())
        network.scores.bias[~known] = float(router.bias.min()) - UNHEARD
    return network


def write(network: Network, path: Path) -> None:
    """router.bin, as the head of lua/edge/router.lua has it."""
    shape = network.shape
    table = network.table.weight.detach().numpy()
    scale = np.maximum(np.abs(table).max(axis=0), 1e-9) / 127
    rows = np.rint(table / scale).astype(np.int8)
    weight = (network.scores.weight.detach().numpy() * scale).astype("<f4")
    bias = network.scores.bias.detach().numpy().astype("<f4")
    numbers = (VERSION, shape.buckets, shape.dims, shape.classes, shape.min_n, shape.max_n, shape.symbols)
    path.write_bytes(HEADER.pack(MAGIC, *numbers) + rows.tobytes() + weight.tobytes() + bias.tobytes())
