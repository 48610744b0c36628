"""What do the tests of the training pipeline stand on? torch on one thread, and a dozen intents of made-up sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from triton_models.build.corpus import Corpus, read

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from triton_models.build.network import Encoder
    from triton_models.build.project import Project
    from triton_models.build.work import Plans, Work

INTENTS = {
    "address": ("改地址", "换收货地址"),
    "coupon": ("用优惠券", "使用满减券"),
    "delivery": ("查快递", "看物流到哪"),
    "exchange": ("换货", "换个尺码"),
    "invoice": ("开发票", "要一张发票"),
    "member": ("查积分", "看会员点数"),
    "password": ("找回密码", "重设登录密码"),
    "payment": ("付款", "换支付方式"),
    "refund": ("退款", "把钱退回来"),
    "stock": ("查库存", "问有没有现货"),
    "warranty": ("保修", "修坏了的手机 v2"),
    "out_of_scope": ("写一首诗", "讲天气预报"),
}
FRAMES = (
    ("怎么{}", "{}要怎么弄"),
    ("我要{}", "我想{}一下"),
    ("帮我{}", "麻烦替我{}好吗"),
    ("在哪里{}", "{}的入口在哪"),
    ("今天能{}吗", "今天可不可以{}"),
    ("订单 12345 {}", "订单号 987 需要{}"),
    ("为什么不能{}", "{}失败了为什么"),
)


class WithoutTorch(pytest.Module):
    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        torch = pytest.importorskip("torch", reason="torch is not installed: `make models` installs it")
        torch.set_num_threads(1)
        return super().collect()


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module:
    return WithoutTorch.from_parent(parent, path=module_path)


def write_sentences(folder: Path) -> Path:
    """The project's own layout: a dozen intents, seven meaning groups each, two sentences a group."""
    for intent, words in INTENTS.items():
        path = folder / ("general" if intent == "out_of_scope" else "shop") / f"{intent}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        groups = ["\n".join(frame.format(word) for frame, word in zip(frames, words, strict=True)) for frames in FRAMES]
        path.write_text("\n\n".join(groups) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def no_data_sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All that is learned is what the test says."""
    monkeypatch.setenv("SLUICE_DATASETS", str(tmp_path / "no data sets"))


@pytest.fixture(scope="session")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sentences(tmp_path_factory.mktemp("sentences"))


@pytest.fixture(scope="session")
def corpus(sentences: Path) -> Corpus:
    return read(sentences)


@pytest.fixture
def project(corpus: Corpus) -> Project:
    from triton_models.build.project import Project

    return Project.of(corpus)


@pytest.fixture(scope="session")
def tokenizer(corpus: Corpus) -> Tokenizer:
    from triton_models.build.vocabulary import build_tokenizer

    return build_tokenizer([sentence for group in corpus.groups for sentence in group.sentences])


@pytest.fixture
def make_network() -> Callable[..., Encoder]:
    """A network of chance, ready to be asked: 24 wide, heads of 2."""
    import torch

    from triton_models.build.network import Architecture, Encoder

    def make(layers: int = 2, seed: int = 0, **others: Any) -> Encoder:
        torch.manual_seed(seed)
        usual = {"vocabulary": 60, "labels": 5, "hidden": 24, "feed_forward": 48, "heads": (12,) * layers}
        network = Encoder(Architecture(**{**usual, **others})).eval()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.copy_(torch.randn_like(parameter) * 0.3)
        return network

    return make


def tiny_plans(steps: int = 3) -> Plans:
    """A few steps of everything, to see what becomes of it and not how good it is."""
    from triton_models.build import distil, embed, ngrams, pretrain, prune, teach
    from triton_models.build.work import Plans, RouterPlan

    return Plans(
        hidden=48,
        feed_forward=48,
        layers=4,
        pretrain=pretrain.Plan(steps=steps, sentences=8),
        teacher=teach.Plan(bag_steps=30 * steps, bag_rate=2e-2, steps=steps, rate=1e-3, pairs=12),
        distil=distil.Plan(states_steps=steps, steps=steps, pairs=8),
        prune=prune.Plan(batches=1, steps=steps),
        embed=embed.Plan(steps=steps, pairs=8, noisy_copies=1),
        router=RouterPlan(
            1 << 12, 16, pairs=128, mixed=64, unlabelled=False, learning=ngrams.Plan(epochs=8, batch=32, table_rate=2e-2)
        ),
    )


@pytest.fixture
def make_work(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Work]:
    from triton_models.build import speed

    monkeypatch.setattr(speed, "SINGLES", 20)
    monkeypatch.setattr(speed, "ROUNDS", 1)

    def make(name: str = "one", seed: int = 7) -> Work:
        return project.work(tmp_path / name / "project", tmp_path / name / "base", seed, tiny_plans())

    return make
