"""A load of conversations (loadtest/) for a claim: run, and what was seen."""

import subprocess
import sys
from pathlib import Path

from loadtest.claims.claim import NotMeasured
from loadtest.seen import record
from loadtest.seen.record import Record
from pyshim.settings import ROOT

COULD_NOT = 2  # how the command ends where no load could be made


def run(folder: Path, scenario: str, *options: str) -> Record:
    """Raises NotMeasured."""
    command = [sys.executable, "-m", "loadtest", "--scenario", scenario, "--out", str(folder / scenario), *options]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if ran.returncode >= COULD_NOT:
        raise NotMeasured(f"{scenario}: {ran.stdout or 'see above'}")
    return record.read(folder / scenario)
