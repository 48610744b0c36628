"""Are the training sentences read, split and made noisy by the rules?"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from triton_models.build.corpus import Corpus, CorpusError, Group, read
from triton_models.build.shipped import shipped
from triton_models.build.split import split
from triton_models.build.task import of_corpus
from triton_models.build.tenancy import TWINS, Tenancy

DATA = Path(__file__).resolve().parents[2] / "triton_models/data"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read(DATA)


def folder_with(tmp_path: Path, **files: str) -> Path:
    for name, text in {"general__out_of_scope": "天气\n\n做饭\n", **files}.items():
        path = tmp_path / f"{name.replace('__', '/')}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return tmp_path


BAD = {
    "shop/b.txt:3: the same sentence is at": {"shop__b": "退货\n\n退货\n"},
    "shop/b.txt:2: begins or ends with white space": {"shop__b": "退货\n 退\n"},
    "shop/b.txt:2: not UTF-8": {"shop__b": "退货\n\udcff\n"},
    "shop/b.txt:1: holds a control": {"shop__b": "退\t货\n"},
    "shop/b.txt:1: 1 meaning groups": {"shop__b": "退货\n退\n"},
    "shop/b.txt:1: 201 characters": {"shop__b": "退" * 201 + "\n\n退\n"},
    "shop/b.txt: intent b is already owned by bank": {"shop__b": "退\n\n换\n", "bank__b": "存\n\n取\n"},
}


@pytest.mark.parametrize("complaint", BAD)
def test_a_bad_row_is_named_by_file_and_line(tmp_path, complaint):
    with pytest.raises(CorpusError, match=complaint):
        read(folder_with(tmp_path, **BAD[complaint]))


def test_labels_are_the_sorted_names_of_all_files(tmp_path):
    corpus = read(folder_with(tmp_path, shop__refund="退\n\n钱\n", bank__card="卡\n\n丢\n"))
    assert corpus.labels == ["card", "out_of_scope", "refund"]
    assert corpus.tenants == ["bank", "shop"]


def test_a_group_is_never_parted_and_every_intent_is_on_both_sides(corpus):
    known, held = split(corpus)
    assert sorted(known.groups + held.groups, key=lambda g: g.digest) == sorted(corpus.groups, key=lambda g: g.digest)
    assert known.labels == held.labels == corpus.labels
    assert 0.12 < held.sentence_count / corpus.sentence_count < 0.18


def test_the_split_does_not_depend_on_the_order_of_groups(corpus):
    turned = Corpus(tuple(reversed(corpus.groups)))
    assert set(split(turned)[1].groups) == set(split(corpus)[1].groups)


def test_the_data_hash_changes_with_any_sentence(corpus):
    first = corpus.groups[0]
    changed = Group(first.intent, first.owner, (*first.sentences[:-1], first.sentences[-1] + "呀"))
    assert Corpus((changed, *corpus.groups[1:])).digest != corpus.digest


def intents_of(tenant: str) -> frozenset[str]:
    return next(frozenset(one.intents) for one in shipped() if one.id == tenant)


def test_a_sentence_of_another_tenant_is_out_of_scope_unless_a_twin_blurs_it(corpus):
    tenancy = Tenancy.of(corpus)
    assert tenancy.meaning("bill_query", intents_of("telecom")) == "bill_query"
    assert tenancy.meaning("bill_query", intents_of("shop")) == "out_of_scope"
    assert tenancy.meaning("greet", intents_of("bank")) == "greet"
    assert tenancy.meaning("account_password", intents_of("bank")) is None


def test_every_twin_is_a_pair_of_intents_of_two_tenants(corpus):
    owner_of = corpus.owner_of
    for one, other, reason in TWINS:
        assert owner_of[one] != owner_of[other], (one, other)
        assert reason


def test_a_tenant_sees_its_own_and_the_general_intents_only(corpus):
    tenancy = Tenancy.of(corpus)
    for tenant in tenancy.tenants:
        owners = {tenancy.owner_of[tenancy.labels[column]] for column in tenancy.columns(tenant)}
        assert owners == {tenant, "general"}


def test_all_labels_compete_but_others_twins_of_ones_own(corpus):
    tenancy = Tenancy.of(corpus)
    left_out = {label for label, seen in zip(tenancy.labels, tenancy.seen(intents_of("shop")), strict=True) if not seen}
    assert {"password_reset", "transfer_failed"} <= left_out
    assert not left_out & {tenancy.labels[column] for column in tenancy.columns("shop")}
    assert "card_lost" not in left_out


def test_noise_is_the_same_under_the_same_seed(corpus):
    pytest.importorskip("pypinyin", reason="pypinyin is not installed: the build's noise needs it")
    from triton_models.build.noise import noisy

    texts = [sentence for group in corpus.groups[:200] for sentence in group.sentences]

    def typed(seed: int) -> list[str]:
        random = Random(seed)
        return [noisy(text, random) for text in texts]

    assert typed(3) == typed(3)
    assert typed(3) != typed(4)
    assert all(typed(3))


def test_every_intent_has_eighty_different_sentences_and_out_of_scope_a_thousand(corpus):
    said: dict[str, set[str]] = {label: set() for label in corpus.labels}
    for group in corpus.groups:
        said[group.intent].update(group.sentences)
    assert {intent: len(sentences) for intent, sentences in said.items() if len(sentences) < 80} == {}
    assert len(said["out_of_scope"]) >= 1000


def batch_with(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / "batches" / name
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return tmp_path / "batches"


def test_what_is_out_of_scope_for_one_tenant_is_told_apart_from_its_own_intents_only(tmp_path):
    data = folder_with(tmp_path / "data", shop__refund="退\n\n钱\n", bank__card="卡\n\n丢\n")
    corpus = read(data, batch_with(tmp_path, "young/shop/out_of_scope.txt", "卡丢了找谁\n"))
    assert corpus.owner_of["out_of_scope"] == "general"
    told = of_corpus("toy", corpus, Corpus(()), Tenancy.of(corpus))
    (strange,) = [one for one in told.train if one.said_to]
    assert (strange.text, strange.said_to) == ("卡丢了找谁", "shop")
    assert dict(zip(told.labels, told.apart(strange.intent, strange.said_to), strict=True)) == {
        "card": False,
        "out_of_scope": True,
        "refund": True,
    }


def test_a_batch_that_was_written_to_measure_with_does_nothing_else(tmp_path):
    data = folder_with(tmp_path / "data", shop__refund="退\n\n钱\n\n货\n")
    known, held = split(read(data, batch_with(tmp_path, "life/shop/refund.txt", "我要退\n")))
    assert [group.sentences for group in held.groups] == [("我要退",)]
    assert "我要退" not in [sentence for group in known.groups for sentence in group.sentences]


def test_a_batch_has_no_intents_of_its_own(tmp_path):
    data = folder_with(tmp_path / "data", shop__refund="退\n\n钱\n")
    with pytest.raises(CorpusError, match=r"has no shop/other\.txt"):
        read(data, batch_with(tmp_path, "young/shop/other.txt", "嗯\n"))
