"""What does a text mean, and what is it near to?

Triton's Python backend loads this file as model.py of a version folder, beside student.onnx and tokenizer.json. Parameters of
config.pbtxt: file (student.onnx), provider (cpu or cuda), threads (1), alike (16): so many texts of like length run together.

    TEXT       bytes [n, 1], UTF-8
    LOGITS     float32 [n, labels], in the order of labels.txt; the caller looks only at its tenant's columns
    EMBEDDING  float32 [n, 128], of length one

All requests of one execute() run through onnxruntime together. A text that is empty or not UTF-8 is an error of its
own request, and so are scores that are not numbers; the others are answered.

Loading costs a second of a core: imports and session are made in a thread of lowest priority (Linux: each thread has a
nice value of its own), so that the version that serves meanwhile keeps its core. Serving runs on the caller's thread.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils
from numpy.typing import NDArray

NOTHING = np.empty((0, 0), dtype=np.float32)
LOWEST_PRIORITY = 19
Scores = tuple[NDArray[np.float32], NDArray[np.float32]]  # LOGITS, EMBEDDING


class BadText(Exception):
    """A text of this request cannot be read."""


class TritonPythonModel:
    def initialize(self, args: dict[str, Any]) -> None:
        folder = Path(args["model_repository"]) / args["model_version"]
        settings = {name: one["string_value"] for name, one in json.loads(args["model_config"])["parameters"].items()}
        threads, device = int(settings.get("threads", "1")), args["model_instance_device_id"]
        # More threads than the caller's would be born with the low priority, and keep it while they serve.
        made = _unhurried if threads == 1 else _at_once
        self._alike = int(settings.get("alike", "16"))
        self._tokenizer, self._session = made(lambda: _open(folder, settings, threads, device))

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
            if not np.isfinite(logits[rows]).all():
                responses.append(pb_utils.InferenceResponse(error=pb_utils.TritonError("LOGITS are not numbers")))
                continue
            tensors = [pb_utils.Tensor("LOGITS", logits[rows]), pb_utils.Tensor("EMBEDDING", embedding[rows])]
            responses.append(pb_utils.InferenceResponse(output_tensors=tensors))
        return responses

    def _run(self, texts: list[str]) -> Scores:
        """In runs of texts that are about as long as each other: padding costs as much as words."""
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        parts = [
            self._run_alike([texts[row] for row in order[start : start + self._alike]])
            for start in range(0, len(order), self._alike)
        ]
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


def _unhurried(work: Callable[[], Any]) -> Any:
    """What work() returns or raises, done in a thread that yields to everything else."""
    done: list[Any] = []

    def run() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
        try:
            done.extend((work(), None))
        except Exception as error:  # raised again by the caller
            done.extend((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    made, error = done
    if error is not None:
        raise error
    return made


def _at_once(work: Callable[[], Any]) -> Any:
    return work()


def _open(folder: Path, settings: dict[str, str], threads: int, device: str) -> tuple[Any, Any]:
    import onnxruntime  # noqa: PLC0415 - the import is half of the work
    from tokenizers import Tokenizer  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    path = folder / settings.get("file", "student.onnx")
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; `sluice models train --gpu` puts the 16-bit file into a version")
    wanted = _providers(settings, device)
    session = onnxruntime.InferenceSession(path, options, providers=wanted)
    if len(wanted) > 1 and session.get_providers()[0] == "CPUExecutionProvider":
        raise RuntimeError("onnxruntime has no CUDA here, and provider is cuda; onnxruntime-gpu and a GPU are wanted")
    return Tokenizer.from_file(str(folder / "tokenizer.json")), session


def _providers(settings: dict[str, str], device: str) -> list[Any]:
    """onnxruntime's providers, first choice first."""
    if settings.get("provider") == "cuda":
        return [("CUDAExecutionProvider", {"device_id": int(device)}), "CPUExecutionProvider"]
    return ["CPUExecutionProvider"]
