"""Does a version go on with new sentences from its folder alone, and does the card say what came of it?"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from pyshim.language.router import Router
from pyshim.understanding.folder import check
from pyshim.understanding.student import Encoder as Exported
from triton_models.build import __main__ as build
from triton_models.build import additions, export, finetune, ngrams, reader, resume, teach, unpack
from triton_models.build.batches import Sampler
from triton_models.build.lesson import lesson, said
from triton_models.build.resume import Plan
from triton_models.build.task import of_corpus
from triton_models.build.use import Shape, Use
from triton_models.build.weights import CheckpointError
from triton_models.build.work import RouterPlan

pytestmark = pytest.mark.real  # seconds of training: not for `make check`
GIFT = ("赠品呢", "少了礼物", "说好送的没送", "礼品没收到", "送的伞在哪", "活动的赠品漏了")
FEW = Plan(steps=25, rate=2e-3, old_pairs=8, new_pairs=8, router_old=64, router_new=64)


@pytest.fixture(scope="module")
def version(corpus, tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the kind that is shipped: the encoder, small in words, that has learned a dozen intents from nothing."""
    from triton_models.build.project import Project

    project = Project.of(corpus)
    folder = tmp_path_factory.mktemp("student") / "1"
    folder.mkdir()
    task = of_corpus("project", project.known, project.held, project.tenancy)
    torch.manual_seed(7)
    sampler = Sampler(task, tokenizer, 7)
    network = Use(Shape(tokenizer.get_vocab_size(), len(task.labels), pair_buckets=1 << 10))
    plan = teach.Plan(bag_steps=0, steps=40, rate=3e-3, pairs=10)
    network = teach.teach(network, sampler, plan, 7, folder / "teacher.part.pt")
    export.export(network, folder / "full.onnx")
    export.quantise(folder / "full.onnx", folder / "student.onnx")
    (folder / "full.onnx").unlink()
    tokenizer.save(str(folder / "tokenizer.json"))
    spoken = said(sampler, 64)
    shape = RouterPlan(buckets=1 << 12, dims=16).shape(len(task.labels))
    told = lesson(spoken, reader.read(network, tokenizer, spoken.texts)[0], task)
    ngrams.write(ngrams.train(told, shape, ngrams.Plan(epochs=8, batch=32, table_rate=2e-2), 7), folder / "router.bin")
    (folder / "labels.txt").write_text("\n".join(task.labels) + "\n")
    (folder / "card.json").write_text('{"commit": "abc", "data_sha256": "def"}\n')
    for name in ("model.py", "calibration.json"):
        (folder / name).write_text("{}\n")
    return folder


@pytest.fixture
def gift(tmp_path: Path) -> Path:
    """A new intent, and one more way to ask for an old one."""
    path = tmp_path / "gift.tsv"
    path.write_text("".join(f"{text}\tgift\n" for text in GIFT) + "钱快退我\trefund\n", encoding="utf-8")
    return path


@pytest.fixture
def tune(version: Path, sentences: Path, gift: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr(build, "Plan", lambda: FEW)

    def run(out: str, *options: str, data: Path = gift) -> int:
        student = tmp_path / out
        if not student.exists():
            student.mkdir()
            shutil.copytree(version, student / "1")
        where = ["--data", str(data), "--replay", str(sentences), "--out", str(student), "--work", str(tmp_path / "work")]
        return build.main(["--fine-tune", *where, "--tenant", "shop", "--threads", "1", "--seed", "7", *options])

    return run


def card(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "card.json").read_text(encoding="utf-8"))


def test_a_version_goes_on_with_a_new_intent_and_forgets_none(tune, tmp_path, capsys):
    assert tune("student") == 0
    placed = tmp_path / "student/2"
    check(placed)
    assert "gift" in (placed / "labels.txt").read_text().split()
    told = card(placed)["fine_tuned"]
    assert told["from"] == {"version": "1", "commit": "abc", "data_sha256": "def"}
    assert told["new"] | {"sha256": ""} == {"sentences": 7, "groups": 7, "intents": ["gift"], "sha256": ""}
    assert told["kept_apart"] == {"sentences": 2, "groups": 2}
    student = told["student"]
    assert student["before"]["new"]["right"] < student["after"]["new"]["right"]
    assert student["after"]["accuracy"] > student["before"]["accuracy"] - 0.05
    assert told["router"]["after"]["accuracy"] > told["router"]["before"]["accuracy"] - 0.05
    assert told["seconds"].keys() == {"student", "router", "propose", "calibrate"}
    printed = capsys.readouterr().out
    assert "before and" in printed and f"placed {placed}" in printed


def test_the_same_seed_learns_the_same_and_what_was_begun_with_stays(version, corpus, gift, tmp_path):
    new = additions.read(gift, "shop", corpus)
    plan = replace(FEW, steps=2)
    renewal = finetune.begin(version, new, corpus, 7, plan, tmp_path)
    before = [parameter.clone() for parameter in renewal.begun.parameters()]
    sentences = renewal.sentences(renewal.project(()))
    one, two = (resume.student(renewal.begun, sentences, renewal.tokenizer, plan, 7) for _ in range(2))
    assert all(torch.equal(mine, its) for mine, its in zip(one.parameters(), two.parameters(), strict=True))
    assert all(torch.equal(mine, its) for mine, its in zip(renewal.begun.parameters(), before, strict=True))
    for name in ("one", "two"):
        begun = ngrams.unpacked(Router.load(version / "router.bin"), np.array(renewal.progress(()).rows))
        ngrams.write(resume.router(begun, one, sentences, renewal.tokenizer, plan, 7), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_folds_say_mean_and_spread_and_nothing_is_kept_apart(tune, tmp_path):
    assert tune("student", "--quick", "--folds", "2") == 0
    told = card(tmp_path / "student/2")["fine_tuned"]
    assert told["kept_apart"] == {"sentences": 0, "groups": 0}
    assert "new" not in told["student"]["after"]
    assert told["folds"]["count"] == len(told["folds"]["new_sentences"]["each"]) == 2
    for column in ("validation", "new_sentences", "new_sentences_before"):
        one, other = told["folds"][column]["each"]
        assert told["folds"][column]["mean"] == pytest.approx((one + other) / 2, abs=1e-4)
        assert told["folds"][column]["spread"] == pytest.approx(abs(one - other) / 2**0.5, abs=1e-4)


def test_what_cannot_be_done_is_one_sentence(tune, sentences, tmp_path, capsys):
    assert tune("student", "--fine-tune", "9") == 1
    assert "student/9: no such folder" in capsys.readouterr().err
    assert tune("student", "--keep", "monday") == 1
    assert "--keep puts sentences among the project's own" in capsys.readouterr().err
    assert tune("student", "--keep", "life", "--replay", str(build.DATA)) == 1
    assert "batches/life: is there already; --keep wants another name" in capsys.readouterr().err
    fewer = shutil.copytree(sentences, tmp_path / "fewer")
    (fewer / "shop/coupon.txt").unlink()
    assert tune("student", "--replay", str(fewer)) == 1
    assert "knows coupon, and --replay has no sentences of that" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "student").iterdir()] == ["1"]


def test_a_file_becomes_a_network_that_says_what_the_file_says(version):
    student = Exported.load(version / "student.onnx", version / "tokenizer.json")
    network = unpack.network(version)
    for text in ("怎么退款", "我想查积分一下"):
        with torch.inference_mode():
            mine = network(torch.from_numpy(student.ids([text])))
        for its, own in zip(student.read([text]), mine, strict=True):
            assert np.corrcoef(its[0], own[0].numpy())[0, 1] > 0.995


def test_a_file_of_another_network_is_refused_with_what_is_wanted(version, make_network, tmp_path):
    folder = Path(shutil.copytree(version, tmp_path / "2"))
    export.export(make_network(vocabulary=2000), tmp_path / "full.onnx")
    export.quantise(tmp_path / "full.onnx", folder / "student.onnx")
    with pytest.raises(CheckpointError, match=r"cannot be taken apart: .*; a version made of the pretrained encoder"):
        unpack.network(folder)
    (folder / "student.onnx").write_bytes(b"no model")
    with pytest.raises(CheckpointError, match="cannot be taken apart"):
        unpack.network(folder)


def test_weights_that_became_the_very_file_are_gone_on_from(version, tmp_path):
    kept = tmp_path / "work/project"
    kept.mkdir(parents=True)
    network = unpack.network(version)
    shape = vars(network.shape)
    torch.save({"shape": shape, "weights": network.state_dict()}, kept / "embed.pt")
    (kept / "student.onnx").write_bytes(b"another")
    assert finetune._kept(version, tmp_path / "work") is None
    shutil.copyfile(version / "student.onnx", kept / "student.onnx")
    found = finetune._kept(version, tmp_path / "work")
    assert found is not None
    assert all(torch.equal(mine, its) for mine, its in zip(found.parameters(), network.parameters(), strict=True))


def test_other_labels_change_nothing_that_was_known(make_network):
    network = make_network(labels=3)
    other = resume.relabelled(network, [0, -1, 1, 2])
    ids = torch.tensor([[3, 7, 8, 9], [3, 6, 0, 0]])
    with torch.inference_mode():
        (before, near), (after, still) = network(ids), other(ids)
    torch.testing.assert_close(after[:, [0, 2, 3]], before)
    torch.testing.assert_close(still, near)
    assert (other.to_logits.bias[1] < network.to_logits.bias.min() - 1) and not other.to_logits.weight[1].any()


def test_a_router_is_taken_apart_and_written_again(version, tmp_path):
    router = Router.load(version / "router.bin")
    rows = [*range(router.shape.classes), -1]
    ngrams.write(ngrams.unpacked(router, np.array(rows)), tmp_path / "router.bin")
    again = Router.load(tmp_path / "router.bin")
    assert again.shape == replace(router.shape, classes=router.shape.classes + 1)
    for text in ("怎么退款", "查积分", "".join(Random(3).sample("退换货款积分券", 5))):
        before, after = router.logits(text), again.logits(text)
        assert before is not None and after is not None
        np.testing.assert_allclose(after[:-1], before, atol=0.1)
        assert after[-1] < before.min()
