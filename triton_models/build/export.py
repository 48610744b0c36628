"""How does a network become a file that onnxruntime reads fast?

ONNX opset 17 with free batch and token counts, tensors named by meaning: IDS -> LOGITS, EMBEDDING. Then dynamic INT8:
weights of matrix products and of the character table as bytes, activations measured as they come. For a GPU, whose
eight-bit dynamic operators would fall back to the CPU, the same with 16-bit floats inside and 32-bit ones outside.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from onnxruntime.transformers.float16 import convert_float_to_float16

from triton_models.build.bert import Bert
from triton_models.build.network import Encoder
from triton_models.build.use import Use

OPSET = 17


def export(network: Encoder | Bert | Use, path: Path) -> None:
    """Writes teacher or student with 32-bit weights."""
    sample = torch.ones(2, 8, dtype=torch.long)
    free = {0: "batch"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (sample,),
            path,
            input_names=["IDS"],
            output_names=["LOGITS", "EMBEDDING"],
            dynamic_axes={"IDS": {0: "batch", 1: "tokens"}, "LOGITS": free, "EMBEDDING": free},
            opset_version=OPSET,
            dynamo=False,
        )
    onnx.checker.check_model(str(path))


def quantise(full: Path, small: Path) -> None:
    """Writes the same model with INT8 weights; seven bits of them are used, so that no processor overflows."""
    ready = full.with_suffix(".ready.onnx")
    quant_pre_process(str(full), str(ready), skip_symbolic_shape=True)
    logging.disable(logging.WARNING)
    quantize_dynamic(
        ready,
        small,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
    )
    logging.disable(logging.NOTSET)
    ready.unlink()


def halve(full: Path, small: Path) -> None:
    """Writes the same model with 16-bit floats."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numbers nearer to zero than 16 bits can say become the smallest there is
        halved = convert_float_to_float16(onnx.load(str(full)), keep_io_types=True)
    onnx.save(halved, str(small))
