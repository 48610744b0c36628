"""How does a folder of sentences become a version of the student?

    python -m triton_models.build [--data DIR] [--target DIR] [--seed N] [--quick | --calibrate]

Reads, splits, trains the student, makes it INT8, lets the router imitate it, finds the thresholds, measures all on
validation, and places the version. --quick takes a twentieth of the steps: to see that everything runs, not to serve.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

from triton_models.build.corpus import CorpusError, read
from triton_models.build.place import new_version
from triton_models.build.shipped import faq, shipped
from triton_models.build.version import Request, build, recalibrate
from triton_models.version import IncompleteVersion

HERE = Path(__file__).resolve().parents[1]


def main() -> int:
    options = _options()
    torch.set_num_threads(2)
    started = time.monotonic()
    try:
        request = Request(
            read(options.data),
            faq(shipped()),
            options.seed,
            options.quick,
            "python -m triton_models.build " + " ".join(sys.argv[1:]),
        )
        if options.calibrate:
            recalibrate(request.corpus, options.target)
            print(f"calibrated {options.target}")
            return 0
        with new_version(options.target) as folder:
            build(request, folder)
    except (CorpusError, IncompleteVersion) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"placed {options.target} after {time.monotonic() - started:.0f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m triton_models.build", description="Train and place a version.")
    parser.add_argument("--data", type=Path, default=HERE / "data", help="folder of sentences")
    parser.add_argument("--target", type=Path, default=HERE / "repository/student/1", help="version folder to replace")
    parser.add_argument("--seed", type=int, default=20231105)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the steps, to try the pipeline")
    parser.add_argument("--calibrate", action="store_true", help="only find the thresholds of the target anew")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
