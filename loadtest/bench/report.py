"""What came out?"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from loadtest.bench.goals import GOALS
from loadtest.bench.wrk import Run

FIGURES = ("per_s", "p50_ms", "p99_ms")
TITLES = {
    "hot": "hot: answered in nginx",
    "triton": "triton: every turn understood by Triton",
    "mix": "mix: 92 % hot, 8 % Triton",
    "paced": "mix, paced at 70 % of its rate",
    "peer_hot": "peer, the hot questions",
    "peer_mix": "peer, the mix",
}
NOTES = (
    "Turns are POST /v1/chat over loopback with a signed token of one of {users} users; each is checked, limited, answered and "
    "stored in Redis. Medians of {rounds} runs of {seconds:g} s (lowest to highest).",
    "Without pacing, latency is that of a full queue: every connection sends again as soon as it has its answer.",
    "Paced: wrk's delay() gives each turn a moment of a random schedule (1 ms steps). It counts from sending: a turn sent late "
    "because all connections were busy does not see its wait; the rate reached shows how much was late.",
    "The edge remembers nothing that the student said (SLUICE_UNDERSTOOD_MB=0): every question meant for Triton is asked of it.",
    "wrk, nginx, the shim, Redis and Triton share this machine's cores.",
)

Figures = dict[str, dict[str, float]]  # figure -> median, min, max


def summed(runs: Sequence[Run]) -> Figures:
    """Median, lowest and highest of each figure."""
    values = {figure: [getattr(run, figure) for run in runs] for figure in FIGURES}
    return {
        figure: {"median": round(median(found), 3), "min": round(min(found), 3), "max": round(max(found), 3)}
        for figure, found in values.items()
    }


def ratios(cases: Mapping[str, Figures]) -> dict[str, float]:
    """How many times more turns a second sluice answers than the peer."""
    pairs = [("hot", "peer_hot"), ("mix", "peer_mix")]
    return {ours: round(cases[ours]["per_s"]["median"] / cases[theirs]["per_s"]["median"], 1) for ours, theirs in pairs}


def gates(cases: Mapping[str, Figures]) -> list[dict[str, Any]]:
    """Each target, what was measured, and whether it holds."""
    found = []
    for goal in GOALS:
        value = cases[goal.case][goal.figure]["median"]
        found.append(
            {"case": goal.case, "figure": goal.figure, "wanted": str(goal), "measured": value, "holds": goal.holds(value)}
        )
    return found


def _cell(figure: Mapping[str, float], digits: int) -> str:
    return f"{figure['median']:,.{digits}f} ({figure['min']:,.{digits}f} to {figure['max']:,.{digits}f})"


def _memory(memory: Mapping[str, Mapping[str, float]]) -> list[str]:
    lines = ["", "Memory, PSS in MB", f"  {'':16}{'at rest':>10}{'after':>10}"]
    for part, at_rest in memory["at_rest"].items():
        lines.append(f"  {part:16}{at_rest:10,.0f}{memory['after'][part]:10,.0f}")
    return lines


def table(result: Mapping[str, Any]) -> str:
    """The result as somebody reads it in a terminal."""
    machine = result["machine"]
    lines = [
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mb']:,} MB; {machine['date']}",
        f"load average before: {machine['load_before']} (near 0: nothing else was running); degraded turns: {result['degraded']}",
        "",
    ]
    lines.append(f"  {'':42}{'turns/s':>28}{'p50 ms':>24}{'p99 ms':>24}")
    for name, figures in result["cases"].items():
        cells = _cell(figures["per_s"], 0), _cell(figures["p50_ms"], 2), _cell(figures["p99_ms"], 2)
        lines.append(f"  {TITLES[name]:42}{cells[0]:>28}{cells[1]:>24}{cells[2]:>24}")
    lines += ["", *(f"  sluice / peer, {name}: {ratio:g} times" for name, ratio in result["ratios"].items()), "", "Targets"]
    for gate in result["gates"]:
        verdict = "holds" if gate["holds"] else "MISSED"
        lines.append(f"  {gate['case']:8}{gate['figure']:8}{gate['wanted']:>12}  measured {gate['measured']:>10,.1f}  {verdict}")
    lines += _memory(result["memory_pss_mb"])
    return "\n".join([*lines, "", *(note.format_map(result["plan"]) for note in NOTES)])
