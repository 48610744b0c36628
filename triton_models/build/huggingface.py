"""What is in a Hugging Face checkpoint folder?

BERT encoders only (bert-base-chinese, for instance): config.json, vocab.txt, and the weights as model.safetensors or
pytorch_model.bin. Nothing is downloaded, and no code of a checkpoint is run.

    Checkpoint.of(folder) -> Checkpoint, or CheckpointError with the file, what is wrong and what was wanted
    checkpoint.tokenizer() -> Tokenizer; checkpoint.shape(labels) -> bert.Shape; checkpoint.network(labels) -> bert.Bert
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from triton_models.build.bert import Bert, Shape
from triton_models.build.distil import LAYERS
from triton_models.build.vocabulary import CLS, MAX_TOKENS, PAD, UNKNOWN
from triton_models.build.weights import PICKLED, SAFE, CheckpointError, tensors

CONFIG, VOCABULARY = "config.json", "vocab.txt"
SEP = "[SEP]"
RATE = 5e-5  # a checkpoint is tuned, not taught
NUMBERS = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings")
WANTED = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}


@dataclass(frozen=True)
class Checkpoint:
    folder: Path
    config: dict[str, Any]
    vocabulary: list[str]

    @classmethod
    def of(cls, folder: Path) -> Checkpoint:
        config = _config(folder / CONFIG)
        checkpoint = cls(folder, config, _vocabulary(folder / VOCABULARY))
        if len(checkpoint.vocabulary) > config["vocab_size"]:
            lines = len(checkpoint.vocabulary)
            raise CheckpointError(f"{folder / VOCABULARY}: {lines} tokens; {CONFIG} has vocab_size {config['vocab_size']}")
        _ = checkpoint.weights
        return checkpoint

    @property
    def weights(self) -> Path:
        """The file of the weights."""
        for name in (SAFE, PICKLED):
            if (self.folder / name).is_file():
                return self.folder / name
        raise CheckpointError(f"{self.folder}: no weights; {SAFE} or {PICKLED}, in one piece, is wanted")

    @cached_property
    def digest(self) -> str:
        """Changes with anything of it that the teacher learns from."""
        about = hashlib.sha256(json.dumps([self.config, self.vocabulary]).encode())
        with self.weights.open("rb") as file:
            while block := file.read(1 << 20):
                about.update(block)
        return about.hexdigest()

    def shape(self, labels: int) -> Shape:
        told = self.config
        return Shape(
            vocabulary=len(self.vocabulary),
            labels=labels,
            heads=(told["num_attention_heads"],) * told["num_hidden_layers"],
            hidden=told["hidden_size"],
            feed_forward=told["intermediate_size"],
            kinds=told.get("type_vocab_size", 2),
            epsilon=told.get("layer_norm_eps", 1e-12),
        )

    def network(self, labels: int) -> Bert:
        """With the checkpoint's weights and heads that have learned nothing."""
        network = Bert(self.shape(labels))
        known = {_plain(name): tensor for name, tensor in tensors(self.weights).items()}
        with torch.no_grad():
            for name, mine in network.named_in_checkpoint():
                if name not in known:
                    raise CheckpointError(f"{self.weights}: {name} is missing; a whole BERT encoder is wanted")
                _copy(known[name], mine, self._rows(name), f"{self.weights}: {name}")
        return network

    def _rows(self, name: str) -> int | None:
        """How many rows a table has in the file, where the network keeps only the first of them."""
        if name == "embeddings.word_embeddings.weight":
            return int(self.config["vocab_size"])
        return int(self.config["max_position_embeddings"]) if name == "embeddings.position_embeddings.weight" else None

    def tokenizer(self) -> Tokenizer:
        """As the checkpoint was trained, but that every run of digits is one "0", as everywhere here."""
        index = {token: number for number, token in enumerate(self.vocabulary)}
        tokenizer = Tokenizer(models.WordPiece(index, unk_token=UNKNOWN, max_input_chars_per_word=100))
        cased = not self.config["do_lower_case"]
        digits = normalizers.Replace(Regex("[0-9０-９]+"), "0")
        tokenizer.normalizer = normalizers.Sequence([normalizers.BertNormalizer(lowercase=not cased), digits])
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        marks = [(mark, index[mark]) for mark in (CLS, SEP)]
        tokenizer.post_processor = processors.TemplateProcessing(single=f"{CLS} $A {SEP}", special_tokens=marks)
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.enable_padding(pad_id=0, pad_token=PAD)
        return tokenizer


def _config(path: Path) -> dict[str, Any]:
    told = _json(path)
    for name, wanted in WANTED.items():
        if told.get(name, wanted if name != "model_type" else None) != wanted:
            raise CheckpointError(f"{path}: {name} is {told.get(name)!r}; {wanted!r} is wanted")
    for name in (*NUMBERS, "vocab_size"):
        if not isinstance(told.get(name), int) or told[name] < 1:
            raise CheckpointError(f"{path}: {name} is {told.get(name)!r}; a whole number above 0 is wanted")
    if told["num_hidden_layers"] < LAYERS:
        raise CheckpointError(f"{path}: num_hidden_layers is {told['num_hidden_layers']}; {LAYERS} at least, as the student has")
    if told["hidden_size"] % told["num_attention_heads"]:
        raise CheckpointError(f"{path}: hidden_size is {told['hidden_size']}; a multiple of num_attention_heads is wanted")
    if told["max_position_embeddings"] < MAX_TOKENS:
        raise CheckpointError(f"{path}: max_position_embeddings is {told['max_position_embeddings']}; {MAX_TOKENS} at least")
    beside = path.with_name("tokenizer_config.json")
    return {**told, "do_lower_case": (_json(beside) if beside.exists() else told).get("do_lower_case", True)}


def _json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise CheckpointError(f"{path}: no such file; a Hugging Face checkpoint folder is wanted") from None
    except ValueError as error:
        raise CheckpointError(f"{path}: not JSON: {error}") from None
    if not isinstance(told, dict):
        raise CheckpointError(f"{path}: a JSON object is wanted")
    return told


def _vocabulary(path: Path) -> list[str]:
    try:
        tokens = path.read_bytes().decode().removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError):
        raise CheckpointError(f"{path}: cannot be read; one token a line, in UTF-8, is wanted") from None
    tokens = [token.rstrip("\r") for token in tokens]
    twice = len(tokens) - len(set(tokens))
    if twice:
        raise CheckpointError(f"{path}: {twice} tokens stand there more than once; each once is wanted")
    missing = [mark for mark in (PAD, UNKNOWN, CLS, SEP) if mark not in tokens]
    if missing:
        raise CheckpointError(f"{path}: lacks {', '.join(missing)}")
    if tokens[0] != PAD:
        raise CheckpointError(f"{path}: {PAD} is token {tokens.index(PAD)}; 0, the first line, is wanted")
    return tokens


def _plain(name: str) -> str:
    """As newer checkpoints call it."""
    return name.removeprefix("bert.").replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def _copy(its: Tensor, mine: Tensor, rows: int | None, place: str) -> None:
    wanted = [rows or mine.shape[0], *mine.shape[1:]]
    if list(its.shape) != wanted:
        raise CheckpointError(f"{place} is {_of(its.shape)}; {_of(wanted)} is wanted")
    mine.copy_(its[: len(mine)])


def _of(shape: Iterable[int]) -> str:
    return f"[{', '.join(map(str, shape))}]"
