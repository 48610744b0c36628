"""Is a Dialogflow ES export read, zipped or unpacked, and a hostile one refused?"""

from __future__ import annotations

import json
import zipfile

import pytest

from tests.importing.conftest import AGENT, faults_of, meanings, said, zipped
from triton_models.importing import sources
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
}


def test_an_export_is_read(tmp_path):
    found = brought(zipped(tmp_path / "agent.zip", EXPORT), "acme")
    assert meanings(found.corpus) == {
        "acme/refund": {"我要退钱", "怎么申请退款"},
        "acme/exchange_goods": {"把红色换成别的", "能换货吗"},
        "general/out_of_scope": {"weather", "cook me dinner"},
    }
    assert [note for note in found.notes if "a template is left out" in note]
    assert [note for note in found.notes if "welcome.json: nobody says anything" in note]


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
        ({"intents/b.json": '{"name": "a b"}', "intents/c.json": '{"name": "a_b"}'}, "become one name"),
        ({"../evil.json": "{}"}, "!../evil.json: a member outside the archive"),
        ({"/etc/evil.json": "{}"}, "a member outside the archive"),
    ],
)
def test_a_fault_is_named_by_archive_member_and_line(tmp_path, members, says):
    faults = faults_of(zipped(tmp_path / "agent.zip", {**AGENT, **members}))
    assert [fault for fault in faults if says in fault], faults


def test_no_export_is_refused(tmp_path, given):
    assert "no agent.json" in faults_of(zipped(tmp_path / "a.zip", {"intents/a.json": "{}"}))[0]
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
