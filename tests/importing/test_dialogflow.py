"""Is a Dialogflow ES export read, zipped or unpacked, and a hostile one refused?"""

from __future__ import annotations

import json
import zipfile

import pytest

from tests.importing.conftest import AGENT, faults_of, meanings, said, zipped
from triton_models.importing import sources
from triton_models.importing.__main__ import main
from triton_models.importing.loading import brought, load

PARTS = [
    {"data": [{"text": "把"}, {"text": "红色", "alias": "colour", "meta": "@colour"}, {"text": "换成别的"}], "isTemplate": False},
    {"data": [{"text": "@sys.date 换"}], "isTemplate": True},
    {"data": [{"text": "能换货吗"}]},
]
EXPORT = {
    **AGENT,
    "intents/exchange.json": '{"name": "exchange goods"}',
    "intents/exchange_usersays_zh-cn.json": json.dumps(PARTS, indent=1),
    "intents/Default Fallback Intent.json": '{"name": "Default Fallback Intent", "fallbackIntent": true}',
    "intents/Default Fallback Intent_usersays_en.json": said("weather", "cook me dinner"),
    "intents/welcome.json": '{"name": "welcome"}',
    "entities/colour.json": "not even JSON",
    "entities/colour_entries_zh-cn.json": "[]",
    "entities/size.json": "{}",
}


def test_an_export_is_read(tmp_path):
    found = brought(zipped(tmp_path / "agent.zip", EXPORT), "acme")
    assert meanings(found.corpus) == {
        "acme/refund": {"我要退钱", "怎么申请退款"},
        "acme/exchange_goods": {"把红色换成别的", "能换货吗"},
    }
    for note in (
        "template '@sys.date 换' is left out",
        "welcome.json: nobody says anything for 'welcome': left out",
        "fallback intent 'Default Fallback Intent' is left out, and what it lists with it (2): put into out_of_scope",
        "entities are left out (colour, size): `choices` of a slot say them",
        "intent 'exchange goods' is read as exchange_goods",
    ):
        assert [one for one in found.notes if note in one], (note, found.notes)


def single(name: str, *texts: str, **more: object) -> str:
    """An intent of an older export, with what is said inside."""
    told = [{"id": "7", "data": [{"text": text}], "isTemplate": False, "count": 0} | more for text in texts]
    return json.dumps({"id": "7", "name": name, "auto": True, "userSays": told, "responses": []}, indent=1, ensure_ascii=False)


OLD = {
    "agent.json": '{"language": "en"}',
    "intents/退货.json": single("退货(新)", "不想要了退掉", "申请一个退货"),
    "intents/ask+greet.json": single("ask+greet", "在吗，问个事", "你好，想打听一下"),
}


def test_an_older_export_with_its_sentences_inside_is_read(tmp_path):
    found = brought(zipped(tmp_path / "agent.zip", OLD), "acme")
    assert meanings(found.corpus) == {
        "acme/退货_新": {"不想要了退掉", "申请一个退货"},
        "acme/ask_greet": {"在吗，问个事", "你好，想打听一下"},
    }
    assert [note for note in found.notes if "'退货(新)' is read as 退货_新" in note]
    faulty = {**OLD, "intents/bad.json": single("bad", "好", "")}
    fault = faults_of(zipped(tmp_path / "bad.zip", faulty))
    assert [one for one in fault if "!intents/bad.json:16: no text" in one], fault


SPOKEN = {
    **AGENT,
    "intents/refund_usersays_en.json": said("give me my money back", "how do i return this"),
    "intents/refund_usersays_zh-tw.json": said("我要退錢"),
    "intents/hours.json": single("hours", "when do you open", "are you open on sunday", lang="en"),
}


@pytest.mark.parametrize(
    ("language", "wanted", "left"),
    [
        (
            "",
            {"acme/refund": {"我要退钱", "怎么申请退款", "我要退錢"}},
            "phrases in en are left out: 4; --language en reads them instead",
        ),
        ("zh-cn", {"acme/refund": {"我要退钱", "怎么申请退款"}}, "phrases in zh-tw are left out: 1"),
        (
            "en",
            {
                "acme/refund": {"give me my money back", "how do i return this"},
                "acme/hours": {"when do you open", "are you open on sunday"},
            },
            "phrases in zh-cn are left out: 2",
        ),
    ],
)
def test_one_language_is_read_and_others_are_named(tmp_path, language, wanted, left):
    found = brought(zipped(tmp_path / "agent.zip", SPOKEN), "acme", language)
    assert meanings(found.corpus) == wanted
    assert [note for note in found.notes if left in note], found.notes


def test_a_language_that_is_not_there_is_named_with_those_that_are(tmp_path, capsys):
    path = zipped(tmp_path / "agent.zip", SPOKEN)
    assert main([str(path), "--tenant", "acme", "--language", "fr"]) == 1
    assert "no phrases in fr; wanted: one of its languages: en, zh-cn, zh-tw" in capsys.readouterr().err


def test_a_cx_agent_is_said_to_be_one(tmp_path):
    agent = {
        "agent.json": '{"displayName": "shop", "defaultLanguageCode": "zh-cn", "startFlow": "Default Start Flow"}',
        "intents/refund/refund.json": '{"displayName": "refund"}',
        "intents/refund/trainingPhrases/zh-cn.json": '{"trainingPhrases": [{"parts": [{"text": "退钱"}], "repeatCount": 1}]}',
    }
    (fault,) = faults_of(zipped(tmp_path / "agent.zip", agent))
    assert "agent.zip!agent.json:1: a Dialogflow CX agent, which is another format; wanted: a Dialogflow ES export" in fault


def test_an_unpacked_export_and_one_in_a_folder_of_its_own_are_the_same(tmp_path):
    with zipfile.ZipFile(zipped(tmp_path / "agent.zip", EXPORT)) as archive:
        archive.extractall(tmp_path / "agent")
    nested = zipped(tmp_path / "nested.zip", {f"shop/{name}": text for name, text in EXPORT.items()})
    assert load(tmp_path / "agent", "acme") == load(tmp_path / "agent.zip", "acme") == load(nested, "acme")


SAID = "intents/refund_usersays_zh-cn.json"


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({SAID: said("我要退钱", "")}, f"!{SAID}:12: no text"),
        ({SAID: said("我要退钱", "x")[:-40]}, f"!{SAID}:"),
        ({SAID: '[\n{"data": []},\n{"data": "退"}]'}, f"!{SAID}:3: no sentence"),
        ({SAID: "{}"}, f"!{SAID}:1: JSON: no '[' here"),
        ({SAID: said("我要退钱") + "]"}, "something behind the list"),
        ({SAID: "[" * 200_000}, f"!{SAID}:1: JSON: nested too deeply"),
        ({"intents/refund.json": "{}"}, "!intents/refund.json:1: no intent's name"),
        ({"intents/refund.json": '{\n"name": "refund",}'}, "!intents/refund.json:2: JSON: "),
        ({"intents/other_usersays_en.json": "[]"}, "!intents/other_usersays_en.json:1: nothing says what intent it is"),
        (
            {"intents/b.json": single("a b", "x", "y"), "intents/c.json": single("a+b", "z")},
            "!intents/c.json:1: intents 'a+b' here and 'a b' before would both be called a_b",
        ),
        ({"intents/b.json": single("(?)", "x", "y")}, "!intents/b.json:1: an intent called '(?)'"),
        ({"../evil.json": "{}"}, "!../evil.json: a member outside the archive"),
        ({"/etc/evil.json": "{}"}, "a member outside the archive"),
    ],
)
def test_a_fault_is_named_by_archive_member_and_line(tmp_path, members, says):
    faults = faults_of(zipped(tmp_path / "agent.zip", {**AGENT, **members}))
    assert [fault for fault in faults if says in fault], faults


def test_no_export_is_refused(tmp_path, given):
    assert "no agent.json" in faults_of(zipped(tmp_path / "a.zip", {"intents/a.json": "{}"}))[0]
    assert "no agent.json" in faults_of(zipped(tmp_path / "c.zip", {"readme.txt": "x"}))[0]
    assert "not a zip archive" in faults_of(given("b.zip", b"PK\x03\x04 and no more"))[0]
    assert "cannot be read" in faults_of(tmp_path / "none.zip")[0]


def test_a_zip_bomb_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("unpacked"))
    bomb = zipped(tmp_path / "bomb.zip", {**AGENT, "intents/zeros_usersays_en.json": "0" * (sources.FILE_BYTES + 1)})
    assert bomb.stat().st_size < 100_000
    assert f"zeros_usersays_en.json: {sources.FILE_BYTES + 1} bytes" in faults_of(bomb)[0]


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "secret.json").write_text("{}")
    folder = tmp_path / "agent/intents"
    folder.mkdir(parents=True)
    (folder.parent / "agent.json").write_text("{}")
    (folder / "a.json").symlink_to(tmp_path / "secret.json")
    assert "a link that leads out of the folder" in faults_of(folder.parent)[0]
