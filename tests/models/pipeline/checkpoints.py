"""What does a Hugging Face checkpoint folder look like? One of chance, 24 wide."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

MARKS = ["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": 24,
    "num_hidden_layers": 4,
    "num_attention_heads": 12,
    "intermediate_size": 48,
    "max_position_embeddings": 80,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
}
KINDS = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}
PARTS = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")


def write_checkpoint(folder: Path, texts: Iterable[str] = ("怎么退款",), pickled: bool = False, **config: Any) -> Path:
    """A whole checkpoint that knows the characters of the texts."""
    folder.mkdir(parents=True, exist_ok=True)
    letters = sorted({char for text in texts for char in text.lower() if not char.isspace()} | set("0v"))
    vocabulary = [*MARKS, *letters, *(f"##{letter}" for letter in "0v")]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    told = {**CONFIG, "vocab_size": len(vocabulary) + 3, **config}
    (folder / "config.json").write_text(json.dumps(told), encoding="utf-8")
    weights = chance(told)
    if pickled:
        torch.save({f"bert.{_old(name)}": tensor for name, tensor in weights.items()}, folder / "pytorch_model.bin")
    else:
        write_safetensors(folder / "model.safetensors", weights)
    return folder


def _old(name: str) -> str:
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


def chance(config: dict[str, Any], seed: int = 1) -> dict[str, Tensor]:
    """Weights by the names of today, each by chance, with what our encoder has no use for."""
    torch.manual_seed(seed)
    hidden, feed = config["hidden_size"], config["intermediate_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], hidden),
        "embeddings.position_embeddings.weight": (config["max_position_embeddings"], hidden),
        "embeddings.token_type_embeddings.weight": (config["type_vocab_size"], hidden),
        "embeddings.LayerNorm.weight": (hidden,),
        "embeddings.LayerNorm.bias": (hidden,),
        "pooler.dense.weight": (hidden, hidden),
    }
    for number in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{number}."
        sizes = {**dict.fromkeys(PARTS, (hidden, hidden)), "intermediate.dense": (feed, hidden), "output.dense": (hidden, feed)}
        for part, size in sizes.items():
            shapes |= {f"{layer}{part}.weight": size, f"{layer}{part}.bias": size[:1]}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{layer}{part}.weight": (hidden,), f"{layer}{part}.bias": (hidden,)}
    return {name: torch.randn(shape) * 0.2 + (1 if name.endswith("Norm.weight") else 0) for name, shape in shapes.items()}


def write_safetensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """The length of the header in 8 bytes, the header in JSON, then the numbers."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, tensor in tensors.items():
        raw = bytes(tensor.contiguous().view(torch.uint8).flatten().tolist())
        offsets = [len(body), len(body) + len(raw)]
        header[name] = {"dtype": KINDS[tensor.dtype], "shape": list(tensor.shape), "data_offsets": offsets}
        body += raw
    told = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(told)) + told + body)
