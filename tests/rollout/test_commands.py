"""Is `sluice models` good to its user?"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import make_stack
from tests.rollout.conftest import Operator
from tests.sluice import process

pytestmark = pytest.mark.real

SENTENCES = """text\tintent\ttenant
我的快递到哪了\tlogistics_track\tshop
申请退款\trefund_apply
今天天气怎么样\tchitchat\tbank
你好\tbye
"""


def test_nothing_runs(tmp_path: Path) -> None:
    ran = Operator(make_stack(tmp_path), tmp_path, process).refused("list")
    assert "nothing answers at" in ran
    assert "`make run` starts sluice" in ran


def test_the_list_says_what_is_there_what_serves_and_what_happened(operator: Operator) -> None:
    operator = replace(operator, typed=process)
    (operator.models / "student/9").mkdir(exist_ok=True)
    said = operator.done("list").splitlines()
    assert said[0].split()[:4] == ["version", "Triton", "serves", "as"]
    assert [said[1].split()[0], said[1].split()[1], said[1].split()[2]] == ["1", "serves", "stable"]
    card = json.loads((operator.models / "student/1/card.json").read_text(encoding="utf-8"))
    assert f"{card['validation']['student_int8']['overall']['accuracy']:.1%}".replace("%", " %") in said[1]
    assert "lacks model.py" in said[2]
    assert "began with 1" in said[-1]
    (operator.models / "student/9").rmdir()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("load", 5), "no version 5; there are: 1"),
        (("load", 1), "version 1 is the stable one already"),
        (("promote",), "no candidate beside the stable version 1; `sluice models canary VERSION` first"),
        (("rollback",), "no candidate, and no version before 1 is known"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(operator: Operator, arguments: tuple[str | int, ...], says: str) -> None:
    before = operator.record()
    assert says in operator.refused(*arguments)
    assert operator.record() == before


def test_two_candidates_at_once_are_refused(operator: Operator) -> None:
    operator.done("load", operator.version(2))
    assert "version 2 is the candidate; `sluice models rollback` drops it first" in operator.refused("load", operator.version(3))
    operator.done("rollback")


def test_evaluate_compares_the_versions_that_serve(operator: Operator, tmp_path: Path) -> None:
    file = tmp_path / "said.tsv"
    file.write_text(SENTENCES, encoding="utf-8")
    assert "version 1: 3 of 4 right (75.0 %)" in operator.done("evaluate", file)
    operator.done("load", operator.version(2))
    said = operator.done("evaluate", file, "--show", 3)
    assert "version 2: 3 of 4 right" in said
    assert "0 answered differently" in said
    operator.done("rollback")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("只有文字", "said.tsv:2: text, tab, intent"),
        ("你好\tgreeting", "said.tsv:2: no version that serves knows the intent 'greeting'"),
        ("你好\tgreet\tnobody", "said.tsv:2: no tenant 'nobody'; there are: bank, shop, telecom"),
        ("信用卡丢了\tcard_lost\tshop", "said.tsv:2: shop has no intent 'card_lost'"),
    ],
)
def test_a_bad_row_is_named_by_file_and_line(operator: Operator, tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "said.tsv"
    file.write_text(f"text\tintent\n{line}\n", encoding="utf-8")
    assert says in operator.refused("evaluate", file)
