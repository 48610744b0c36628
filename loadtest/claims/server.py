"""A Triton alone, with the shipped student, on a free port."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway import triton
from loadtest.place.stack import CannotStart, free_ports
from pyshim.outside.repository import Repository
from pyshim.settings import MODEL, PREFIX, ROOT, Settings, read_settings

START_S = 60.0


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Its gRPC address; no model is loaded yet. Raises CannotStart."""
    port, metrics = map(str, free_ports(2))
    shutil.copytree(ROOT / "triton_models/repository" / MODEL, folder / "models" / MODEL)
    chosen = {"VAR": str(folder / "v"), "MODELS": str(folder / "models"), "TRITON_PORT": port, "TRITON_METRICS_PORT": metrics}
    settings = read_settings({PREFIX + name: value for name, value in chosen.items()})
    command, environment = triton.command(settings)
    with (folder / "triton.out").open("wb") as output:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=output, stderr=output, start_new_session=True)
    try:
        deadline = time.monotonic() + START_S
        while not asyncio.run(_alive(settings)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f"Triton did not start:\n{(folder / 'triton.out').read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


async def _alive(settings: Settings) -> bool:
    repository = Repository(settings)
    try:
        return await repository.alive()
    finally:
        await repository.close()
