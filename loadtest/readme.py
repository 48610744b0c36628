"""What does README say of figures? What loadtest/results says, and nothing by hand: `make figures`.

Between two marks stands one table, a row for each figure: what it is, what was measured, what was wanted, the command and the
date. Every `make bench...` writes it anew at its end.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from pyshim.settings import ROOT

README, RESULTS = ROOT / "README.md", ROOT / "loadtest/results"
BEGIN, END = "<!-- figures: written by `make figures` from loadtest/results -->", "<!-- end of figures -->"
HEAD = ("| | measured | wanted | by | on |", "|---|---|---|---|---|")

Result = Mapping[str, Any]


class BadReadme(Exception):
    """README.md has no place for the figures."""


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of one result. measured, wanted: from the result to a cell."""

    file: str
    command: str
    what: str
    measured: Callable[[Result], str]
    wanted: Callable[[Result], str] = lambda _: ""


MISSED = ": **missed**"


def _case(name: str) -> Callable[[Result], str]:
    def cell(result: Result) -> str:
        per_s, p99 = result["cases"][name]["per_s"], result["cases"][name]["p99_ms"]["median"]
        rate = f"{per_s['median']:,.0f} turns/s ({per_s['min']:,.0f} to {per_s['max']:,.0f})"
        return f"{rate}, p99 {p99:.{0 if p99 >= 20 else 1}f} ms"

    return cell


def _wanted_of(name: str) -> Callable[[Result], str]:
    def cell(result: Result) -> str:
        gates = [gate for gate in result["gates"] if gate["case"] == name]
        return ", ".join(
            f"{gate['wanted']}{'/s' if gate['figure'] == 'per_s' else ' ms p99'}{'' if gate['holds'] else MISSED}"
            for gate in gates
        )

    return cell


def _gate(goal: str, unit: str = "", digits: int = 3) -> tuple[Callable[[Result], str], Callable[[Result], str]]:
    """measured and wanted of a result that lists its gates by goal."""

    def one(result: Result) -> Mapping[str, Any]:
        return next(gate for gate in result["gates"] if gate["goal"] == goal)

    def wanted(result: Result) -> str:
        gate = one(result)
        kind, bound = ("at least", gate["at_least"]) if "at_least" in gate else ("at most", gate["at_most"])
        return f"{kind} {bound:g}{unit}{'' if gate['holds'] else MISSED}"

    return lambda result: f"{one(result)['measured']:.{digits}f}{unit}", wanted


def _failed(result: Result) -> str:
    turns = sum(result["requests"].values())
    return f"{result['failed'] + result['not_200']:,} of {turns:,}"


def _holding(goals: str) -> Callable[[Result], str]:
    return lambda result: f"{sum(goal['holds'] for goal in result[goals])} of {len(result[goals])} goals hold"


def _limit(name: str, form: Callable[[float], str]) -> tuple[Callable[[Result], str], Callable[[Result], str]]:
    return (
        lambda result: form(result["gates"][name]["measured"]),
        lambda result: f"at most {form(result['gates'][name]['most'])}{'' if result['gates'][name]['kept'] else MISSED}",
    )


def _attacks(result: Result) -> str:
    real = {name: one for name, one in result["attacks"].items() if name != "nothing"}
    within = sum(one["p99_ratio"] <= 1.5 for one in real.values())
    return f"{within} of {len(real)} kinds; {sum(one['good_refused'] for one in real.values())} good turns refused"


def _wanted_of_attacks(result: Result) -> str:
    real = [one for name, one in result["attacks"].items() if name != "nothing"]
    return f"all, 0{'' if all(one['p99_ratio'] <= 1.5 and not one['good_refused'] for one in real) else MISSED}"


def _said(claim: str) -> Callable[[Result], str]:
    return lambda result: (
        str(result["claims"][claim]["said"]).removesuffix(".") if claim in result["claims"] else "not measured yet"
    )


def _knees(result: Result) -> str:
    ratios = [case["ratio"] for case in result["cases"]]
    return f"{min(ratios):.2f} to {max(ratios):.2f}{'' if all(0.85 <= ratio <= 1.15 for ratio in ratios) else MISSED}"


BENCH, EDGE, LIMITS, ATTACKS = "make bench", "make bench-edge", "make bench-limits", "make bench-attacks"
ROWS = (
    Row("bench.json", BENCH, "a hot question through everything", _case("hot"), _wanted_of("hot")),
    Row("bench.json", BENCH, "questions that Triton understands", _case("triton"), _wanted_of("triton")),
    Row("bench.json", BENCH, "92 % hot, 8 % Triton", _case("mix"), _wanted_of("mix")),
    Row("bench.json", BENCH, "the same mix, paced at 70 % of that", _case("paced"), _wanted_of("paced")),
    Row("bench.json", BENCH, "a plain FastAPI service, the hot questions", _case("peer_hot")),
    Row("bench.json", BENCH, "the same service, the mix", _case("peer_mix")),
    Row(
        "bench.json",
        BENCH,
        "times the plain service: hot, mix",
        lambda result: f"{result['ratios']['hot']:g}, {result['ratios']['mix']:g}",
    ),
    Row("edge.json", EDGE, "hot path / one EVALSHA that writes a turn", *_gate("hot path / one EVALSHA that writes a turn")),
    Row("edge.json", EDGE, "metering / nginx's own limit_req, in C", *_gate("metering / limit_req")),
    Row(
        "limits.json",
        LIMITS,
        "four nginx, one limit: off it in any 10 s",
        *_limit("off_by_max", lambda share: f"{share:.1%}"),
    ),
    Row(
        "limits.json",
        LIMITS,
        "... Redis calls for each admitted turn",
        *_limit("calls_per_admitted", lambda calls: f"{calls:.3f}"),
    ),
    Row("limits.json", LIMITS, "... times the limit, Redis killed for 30 s", *_limit("lost_ratio", lambda times: f"{times:.2f}")),
    Row("attacks.json", ATTACKS, "attacks that keep good customers' p99 within 1.5 times", _attacks, _wanted_of_attacks),
    Row("config.json", "make bench-config", "100 changes under 5,000 turns/s: failed", _failed, lambda _: "0"),
    Row("config.json", "make bench-config", "... p99 during / before", *_gate("p99 during / before")),
    Row("update.json", "make bench-update", "20 model updates under 2,000 turns/s: failed", _failed, lambda _: "0"),
    Row("update.json", "make bench-update", "... p99 during / before", *_gate("p99 during / before")),
    Row("claims.json", "make bench-claims", "a rush of 15 times within 10 s", _said("spike"), lambda _: "nothing lost"),
    Row("claims.json", "make bench-claims", "a soak of 25 minutes", _said("soak"), lambda _: "no leak"),
    Row("plan.json", "make bench-plan", "knees at three mixes, measured / predicted", _knees, lambda _: "0.85 to 1.15"),
    Row("models.json", "make bench-models", "models beside TF-IDF and fastText, six sets", _holding("goals"), lambda _: "all"),
)


def _about(result: Result) -> Any:
    """The machine; claims have one each."""
    return result["machine"] if "machine" in result else next(iter(result["claims"].values()))["machine"]


def _machine(result: Result) -> str:
    about = _about(result)
    if isinstance(about, str):  # models.json says its processor only
        return about
    return f"{about['cpu']}, {about['cores']} cores, {about['memory_mb'] / 1024:.0f} GB"


def _date(result: Result) -> str:
    return str(result["date"] if "date" in result else _about(result)["date"])[:10]


def table(results: Mapping[str, Result]) -> str:
    """Markdown; rows whose result is not there are left out."""
    lines = list(HEAD)
    for row in ROWS:
        result = results.get(row.file)
        if result is not None:
            lines.append(f"| {row.what} | {row.measured(result)} | {row.wanted(result)} | `{row.command}` | {_date(result)} |")
    machines = sorted({_machine(result) for name, result in results.items() if name != "models.json"})
    return "\n".join([*lines, "", f"On {'; '.join(machines)}, shared by load generator and all parts."])


def read() -> dict[str, Result]:
    files = {row.file for row in ROWS}
    return {name: msgspec.json.decode((RESULTS / name).read_bytes()) for name in sorted(files) if (RESULTS / name).exists()}


def renewed(readme: str, figures: str) -> str:
    """README with these figures between the marks. Raises BadReadme."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BadReadme(f"README.md: {BEGIN!r} and {END!r} are wanted, in this order, for the figures to stand between")
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"


def write(path: Path = README) -> None:
    """Raises BadReadme."""
    path.write_text(renewed(path.read_text(encoding="utf-8"), table(read())), encoding="utf-8")


def main() -> int:
    try:
        write()
    except (BadReadme, OSError, msgspec.DecodeError, KeyError) as error:
        print(f"README.md is as it was: {error!r}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
