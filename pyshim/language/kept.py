"""How does a long pattern come to a process that starts?

Python compiles patterns in Python, a third of a second for the longest of ours. So what comes of one is kept as what comes of a
module is: in __pycache__, for this Python and this text. Where nothing can be kept, it is compiled each time.
"""

import importlib
import marshal
import os
import re
import sys
from contextlib import suppress
from hashlib import sha256
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

# Python's own: how a pattern is handed to the engine is in no public module. Of what is broken the engine says RuntimeError.
_compiler: Any = importlib.import_module("re._compiler")
_engine: Any = importlib.import_module("_sre")


def pattern(name: str, text: str) -> re.Pattern[str]:
    """As re.compile(text). name: of its file."""
    path = Path(cache_from_source(__file__, optimization="")).with_suffix(f".{name}")
    mark = sha256(f"{sys.version}\n{text}".encode()).digest()
    with suppress(OSError, EOFError, ValueError, TypeError, RuntimeError):
        known, *parts = marshal.loads(path.read_bytes())
        if known == mark:
            found: re.Pattern[str] = _engine.compile(text, *parts)
            return found
    parts = _parts(text)
    if not sys.dont_write_bytecode:
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            draft.write_bytes(marshal.dumps((mark, *parts)))
            draft.rename(path)
    made: re.Pattern[str] = _engine.compile(text, *parts)
    return made


def _parts(text: str) -> list[Any]:
    """What the engine wants besides the text, as re.compile() hands it over: flags, code, how many groups, their numbers, their
    names."""
    parsed = _compiler._parser.parse(text)
    numbers: dict[str, int] = dict(parsed.state.groupdict)
    names = {number: name for name, number in numbers.items()}
    code = [int(one) for one in _compiler._code(parsed, 0)]  # some are constants with names
    count = int(parsed.state.groups)
    return [int(parsed.state.flags), code, count - 1, numbers, tuple(names.get(number) for number in range(count))]
