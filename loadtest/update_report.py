"""Did anybody notice the updates?"""

from collections.abc import Mapping
from typing import Any

P99_RATIO, MEMORY_RATIO = 1.5, 1.05
NOTES = (
    "Turns are POST /v1/chat over loopback with signed tokens of {users} users, {deep_share:.0%} of them for Triton, at moments "
    "of a random schedule of {rate:,.0f} a second. Before: {before_s:g} s without an update; during: all updates in a row.",
    "wrk, the commands, nginx, the shim, Redis and Triton with both versions share this machine's cores.",
)

Result = Mapping[str, Any]


def _grown(result: Result, part: str) -> float:
    held = result["memory_pss_mb"]
    return round(float(held["after"][part]) / float(held["at_start"][part]), 3)


def gates(result: Result) -> list[dict[str, Any]]:
    """Each goal, what was measured, and whether it holds."""
    figures, during = result["figures"], result["figures"]["during"]
    failed = during["refused"] + during["broken"] + figures["not_200"]
    measured = [
        ("failed requests", 0, failed),
        ("p99 during / before", P99_RATIO, round(during["p99_ms"] / figures["before"]["p99_ms"], 2)),
        ("memory of Triton after / start", MEMORY_RATIO, _grown(result, "triton")),
        ("memory of nginx after / start", MEMORY_RATIO, _grown(result, "nginx")),
    ]
    return [{"goal": goal, "at_most": most, "measured": value, "holds": value <= most} for goal, most, value in measured]


def table(result: Result) -> str:
    """The result as somebody reads it in a terminal."""
    about, plan, took = result["machine"], result["plan"], result["update_s"]
    lines = [
        f"{about['cpu']}, {about['cores']} cores, {about['memory_mb']:,} MB; {about['date']}",
        f"load average before: {about['load_before']} (near 0: nothing else was running); degraded turns: {result['degraded']}",
        f"{plan['updates']} updates, {took['median']:.1f} s each (the longest {took['max']:.1f} s)",
        "",
        f"  {'':10}{'turns':>10}{'turns/s':>10}{'p50 ms':>10}{'p99 ms':>10}{'max ms':>10}",
    ]
    for name in ("before", "during"):
        run = result["figures"][name]
        rate = run["requests"] / run["seconds"]
        cells = f"{run['requests']:10,}{rate:10,.0f}{run['p50_ms']:10.2f}{run['p99_ms']:10.2f}{run['max_ms']:10.0f}"
        lines.append(f"  {name:10}{cells}")
    lines += ["", "Goals"]
    for gate in result["gates"]:
        verdict = "holds" if gate["holds"] else "MISSED"
        lines.append(f"  {gate['goal']:32}<= {gate['at_most']:<8g}measured {gate['measured']:>8g}  {verdict}")
    held = result["memory_pss_mb"]
    lines += ["", "Memory, PSS in MB", f"  {'':16}{'at start':>10}{'after':>10}"]
    lines += [f"  {part:16}{mb:10,.0f}{held['after'][part]:10,.0f}" for part, mb in held["at_start"].items()]
    return "\n".join([*lines, "", *(note.format_map(plan) for note in NOTES)])
