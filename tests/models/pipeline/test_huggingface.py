"""Is a checkpoint read as it was written, and a broken one refused with what was wanted?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.models.pipeline.checkpoints import CONFIG, chance, write_checkpoint, write_safetensors
from triton_models.build.huggingface import Checkpoint
from triton_models.build.weights import CheckpointError, tensors

IDS = torch.tensor([[3, 7, 8, 9, 4], [3, 6, 4, 0, 0]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "checkpoint")


def by_torch(weights: dict[str, Tensor], ids: Tensor) -> list[Tensor]:
    """The states after each layer as torch's own encoder layers have them."""
    places = weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
    x = weights["embeddings.word_embeddings.weight"][ids] + places + weights["embeddings.token_type_embeddings.weight"][0]
    x = nn.functional.layer_norm(x, (24,), weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"], 1e-12)
    states = []
    for number in range(4):
        own = {name.removeprefix(f"encoder.layer.{number}."): tensor for name, tensor in weights.items()}
        layer = nn.TransformerEncoderLayer(24, 12, 48, 0, "gelu", 1e-12, batch_first=True, norm_first=False)
        known = {}
        for kind in ("weight", "bias"):
            known[f"self_attn.in_proj_{kind}"] = torch.cat(
                [own[f"attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            )
            known[f"self_attn.out_proj.{kind}"] = own[f"attention.output.dense.{kind}"]
            known |= {f"linear1.{kind}": own[f"intermediate.dense.{kind}"], f"linear2.{kind}": own[f"output.dense.{kind}"]}
            known |= {
                f"norm1.{kind}": own[f"attention.output.LayerNorm.{kind}"],
                f"norm2.{kind}": own[f"output.LayerNorm.{kind}"],
            }
        layer.load_state_dict(known)
        x = layer.train()(x, src_key_padding_mask=ids == 0)
        states.append(x)
    return states


def test_it_reads_a_sentence_as_torchs_own_layers_do(folder):
    network = Checkpoint.of(folder).network(5).eval()
    expected = by_torch(tensors(folder / "model.safetensors"), IDS)
    real = IDS != 0
    for mine, its in zip(network.read(IDS).states, expected, strict=True):
        torch.testing.assert_close(mine[real], its[real], rtol=1e-4, atol=1e-5)


def test_padding_does_not_change_the_answer(folder):
    network = Checkpoint.of(folder).network(5).eval()
    (logits, embedding), alone = network(IDS), network(IDS[1:, :3])
    torch.testing.assert_close(alone[0][0], logits[1], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(alone[1][0], embedding[1], rtol=1e-4, atol=1e-5)


def test_a_gate_that_is_shut_silences_its_head(folder):
    network = Checkpoint.of(folder).network(5).eval()
    gates = [torch.ones(12) for _ in range(4)]
    torch.testing.assert_close(network.read(IDS, gates).logits, network.read(IDS).logits)
    gates[2][5] = 0
    assert not torch.allclose(network.read(IDS, gates).logits, network.read(IDS).logits, atol=1e-6)


def test_the_old_way_of_writing_it_is_read_as_the_new(folder, tmp_path):
    old = write_checkpoint(tmp_path / "old", pickled=True)
    torch.manual_seed(0)
    new_says = Checkpoint.of(folder).network(5).eval()(IDS)
    torch.manual_seed(0)
    old_says = Checkpoint.of(old).network(5).eval()(IDS)
    assert torch.equal(new_says[0], old_says[0]) and torch.equal(new_says[1], old_says[1])


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
def test_half_precision_is_read_as_it_is(tmp_path, kind):
    written = {name: tensor.to(kind) for name, tensor in chance({**CONFIG, "vocab_size": 7}).items()}
    write_safetensors(tmp_path / "model.safetensors", written)
    read = tensors(tmp_path / "model.safetensors")
    assert read.keys() == written.keys()
    assert all(torch.equal(read[name], written[name]) for name in written)


def test_a_sentence_is_cut_into_what_the_checkpoint_knows(folder):
    tokenizer = Checkpoint.of(folder).tokenizer()
    assert tokenizer.encode("怎么退款?").tokens == ["[CLS]", "怎", "么", "退", "款", "[UNK]", "[SEP]"]
    assert tokenizer.encode("退123款V２５").tokens == ["[CLS]", "退", "0", "款", "v", "##0", "[SEP]"]
    short, long = tokenizer.encode_batch(["退", "退" * 100])
    assert len(long.ids) == 64 and long.tokens[-1] == "[SEP]"
    assert short.ids[3:] == [0] * 61


def test_what_it_is_made_of_has_one_name_and_any_change_another(folder, tmp_path):
    same, other = write_checkpoint(tmp_path / "same"), write_checkpoint(tmp_path / "other", layer_norm_eps=1e-5)
    assert Checkpoint.of(folder).digest == Checkpoint.of(same).digest != Checkpoint.of(other).digest
    raw = (same / "model.safetensors").read_bytes()
    (same / "model.safetensors").write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    assert Checkpoint.of(folder).digest != Checkpoint.of(same).digest


def config(**values: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **values}))

    return edit


def vocabulary(change: Callable[[str], str]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "vocab.txt"
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return edit


def weights(change: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        write_safetensors(folder / "model.safetensors", change(tensors(folder / "model.safetensors")))

    return edit


QUERY = "encoder.layer.2.attention.self.query.weight"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "config.json").unlink(), "config.json: no such file"),
        (lambda folder: (folder / "config.json").write_text("{"), "config.json: not JSON"),
        (config(model_type="gpt2"), "config.json: model_type is 'gpt2'; 'bert' is wanted"),
        (config(hidden_act="relu"), "config.json: hidden_act is 'relu'; 'gelu' is wanted"),
        (config(num_hidden_layers=2), "config.json: num_hidden_layers is 2; 4 at least, as the student has"),
        (config(num_attention_heads=7), "config.json: hidden_size is 24; a multiple of num_attention_heads is wanted"),
        (config(hidden_size="wide"), "config.json: hidden_size is 'wide'; a whole number"),
        (config(max_position_embeddings=32), "config.json: max_position_embeddings is 32; 64 at least"),
        (config(vocab_size=5), "vocab.txt: 14 tokens; config.json has vocab_size 5"),
        (lambda folder: (folder / "vocab.txt").unlink(), "vocab.txt: cannot be read"),
        (vocabulary(lambda text: text.replace("[CLS]", "[START]").replace("[UNK]", "?")), "vocab.txt: lacks [UNK], [CLS]"),
        (vocabulary(lambda text: text.replace("[PAD]\n[unused1]", "[unused1]\n[PAD]")), "vocab.txt: [PAD] is token 1; 0, the"),
        (vocabulary(lambda text: text.replace("怎", "么")), "vocab.txt: 1 tokens stand there more than once"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no weights; model.safetensors or pytorch_model.bin"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"\xff" * 100), "model.safetensors: cannot be read"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b""), "model.safetensors: cannot be read"),
        (weights(lambda known: known | {QUERY: torch.zeros(24, 12)}), f"{QUERY} is [24, 12]; [24, 24] is wanted"),
        (weights(lambda known: {name: known[name] for name in known if name != QUERY}), f"{QUERY} is missing"),
        (
            weights(lambda known: known | {"embeddings.word_embeddings.weight": torch.zeros(9, 24)}),
            "embeddings.word_embeddings.weight is [9, 24]; [17, 24] is wanted",
        ),
    ],
)
def test_a_fault_names_the_file_and_what_was_wanted(folder, spoil, says):
    spoil(folder)
    with pytest.raises(CheckpointError, match=re.escape(says)) as fault:
        Checkpoint.of(folder).network(5)
    assert str(folder) in str(fault.value)
    assert "\n" not in str(fault.value)


def test_weights_that_end_too_early_are_refused(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="ends at byte"):
        Checkpoint.of(folder).network(5)


def test_a_pickle_that_holds_more_than_tensors_is_not_run(tmp_path):
    old = write_checkpoint(tmp_path / "old", pickled=True)
    torch.save({"network": nn.Linear(2, 2)}, old / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="cannot be read"):
        Checkpoint.of(old).network(5)
