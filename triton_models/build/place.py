"""How does a finished version get where Triton looks, without ever being seen half-done?

Everything is written into a hidden folder beside it. When complete, the old version is moved aside, the new one
takes its name, and only then is the old one removed. A version folder can be read alone: it holds its own model.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from pyshim.understanding.folder import IncompleteVersion, check_files, versions


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


def next_version(student: Path) -> Path:
    """The folder of the next version of a model."""
    return student / str(max(versions(student), default=0) + 1)


def check_fits(config: Path, labels: int, embedding: int) -> None:
    """Raises IncompleteVersion where config.pbtxt would have Triton expect other tensors than these."""
    try:
        declared = text_format.Parse(config.read_text(encoding="utf-8"), model_config_pb2.ModelConfig())
    except (OSError, text_format.ParseError) as error:
        raise IncompleteVersion(f"{config}: {error}") from None
    asked = {one.name: (model_config_pb2.DataType.Name(one.data_type), list(one.dims)) for one in declared.input}
    if asked != {"TEXT": ("TYPE_STRING", [1])}:
        raise IncompleteVersion(f"{config}: the input is {asked}; TEXT, TYPE_STRING, dims [ 1 ] is wanted")
    said = {one.name: (model_config_pb2.DataType.Name(one.data_type), list(one.dims)) for one in declared.output}
    for name, width in (("LOGITS", labels), ("EMBEDDING", embedding)):
        if said.get(name) not in (("TYPE_FP32", [-1]), ("TYPE_FP32", [width])):
            raise IncompleteVersion(f"{config}: {name} is {said.get(name)}; TYPE_FP32, dims [ {width} ] or [ -1 ] is wanted")
