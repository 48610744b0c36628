"""How does a finished version get where Triton looks, without ever being seen half-done?

Everything is written into a hidden folder beside it. When complete, the old version is moved aside, the new one
takes its name, and only then is the old one removed. A version folder can be read alone: it holds its own model.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triton_models.version import check_files


@contextmanager
def new_version(target: Path) -> Iterator[Path]:
    """A folder to write into; it becomes the target when the block ends well, and is removed when it does not."""
    fresh, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        yield fresh
        check_files(fresh)
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
