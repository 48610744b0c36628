"""`make chaos ROUNDS=200 SEED= WAIT=1`: a fleet in namespaces of this machine, and something that happens to it in each round.

A round is drawn by its seed alone: one that failed is repeated by `make chaos ROUNDS=1 SEED=<its seed>`. The result:
loadtest/results/chaos.json. Wanted: root, and iproute2.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from loadtest.bench.options import parser, say, write
from loadtest.chaos.house import house
from loadtest.chaos.rounds import Round, played
from loadtest.place.network import NoNetwork
from loadtest.place.stack import CannotStart
from loadtest.seen import machine
from pyshim.settings import read_settings


def _summary(rounds: list[Round]) -> dict[str, Any]:
    return {
        "machine": machine.about(read_settings(), triton=False),
        "rounds": len(rounds),
        "kinds": dict(Counter(f"{one.event.host.partition('-')[0]} {one.event.kind}" for one in rounds)),
        "turns": sum(one.turns for one in rounds),
        "late": sum(one.degraded for one in rounds),
        "failed": sum(one.failed for one in rounds),
        "lost": sum(one.lost for one in rounds),
        "again_s": {
            "median": round(median(one.again_s for one in rounds), 2),
            "most": round(max(one.again_s for one in rounds), 2),
        },
        "broken": {str(one.seed): [str(one.event), *one.faults] for one in rounds if one.faults},
    }


def main() -> int:
    made: argparse.ArgumentParser = parser(__doc__, "chaos.json")
    made.add_argument("--rounds", type=int, default=20)
    made.add_argument("--seed", type=int, default=0, help="of the first round; those of the others follow it")
    made.add_argument(
        "--wait", type=int, choices=(0, 1), default=1, help="SLUICE_REDIS_WAIT; 0: what is lost is counted, and no fault"
    )
    chosen = made.parse_args()
    seed = chosen.seed or time.time_ns() // 1_000_000_000
    rounds: list[Round] = []
    try:
        with tempfile.TemporaryDirectory(prefix="chaos") as folder, house(Path(folder), bool(chosen.wait)) as stand:
            for number in range(1 if chosen.quick else chosen.rounds):
                one = played(stand, seed + number)
                rounds.append(one)
                say(f"round {number + 1}, seed {one.seed}: {one}")
                if one.faults:
                    say(f"    again: make chaos ROUNDS=1 SEED={one.seed}")
    except (NoNetwork, CannotStart) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        say("ended early")
    if rounds:
        write(chosen.result, {"wait": chosen.wait, **_summary(rounds)})
    return 1 if any(one.faults for one in rounds) else 0


if __name__ == "__main__":
    sys.exit(main())
