"""What does a network say that is not a file yet?

read(network, tokenizer, texts) -> (LOGITS float32 [n, labels], EMBEDDING float32 [n, 128]) as encoder.Encoder.read gives
them for an exported file; features(...) -> what its heads look at, float32 [n, 3 * hidden].
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from triton_models.build.batches import slices
from triton_models.build.bert import Bert
from triton_models.build.network import Encoder
from triton_models.build.use import Use

Floats32 = NDArray[np.float32]


def read(network: Encoder | Bert | Use, tokenizer: Tokenizer, texts: list[str]) -> tuple[Floats32, Floats32]:
    logits, embedding = _each_slice(network, tokenizer, texts)
    return logits, embedding


def features(network: Encoder | Bert | Use, tokenizer: Tokenizer, texts: list[str]) -> Floats32:
    (seen,) = _each_slice(lambda ids: (network.features(ids)[1],), tokenizer, texts)
    return seen


def _each_slice(ask: Callable[[Tensor], tuple[Tensor, ...]], tokenizer: Tokenizer, texts: list[str]) -> list[Floats32]:
    """Alike lengths run together; the answers come in the order of the texts."""
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    with torch.inference_mode():
        parts = [ask(ids) for ids in slices([texts[row] for row in order], tokenizer)]
    back = np.argsort(order)
    return [torch.cat(column).float().numpy()[back] for column in zip(*parts, strict=True)]
