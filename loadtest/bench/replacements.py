"""What is replaced under load, and how?

models   the model by a copy of itself under the next number: `sluice models load`, `canary`, `promote`, with short steps
config   the configuration by one with another greeting of the shop and another limit: `sluice config apply`
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from pyshim.outside.repository import Repository
from pyshim.settings import MODEL, ROOT, Settings

PATIENCE_S = 120.0
STEPS = {"ROLLOUT_STEP_S": "1", "ROLLOUT_STEP_TURNS": "1", "ROLLOUT_STEP_MAX_S": "1", "ROLLOUT_DRAIN_S": "2"}


class NotReplaced(Exception):
    """A command did not do what it was told."""


class Replacement(Protocol):
    """settings: without prefix, of the stack it is done to. p99, memory: at most so many times what they were before; parts:
    whose memory counts."""

    updates: int
    rate: float
    before_s: float
    p99: float
    memory: float
    parts: tuple[str, ...]
    settings: dict[str, str]

    def replace(self, known: Settings, env: Mapping[str, str], number: int) -> None:
        """The number-th time, the first is 1; until nothing of the old one is left. Raises NotReplaced."""


def _sluice(env: Mapping[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "pyshim", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise NotReplaced(f"sluice {' '.join(arguments)}:\n{ran.stdout}{ran.stderr}")


class Models:
    """folder: of this benchmark."""

    updates, rate, before_s, p99, memory = 20, 2000.0, 6.0, 1.5, 1.05
    parts: tuple[str, ...] = ("triton", "nginx")

    def __init__(self, folder: Path) -> None:
        models = folder / "models"
        shutil.copytree(ROOT / "triton_models/repository" / MODEL, models / MODEL)
        self.settings = STEPS | {"MODELS": str(models)}

    def replace(self, known: Settings, env: Mapping[str, str], number: int) -> None:
        version = number + 1
        folder = known.student / str(version)
        shutil.copytree(known.student / str(version - 1), folder.with_name(f".{version}"))
        folder.with_name(f".{version}").rename(folder)
        _sluice(env, "models", "load", str(version))
        _sluice(env, "models", "canary", str(version), "--percent", "1")
        _sluice(env, "models", "promote")
        deadline = time.monotonic() + PATIENCE_S
        while asyncio.run(_served(known)) != {version}:
            if time.monotonic() > deadline:
                raise NotReplaced(f"after {PATIENCE_S:.0f} s Triton still serves more than version {version}")
            time.sleep(0.2)


async def _served(settings: Settings) -> set[int]:
    repository = Repository(settings)
    try:
        return await repository.served()
    finally:
        await repository.close()


class Configurations:
    """Changes the stack's own copy of the tenants."""

    updates, rate, before_s, p99, memory = 100, 5000.0, 3.0, 1.2, 1.03
    parts: tuple[str, ...] = ("nginx", "shim-0")  # Redis keeps what was said: it grows with the turns

    def __init__(self, folder: Path) -> None:
        self.settings: dict[str, str] = {}

    def replace(self, known: Settings, env: Mapping[str, str], number: int) -> None:
        greeting = r"(  greet:\n    title: \S+\n    answer: )(?:第\d+版：)?"
        _changed(known.tenants / "shop/replies.yaml", greeting, rf"\g<1>第{number}版：")
        _changed(known.tenants / "bank/tenant.yaml", r"burst: 1\d{6}", f"burst: {1_000_000 + number}")
        _sluice(env, "config", "apply", "--why", f"the {number}th time")


def _changed(path: Path, pattern: str, by: str) -> None:
    text, count = re.subn(pattern, by, path.read_text(encoding="utf-8"))
    if not count:
        raise NotReplaced(f"{path}: nothing like {pattern} to change")
    path.write_text(text, encoding="utf-8")


KINDS: dict[str, Callable[[Path], Replacement]] = {"models": Models, "config": Configurations}
