"""Do the claims measure what they say?"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtest.claims import __main__ as command
from loadtest.claims import batching, compressed, page, rules, soak, spike
from loadtest.claims.batching import Setting
from loadtest.claims.claim import Claim, Measured, NotMeasured
from loadtest.seen.record import Second
from tests.loadtest import records

SENTENCES = [
    *((text, "refund") for text in ("我要退款", "怎么退款", "退款多久", "申请退款吧")),
    *((text, "invoice") for text in ("开发票", "要发票", "发票抬头", "电子发票")),
]


def second(t: int, p99: float) -> Second:
    return Second(t=t, users=1, offered=10, answered=10, errors={}, p50=1, p95=2, p99=p99, layers={})


def test_rules_are_found_where_characters_mean_one_thing() -> None:
    found = rules.found(SENTENCES, "out_of_scope")
    assert found.guess("麻烦退款一下") == "refund"
    assert found.guess("发票寄给我") == "invoice"
    assert found.guess("今天天气") == "out_of_scope"


def test_recovery_is_the_first_second_that_stays_as_before() -> None:
    after = [second(60, 500), second(61, 90), second(62, 400), second(63, 20), second(64, 25), second(65, 30)]
    assert spike.recovered_s(20, after) == 3
    assert spike.recovered_s(20, after[:4]) is None


def test_a_spike_is_told_by_its_parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(spike.loads, "run", lambda *_: records.spike())
    found = spike.measure(tmp_path, quick=False)
    assert [row["when"] for row in found.rows] == ["before", "at 15 times", "after"]
    assert "turns were not answered" in found.said


def test_a_process_that_grows_is_named_with_its_slope(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = records.spike()
    leaking = [msgspec.structs.replace(one, memory=one.t) for one in run.processes if one.name == "nginx"]
    others = [msgspec.structs.replace(one, memory=50.0) for one in run.processes if one.name != "nginx"]
    monkeypatch.setattr(soak.loads, "run", lambda *_: msgspec.structs.replace(run, processes=leaking + others))
    found = soak.measure(tmp_path, quick=False)
    slopes = {row["process"]: row["MB a minute"] for row in found.rows}
    assert slopes.pop("nginx") == pytest.approx(60)
    assert all(abs(float(slope or 0)) < 1e-6 for slope in slopes.values())
    assert "nginx grows most" in found.said


def test_each_stage_of_the_card_is_beside_the_one_before(tmp_path: Path) -> None:
    found = compressed.measure(tmp_path, quick=False)
    assert found.rows[0]["times as fast"] == 1
    sizes = [float(row["MB"] or 0) for row in found.rows]
    assert sizes == sorted(sizes, reverse=True)


def test_the_search_says_what_keeps_the_budget_and_when_nothing_does() -> None:
    def row(setting: str, per_s: int, keeps: str) -> dict[str, Any]:
        return {"setting": setting, "sentences/s": per_s, "p50 ms": 1.0, "p99 ms": 9.0, "keeps the budget": keeps}

    rows = [row("single", 100, "yes"), row("forty", 300, "no"), row("some", 200, "yes")]
    assert "3.00 times single requests" in batching.said(rows)
    assert "within the budget: some, 2.00 times" in batching.said(rows)
    assert "No setting keeps the budget" in batching.said([row("single", 100, "no"), row("forty", 90, "no")])


def test_a_setting_is_what_triton_is_told() -> None:
    single, forty = (msgspec.json.decode(Setting(delay, 40, 2).config()) for delay in (None, 30_000))
    assert "dynamic_batching" not in single
    assert forty["dynamic_batching"] == {"max_queue_delay_microseconds": 30_000, "preferred_batch_size": [40]}
    assert single["instance_group"] == [{"count": 2, "kind": "KIND_CPU"}]


def test_what_cannot_be_measured_leaves_the_others_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(folder: Path, quick: bool) -> Measured:
        raise NotMeasured("Triton is not there")

    good = Claim("good", "Good?", "yes", lambda *_: Measured([{"what": "a|b", "n": 1234.5}], "It is.", "by looking"))
    monkeypatch.setattr(command, "CLAIMS", (Claim("bad", "Bad?", "no", broken), good))
    monkeypatch.setattr("sys.argv", ["claims", "--result", str(tmp_path / "claims.json")])
    assert command.main() == 1
    assert "bad is not measured: Triton is not there" in capsys.readouterr().err
    told = page.text(msgspec.json.decode((tmp_path / "claims.json").read_bytes()))
    assert "| a\\|b | 1,234.5 |" in told
    assert "Published: yes" in told
