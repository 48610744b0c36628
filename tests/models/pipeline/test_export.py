"""Does the file say what the network says, for any number of sentences of any length?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from triton_models.build.export import export, quantise


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture
def network(make_network):
    return make_network(4, heads=(6,) * 4)


@pytest.fixture
def files(folder: Path, network) -> dict[str, Path]:
    full, small = folder / "full.onnx", folder / "student.onnx"
    if not small.exists():
        export(network, full)
        quantise(full, small)
    return {"full": full, "small": small}


def opened(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def ids(batch: int, tokens: int) -> np.ndarray:
    made = np.random.default_rng(batch * 100 + tokens).integers(4, 60, (batch, tokens))
    made[0, 1 + tokens // 2 :] = 0
    return made


@pytest.mark.parametrize("file", ["full", "small"])
def test_tensors_are_named_by_meaning_and_have_the_sizes_that_triton_is_told(files, file):
    session = opened(files[file])
    (asked,) = session.get_inputs()
    assert (asked.name, asked.type, asked.shape) == ("IDS", "tensor(int64)", ["batch", "tokens"])
    said = {one.name: (one.type, one.shape) for one in session.get_outputs()}
    assert said == {"LOGITS": ("tensor(float)", ["batch", 5]), "EMBEDDING": ("tensor(float)", ["batch", 128])}


@pytest.mark.parametrize(("batch", "tokens"), [(1, 2), (3, 7), (65, 64)])
def test_any_number_of_sentences_of_any_length_is_read(files, network, batch, tokens):
    asked = ids(batch, tokens)
    with torch.no_grad():
        logits, embedding = (part.numpy() for part in network(torch.from_numpy(asked)))
    full = opened(files["full"]).run(["LOGITS", "EMBEDDING"], {"IDS": asked})
    np.testing.assert_allclose(full[0], logits, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(full[1], embedding, rtol=1e-3, atol=1e-4)
    small = opened(files["small"]).run(["LOGITS", "EMBEDDING"], {"IDS": asked})
    assert small[0].shape == logits.shape and small[1].shape == embedding.shape
    assert (small[1] * embedding).sum(1).mean() > 0.9


def test_bytes_are_fewer_and_nothing_else_is_left_behind(files, folder):
    assert files["small"].stat().st_size < files["full"].stat().st_size / 2
    assert sorted(path.name for path in folder.iterdir()) == ["full.onnx", "student.onnx"]
