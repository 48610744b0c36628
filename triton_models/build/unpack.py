"""How does a version's file become a network again?

network(folder) -> use.Use with the weights of its student.onnx: INT8 ones times their scales, so that it says what the file says
but for what INT8 rounds on its way. A version of another kind of network (the pretrained encoder is the only one that is served
as it learned) raises CheckpointError, as does a file that does not say afterwards what it said before: its exporter has other
names.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor

from pyshim.understanding.folder import SENTENCES
from pyshim.understanding.student import Encoder
from triton_models.build.use import DENSE, Shape, Use
from triton_models.build.weights import CheckpointError

QUANTISED = "_quantized"
WANTED = "a version made of the pretrained encoder (--teacher use), or the work folder of another one (--work)"
PRODUCT = re.compile(r"/(?P<part>\w+)/MatMul")
NEAR = 0.99  # the correlation of what network and file say: INT8 activations are rounded, a wrong weight is far off


def network(folder: Path) -> Use:
    """Ready to be asked."""
    path = folder / "student.onnx"
    try:
        known = _weights(onnx.load(str(path)).graph)
        made = Use(_shape(known))
        made.load_state_dict(known)
    except (OSError, KeyError, ValueError, RuntimeError, DecodeError) as error:
        why = str(error).strip().splitlines()[0]
        raise CheckpointError(f"{path}: cannot be taken apart: {why}; {WANTED}") from None
    _check(made.eval(), folder)
    return made


def _weights(graph: onnx.GraphProto) -> dict[str, Tensor]:
    """Every parameter by its name in use.Use. Of a product without a bias the file keeps no name: its node says whose it is."""
    stored = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    weights = {name: torch.from_numpy(array.copy()) for name, array in stored.items() if name.endswith((".weight", ".bias"))}
    product_of = {name: node.name for node in graph.node if node.op_type == "MatMulInteger" for name in node.input}
    for name in stored:
        if not name.endswith(QUANTISED):
            continue
        table = torch.from_numpy(_whole(stored, name.removesuffix(QUANTISED)))
        if name in product_of:  # x @ weight, where torch has the transposed one
            weights[_named(name.removesuffix(QUANTISED), product_of[name])] = table.T.contiguous()
        else:
            weights[name.removesuffix(QUANTISED)] = table
    return weights


def _whole(stored: dict[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    """float32, of 8 bits a number and one scale a column, or one in all."""
    rounded, zero = stored[name + QUANTISED].astype(np.int32), stored[f"{name}_zero_point"].astype(np.int32)
    whole: NDArray[np.float32] = ((rounded - zero) * stored[f"{name}_scale"]).astype(np.float32)
    return whole


def _named(name: str, node: str) -> str:
    if name.endswith(".weight"):
        return name
    found = PRODUCT.match(node)
    part, _, number = found["part"].partition("_") if found else ("", "", "")
    if part in ("project", "first", "second"):
        return f"branches.{number or 0}.{part}.weight"
    if part in DENSE:
        return f"dense.{part}.weight"
    return "from_pieces.weight" if node.startswith("/from_pieces/") else "to_mean.weight"


def _shape(known: dict[str, Tensor]) -> Shape:
    return Shape(
        vocabulary=len(known["pieces.weight"]),
        labels=len(known["to_logits.bias"]),
        embedding=len(known["to_embedding.bias"]),
        pair_buckets=len(known["pairs.weight"]),
        bag=len(known["bag_norm.bias"]),
        hidden=len(known["hide.bias"]),
    )


def _check(made: Use, folder: Path) -> None:
    student = Encoder.load(folder / "student.onnx", folder / "tokenizer.json")
    for sentence in SENTENCES:
        said = student.read([sentence])
        with torch.inference_mode():
            mine = made(torch.from_numpy(student.ids([sentence])))
        for its, own in zip(said, mine, strict=True):
            if np.corrcoef(its[0], own[0].numpy())[0, 1] < NEAR:
                raise CheckpointError(f"{folder / 'student.onnx'}: taken apart it says something else; {WANTED}")
