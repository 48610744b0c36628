"""Is `sluice plan` good to its user, and is what it says what was computed?"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from loadtest.capacity import page, service, sizing
from loadtest.capacity.command import app
from loadtest.capacity.order import Order
from tests.loadtest.capacity import costs

ASKED = ("--turns-per-second", "280000", "--p99-ms", "180")


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Types `sluice plan`, with service times of a test's and knees within 0.9 and 1.1 of what was predicted."""
    measured = service.write(tmp_path / "service.json", costs.service())
    knees = tmp_path / "plan.json"
    knees.write_text('{"cases": [{"ratio": 0.9}, {"ratio": 1.1}], "machine": {"date": "2026-11-28"}}')
    monkeypatch.setenv("COLUMNS", "200")

    def run(*typed: str) -> Result:
        beside = ["--apart", str(tmp_path / "apart.json"), "--cluster", str(tmp_path / "cluster.json")]
        return CliRunner().invoke(app, ["--service", str(measured), "--validation", str(knees), *beside, *typed])

    return run


def said(result: Result) -> str:
    return " ".join(result.output.split())


def test_a_plan_says_what_is_bought_and_where_each_figure_is_from(plan) -> None:  # type: ignore[no-untyped-def]
    result = plan(*ASKED)
    wanted = sizing.sized(costs.service(), Order(turns_per_second=280_000, p99_ms=180))

    assert result.exit_code == 0
    for part in wanted.parts:
        assert f"{part.bought:,} {part.unit}" in said(result)
    assert f"Error: {round(wanted.cores / 1.1):,} to {round(wanted.cores / 0.9):,} cores" in said(result)
    for text in (
        "Bottleneck: edge",
        "If Triton gets 16 %",
        "measured",
        "assumed",
        "model",
        "with 1 of 3 zones lost",
        "1,000,000",
    ):
        assert text in said(result)


def test_what_was_not_measured_is_said(plan) -> None:  # type: ignore[no-untyped-def]
    text = said(plan(*ASKED, "--wait"))

    assert "As tiers of their own: " in text
    assert "What parts cost apart was not measured: they cost what they do on one machine, and WAIT nothing" in text
    assert "beside which nothing was measured here: `make bench-cluster` does it" in text


def test_what_parts_cost_apart_is_in_the_plan(plan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    service.write(tmp_path / "apart.json", costs.apart())
    (tmp_path / "cluster.json").write_text('{"hot": {"cluster": {"processor": 1.2}}, "deep": {"cluster": {"processor": 1.1}}}')
    here, text = sizing.sized(costs.service(), Order(turns_per_second=280_000, p99_ms=180)), said(plan(*ASKED))
    rows = {row["name"]: row for row in json.loads(plan(*ASKED, "--json").stdout)["plan"]["rows"]}

    assert "of a hot turn edge 1.50, redis 2.00 times as much" in text
    assert "edge 1.20, shim 1.10 times as much as on a single Redis" in text
    assert rows["redis"]["needed"] > here.part("redis").needed
    assert rows["edge"]["cores"] > here.part("edge").cores


def test_json_is_the_same_plan(plan) -> None:  # type: ignore[no-untyped-def]
    found = json.loads(plan(*ASKED, "--json", "--mix", "0.3", "--users", "5").stdout)["plan"]
    wanted = sizing.sized(costs.service(), Order(turns_per_second=280_000, p99_ms=180, share=0.3, users=5))

    assert found["cores"] == wanted.cores
    assert {row["name"]: row["bought"] for row in found["rows"]} == {part.name: part.bought for part in wanted.parts}
    assert found["order"]["share"] == 0.3
    assert {one["source"] for one in found["figures"]} == {"measured", "assumed"}


def test_a_gpu_is_bought_by_times_that_are_called_assumed(plan) -> None:  # type: ignore[no-untyped-def]
    found = json.loads(plan(*ASKED, "--gpu", "--json", "--set", "gpu_fixed_us=2000").stdout)["plan"]
    triton = next(row for row in found["rows"] if row["name"] == "triton")

    assert found["gpus"] == triton["gpus"] > 0
    assert triton["source"] == "assumed"
    assert found["order"]["gpu_fixed_us"] == 2000


def test_the_day_of_a_sale_is_one_page_that_needs_nothing_else(plan, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "plan.html"
    result = plan("--turns-per-second", "2000", "--p99-ms", "180", "--simulate", "--out", str(file))
    text = file.read_text(encoding="utf-8")

    assert result.exit_code == 0, result.output
    assert "only reacting" in result.output and "keeps p99" in result.output
    for wanted in ("Turns waiting", "Turns lost to the fallback", "Replicas that serve", "Three policies", "midnight", "00:00"):
        assert wanted in text
    assert "http" not in text.replace("http-equiv", "")
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (("--turns-per-second", "-1", "--p99-ms", "180"), "turns_per_second: -1.0 was said"),
        (("--turns-per-second", "nan", "--p99-ms", "180"), "turns_per_second: nan was said"),
        (("--turns-per-second", "10", "--p99-ms", "5"), "cannot be had at any price"),
        ((*ASKED, "--mix", "8"), "share: 8.0 was said; a figure from 0 to 1 is wanted"),
        ((*ASKED, "--zones", "2", "--zones-lost", "2"), "2 of 2 zones leave none"),
        ((*ASKED, "--set", "weather=3"), "'weather' is nothing that can be set"),
        ((*ASKED, "--mix", "0", "--simulate"), "above 0 is wanted"),
        ((*ASKED, "--simulate", "--start-s", "-5"), "start_s: -5.0 was said"),
        ((*ASKED, "--out", "/nowhere/plan.html"), "/nowhere/plan.html"),
        ((*ASKED, "--service", "/nowhere/service.json"), "python -m loadtest.capacity measure"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(plan, typed: tuple[str, ...], says: str) -> None:  # type: ignore[no-untyped-def]
    result = plan(*typed)

    assert result.exit_code == 1
    assert says in said(result)
    assert "Traceback" not in result.output


def test_seconds_since_noon_are_hours_of_a_clock() -> None:
    assert [page.clock(t) for t in (0, 12 * 3600 - 60, 12 * 3600, 24 * 3600)] == ["12:00", "23:59", "00:00", "12:00"]
