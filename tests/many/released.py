"""How do tests get a sluice of the last release? By git, from the commit or tag that the file last_release names."""

import subprocess
import sys
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from pyshim.settings import ROOT
from tests.conftest import Stack, bare_environment, wait_until
from tests.sluice import here

NAMED = Path(__file__).with_name("last_release")


def tree(folder: Path) -> Path:
    """Its files, in a folder. Skips the test where git does not have it."""
    release = NAMED.read_text(encoding="ascii").strip()
    command = ["git", "archive", "--format=tar", release]
    packed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if packed.returncode:
        why = packed.stderr.decode(errors="replace").strip().partition("\n")[0]
        pytest.skip(f"git has no {release}, which {NAMED.relative_to(ROOT)} names ({why}): a clone with its history is wanted")
    with tarfile.open(fileobj=BytesIO(packed.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def environment(of: Path) -> dict[str, str]:
    """What makes Python read the code of this tree and no other."""
    return {**bare_environment(), "PYTHONPATH": str(of)}


def ran(of: Path, code: str, *arguments: object) -> str:
    """What a piece of Python says, run by the code of this tree."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd=of, env=environment(of), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@dataclass
class Released(Stack):
    """A stack that runs the code of a tree."""

    of: Path = ROOT

    def start(self) -> None:
        with (self.var / "launcher.out").open("w") as said:
            self.launcher = subprocess.Popen(
                [sys.executable, "-m", "gateway.launcher"],
                cwd=self.of,
                env={**environment(self.of), **self.environment},
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
            )
        wait_until(lambda: "is ready" in self.said() or self.launcher.poll() is not None, 120, every_s=0.05)  # type: ignore[union-attr]
        assert self.launcher.poll() is None, self.said()

    def typed(self, *arguments: object) -> "subprocess.CompletedProcess[str]":
        """A `sluice` command of that tree."""
        if self.of == ROOT:
            return here(self, *map(str, arguments))
        command = [sys.executable, "-m", "pyshim", *map(str, arguments)]
        chosen = {**environment(self.of), **self.environment, "COLUMNS": "300", "LANG": "C.UTF-8"}
        return subprocess.run(command, cwd=self.of, env=chosen, capture_output=True, text=True, timeout=110, check=False)

    def done(self, *arguments: object) -> str:
        """What a command said that must succeed."""
        ran = self.typed(*arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout
