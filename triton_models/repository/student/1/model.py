"""What does a text mean, and what is it near to?

Triton's Python backend loads this file as model.py of a version folder, beside student.onnx and tokenizer.json.

    TEXT       bytes [n, 1], UTF-8
    LOGITS     float32 [n, labels], in the order of labels.txt; the caller looks only at its tenant's columns
    EMBEDDING  float32 [n, 128], of length one

All requests of one execute() run through onnxruntime together. A text that is empty or not UTF-8 is an error of its
own request; the others are answered.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils
from numpy.typing import NDArray
from tokenizers import Tokenizer

NOTHING = np.empty((0, 0), dtype=np.float32)


ALIKE = 16
Scores = tuple[NDArray[np.float32], NDArray[np.float32]]  # LOGITS, EMBEDDING


class BadText(Exception):
    """A text of this request cannot be read."""


class TritonPythonModel:
    def initialize(self, args: dict[str, Any]) -> None:
        folder = Path(args["model_repository"]) / args["model_version"]
        settings = {name: one["string_value"] for name, one in json.loads(args["model_config"])["parameters"].items()}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._session = onnxruntime.InferenceSession(
            folder / "student.onnx", _options(settings), providers=_providers(settings, args["model_instance_device_id"])
        )

    def execute(self, requests: list[Any]) -> list[Any]:
        read = [_texts_of(request) for request in requests]
        texts = [text for one in read if not isinstance(one, BadText) for text in one]
        logits, embedding = self._run(texts) if texts else (NOTHING, NOTHING)
        responses, start = [], 0
        for one in read:
            if isinstance(one, BadText):
                responses.append(
                    pb_utils.InferenceResponse(error=pb_utils.TritonError(str(one), pb_utils.TritonError.INVALID_ARG))
                )
                continue
            rows = slice(start, start + len(one))
            start = rows.stop
            tensors = [pb_utils.Tensor("LOGITS", logits[rows]), pb_utils.Tensor("EMBEDDING", embedding[rows])]
            responses.append(pb_utils.InferenceResponse(output_tensors=tensors))
        return responses

    def _run(self, texts: list[str]) -> Scores:
        """In runs of texts that are about as long as each other: padding costs as much as words."""
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        parts = [self._run_alike([texts[row] for row in order[start : start + ALIKE]]) for start in range(0, len(order), ALIKE)]
        back = np.argsort(order)
        logits, embedding = (np.concatenate(part)[back] for part in zip(*parts, strict=True))
        return logits, embedding

    def _run_alike(self, texts: list[str]) -> Scores:
        ids = np.array([one.ids for one in self._tokenizer.encode_batch(texts)], dtype=np.int64)
        logits, embedding = self._session.run(["LOGITS", "EMBEDDING"], {"IDS": ids})
        return logits, embedding


def _texts_of(request: Any) -> list[str] | BadText:
    """The request's texts, or what is wrong with the first bad one."""
    texts = []
    for raw in pb_utils.get_input_tensor_by_name(request, "TEXT").as_numpy().reshape(-1):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            return BadText(f"TEXT is not UTF-8: byte {error.start}")
        if not text.strip():
            return BadText("TEXT is empty")
        texts.append(text)
    return texts


def _options(settings: dict[str, str]) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(settings.get("threads", "1"))
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _providers(settings: dict[str, str], device: str) -> list[Any]:
    """onnxruntime's providers, first choice first."""
    if settings.get("provider") == "cuda":
        return [("CUDAExecutionProvider", {"device_id": int(device)}), "CPUExecutionProvider"]
    return ["CPUExecutionProvider"]
