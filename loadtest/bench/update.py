"""Does anybody notice when the model, or the configuration, is replaced? The results: loadtest/results/update.json and
config.json.

Under a steady paced load it is replaced again and again, the way an operator does it (replacements.py). Before each time, the
same load without: what else the machine does changes from minute to minute, so each is compared with the moments before it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loadtest import readme
from loadtest.bench import holders, layers, options, update_report, wrk
from loadtest.bench.replacements import KINDS, NotReplaced, Replacement
from loadtest.bench.rounds import MIX_DEEP
from loadtest.bench.sequence import turns
from loadtest.bench.wrk import BadRun, Load, Run
from loadtest.place import stack
from loadtest.seen import machine, memory
from loadtest.what.scouting import TooFewQuestions, scouted
from pyshim.settings import PREFIX, Settings, read_settings
from pyshim.tenants.compile import compile_all

FILES = {"models": "update.json", "config": "config.json"}
WORKERS, CONNECTIONS, USERS = 2, 96, 5000
WARM_S, QUICK_WARM_S, QUICK_UPDATES = 20.0, 6.0, 2  # warm: long enough for every user to have come by
LONG_S = 3600
HELD_AT = 0.1, 0.5  # of the updates: memory that a part keeps of each one would grow steadily


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


def _rounds(settings: Settings, env: dict[str, str], load: Load, what: Replacement) -> dict[str, Any]:
    """Every time, and the moments before it. Raises NotReplaced, BadRun."""
    before: list[Run] = []
    during: list[Run] = []
    took: list[float] = []
    held: dict[int, dict[str, float]] = {}
    for number in range(1, what.updates + 1):
        with _sending(load, before):
            time.sleep(what.before_s)
        with _sending(load, during):
            began = time.monotonic()
            what.replace(settings, env, number)
            took.append(time.monotonic() - began)
        options.say(
            f"update {number:3} of {what.updates} took {took[-1]:5.1f} s; "
            f"p99 before {before[-1].p99_ms:7.2f} ms, during {during[-1].p99_ms:7.2f} ms"
        )
        if number in {max(1, round(what.updates * share)) for share in HELD_AT}:
            held[number] = memory.of_parts(settings)
    return {"before": before, "during": during, "took_s": took, "held": held}


def _measure(folder: Path, env: dict[str, str], url: str, what: Replacement, warm_s: float) -> dict[str, Any]:
    settings = read_settings(env)
    busy = os.getloadavg()[0]
    compiled = compile_all(settings)
    tenants = sorted(compiled.tenants)
    corpus = scouted(url, compiled, holders.mint(settings, tenants, len(tenants), "scout"))
    file = wrk.write(folder / "turns.tsv", turns(holders.mint(settings, list(corpus), USERS), corpus, MIX_DEEP))
    load = Load(f"{url}/v1/chat", file, CONNECTIONS, what.rate)
    wrk.run(load, warm_s)  # every user's token, every page of the tables
    at_start, counted = memory.of_parts(settings), layers.read(settings)
    rounds = _rounds(settings, env, load, what)
    wrk.run(load, warm_s)  # what an update let go is given back meanwhile
    held = {"at_start": at_start, **{f"update {number}": one for number, one in rounds["held"].items()}}
    seen = layers.read(settings) - counted
    chosen = {"updates": what.updates, "rate": what.rate, "users": USERS, "deep_share": MIX_DEEP, "before_s": what.before_s}
    return {
        "machine": machine.about(settings) | {"load_before": round(busy, 2)},
        "plan": chosen | {"p99_ratio": what.p99, "memory_ratio": what.memory, "parts": list(what.parts)},
        **update_report.summed(rounds["before"], rounds["during"], rounds["took_s"]),
        "not_200": sum(count for (_, status), count in seen.items() if status != 200),
        "memory_pss_mb": held | {"after": memory.of_parts(settings)},
        "degraded": layers.degraded(settings),
    }


def main() -> int:
    parser = options.parser(__doc__, "")
    parser.add_argument("what", nargs="?", choices=KINDS, default="models")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        what = KINDS[arguments.what](folder)
        if arguments.quick:
            what.updates = QUICK_UPDATES
        chosen = {PREFIX + setting: value for setting, value in what.settings.items()}
        env = stack.environment(folder, WORKERS) | chosen
        try:
            with stack.sluice(folder, env) as ours:
                result = _measure(folder, env, ours.url, what, QUICK_WARM_S if arguments.quick else WARM_S)
        except (stack.CannotStart, TooFewQuestions, BadRun, NotReplaced) as error:
            options.say(f"not measured: {error}")
            return 1
    result["gates"] = update_report.gates(result)
    path = arguments.result or readme.RESULTS / FILES[arguments.what]
    options.write(path, result)
    print(update_report.table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
