"""Does the page say what the record says, and nothing the record smuggled in?"""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from loadtest import report
from loadtest.report import axes, marks, markup, plot, reading, run, units
from loadtest.report.axes import Time
from loadtest.report.errors import BadRecord, NoRecord
from loadtest.report.plot import Line, Plot
from loadtest.seen import record as records
from loadtest.seen.record import Event, Gate, Reading, Record, Second
from tests.loadtest.records import SECONDS, bare, spike

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;\u202e\x00\ud800"


class Seen(HTMLParser):
    """Headings, ids and elements of a page, as a browser would find them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.handlers: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def whole() -> Record:
    return spike()


@pytest.fixture(scope="module")
def page(whole: Record) -> str:
    return run.render(whole)


def data(page: str, name: str) -> dict[str, object]:
    found = re.search(rf'id="data-{name}">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


SECTIONS = {"gates", "events", "over-time", "by-layer", "by-tenant", "contexts", "users-section", "processes"}
SECTIONS |= {"triton-section", "redis-section", "how", "counted"}
PLOTS = ["load", "latency", "layers", "errors", "users", "processor", "memory"]
PLOTS += ["triton", "batches", "queue", "redis", "redis-memory"]


def test_every_section_that_has_data_is_there_and_every_plot_has_its_figures(page: str) -> None:
    seen = Seen(page)
    assert set(seen.ids) >= SECTIONS
    assert [name for name in seen.ids if name in PLOTS] == PLOTS
    for name in PLOTS:
        values = data(page, name)["values"]
        assert isinstance(values, list) and any(value for line in values for value in line), name


def test_a_section_without_data_is_a_sentence(whole: Record) -> None:
    seen = Seen(run.render(bare(whole)))
    assert (SECTIONS | {"knee", "errors", "processor", "triton", "redis"}) & set(seen.ids) == {
        "over-time",
        "by-layer",
        "users-section",
        "how",
    }
    text = "".join(seen.texts)
    for sentence in (
        "none were set",
        "there was no error",
        "none could be watched",
        "metrics could not be read",
        "does not look for one",
    ):
        assert sentence in text


def test_a_record_of_nothing_is_still_a_page(whole: Record) -> None:
    nothing = msgspec.structs.replace(
        bare(whole), series=[], layers={}, offered=0, total=msgspec.structs.replace(whole.total, count=0)
    )
    assert "none was answered well" in run.render(nothing)


def test_the_headline_is_the_verdict(whole: Record) -> None:
    gates = [Gate("p95", "under 300", 12.0, "ms", True), Gate("p99", "under 420", 500.0, "ms", False)]

    def headline(*chosen: Gate) -> str:
        return run.verdict(msgspec.structs.replace(whole, gates=list(chosen)))[1]

    assert headline(*gates) == "Spike: 1 of 2 gates broke"
    assert headline(gates[0]) == "Spike: every gate holds"
    assert headline(gates[0], Gate("memory", "at most 1", None, "MB/h", True)) == "Spike: every gate that could be measured holds"
    assert headline() == "Spike: measured, no gates were set"


def test_steps_say_what_held_and_what_broke(whole: Record) -> None:
    steps = msgspec.structs.replace(
        whole, scenario="steps", knee={"rate": 2910.4, "p99": 214.0, "until": 130.0, "broken_at": 3638.0}
    )
    assert run.verdict(steps)[1] == "Steps: 2,910 turns/s hold"
    page = run.render(steps)
    assert "2,910 turns/s held every gate (p99 214\xa0ms); 3,638 turns/s broke one." in page
    assert page.count('class="dots') == 2
    nothing = msgspec.structs.replace(steps, knee={"broken_at": 200.0})
    assert "Already 200 turns/s broke a gate." in run.render(nothing)
    assert run.verdict(nothing)[0] == "broke"


def test_the_figures_of_the_record_stand_on_the_page(whole: Record, page: str) -> None:
    text = "".join(Seen(page).texts)
    for value in (
        units.number(whole.total.p99),
        units.percent(whole.layers["l5_dialogue"].within_50_ms),
        "bill_query month=2026-09",
        whole.command,
    ):
        assert value in text
    for layer, of in whole.layers.items():
        assert layer in text and units.number(of.p99) in text


def test_hostile_text_stays_text(whole: Record) -> None:
    """Wherever a record may hold text."""
    text = HOSTILE
    hostile = msgspec.structs.replace(
        whole,
        scenario=text,
        url=text,
        tenants=[text],
        started=text,
        command=text,
        machine={text: text},
        plan={text: [{text: text}]},
        errors={text: 3},
        layers={text: whole.total},
        groups=[msgspec.structs.replace(whole.groups[0], tenant=text, layer=text, errors={text: 1})],
        series=[msgspec.structs.replace(one, layers={text: 2}, errors={text: 1}) for one in whole.series],
        processes=[Reading(1.0, text, 1, 1), Reading(2.0, text, 1, 1)],
        events=[Event(1.0, text, text)],
        gates=[Gate(text, text, 1.0, text, False)],
        context_failures=[
            msgspec.structs.replace(whole.context_failures[0], tenant=text, conversation=text, wanted=text, got=text)
        ],
        knee={text: 1.0},
        figures={text: 1.0},
        missing=[text],
    )
    seen, honest = Seen(run.render(hostile)), Seen(run.render(whole))
    assert seen.elements.count("script") - len([one for one in seen.ids if one.startswith("data-")]) == 1
    assert "img" not in seen.elements and not seen.handlers
    assert set(seen.elements) <= set(honest.elements) | {"main"}
    assert "\u202e" not in "".join(seen.texts)


def test_json_on_the_page_cannot_end_its_element() -> None:
    text = markup.data("x", {"a": "</script><!--<script>&"})
    assert text.count("<") == 2
    assert json.loads(text.partition(">")[2].removesuffix("</script>")) == {"a": "</script><!--<script>&"}


def test_the_page_needs_nothing_else(page: str) -> None:
    assert not re.search(r'(?:src|href)="|url\(|@import', page)


# ---- plots ----


def test_a_second_without_an_answer_is_a_gap(page: str) -> None:
    values = data(page, "latency")["values"]
    assert isinstance(values, list) and [line[130] for line in values] == [None] * 3
    assert all(line[129] and line[131] for line in values)


@pytest.mark.parametrize(
    ("points", "parts"),
    [
        ([(0, 1), (1, 1), (2, 1)], 1),
        ([(0, 1), (1, None), (2, 1), (3, 1)], 2),
        ([(0, 1), (1, 1), (2, 1), (5, 1), (6, 1)], 2),
        ([(0, None), (1, None)], 0),
        ([], 0),
    ],
)
def test_gaps_are_not_bridged(points: list[tuple[float, float | None]], parts: int) -> None:
    assert len(plot.stretches(points, 1.5)) == parts


def test_a_soak_is_thinned_and_its_worst_second_stays() -> None:
    points = [(t + 0.5, 2.0) for t in range(7200)]
    points[5000] = (5000.5, 900.0)
    drawn = plot.thinned(Plot("latency", "Latency", "ms", [Line("p99", points, 0)], worst=True), 7200)
    values = [value for _, value in drawn.lines[0].points]
    assert len(values) <= plot.POINTS and max(value or 0 for value in values) == 900
    assert "the highest of 8 s" in drawn.note


@pytest.mark.parametrize("most", [0.003, 1, 7.3, 99, 100, 101, 86_000, 3e14])
def test_axes_hold_every_value_and_say_round_figures(most: float) -> None:
    for axis in (axes.linear([most]), axes.log([most / 40, most])):
        assert 0 < axis.place(most) <= 1
        places = [at for at, _ in axis.ticks()]
        assert places == sorted(places) and 2 <= len(places) <= 10 and places[-1] <= 1.0001
        assert len({text for _, text in axis.ticks()}) == len(places)


@pytest.mark.parametrize("end", [5, 30, 180, 1800, 7200, 90_000, 3e6])
def test_times_fit_a_telephone(end: float) -> None:
    assert 3 <= len(Time(end).ticks()) <= 7


def test_events_that_stand_too_near_share_a_label() -> None:
    events = [Event(72.6, "breaker", "open"), Event(10, "shape", "up"), Event(72, "killed", "triton"), Event(150, "odd", "?")]
    found = marks.of(events, Time(180))
    assert [(mark.label, mark.kind) for mark in found] == [("1", "shape"), ("2–3", "killed"), ("", "breaker"), ("4", "shape")]


# ---- figures ----


@pytest.mark.parametrize(
    ("write", "value", "text"),
    [
        (units.number, 0.01234, "0.0123"),
        (units.number, 4.5, "4.5"),
        (units.number, 1234.6, "1,235"),
        (units.percent, 1.0, "100 %"),
        (units.percent, 0.999999, "over 99.99 %"),
        (units.percent, 0.0000001, "under 0.01 %"),
        (units.percent, 0.0, "0 %"),
        (units.clock, 65.9, "1:05"),
        (units.clock, 3725, "1:02:05"),
        (units.change, 1.2, "+20 %"),
        (units.change, 0.966, "−3.4 %"),
        (units.change, 1 + 1e-15, "0 %"),
    ],
)
def test_figures_are_written_for_people(write: Callable[[float], str], value: float, text: str) -> None:
    assert write(value).replace(units.NBSP, " ") == text


# ---- the file ----


def test_the_page_stands_beside_the_record(tmp_path: Path, whole: Record) -> None:
    records.write(tmp_path, whole)
    assert report.write(tmp_path) == tmp_path / "report.html"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["record.json", "report.html"]


def test_a_half_written_record_is_named_and_the_old_page_stays(tmp_path: Path, whole: Record) -> None:
    path = records.write(tmp_path, whole)
    path.write_bytes(path.read_bytes()[:5000])
    (tmp_path / "report.html").write_text("the page before")
    with pytest.raises(BadRecord, match=r"record\.json is no whole record"):
        report.write(tmp_path)
    assert (tmp_path / "report.html").read_text() == "the page before"


def test_no_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoRecord, match=r"no record\.json in"):
        report.write(tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda one: one.update(version=2), "version is 2, wanted 1"),
        (lambda one: one.update(seconds=0), "seconds is 0.0, wanted more than 0"),
        (lambda one: one["series"][7].update(t=3), r"series\[7\]\.t is 3, wanted more than the 6"),
        (lambda one: one["events"][0].update(t=-1), r"events\[0\]\.t is -1"),
        (lambda one: one["total"].update(p99=-3), r"total\.p99 is -3"),
        (lambda one: one["series"][4].update(offered=10**40), r"series\[4\]\.offered is 1000"),
        (lambda one: one["series"][4].update(p99="fast"), r"Expected `float`, got `str`"),
        (lambda one: one.update(surprise=1), "surprise"),
        (lambda one: one.pop("total"), "total"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    tmp_path: Path, whole: Record, change: Callable[[dict[str, object]], object], told: str
) -> None:
    path = records.write(tmp_path, whole)
    raw = json.loads(path.read_bytes())
    change(raw)
    path.write_text(json.dumps(raw))
    with pytest.raises(BadRecord, match=told):
        report.write(tmp_path)


def test_seconds_that_are_missing_are_a_gap_in_every_plot(whole: Record) -> None:
    kept: list[Second] = [one for one in whole.series if not 40 <= one.t < 45]
    page = run.render(msgspec.structs.replace(whole, series=kept))
    times = data(page, "load")["times"]
    assert isinstance(times, list) and len(times[0]) == SECONDS - 5
    path = re.search(r'<path d="(M[^"]*)" class="line c0"', page)
    assert path and path[1].count("M") == 2


def test_the_second_in_which_the_load_ended_is_no_rate(tmp_path: Path, whole: Record) -> None:
    begun = msgspec.structs.replace(whole.series[-1], t=SECONDS, offered=12, answered=12)
    records.write(tmp_path, msgspec.structs.replace(whole, seconds=SECONDS + 0.3, series=[*whole.series, begun]))
    assert [one.t for one in reading.load(tmp_path).series] == list(range(SECONDS))
