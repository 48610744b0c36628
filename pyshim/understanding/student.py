"""What does an exported student say?

    python student.py FOLDER    texts from standard input, [[text, ...], ...] in JSON, each list by itself; says
                                {"LOGITS": [...], "EMBEDDING": [...]}, a row for each text
Encoder.load(onnx, tokenizer) reads both files as Triton's model does, on onnxruntime and one thread;
read(texts) -> (LOGITS float32 [n, labels], EMBEDDING float32 [n, 128]) in the order of the texts.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

Read = tuple[NDArray[np.float32], NDArray[np.float32]]
AT_ONCE = 64


@dataclass(frozen=True)
class Encoder:
    session: onnxruntime.InferenceSession
    tokenizer: Tokenizer

    @classmethod
    def load(cls, model: Path, tokenizer: Path) -> Encoder:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return cls(session, Tokenizer.from_file(str(tokenizer)))

    def read(self, texts: list[str]) -> Read:
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        slices = [order[start : start + AT_ONCE] for start in range(0, len(order), AT_ONCE)]
        parts = [self.run(self.ids([texts[row] for row in rows])) for rows in slices]
        back = np.argsort(order)
        logits, embedding = (np.concatenate(part)[back] for part in zip(*parts, strict=True))
        return logits, embedding

    def ids(self, texts: list[str]) -> NDArray[np.int64]:
        """Token ids [n, tokens], padded."""
        return np.array([one.ids for one in self.tokenizer.encode_batch(texts)], dtype=np.int64)

    def run(self, ids: NDArray[np.int64]) -> Read:
        logits, embedding = self.session.run(["LOGITS", "EMBEDDING"], {"IDS": ids})
        return logits, embedding


def main() -> None:
    """Whatever is wrong with the student ends it: the last line of its traceback says what."""
    folder = Path(sys.argv[1])
    student = Encoder.load(folder / "student.onnx", folder / "tokenizer.json")
    parts = [student.read(texts) for texts in json.load(sys.stdin)]
    logits, embedding = (np.concatenate(part).tolist() for part in zip(*parts, strict=True))
    json.dump({"LOGITS": logits, "EMBEDDING": embedding}, sys.stdout)


if __name__ == "__main__":
    main()
