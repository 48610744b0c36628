"""Are TSV and JSONL read as they are meant, and is every bad row named?"""

from __future__ import annotations

import pytest

from tests.importing.conftest import faults_of, meanings
from triton_models.importing.loading import brought, load

REFUND = {"acme/refund": {"我要退钱", "怎么申请退款"}}
REFUND_AND_RETURN = {"acme/refund": {"退货", "怎么申请退款"}}


@pytest.mark.parametrize(
    "content",
    [
        "我要退钱\trefund\n怎么申请退款\trefund\n",
        "\ufeff我要退钱\trefund\r\n\r\n 怎么申请退款 \trefund",
        "text\tintent\n我要退钱\trefund\n怎么申请退款\trefund\n",
        "id\tlabel\tquery\n1\trefund\t我要退钱\n2\trefund\t怎么申请退款\n",
    ],
)
def test_a_table_is_read_with_and_without_a_header(given, content):
    assert meanings(load(given("set.tsv", content), "acme")) == REFUND


def test_groups_and_tenants_of_a_table_are_kept(given):
    rows = ["退钱\trefund\t1", "我要退钱\trefund\t1", "退款\trefund\t2", "丢卡\tlost\ta\tbank", "卡没了\tlost\tb\tbank"]
    content = "\n".join([*rows, "天气\tout_of_scope", "做饭\tout_of_scope"])
    corpus = load(given("set.tsv", content), "acme")
    assert [(group.owner, group.intent, group.sentences) for group in corpus.groups][:3] == [
        ("acme", "refund", ("退钱", "我要退钱")),
        ("acme", "refund", ("退款",)),
        ("bank", "lost", ("丢卡",)),
    ]
    assert corpus.owner_of == {"lost": "bank", "out_of_scope": "general", "refund": "acme"}


def test_what_is_secret_in_a_sentence_is_not_brought_along(given):
    rows = ["密码739201改不了\thelp", "卡号6222021234567890128丢了\thelp", "什么时候发货，订单20231105\thelp"]
    assert meanings(load(given("set.tsv", "\n".join(rows)), "acme")) == {
        "acme/help": {"密码••••改不了", "卡号************0128丢了", "什么时候发货，订单20231105"}
    }


def test_lines_of_json_are_read(given):
    content = '{"text": "我要退钱", "intent": "refund", "id": 7}\n\n{"text": "怎么申请退款", "intent": "refund", "group": "x"}\n'
    assert meanings(load(given("set.jsonl", content), "acme")) == REFUND


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("退钱", "1 columns; wanted: text, tab, intent"),
        ("退钱\trefund\ta\tbank\tmore", "5 columns"),
        ("\trefund", "no text"),
        ("退钱\t ", "no intent"),
        ("退\u0007钱\trefund", "a control or replacement character in '\\u9000\\x07\\u94b1'"),
        ("退\ufffd钱\trefund", "a control or replacement character"),
        ("退" * 201 + "\trefund", "a text of 201 characters"),
        ("退\udcff\trefund", "not UTF-8 at byte 4"),
        ("退钱\t../../etc/passwd", "intent '../../etc/passwd'"),
        ("退钱\t/refund", "intent '/refund'"),
        ("退钱\trefund/", "intent 'refund/'"),
        ("退钱\t.refund", "intent '.refund'"),
        ("退钱\trefund me", "intent 'refund me'"),
        ("退钱\t" + "r" * 65, "intent '" + "r" * 40 + "…'"),
        ("退钱\trefund\ta\tBank", "tenant 'Bank'"),
        ("退钱\trefund\ta\tgeneral", "tenant 'general'"),
        ("退货\texchange", "'退货' is exchange here and refund at "),
        ("换一个\trefund\tb\tbank", "intent refund is bank's here and acme's at "),
        ("换一个\tRefund", "intents Refund here and refund at "),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(given, row, says):
    path = given("set.tsv", f"退货\trefund\n怎么申请退款\trefund\n{row}\n")
    (fault,) = faults_of(path)
    assert fault.startswith(f"{path}:3: {says}")
    assert "; wanted: " in fault


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "Input data was truncated"),
        ('{"text": "退钱"}', "missing required field `intent`"),
        ('{"text": 5, "intent": "refund"}', "Expected `str`, got `int`"),
        ("[" * 100_000, ""),
    ],
)
def test_a_bad_line_of_json_is_named(given, line, says):
    path = given("set.jsonl", '{"text": "我要退钱", "intent": "refund"}\n' + line)
    assert [one for one in faults_of(path) if one.startswith(f"{path}:2: ") and says in one]


def test_all_faults_are_counted_and_twenty_are_shown(given):
    path = given("set.tsv", "退钱\n" * 30)
    with pytest.raises(Exception, match="30 faults; nothing was read") as refused:
        load(path, "acme")
    assert len(str(refused.value).splitlines()) == 22
    assert str(refused.value).endswith("... and 10 more")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("set.tsv", "", "set.tsv:1: no sentences"),
        ("set.tsv", "text\tintent\n", "set.tsv:1: no sentences"),
        ("set.csv", "退钱,refund", ".csv says nothing of its format"),
        (
            "set.tsv",
            "退钱\trefund\n退钱！\trefund\n退 钱\trefund",
            "set.tsv:1: intent refund: its 3 sentences are one meaning group (near copies",
        ),
        (
            "set.tsv",
            "退钱\trefund\t1\n换一件\trefund\t1",
            "set.tsv:1: intent refund: its 2 sentences are one meaning group (near",
        ),
        ("set.tsv", "退钱\trefund\n", "set.tsv:1: intent refund: it has one sentence; wanted: two meaning groups"),
    ],
)
def test_a_set_that_cannot_be_split_is_refused(given, name, content, says):
    assert says in faults_of(given(name, content))[0]


def test_an_intent_that_cannot_be_split_is_left_out_beside_others(given):
    path = given("set.tsv", "退货\trefund\n怎么申请退款\trefund\n转人工\thuman\n天气\tweather\n天气！\tweather\n")
    found = brought(path, "acme")
    assert meanings(found.corpus) == REFUND_AND_RETURN
    said = "\n".join(found.notes)
    assert f"{path}:3: intent human is left out: it has one sentence; wanted: two meaning groups" in said
    assert f"{path}:4: intent weather is left out: its 2 sentences are one meaning group (near copies count as one)" in said


def test_what_is_the_same_only_masked_is_said_to_be(given):
    rows = ["密码739201改不了\thelp", "密码820417改不了\thelp", "怎么改密码\thelp", "怎么改密码\thelp"]
    path = given("set.tsv", "\n".join(rows))
    notes = brought(path, "acme").notes
    assert f"{path}:2: the same text as at {path}:1, where what is secret is masked: read once" in notes
    assert f"{path}:4: the same text as at {path}:3: read once" in notes


def test_a_missing_file_is_named(tmp_path):
    assert "cannot be read: No such file" in faults_of(tmp_path / "none.tsv")[0]


def test_what_is_left_out_or_missing_is_said(given):
    content = "id\ttext\tintent\n1\t退钱\tfaq/退款\n2\t退钱\tfaq/退款\n3\t怎么申请\tfaq/退款\n"
    said = "\n".join(brought(given("set.tsv", content), "acme").notes)
    for note in (
        "column id is left out",
        "read once",
        "faq/退款 is read as faq.退款",
        "faq.退款: 2 sentences",
        "out_of_scope: no sent",
    ):
        assert note in said
