"""Does a wheel of the project hold all that runs?"""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from pyshim.settings import ROOT

pytestmark = pytest.mark.real

RUNS = {"pyshim", "gateway", "lua", "triton_models", "loadtest", "deploy"}
LEFT_OUT = {"tests", "docs", ".ci"}
EVERYTHING = """
import importlib, pkgutil, sys
from pathlib import Path
import deploy.example_backend, gateway, loadtest.capacity, pyshim, triton_models.importing
for package in (pyshim, gateway):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
print(Path(pyshim.__file__).parent.parent)
"""


def tracked() -> list[str]:
    said = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in said.splitlines() if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """site-packages of an empty environment into which the wheel was installed, made from what git knows."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in tracked():
        if name.partition("/")[0] not in LEFT_OUT:
            (folder / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / "tree" / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    offline = ["-q", "--no-deps", "--no-index"]
    subprocess.run([*pip, "wheel", *offline, "--no-build-isolation", "-w", folder, folder / "tree"], check=True, timeout=110)
    venv.create(folder / "empty", with_pip=False)
    python = folder / "empty" / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", *offline, *folder.glob("*.whl")], check=True, timeout=110)
    return Path(next((folder / "empty").glob("lib/python*/site-packages")))


def test_whatever_runs_is_in_it(installed: Path) -> None:
    runs = [
        name
        for name in tracked()
        if name.partition("/")[0] in {"pyshim", "gateway", "lua", "triton_models", "loadtest", "deploy"}
    ]
    assert not [name for name in runs if not (installed / name).is_file()]


def test_every_module_is_read_from_it_and_the_command_works(installed: Path, tmp_path: Path) -> None:
    python = installed.parents[2] / "bin" / "python"
    # What it needs is taken from this environment, where the project itself is found by an editable install's hook only.
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "COLUMNS": "300", "SLUICE_VAR": str(tmp_path / "var")}
    environment["PYTHONPATH"] = sysconfig.get_path("purelib")

    def said(*command: str | Path) -> str:
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout.strip()

    assert said(python, "-c", EVERYTHING) == str(installed)
    assert "no fault" in said(python.with_name("sluice"), "config", "check")
