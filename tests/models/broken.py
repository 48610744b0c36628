"""How does a version go wrong?"""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx.numpy_helper


def without_numbers(folder: Path) -> None:
    """The student opens and runs, and its scores are NaN: the bias that is added last is spoilt."""
    path = folder / "student.onnx"
    model = onnx.load(path)
    floats = {one.name: one for one in model.graph.initializer if one.data_type == onnx.TensorProto.FLOAT}
    nodes = {name: node for node in model.graph.node for name in node.output}
    wanted = nodes["LOGITS"]
    while not any(name in floats and len(floats[name].dims) == 1 and floats[name].dims[0] > 1 for name in wanted.input):
        wanted = next(nodes[name] for name in wanted.input if name in nodes)
    name = next(name for name in wanted.input if name in floats and len(floats[name].dims) == 1)
    spoilt = onnx.numpy_helper.to_array(floats[name]).copy()
    spoilt[:] = float("nan")
    floats[name].CopyFrom(onnx.numpy_helper.from_array(spoilt, name))
    onnx.save(model, path)
