"""Before and after: a plain service, one that makes its clients anew for each turn, and sluice, on one Redis and one Triton."""

from collections import defaultdict
from pathlib import Path
from statistics import median

from loadtest.bench import holders, rounds, wrk
from loadtest.bench.sequence import turns
from loadtest.bench.wrk import BadRun, Load, Run
from loadtest.claims.claim import Measured, NotMeasured, Row
from loadtest.place import stack
from loadtest.what import scouting
from pyshim.settings import Settings, read_settings
from pyshim.tenants.compile import compile_all

WORKERS, USERS, CONNECTIONS = 2, 2000, 64
SERVICES = {
    "each": "plain service, clients made in each request",
    "plain": "plain service, clients kept",
    "sluice": "sluice",
}
SHARES = {"hot questions": 0.0, "92 % hot, 8 % hard": rounds.MIX_DEEP}


def _files(folder: Path, settings: Settings, url: str) -> dict[str, Path]:
    compiled = compile_all(settings)
    tenants = sorted(compiled.tenants)
    corpus = scouting.scouted(url, compiled, holders.mint(settings, tenants, len(tenants), "scout"))
    people = holders.mint(settings, list(corpus), USERS)
    return {name: wrk.write(folder / f"{share:g}.tsv", turns(people, corpus, share)) for name, share in SHARES.items()}


def _row(service: str, what: str, runs: list[Run], beside: float) -> Row:
    per_s = median(run.per_s for run in runs)
    return {
        "service": SERVICES[service],
        "asked": what,
        "turns/s": round(per_s),
        "mean ms": round(median(run.mean_ms for run in runs), 1),
        "p99 ms": round(median(run.p99_ms for run in runs), 1),
        "times the plain service": round(per_s / beside, 2),
    }


def _runs(urls: dict[str, str], files: dict[str, Path], quick: bool) -> dict[tuple[str, str], list[Run]]:
    """Every service in every round, the rounds beginning in turn with the first and the last. Raises BadRun."""
    found: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for number in range(1 if quick else 3):
        for what, file in files.items():
            for service in list(urls)[:: 1 if number % 2 else -1]:
                load = Load(f"{urls[service]}/v1/chat", file, CONNECTIONS)
                wrk.run(load, 1 if quick else 3)
                found[service, what].append(wrk.run(load, 3 if quick else 8))
    return found


def measure(folder: Path, quick: bool) -> Measured:
    env = stack.environment(folder, WORKERS)
    try:
        with (
            stack.sluice(folder, env) as ours,
            stack.peer(folder, env, WORKERS) as plain,
            stack.peer(folder, env, WORKERS, "each") as each,
        ):
            urls = {"each": each.url, "plain": plain.url, "sluice": ours.url}
            runs = _runs(urls, _files(folder, read_settings(env), ours.url), quick)
    except (stack.CannotStart, BadRun, scouting.TooFewQuestions) as error:
        raise NotMeasured(str(error)) from None
    beside = {what: median(run.per_s for run in runs["plain", what]) for what in SHARES}
    rows = [
        _row(service, what, found, beside[what]) for (service, what), found in sorted(runs.items(), key=lambda one: one[0][1])
    ]
    return Measured(
        rows, _said(rows), f"wrk, {CONNECTIONS} connections without pacing (a full queue), two processes each; medians"
    )


def _said(rows: list[Row]) -> str:
    def of(service: str, column: str) -> float:
        found = next(row[column] for row in rows if row["service"] == SERVICES[service] and row["asked"] == "92 % hot, 8 % hard")
        return float(found or 0)

    ours, plain, each = (of(service, "turns/s") for service in ("sluice", "plain", "each"))
    return (
        f"On the mix sluice answers {ours / plain:.1f} times as many turns as the plain service and {ours / each:.0f} times as "
        f"many as the one that makes its clients anew; p99 {of('each', 'p99 ms'):,.0f} and {of('plain', 'p99 ms'):,.0f} ms "
        f"against {of('sluice', 'p99 ms'):,.0f} ms."
    )
