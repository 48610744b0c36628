"""How is the network made that knows what was asked (pyshim/understanding/proposer.py)?

dialogues/*.tsv: what customers said at each question of each task; the file `life` measures, the others are learned from. The
student is the version's own, as it lies in the folder: the network learns from what that very file says.

    propose(folder) -> figures of what was written into a version folder
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from pyshim.tenants.schema import Kind
from pyshim.understanding import proposer
from pyshim.understanding.proposer import CONFIRM, FILE, NEVER, SAYS, features, grams
from pyshim.understanding.student import Encoder
from triton_models.build.corpus import CorpusError
from triton_models.build.shipped import shipped
from triton_models.build.tenancy import Tenancy

DIALOGUES = Path(__file__).resolve().parents[1] / "dialogues"
HELD = "life"
KINDS = (CONFIRM, *get_args(Kind))
COLUMNS = 6
FOLDS = 4


@dataclass(frozen=True)
class Plan:
    buckets: int = 1024
    gram: int = 16
    hidden: int = 64
    epochs: int = 30
    batch: int = 64
    rate: float = 3e-3
    dropout: float = 0.3
    smoothing: float = 0.05


@dataclass(frozen=True)
class Row:
    """kind: of what was asked."""

    task: str
    kind: str
    text: str
    says: str


@dataclass(frozen=True)
class Heard:
    """Rows as the network gets them. wide: features without n-grams [rows, f]; bags: n-grams of each; asked, says: numbers."""

    wide: NDArray[np.float32]
    bags: list[list[int]]
    asked: NDArray[np.int64]
    says: NDArray[np.int64]

    def at(self, rows: NDArray[np.int64]) -> Heard:
        return Heard(self.wide[rows], [self.bags[row] for row in rows], self.asked[rows], self.says[rows])


def knows_the_dialogues(tenancy: Tenancy) -> bool:
    """Is the version for the tenants that speak in dialogues/?"""
    return all(set(tenant.tasks) <= set(tenancy.labels) for tenant in shipped())


def rows(path: Path) -> list[Row]:
    """Raises CorpusError with file:line for the first that cannot be used."""
    slots = {(one.id, name): slot.type for one in shipped() for name, slot in one.slots.items()}
    tasks = {(one.id, name) for one in shipped() for name in one.tasks}
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) != COLUMNS:
            raise CorpusError(f"{path.name}:{number}: {len(cells)} columns; {COLUMNS} are wanted")
        tenant, task, asked, text, says, _ = cells
        kind = CONFIRM if asked == CONFIRM else slots.get((tenant, asked))
        if kind is None or (tenant, task) not in tasks or says not in SAYS or not text.strip():
            raise CorpusError(f"{path.name}:{number}: no task, slot, or meaning of {tenant}: {line!r}")
        found.append(Row(task, kind, text, says))
    return found


class Network(torch.nn.Module):
    def __init__(self, wide: int, plan: Plan) -> None:
        super().__init__()
        self.grams = torch.nn.EmbeddingBag(plan.buckets, plan.gram, mode="mean")
        self.inner = torch.nn.Linear(wide + plan.gram, plan.hidden)
        self.out = torch.nn.Linear(plan.hidden + len(KINDS), len(SAYS))
        self.drop = torch.nn.Dropout(plan.dropout)

    def forward(self, wide: torch.Tensor, ids: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        seen = torch.cat([wide, self.grams(ids, starts)], 1)
        inner = self.drop(torch.relu(self.inner(self.drop(seen))))
        scores: torch.Tensor = self.out(torch.cat([inner, wide[:, -len(KINDS) :]], 1))
        return scores


def propose(folder: Path, seed: int, plan: Plan | None = None, dialogues: Path = DIALOGUES) -> dict[str, Any]:
    """Writes proposer.npz. Raises CorpusError."""
    plan = plan or Plan()
    student = Encoder.load(folder / "student.onnx", folder / "tokenizer.json")
    labels = (folder / "labels.txt").read_text(encoding="utf-8").split()
    files = sorted(dialogues.glob("*.tsv"))
    told = [row for path in files if path.stem != HELD for row in rows(path)]
    known = _heard(told, student, labels, plan)
    temperature = _temperature(known, [row.text for row in told], seed, plan)
    _write(folder / FILE, _learned(known, seed, plan), temperature)
    made = proposer.load(folder, labels)
    assert made is not None
    held = rows(dialogues / f"{HELD}.tsv")
    return {"messages": len(told), **_figures(made, held, student), "temperature": round(temperature, 3)}


def _heard(said: list[Row], student: Encoder, labels: list[str], plan: Plan) -> Heard:
    logits, embedding = student.read([row.text for row in said])
    wide = [
        features(logits[at], embedding[at], labels.index(row.task), KINDS.index(row.kind), len(KINDS))
        for at, row in enumerate(said)
    ]
    bags = [grams(row.text, plan.buckets) for row in said]
    numbers = [(KINDS.index(row.kind), SAYS.index(row.says)) for row in said]
    asked, says = (np.array(column, np.int64) for column in zip(*numbers, strict=True))
    return Heard(np.stack(wide), bags, asked, says)


def _tensors(heard: Heard) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    starts = np.cumsum([0, *(len(bag) for bag in heard.bags[:-1])])
    ids = [number for bag in heard.bags for number in bag]
    return torch.from_numpy(heard.wide), torch.tensor(ids), torch.from_numpy(starts)


def _learned(heard: Heard, seed: int, plan: Plan) -> Network:
    torch.manual_seed(seed)
    network, random = Network(heard.wide.shape[1], plan), np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(network.parameters(), plan.rate, weight_decay=1e-3)
    for epoch in range(plan.epochs):
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * (1 - epoch / plan.epochs)
        order = random.permutation(len(heard.says))
        for some in np.array_split(order, max(1, math.ceil(len(order) / plan.batch))):
            part = heard.at(some)
            loss = torch.nn.functional.cross_entropy(
                network(*_tensors(part)), torch.from_numpy(part.says), label_smoothing=plan.smoothing
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return network.eval()


def _scores(network: Network, heard: Heard) -> NDArray[np.float64]:
    """What cannot be said at a question scores nothing there."""
    with torch.no_grad():
        scores = network(*_tensors(heard)).numpy().astype(np.float64)
    for consent, never in NEVER.items():
        rows_of = (heard.asked == KINDS.index(CONFIRM)) == consent
        scores[np.ix_(rows_of, [SAYS.index(one) for one in never])] = -np.inf
    return scores


def _temperature(heard: Heard, texts: list[str], seed: int, plan: Plan) -> float:
    """By which shares are as sure as they are right, on texts that were not learned from."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    fold = np.array([numbers[text] % FOLDS for text in texts])
    scores = np.zeros((len(texts), len(SAYS)))
    for number in range(FOLDS):
        apart = np.flatnonzero(fold == number)
        scores[apart] = _scores(_learned(heard.at(np.flatnonzero(fold != number)), seed, plan), heard.at(apart))

    def loss(temperature: float) -> float:
        cooled = scores / temperature
        cooled -= cooled.max(1, keepdims=True)
        right = cooled[np.arange(len(texts)), heard.says] - np.log(np.exp(cooled).sum(1))
        return float(-np.mean(np.maximum(right, -20)))

    return min(np.geomspace(0.2, 5, 60).tolist(), key=loss)


def _write(path: Path, network: Network, temperature: float) -> None:
    def small(weights: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        scale = np.maximum(np.abs(weights).max(axis), 1e-8) / 127
        return np.rint(weights / np.expand_dims(scale, axis)).astype(np.int8), scale.astype(np.float32)

    def numbers(weights: torch.Tensor) -> NDArray[np.float32]:
        return weights.detach().numpy()

    table, table_scale = small(numbers(network.grams.weight), 0)
    hidden, hidden_scale = small(numbers(network.inner.weight), 1)
    np.savez_compressed(
        path,
        says=np.array(SAYS),
        kinds=np.array(KINDS),
        grams=table,
        grams_scale=table_scale,
        hidden=hidden,
        hidden_scale=hidden_scale,
        hidden_bias=numbers(network.inner.bias),
        out=numbers(network.out.weight).astype(np.float16),
        out_bias=numbers(network.out.bias),
        temperature=np.array(temperature),
    )


def _figures(made: proposer.Proposer, held: list[Row], student: Encoder) -> dict[str, Any]:
    """As it is served, on messages in the proportions of life."""
    logits, embedding = student.read([row.text for row in held])
    shares = [made.shares(row.text, logits[at], embedding[at], row.kind, row.task) for at, row in enumerate(held)]
    said = [max(one, key=lambda says: one[says]) for one in shares]
    right = np.array([one == row.says for one, row in zip(said, held, strict=True)])
    sure = np.array([max(one.values()) for one in shares]) >= 0.9
    recall = {
        says: round(float(np.mean([one == says for one, row in zip(said, held, strict=True) if row.says == says])), 3)
        for says in SAYS
    }
    return {
        "held": len(held),
        "accuracy": round(float(right.mean()), 4),
        "sure": round(float(sure.mean()), 4),
        "accuracy_of_sure": round(float(right[sure].mean()), 4),
        "recall": recall,
    }
