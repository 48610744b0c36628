"""Did anybody notice the updates?"""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from loadtest.bench import report
from loadtest.bench.wrk import Run

NOTES = (
    "Turns are POST /v1/chat over loopback with signed tokens of {users} users, {deep_share:.0%} of them for Triton, at moments",
    "of a random schedule of {rate:,.0f} a second. Before: {before_s:g} s without an update, before each one; during: from its",
    "first command until nothing of the old version is left. Medians of {updates} (lowest to highest).",
    "wrk, the commands, nginx, the shim, Redis and Triton share this machine's cores.",
)

Result = Mapping[str, Any]


def summed(before: Sequence[Run], during: Sequence[Run], took_s: Sequence[float]) -> dict[str, Any]:
    """What the runs before and during the updates amount to."""
    runs = [*before, *during]
    return {
        "figures": {"before": report.summed(before), "during": report.summed(during)},
        "requests": {"before": sum(run.requests for run in before), "during": sum(run.requests for run in during)},
        "failed": sum(run.refused + run.broken for run in runs),
        "update_s": {"median": round(median(took_s), 1), "max": round(max(took_s), 1)},
    }


def _grown(result: Result, part: str) -> float:
    held = result["memory_pss_mb"]
    return round(float(held["after"][part]) / float(held["at_start"][part]), 3)


def gates(result: Result) -> list[dict[str, Any]]:
    """Each goal, what was measured, and whether it holds."""
    plan = result["plan"]
    p99 = {name: figures["p99_ms"]["median"] for name, figures in result["figures"].items()}
    measured = [
        ("failed requests", 0, result["failed"] + result["not_200"]),
        ("p99 during / before", plan["p99_ratio"], round(p99["during"] / p99["before"], 2)),
        *((f"memory of {part} after / start", plan["memory_ratio"], _grown(result, part)) for part in plan["parts"]),
    ]
    return [{"goal": goal, "at_most": most, "measured": value, "holds": value <= most} for goal, most, value in measured]


def _cell(figure: Mapping[str, float], digits: int) -> str:
    return f"{figure['median']:,.{digits}f} ({figure['min']:,.{digits}f} to {figure['max']:,.{digits}f})"


def table(result: Result) -> str:
    """The result as somebody reads it in a terminal."""
    about, plan, took = result["machine"], result["plan"], result["update_s"]
    lines = [
        f"{about['cpu']}, {about['cores']} cores, {about['memory_mb']:,} MB; {about['date']}",
        f"load average before: {about['load_before']} (near 0: nothing else was running); degraded turns: {result['degraded']}",
        f"{plan['updates']} updates, {took['median']:.1f} s each (the longest {took['max']:.1f} s)",
        "",
        f"  {'':8}{'turns':>10}{'turns/s':>26}{'p50 ms':>22}{'p99 ms':>26}",
    ]
    for name, figures in result["figures"].items():
        cells = _cell(figures["per_s"], 0), _cell(figures["p50_ms"], 2), _cell(figures["p99_ms"], 1)
        lines.append(f"  {name:8}{result['requests'][name]:10,}{cells[0]:>26}{cells[1]:>22}{cells[2]:>26}")
    lines += ["", "Goals"]
    for gate in result["gates"]:
        verdict = "holds" if gate["holds"] else "MISSED"
        lines.append(f"  {gate['goal']:32}<= {gate['at_most']:<8g}measured {gate['measured']:>8g}  {verdict}")
    held = result["memory_pss_mb"]
    lines += ["", "Memory, PSS in MB", f"  {'':16}{''.join(f'{when:>12}' for when in held)}"]
    lines += [f"  {part:16}{''.join(f'{one[part]:12,.0f}' for one in held.values())}" for part in held["at_start"]]
    return "\n".join([*lines, "", *(note.format_map(plan) for note in NOTES)])
