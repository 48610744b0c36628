"""What does a turn cost here, what where parts stand apart, and is the model right? `python -m loadtest.capacity measure`,
`apart` (root: it makes namespaces), then `validate`."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from loadtest.bench.options import say
from loadtest.capacity import apart, distance, measure, service, validate
from loadtest.capacity.errors import CapacityError
from loadtest.capacity.outcome import VALIDATION

P99_MS = 180.0


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="loadtest.capacity", description=__doc__)
    parser.add_argument("what", choices=["measure", "apart", "validate"], help="service times and memory; over veth; knees")
    parser.add_argument("--quick", action="store_true", help="a short one, to see that it works")
    parser.add_argument("--p99-ms", type=float, default=P99_MS, help="validate: the bound that a knee keeps")
    parser.add_argument("--service", type=Path, default=service.FILE, help="what measure wrote, or is to write")
    parser.add_argument("--apart", type=Path, default=apart.FILE, help="what apart writes")
    parser.add_argument("--result", type=Path, default=VALIDATION, help="what validate writes")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    told = arguments(given)
    if not 1 <= told.p99_ms <= 60_000:
        say(f"--p99-ms: {told.p99_ms:g} was said; 1 to 60000 is wanted")
        return 2
    with tempfile.TemporaryDirectory(prefix="capacity-") as name:
        try:
            if told.what == "measure":
                _measure(Path(name), told)
            elif told.what == "apart":
                _apart(Path(name), told)
            else:
                _validate(Path(name), told)
        except CapacityError as error:
            say(f"not done: {error}")
            return 1
    return 0


def _measure(folder: Path, told: argparse.Namespace) -> None:
    found = measure.measured(folder, measure.QUICK if told.quick else measure.Plan())
    service.write(told.service, found)
    for name, part in found.parts.items():
        work = f"hot {part.hot_us:6.1f}  deep {part.deep_us:7.1f} + {part.batch_us:.0f} a batch  a wake {part.wake_us:5.1f} us"
        work += "" if part.apart else "  NOT told apart: a quieter machine is wanted"
        print(f"  {name:10}{work}  fit within {part.error:.0%}")
    one = found.batches
    print(f"  an execution: {one.fixed_us:.0f} us and {one.each_us:.0f} a question, fit within {one.error:.0%}")
    print(told.service)


def _apart(folder: Path, told: argparse.Namespace) -> None:
    found = distance.measured(folder, distance.QUICK if told.quick else distance.Plan())
    service.write(told.apart, found)
    for stand, kinds in found.turns.items():
        for kind, turn in kinds.items():
            us = "  ".join(f"{part} {spent:7.1f}" for part, spent in turn.us.items())
            print(f"  {stand:8}{kind:5} us a turn: {us}  p50 {turn.p50_ms:.2f} ms")
    print(told.apart)


def _validate(folder: Path, told: argparse.Namespace) -> None:
    plan = validate.QUICK if told.quick else validate.Plan()
    found = validate.validated(folder, service.read(told.service), told.p99_ms, plan)
    service.write(told.result, found)
    for case in found.cases:
        verdict = "within" if case.within_goal else "NOT within"
        knees = f"predicted {case.predicted_per_s:8,.0f}  measured {case.measured_per_s:8,.0f} turns/s  ratio {case.ratio:.2f}"
        print(f"  {case.share:4.0%} deep  {knees}  {verdict} {found.goal:.0%}")
    print(told.result)


if __name__ == "__main__":
    sys.exit(main())
