"""How do tests type a `sluice` command?

Most do it here, in the tests' own process: one that is started takes longer for its start than for its work, and gives way to
whoever uses the cores (pyshim/__main__.py), so that stories would wait for stories beside them. A few start one, as operators do.
"""

import os
import subprocess
import sys
import traceback
from pathlib import Path
from unittest import mock

from typer.testing import CliRunner

from pyshim.commands import terminal
from pyshim.commands.cli import app
from pyshim.settings import ROOT
from tests.conftest import Stack

COLUMNS = 300


def _environment(stack: Stack) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/tmp", "COLUMNS": str(COLUMNS), "LANG": "C.UTF-8", **stack.environment}


def process(stack: Stack, *arguments: str | int | Path) -> subprocess.CompletedProcess[str]:
    """As an operator types it."""
    command = [sys.executable, "-m", "pyshim", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=_environment(stack), capture_output=True, text=True, timeout=110, check=False)


def here(stack: Stack, *arguments: str | int | Path) -> subprocess.CompletedProcess[str]:
    """The same, in this process."""
    typed = list(map(str, arguments))
    with (
        mock.patch.dict(os.environ, _environment(stack), clear=True),
        mock.patch.object(terminal.out, "_width", COLUMNS),
    ):
        result = CliRunner().invoke(app, typed)
    said = result.stderr
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        said += "".join(traceback.format_exception(result.exception))
    return subprocess.CompletedProcess(typed, result.exit_code, result.stdout, said)
