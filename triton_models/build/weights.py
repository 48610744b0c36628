"""Which tensors are in a file of weights?

    tensors(path) -> tensors by name, or CheckpointError

model.safetensors is read here: the length of its header in 8 bytes, the header in JSON, then the numbers. pytorch_model.bin is
read by torch, which takes nothing but tensors out of it.
"""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

import torch
from torch import Tensor

SAFE, PICKLED = "model.safetensors", "pytorch_model.bin"
KINDS = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


class CheckpointError(Exception):
    """A checkpoint folder cannot be used; the text says which file, what is wrong and what was wanted."""


def tensors(path: Path) -> dict[str, Tensor]:
    try:
        return _safe(path.read_bytes()) if path.name == SAFE else torch.load(path, map_location="cpu", weights_only=True)
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RuntimeError,
        EOFError,
        struct.error,
        pickle.UnpicklingError,
    ) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise CheckpointError(f"{path}: cannot be read: {reason}; whole weights are wanted") from None


def _safe(raw: bytes) -> dict[str, Tensor]:
    (length,) = struct.unpack_from("<Q", raw)
    header, body = json.loads(raw[8 : 8 + length]), memoryview(bytearray(raw))[8 + length :]
    found = {}
    for name, told in header.items():
        if name == "__metadata__" or told["dtype"] not in KINDS:
            continue
        first, last = told["data_offsets"]
        if not 0 <= first < last <= len(body):
            raise ValueError(f"{name} ends at byte {last} of {len(body)}")
        found[name] = torch.frombuffer(body[first:last], dtype=KINDS[told["dtype"]]).reshape(told["shape"])
    return found
