"""Is Rasa's nlu.yml read, and a hostile one refused?"""

from __future__ import annotations

import time

import pytest

from tests.importing.conftest import faults_of, meanings
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
        f"{path}:20: synonym is left out",
        "regex is left out",
        "lookup is left out",
        f"{path}:29: section rules is left out",
    ):
        assert [one for one in notes if note in one], note


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
        (("- 几点开门", "- 上海天气"), 12, "'上海天气' is faq/opening here and weather at "),
        (("intent: refund", "intent: re fund"), 16, "intent 're fund'"),
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
