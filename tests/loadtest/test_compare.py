"""Is a difference found where there is one, and none where there is only noise?"""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from loadtest.cli import app, folders
from loadtest.report import noise, versus
from loadtest.report.compare import Comparison, compare, compared
from loadtest.report.errors import NoRecord, NotComparable
from loadtest.seen import record as records
from loadtest.seen.record import Record
from tests.loadtest.records import bare, spike


@pytest.fixture(scope="module")
def usual() -> list[Record]:
    return [spike(seed) for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def slower() -> list[Record]:
    return [spike(seed, slower=1.2) for seed in (4, 5, 6)]


def verdicts(found: Comparison, table: str = "turns") -> dict[str, str]:
    return {row.figure.name: row.verdict for one in found.tables if one.name == table for row in one.rows}


def test_a_run_does_not_differ_from_itself(usual: list[Record]) -> None:
    found = compared(usual[:1], usual[:1])
    assert found.headline == ("same", "No difference that this run could see")
    assert set(verdicts(found).values()) == {"same"}
    assert all(
        row.interval is None or row.interval.low <= row.interval.value <= row.interval.high for row in found.tables[0].rows
    )


def test_a_run_that_is_a_fifth_slower_is_found(usual: list[Record], slower: list[Record]) -> None:
    found = compared(usual[:1], slower[:1])
    assert {name: verdicts(found)[name] for name in ("p50", "p95", "p99")} == {"p50": "worse", "p95": "worse", "p99": "worse"}
    assert verdicts(found)["answered"] == "same"
    assert found.headline[0] == "worse"
    assert compared(slower[:1], usual[:1]).headline[0] == "better"
    p50 = found.tables[0].rows[0].interval
    assert p50 and p50.low < 1.2 < p50.high


def test_repeated_runs_judge_the_figures_of_whole_runs(usual: list[Record], slower: list[Record]) -> None:
    found = compared(usual, slower)
    assert verdicts(found)["p99"] == "worse"
    assert verdicts(found, "layers")["l3_hot: p99"] == "worse"
    assert verdicts(found, "parts")["nginx: processor"] == "same"
    assert not any("One run a side" in text for text in found.cautions)


def test_one_run_a_side_does_not_judge_whole_runs_and_says_so(usual: list[Record], slower: list[Record]) -> None:
    found = compared(usual[:1], slower[:1])
    assert set(verdicts(found, "whole").values()) == {"unjudged"}
    assert any("One run a side" in text for text in found.cautions)


def test_without_rounds_the_seconds_are_what_is_compared(usual: list[Record], slower: list[Record]) -> None:
    found = compared([bare(usual[0])], [bare(slower[0])])
    assert verdicts(found)["p95"] == "worse"


def test_the_same_runs_give_the_same_intervals(usual: list[Record], slower: list[Record]) -> None:
    first, second = (compared(usual[:1], slower[:1]) for _ in range(2))
    assert [row.interval for row in first.tables[0].rows] == [row.interval for row in second.tables[0].rows]
    assert versus.render(first) == versus.render(second)


# ---- noise ----


def alarms(draw: "np.random.Generator", parts: int, figures: int, times: int) -> float:
    """How often equal systems are said to differ in any figure."""
    found = 0
    for _ in range(times):
        sides = np.exp(draw.normal(0, 0.1, (2, figures, parts)))
        estimates = [noise.of_parts(noise.sample("x", a), noise.sample("x", b), True) for a, b in zip(*sides, strict=True)]
        found += any(one is not None and one.differs for one in noise.intervals(estimates))
    return found / times


@pytest.mark.long
@pytest.mark.parametrize(("parts", "figures"), [(3, 1), (10, 4)])
def test_noise_alone_is_a_difference_in_five_of_a_hundred_tables(
    monkeypatch: pytest.MonkeyPatch, parts: int, figures: int
) -> None:
    monkeypatch.setattr(noise, "DRAWS", 400)
    assert 0.01 <= alarms(np.random.default_rng(parts * figures), parts, figures, 300) <= 0.08


@pytest.mark.parametrize("lasting", [0.0, 0.6])
def test_what_one_second_does_to_the_next_is_no_difference(monkeypatch: pytest.MonkeyPatch, lasting: float) -> None:
    """Noise that lasts (AR(1)) would be one in five to naive resampling of seconds."""
    monkeypatch.setattr(noise, "DRAWS", 400)
    draw, seconds, times = np.random.default_rng(5), 240, 400
    noisy = draw.normal(0, 0.1, (2, times, seconds))
    for at in range(1, seconds):
        noisy[..., at] += lasting * noisy[..., at - 1]
    estimates = [noise.of_seconds(noise.sample("s", a), noise.sample("s", b), True) for a, b in zip(*np.exp(noisy), strict=True)]
    found = [noise.intervals([one])[0] for one in estimates]
    assert 0.01 <= sum(one is not None and one.differs for one in found) / times <= 0.10


def test_noise_that_is_small_hides_little() -> None:
    draw = np.random.default_rng(2)
    a, b = np.exp(draw.normal(0, 0.02, 10)), 1.2 * np.exp(draw.normal(0, 0.02, 10))
    found = noise.intervals([noise.of_parts(noise.sample("x", a), noise.sample("x", b), True)])[0]
    assert found and found.differs and 1.15 < found.low < 1.2 < found.high < 1.25


@pytest.mark.parametrize(
    ("freedom", "probability", "value"),
    [(1, 0.975, 12.706), (2, 0.995, 9.925), (4, 0.99, 3.747), (9, 0.975, 2.262), (30, 0.995, 2.750)],
)
def test_students_t_is_that_of_the_tables(freedom: float, probability: float, value: float) -> None:
    assert noise.student(probability, freedom) == pytest.approx(value, abs=0.001)


def test_two_runs_that_say_the_very_same_prove_nothing(usual: list[Record]) -> None:
    a = [msgspec.structs.replace(one, total=msgspec.structs.replace(one.total, p99=100.0)) for one in usual[:2]]
    b = [msgspec.structs.replace(one, total=msgspec.structs.replace(one.total, p99=101.0)) for one in usual[:2]]
    assert verdicts(compared(a, b))["p99"] == "unjudged"


# ---- what is not compared ----


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"scenario": "soak"}, "scenario is spike in A and soak in B"),
        ({"model": "closed"}, "model is open in A and closed in B"),
        ({"plan": {"rate_per_s": 400}}, "rate per s is 200 in A and 400 in B"),
        ({"tenants": ["shop"]}, "tenants is shop, telecom, bank in A and shop in B"),
    ],
)
def test_different_questions_are_not_compared(usual: list[Record], change: dict[str, object], told: str) -> None:
    other = msgspec.structs.replace(usual[1], **change)
    with pytest.raises(NotComparable, match=told):
        compared(usual[:1], [other])
    forced = compared(usual[:1], [other], force=True)
    assert told in forced.cautions[0]


def test_one_run_against_three_is_refused(usual: list[Record]) -> None:
    with pytest.raises(NotComparable, match="A has 1 run, B 3"):
        compared(usual[:1], usual)


def test_another_machine_is_said(usual: list[Record]) -> None:
    other = msgspec.structs.replace(usual[1], machine=usual[1].machine | {"cores": 64})
    assert "cores 2 and 64" in compared(usual[:1], [other]).cautions[0]


# ---- the command ----


def placed(folder: Path, runs: list[Record]) -> Path:
    for at, one in enumerate(runs):
        records.write(folder / str(at), one)
    return folder


def test_the_command_says_what_differs_and_writes_the_page(tmp_path: Path, usual: list[Record], slower: list[Record]) -> None:
    a, b = placed(tmp_path / "a", usual), placed(tmp_path / "b", slower)
    said = CliRunner().invoke(app, ["compare", str(a), f"{b}/0,{b}/1,{b}/2", "--out", str(tmp_path / "page.html")])
    assert said.exit_code == 0, said.output
    assert "B is worse: p50 +" in said.output.replace("\xa0", " ")
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")


def test_the_command_refuses_in_a_sentence(tmp_path: Path, usual: list[Record]) -> None:
    a = placed(tmp_path / "a", usual[:1])
    b = placed(tmp_path / "b", [msgspec.structs.replace(usual[0], scenario="soak")])
    said = CliRunner().invoke(app, ["compare", str(a), str(b), "--out", str(tmp_path / "page.html")])
    assert said.exit_code == 1 and "scenario is spike in A and soak in B" in said.output and "Traceback" not in said.output
    assert not (tmp_path / "page.html").exists()


def test_a_report_is_made_again(tmp_path: Path, usual: list[Record]) -> None:
    folder = placed(tmp_path, usual[:1]) / "0"
    assert CliRunner().invoke(app, ["report", str(folder)]).exit_code == 0
    assert (folder / "report.html").exists()
    said = CliRunner().invoke(app, ["report", str(tmp_path / "nowhere")])
    assert said.exit_code == 1 and "nowhere" in said.output


def test_a_side_without_runs_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoRecord, match="names no run"):
        folders(",")
    with pytest.raises(NoRecord, match=r"no record\.json"):
        compare(folders(str(tmp_path)), folders(str(tmp_path)))


def test_hostile_names_stay_text_on_the_page_of_two(usual: list[Record]) -> None:
    text = "</script><script>alert(1)</script>"
    hostile = msgspec.structs.replace(
        usual[0],
        scenario=text,
        command=text,
        processes=[msgspec.structs.replace(one, name=text) for one in usual[0].processes],
        layers={text: usual[0].total},
    )
    page = versus.render(compared([hostile], [hostile]))
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
