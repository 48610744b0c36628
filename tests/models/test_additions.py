"""Is it said which sentences are new to a version and whose they are, and is every contradiction refused?"""

from __future__ import annotations

from pathlib import Path

import pytest

from triton_models.build.additions import Additions, keep, read
from triton_models.build.corpus import Corpus, CorpusError, Group
from triton_models.build.corpus import read as read_corpus
from triton_models.build.split import parts

KNOWN = Corpus(
    (
        Group("bye", "general", ("再见", "拜拜")),
        Group("bye", "general", ("回头聊",), "life"),
        Group("out_of_scope", "general", ("写首诗",)),
        Group("refund", "shop", ("退钱", "怎么退款")),
        Group("transfer", "bank", ("转账",)),
    )
)


def brought(folder: Path, rows: str, tenant: str = "shop") -> Additions:
    path = folder / "new.tsv"
    path.write_text(rows.replace(" ", "\t"), encoding="utf-8")
    return read(path, tenant, KNOWN)


def meanings(found: Additions) -> set[tuple[str, str, str]]:
    return {(group.owner, group.intent, sentence) for group in found.corpus.groups for sentence in group.sentences}


def test_known_intents_keep_their_owner_and_new_ones_are_the_tenants(tmp_path):
    found = brought(tmp_path, "掰掰 bye\n把钱还我 refund\n赠品呢 gift\n少了礼物 gift\n")
    assert meanings(found) == {
        ("general", "bye", "掰掰"),
        ("shop", "refund", "把钱还我"),
        ("shop", "gift", "赠品呢"),
        ("shop", "gift", "少了礼物"),
    }
    assert found.intents == ("gift",)


def test_without_a_tenant_intents_must_be_known(tmp_path):
    assert meanings(brought(tmp_path, "打钱给人 transfer\n", "")) == {("bank", "transfer", "打钱给人")}
    with pytest.raises(CorpusError, match="intent gift is new; --tenant says whose it is"):
        brought(tmp_path, "赠品呢 gift\n少了礼物 gift\n", "")


def test_a_batch_in_the_projects_layout_keeps_its_groups(tmp_path):
    for name, text in (("general/bye", "掰掰\n掰掰啦\n\n溜了\n"), ("shop/out_of_scope", "开户\n")):
        path = tmp_path / "monday" / f"{name}.txt"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    found = read(tmp_path / "monday", "", KNOWN)
    assert [(group.owner, group.sentences) for group in found.corpus.groups] == [
        ("general", ("掰掰", "掰掰啦")),
        ("general", ("溜了",)),
        ("shop", ("开户",)),
    ]


def test_what_is_known_or_measures_is_left_out_and_said(tmp_path):
    found = brought(tmp_path, "再见 bye\n回头聊 bye\n掰掰 bye\n")
    assert meanings(found) == {("general", "bye", "掰掰")}
    assert found.notes == ("left out, for they are known already: 1", "left out, for they measure: 1")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("退钱 bye\n", "'退钱' is bye here and refund among the known sentences; one meaning is wanted"),
        ("打钱 transfer\n", "intent transfer is shop's here and bank's among the known sentences"),
        ("赠品呢 gift\n", "intent gift is new and has one meaning group; two at least"),
        ("再见 bye\n", "no sentence is new; left out, for they are known already: 1"),
        ("再见\n", "new.tsv:1: 1 columns"),
    ],
)
def test_what_cannot_be_learned_is_refused(tmp_path, rows, says):
    with pytest.raises(CorpusError, match=says):
        brought(tmp_path, rows)


def test_what_was_new_is_known_the_next_time(tmp_path):
    for group in KNOWN.groups:
        path = tmp_path / "data" / group.owner / f"{group.intent}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("甲" + group.intent + "\n\n乙" + group.intent + "\n", encoding="utf-8")
    found = brought(tmp_path, "掰掰 bye\n赠品呢 gift\n少了礼物 gift\n")
    keep(found, tmp_path / "data", tmp_path / "batches/monday")
    known = read_corpus(tmp_path / "data", tmp_path / "batches")
    assert meanings(found) <= {(one.owner, one.intent, sentence) for one in known.groups for sentence in one.sentences}
    with pytest.raises(CorpusError, match="is there already"):
        keep(found, tmp_path / "data", tmp_path / "batches/monday")


def test_parts_hold_every_group_once_and_of_every_intent_alike():
    groups = [Group(intent, "shop", (f"{intent}{number}",)) for intent in "abc" for number in range(10)]
    dealt = parts(groups, 5)
    assert sorted((group for part in dealt for group in part), key=groups.index) == groups
    assert all(sum(group.intent == intent for group in part) == 2 for part in dealt for intent in "abc")
    assert dealt == parts(groups[::-1], 5)
