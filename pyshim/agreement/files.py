"""What does this machine begin with, while nobody can be asked?

Files under var/run that nginx and shims read when they start. Nobody ever reads half of one.
"""

import os
from pathlib import Path


def put(path: Path, content: bytes, secret: bool = False) -> None:
    """In one step. secret: readable by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600 if secret else 0o666)
    draft.write_bytes(content)
    draft.rename(path)
