"""Is what a Rasa project holds read, whatever its version, and a hostile file refused?"""

from __future__ import annotations

import time

import pytest

from tests.importing.conftest import faults_of, meanings, zipped
from triton_models.importing.loading import brought, load

NLU = """\
version: "3.1"
# what customers say
nlu:
- intent: weather
  examples: |
    - [上海](city)天气
    - 明天[北京]{"entity": "city", "role": "at"}下雨吗

- intent: faq/opening
  examples: |

    - 几点开门
    - "周末"[营业][{"entity": "a"}, {"entity": "b"}]吗
- intent: refund
  examples:
  - text: |
      我要退钱
    metadata: {sentiment: sad}
  - 怎么申请退款
- synonym: 沪
  examples: |
    - 上海
- regex: order
  examples: |
    - \\d{8,}
- lookup: city
  examples: |
    - 广州
rules: []
"""


def test_intents_are_read_and_annotations_stripped(given):
    assert meanings(load(given("nlu.yml", NLU), "acme")) == {
        "acme/weather": {"上海天气", "明天北京下雨吗"},
        "acme/faq.opening": {"几点开门", '"周末"营业吗'},
        "acme/refund": {"我要退钱", "怎么申请退款"},
    }


def test_what_is_no_intent_is_left_out_with_a_note(given):
    path = given("nlu.yml", NLU)
    notes = brought(path, "acme").notes
    for note in (
        f"{path}:20: synonym '沪' is left out",
        "regex 'order' is left out",
        "lookup 'city' is left out",
        f"{path}:29: section rules is left out",
    ):
        assert [one for one in notes if note in one], note


HURRIED = """\
nlu:
- intent: greet+ask price  # asked together
  examples: |
    # the short ones
    -在吗多少钱
    -   你好，这个怎么卖

      - 哈喽问下价钱
    - [沪](city:上海)的价钱
    - [红的]{"entity": "colour", "value": "red", "role": "new"}多少钱
- intent: refund
  metadata: {owner: desk}
  examples: |
- intent: 退货(新)
  examples: |-
    - 不想要了
    - 买错了要退掉
"""


def test_what_is_written_by_hand_is_read(given):
    path = given("nlu.yml", HURRIED)
    found = brought(path, "acme")
    assert meanings(found.corpus) == {
        "acme/greet_ask_price": {"在吗多少钱", "你好，这个怎么卖", "哈喽问下价钱", "沪的价钱", "红的多少钱"},
        "acme/退货_新": {"不想要了", "买错了要退掉"},
    }
    for note in (
        f"{path}:2: intent 'greet+ask price' is read as greet_ask_price",
        f"{path}:11: nobody says anything for 'refund': left out",
        f"{path}:14: intent '退货(新)' is read as 退货_新",
        f"{path}: 2 values in annotations left out ('沪' for '上海', '红的' for 'red'): `choices` of a slot say them",
    ):
        assert note in found.notes, found.notes


MARKDOWN = """\
<!-- made by
## intent:nothing
-->
# nlu
## intent:greet
- 你好
* 早上好呀

## intent: faq/opening_hours
- [周末](day)开门吗
- 几点关门

## synonym:Saturday
- 周六
## lookup:city
cities.txt
## happy path
* greet
  - utter_greet
"""


def test_the_markdown_of_version_1_is_read(given):
    path = given("nlu.md", MARKDOWN)
    found = brought(path, "acme")
    assert meanings(found.corpus) == {
        "acme/greet": {"你好", "早上好呀"},
        "acme/faq.opening_hours": {"周末开门吗", "几点关门"},
    }
    assert f"{path}:13: synonym 'Saturday' is left out" in found.notes
    assert f"{path}:15: lookup 'city' is left out" in found.notes
    (fault,) = faults_of(given("bad.md", "## intent:greet\n- 你好\n早上好\n"))
    assert "bad.md:3: '早上好' has no dash; wanted: - a sentence" in fault


JSON = """\
{"rasa_nlu_data": {
  "regex_features": [{"name": "zip", "pattern": "[0-9]+"}],
  "common_examples": [
    {"text": "我想查话费", "intent": "check bill", "entities": [{"start": 3, "end": 5, "value": "话费", "entity": "item"}]},
    {"text": "这个月扣了多少", "intent": "check bill", "entities": []}
  ]}
}
"""


def test_the_json_of_version_1_is_read(given):
    path = given("nlu.json", JSON)
    found = brought(path, "acme")
    assert meanings(found.corpus) == {"acme/check_bill": {"我想查话费", "这个月扣了多少"}}
    assert f"{path}: regex_features are left out: 1" in found.notes
    (fault,) = faults_of(given("bad.json", JSON.replace('"text": "这个月扣了多少", ', "")))
    assert ":5: an example without text or intent" in fault
    assert "bad.json:1: no common_examples" in faults_of(given("bad.json", '{"rasa_nlu_data": {}}'))[0]


PROJECT = {
    "config.yml": "language: zh\npipeline: &p [x]\npolicies: *p\n",
    "domain.yml": "intents: [refund]\nresponses:\n  utter_x:\n  - text: 好\n",
    "endpoints.yml": "nlu:\n  url: http://localhost:5005\n",
    "data/stories.yml": "stories:\n- story: [broken\n",
    "data/stories.md": "## happy path\n* refund\n  - utter_x\n",
    "data/nlu/refund.yml": 'version: "3.1"\nnlu:\n- intent: refund\n  examples: |\n    - 退货\n',
    "data/nlu/more/refund.yaml": "nlu:\n- intent: refund\n  examples: |\n    - 我的钱什么时候回来\n",
    "data/nlu/lookups/city.txt": "上海\n北京\n",
    "data/lookups/city.txt": "上海\n",
    "data/nlu/old.md": "## intent:bye\n- 再见\n- 回头聊\n",
    ".git/nlu.yml": "nlu: [broken\n",
}
IN_PROJECT = {"acme/refund": {"退货", "我的钱什么时候回来"}, "acme/bye": {"再见", "回头聊"}}


@pytest.mark.parametrize("part", ["", "data"])
def test_a_project_is_read_with_all_that_lies_beside_its_sentences(tmp_path, part):
    for name, text in PROJECT.items():
        path = tmp_path / "bot" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = brought(tmp_path / "bot" / part, "acme")
    assert meanings(found.corpus) == IN_PROJECT
    assert ("endpoints.yml:2: `nlu:` is where a server" in "".join(found.notes)) == (part == "")
    (note,) = [note for note in found.notes if "no sentences in" in note]
    assert "stories.md" in note and "stories.yml" in note and ("domain.yml" in note) == (part == "")


def test_a_project_may_be_zipped(tmp_path):
    inside = {f"bot/{name}": text for name, text in PROJECT.items()}
    path = zipped(tmp_path / "bot.zip", {**inside, "__MACOSX/bot/data/._nlu.yml": "nlu: \x00"})
    assert meanings(load(path, "acme")) == IN_PROJECT


def test_two_names_for_one_are_refused_in_two_files_as_in_one(tmp_path):
    for name, intent in (("a.yml", "ask price"), ("b.yml", "ask+price")):
        (tmp_path / name).write_text(f"nlu:\n- intent: {intent}\n  examples: |\n    - 多少钱\n    - 怎么卖\n", encoding="utf-8")
    (fault,) = faults_of(tmp_path)
    assert fault.startswith(f"{tmp_path}/b.yml:2: intents 'ask+price' here and 'ask price' before would both be called ask_price")


@pytest.mark.parametrize(("name", "text"), [("nlu.yml", HURRIED), ("nlu.md", MARKDOWN)])
def test_as_windows_writes_it_it_is_the_same(tmp_path, name, text):
    for folder, written in (("unix", text.encode()), ("windows", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(written)
    assert meanings(load(tmp_path / "windows", "acme")) == meanings(load(tmp_path / "unix", "acme"))


def test_a_folder_of_files_is_one_set(tmp_path):
    for name, text in (("a.yml", "退货"), ("b.yaml", "我的钱什么时候回来")):
        (tmp_path / name).write_text(f'version: "2.0"\nnlu:\n- intent: refund\n  examples: |\n    - {text}\n', encoding="utf-8")
    assert meanings(load(tmp_path, "acme")) == {"acme/refund": {"退货", "我的钱什么时候回来"}}


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("    - [上海](city)天气", "    [上海](city)天气"), 6, "has no dash"),
        (("- 几点开门", "- " + "几" * 201), 12, "a text of 201 characters"),
        (("- 几点开门", "- [](city)"), 12, "no text"),
        (("- 几点开门", "- 上海天气"), 12, "'上海天气' is faq.opening here and weather at "),
        (("intent: refund", "intent: (?)"), 14, "an intent called '(?)'"),
        (("intent: refund", "intent: weather!"), 14, "intents 'weather!' here and 'weather' before would both be called weather"),
        (("intent: refund", "intent: " + "r" * 65), 16, "intent 'rrrr"),
        (("intent: refund", "name: refund"), 14, "no intent's name"),
        (("examples: |\n    - [上海]", "examples: >\n    - [上海]"), 5, "no examples of 'weather'"),
        (("rules: []", "nlu: []"), 29, "'nlu' for the second time"),
        (('"3.1"', '"1.0"'), 1, "another version"),
        (("nlu:", "nlp:"), 1, "no `nlu:`"),
        (("- synonym: 沪", "- synonym: [沪"), 21, "YAML: "),
        (("refund", "refu\x00nd"), 14, "YAML: special characters are not allowed"),
        (("我要", "\udcff"), 17, "not UTF-8"),
    ],
)
def test_a_fault_is_named_by_line(given, change, line, says):
    text = NLU.replace(*change)
    assert text != NLU
    path = given("nlu.yml", text)
    assert [one for one in faults_of(path) if one.startswith(f"{path}:{line}: ") and says in one], faults_of(path)


@pytest.mark.parametrize(
    "hostile",
    [
        "a: &a [x,x]\nb: &b [*a,*a]\nnlu: [*b,*b]\n",
        "nlu: &n\n- intent: x\n",
        "nlu: " + "[" * 100_000,
        "nlu:\n- intent: !!python/object/apply:os.system [false]\n  examples: |\n    - x\n",
    ],
)
def test_a_hostile_file_is_refused_at_once(given, hostile):
    started = time.monotonic()
    assert faults_of(given("nlu.yml", hostile))
    assert time.monotonic() - started < 2
