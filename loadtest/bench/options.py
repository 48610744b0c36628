"""What have the benchmarks' commands in common? Their options, how they end, what they say meanwhile, where the result goes."""

import argparse
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from loadtest import readme
from loadtest.readme import RESULTS


def say(text: str) -> None:
    """Progress; the result alone goes to standard output."""
    print(text, file=sys.stderr, flush=True)


def parser(doc: str | None, file: str) -> argparse.ArgumentParser:
    """--quick and --result; a SIGTERM from here on leaves through the caller's doors, with nothing left running."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    made = argparse.ArgumentParser(description=doc)
    made.add_argument("--quick", action="store_true", help="one short round, to see that it works")
    made.add_argument("--result", type=Path, default=RESULTS / file if file else None, help="where the JSON goes")
    return made


def write(path: Path, result: Mapping[str, Any]) -> None:
    """A result that goes where the shipped ones are goes into README's table, too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    if path.parent == RESULTS:
        readme.write()
