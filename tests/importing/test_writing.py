"""Does what was brought come back from the project's own folders, and is nothing overwritten?"""

from __future__ import annotations

import pytest

from tests.importing.conftest import AGENT, zipped
from triton_models.build.corpus import Corpus, CorpusError, Group, read
from triton_models.build.split import split
from triton_models.importing.__main__ import main
from triton_models.importing.loading import load, with_general
from triton_models.importing.writing import write

ROWS = "我要退钱\trefund\n怎么申请退款\trefund\n谢谢你啊\t道谢\n辛苦了哦\t道谢\n早上好呀\tgreet\n您好，有人吗在吗\tgreet\n"


def test_a_set_with_the_general_intents_is_read_back_and_can_be_split(given, tmp_path):
    corpus = with_general(load(given("set.tsv", ROWS), "acme"))
    write(corpus, tmp_path / "data")
    again = read(tmp_path / "data")
    assert set(again.groups) == set(corpus.groups)
    assert again.tenants == ["acme"]
    assert {"refund", "道谢", "greet", "out_of_scope"} <= set(split(again)[1].labels)
    assert load(tmp_path / "data", "acme") == again


def test_general_sentences_that_the_set_has_keep_the_sets_meaning(given):
    corpus = with_general(load(given("set.tsv", ROWS + "你好\trefund\n"), "acme"))
    assert [group.intent for group in corpus.groups if "你好" in group.sentences] == ["refund"]
    assert corpus.owner_of["greet"] == "general"


def test_nothing_is_overwritten(given, tmp_path):
    corpus = load(given("set.tsv", ROWS), "acme")
    (tmp_path / "data/acme").mkdir(parents=True)
    (tmp_path / "data/acme/道谢.txt").write_text("mine")
    with pytest.raises(CorpusError, match="is there already"):
        write(corpus, tmp_path / "data")
    assert [path.name for path in (tmp_path / "data/acme").iterdir()] == ["道谢.txt"]


@pytest.mark.parametrize(
    ("file", "says"),
    [("bank/refund.txt", "has an intent of this name"), ("bank/thanks.txt", "'辛苦了哦' is in .*bank/thanks.txt already")],
)
def test_beside_other_tenants_intents_and_sentences_stay_apart(given, tmp_path, file, says):
    other = tmp_path / "data" / file
    other.parent.mkdir(parents=True)
    other.write_text("转账\n\n辛苦了哦\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=says):
        write(load(given("set.tsv", ROWS), "acme"), tmp_path / "data")
    assert not (tmp_path / "data/acme").exists()


@pytest.mark.parametrize(("intent", "owner"), [("../x", "acme"), ("a/b", "acme"), ("x", ".."), ("x", "a/b")])
def test_a_corpus_from_elsewhere_writes_nothing_outside_its_folder(tmp_path, intent, owner):
    with pytest.raises(CorpusError, match="cannot be a file's name"):
        write(Corpus((Group(intent, owner, ("退钱",)),)), tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_it_read_and_wrote(given, tmp_path, capsys):
    assert (
        main([str(zipped(tmp_path / "agent.zip", AGENT)), "--tenant", "acme", "--out", str(tmp_path / "data"), "--general"]) == 0
    )
    printed = capsys.readouterr().out
    assert "        2       2  acme/refund" in printed
    assert "refund: 2 sentences; with fewer than 20" in printed
    assert "out_of_scope: no sentences; triton_models/data/general has some" in printed
    assert "out_of_scope" in read(tmp_path / "data").labels


def test_the_command_refuses_a_faulty_set(given, tmp_path, capsys):
    assert main([str(given("set.tsv", ROWS + "退\n")), "--tenant", "acme", "--out", str(tmp_path / "data")]) == 1
    assert "1 fault; nothing was read" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()
