"""What do the tests of the models room stand on: the committed version folder, and a Lua state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyshim.language.router import HEADER, MAGIC, VERSION, Shape

ROOT = Path(__file__).resolve().parents[2]
LUA_PATH = f"package.path = '{ROOT}/lua/?.lua;' .. package.path"


class LuaRouter:
    """lua/edge/router.lua, asked from Python: bytes in, numbers out."""

    def __init__(self) -> None:
        lupa = pytest.importorskip("lupa.luajit21", reason="lupa is not installed: no LuaJIT to run router.lua in")
        self._lua = lupa.LuaRuntime(encoding=None, unpack_returned_tuples=True)
        self._lua.execute(LUA_PATH.encode())
        self.module = self._lua.eval(b"require 'edge.router'")

    def run(self, chunk: str) -> Any:
        return self._lua.execute(chunk.encode())

    def open(self, path: Path) -> tuple[Any, str | None]:
        opened = self.module[b"open"](str(path).encode())
        return (None, opened[1].decode()) if isinstance(opened, tuple) else (opened, None)

    def fold(self, text: bytes) -> list[int] | None:
        folded = self.module[b"fold"](text)
        return None if folded is None else list(folded.values())

    def logits(self, router: Any, text: bytes) -> np.ndarray | None:
        scores = router[b"logits"](router, text)
        return None if scores is None else np.array(list(scores.values()))

    def guess(self, router: Any, text: bytes, columns: list[int], priors: list[float] | None = None) -> tuple[int, float] | None:
        added = self._lua.table_from(priors or [0.0] * len(columns))
        guessed: tuple[int, float] | None = router[b"guess"](router, text, self._lua.table_from(columns), added)
        return guessed


@pytest.fixture(scope="session")
def lua() -> LuaRouter:
    return LuaRouter()


@pytest.fixture(scope="session")
def small_router(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A router of random numbers: 1024 buckets, 8 dims, 5 classes."""
    rng, shape = np.random.default_rng(7), Shape(buckets=1024, dims=8, classes=5)
    table = rng.integers(-127, 128, (shape.buckets, shape.dims), dtype=np.int8)
    floats = rng.normal(scale=0.05, size=shape.classes * (shape.dims + 1)).astype("<f4")
    header = HEADER.pack(MAGIC, VERSION, shape.buckets, shape.dims, shape.classes, shape.min_n, shape.max_n, 0)
    path = tmp_path_factory.mktemp("router") / "router.bin"
    path.write_bytes(header + table.tobytes() + floats.tobytes())
    return path
