"""Does what is said of such systems hold here? `python -m loadtest.claims [NAME ...]`: all, or some of them, one after the other.

Results go to loadtest/results/claims.json, where what is not measured now stays as it was, and to docs/claims.md.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from loadtest.bench import options
from loadtest.bench.options import say
from loadtest.claims import batching, before_after, compressed, meanings, page, soak, spike
from loadtest.claims.claim import Claim, NotMeasured
from loadtest.readme import RESULTS
from loadtest.seen import machine
from pyshim.settings import ROOT, read_settings

FILE, PAGE = "claims.json", ROOT / "docs/claims.md"
CLAIMS = (
    Claim(
        "before-after",
        "Before and after: a plain service, and sluice",
        "400 to 1,800 turns/s a machine, p99 2.1 s to 180 ms; and 21,000 to 84,000 turns/s, p99 4.3 s to 420 ms",
        before_after.measure,
    ),
    Claim(
        "meanings",
        "Rules, n-gram router, student, teacher",
        "rules 5 ms and 75 % right, a distilled model 80 ms and 85 %, a full one 350 ms and 93 %",
        meanings.measure,
    ),
    Claim(
        "batching", "Batches of 40 within 30 ms, against single requests", "4 times the throughput, on a GPU", batching.measure
    ),
    Claim(
        "compressed",
        "Distilled, pruned, quantised",
        "distilled: 6 times as fast, -0.8 points; INT8: -30 % latency, 330 to 89 MB; pruned: -18 % of the parameters",
        compressed.measure,
    ),
    Claim("spike", "Fifteen times the load, and back", "nothing lost", spike.measure),
    Claim("soak", "A soak: who grows?", "a leak from 600 MB to 1.8 GB in 20 minutes, found by such a run", soak.measure),
)


def _measured(claim: Claim, quick: bool) -> dict[str, Any]:
    """Raises NotMeasured."""
    busy = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="claim-") as name:
        found = claim.measure(Path(name), quick)
    return {
        "question": claim.question,
        "published": claim.published,
        **msgspec.to_builtins(found),
        "machine": machine.about(read_settings({}), triton=False) | {"load_before": round(busy, 2)},
        "command": f"python -m loadtest.claims {claim.name}",
    }


def _earlier(path: Path) -> dict[str, Any]:
    return dict(msgspec.json.decode(path.read_bytes())["claims"]) if path.exists() else {}


def main() -> int:
    parser = options.parser(__doc__, FILE)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(claim.name for claim in CLAIMS)}; default: all")
    told = parser.parse_args()
    unknown = set(told.names) - {claim.name for claim in CLAIMS}
    if unknown:
        parser.error(f"no claim is named {', '.join(sorted(unknown))}")
    done, failed = _earlier(told.result), 0
    for claim in CLAIMS:
        if told.names and claim.name not in told.names:
            continue
        say(f"{claim.name} ...")
        try:
            done[claim.name] = _measured(claim, told.quick)
        except NotMeasured as error:
            say(f"{claim.name} is not measured: {error}")
            failed = 1
            continue
        say(done[claim.name]["said"])
        result = {"claims": {one.name: done[one.name] for one in CLAIMS if one.name in done}}
        options.write(told.result, result)
        if told.result == RESULTS / FILE:
            PAGE.write_text(page.text(result), encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
