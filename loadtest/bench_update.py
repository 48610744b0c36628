"""Does anybody notice when the model is replaced? The result: loadtest/results/update.json.

Under a steady paced load, the model is replaced again and again by a copy of itself under the next number, the way an operator
does it: `sluice models load`, `canary`, `promote`, with short steps. Before each update, the same load without one: what else
the machine does changes from minute to minute, so each is compared with the moments before it.
"""

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from loadtest import layers, machine, memory, stack, update_report, users, wrk
from loadtest.bench import TooFewQuestions, scouted
from loadtest.rounds import MIX_DEEP
from loadtest.shapes import turns
from loadtest.wrk import BadRun, Load, Run
from pyshim import config, snapshot
from pyshim.config import ROOT, Settings
from pyshim.outside.repository import Repository
from pyshim.snapshot import MODEL

RESULT = Path(__file__).parent / "results" / "update.json"
WORKERS, CONNECTIONS, USERS = 2, 96, 5000
STEPS = {"ROLLOUT_STEP_S": "1", "ROLLOUT_STEP_TURNS": "1", "ROLLOUT_STEP_MAX_S": "1", "ROLLOUT_DRAIN_S": "2"}
LONG_S, PATIENCE_S = 3600, 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of it. warm_s: long enough for every user to have come by; before_s: before each update."""

    updates: int = 20
    rate: float = 2000
    warm_s: float = 20
    before_s: float = 6


QUICK = Plan(updates=2, warm_s=6)


class NotUpdated(Exception):
    """A command did not do what it was told."""


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _sluice(env: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "pyshim.cli", "models", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise NotUpdated(f"sluice models {' '.join(arguments)}:\n{ran.stdout}{ran.stderr}")


def update(models: Path, env: dict[str, str], version: int) -> float:
    """Puts a copy in the place of the version before it; returns how long that took, seconds. Raises NotUpdated."""
    began = time.monotonic()
    folder = models / MODEL / str(version)
    shutil.copytree(models / MODEL / str(version - 1), folder.with_name(f".{version}"))
    folder.with_name(f".{version}").rename(folder)
    _sluice(env, "load", str(version))
    _sluice(env, "canary", str(version), "--percent", "1")
    _sluice(env, "promote")
    return time.monotonic() - began


async def _served(settings: Settings) -> set[int]:
    repository = Repository(settings)
    try:
        return await repository.served()
    finally:
        await repository.close()


def _until_alone(settings: Settings, version: int) -> None:
    """Waits until Triton has unloaded the version before."""
    deadline = time.monotonic() + PATIENCE_S
    while asyncio.run(_served(settings)) != {version}:
        if time.monotonic() > deadline:
            raise NotUpdated(f"after {PATIENCE_S:.0f} s Triton still serves more than version {version}")
        time.sleep(0.2)


@contextmanager
def _sending(load: Load, runs: list[Run]) -> Iterator[None]:
    """wrk sends until the end of the block; what it measured is then the last of runs."""
    with subprocess.Popen(load.command(LONG_S), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)  # wrk stops and says what came of it
            said, _ = process.communicate(timeout=30)
    runs.append(wrk.parse(said))


def _rounds(settings: Settings, env: dict[str, str], load: Load, plan: Plan) -> dict[str, Any]:
    """Every update, and the moments before it. Raises NotUpdated, BadRun."""
    before: list[Run] = []
    during: list[Run] = []
    took: list[float] = []
    for number in range(2, plan.updates + 2):
        with _sending(load, before):
            time.sleep(plan.before_s)
        with _sending(load, during):
            took.append(update(settings.models, env, number))
            _until_alone(settings, number)
        _say(
            f"update {number - 1:3} of {plan.updates} took {took[-1]:5.1f} s; "
            f"p99 before {before[-1].p99_ms:7.2f} ms, during {during[-1].p99_ms:7.2f} ms"
        )
    return {"before": before, "during": during, "took_s": took}


def _measure(folder: Path, env: dict[str, str], url: str, plan: Plan) -> dict[str, Any]:
    settings = config.read(env)
    busy = os.getloadavg()[0]
    compiled = snapshot.compile(settings)
    tenants = sorted(compiled.tenants)
    corpus = scouted(url, compiled, users.mint(settings, tenants, len(tenants), "scout"))
    file = wrk.write(folder / "turns.tsv", turns(users.mint(settings, list(corpus), USERS), corpus, MIX_DEEP))
    load = Load(f"{url}/v1/chat", file, CONNECTIONS, plan.rate)
    wrk.run(load, plan.warm_s)  # every user's token, every page of the tables
    at_start, counted = memory.of_parts(settings), layers.read(settings)
    rounds = _rounds(settings, env, load, plan)
    seen = layers.read(settings) - counted
    chosen = {"updates": plan.updates, "rate": plan.rate, "users": USERS, "deep_share": MIX_DEEP, "before_s": plan.before_s}
    return {
        "machine": machine.about(settings) | {"load_before": round(busy, 2)},
        "plan": chosen,
        **update_report.summed(rounds["before"], rounds["during"], rounds["took_s"]),
        "not_200": sum(count for (_, status), count in seen.items() if status != 200),
        "memory_pss_mb": {"at_start": at_start, "after": memory.of_parts(settings)},
        "degraded": layers.degraded(settings),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two updates, to see that it works")
    parser.add_argument("--result", type=Path, default=RESULT, help="where the JSON goes")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave through the doors below, with nothing left running
    plan = QUICK if arguments.quick else Plan()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        models = folder / "models"
        shutil.copytree(ROOT / "triton_models/repository" / MODEL, models / MODEL)
        chosen = STEPS | {"MODELS": str(models)}
        env = stack.environment(folder, WORKERS) | {config.PREFIX + name: value for name, value in chosen.items()}
        try:
            with stack.sluice(folder, env) as ours:
                result = _measure(folder, env, ours.url, plan)
        except (stack.CannotStart, TooFewQuestions, BadRun, NotUpdated) as error:
            _say(f"not measured: {error}")
            return 1
    result["gates"] = update_report.gates(result)
    arguments.result.parent.mkdir(parents=True, exist_ok=True)
    arguments.result.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    print(update_report.table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
