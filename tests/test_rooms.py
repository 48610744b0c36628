"""Who may import whom? Rooms stand in the order in which they build on each other; an arrow up is a fault."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from pyshim.settings import ROOT

# From the ground up: a room may import those of the lines above it, and of its own line only what BESIDE names.
ORDER = (
    ("errors", "hosts", "mtls", "redis_address", "settings"),
    ("telemetry",),
    ("language",),
    ("outside", "words"),
    ("understanding", "identity", "agreement"),
    ("tenants",),
    ("turns", "configuration"),
    ("dialogue", "rollout"),
    ("layers", "backup"),
    ("funnel",),
    ("serve",),
    ("commands",),
    ("__main__",),
)
BESIDE = {
    ("settings", "errors"),
    ("errors", "settings"),
    ("settings", "redis_address"),
    ("settings", "hosts"),
    ("redis_address", "hosts"),
    ("mtls", "settings"),
}
HEIGHT = {room: height for height, rooms in enumerate(ORDER) for room in rooms}
# Packages: whom each may import besides itself.
PACKAGES = {
    "pyshim": set(),
    "deploy": {"pyshim"},
    "gateway": {"pyshim"},
    "triton_models": {"pyshim"},
    "loadtest": {"pyshim", "gateway", "triton_models"},
}
# `sluice models train` is the pipeline itself, read when somebody types it.
STARTED = {("pyshim/commands/models/training.py", "triton_models")}


@cache
def imports(package: str) -> list[tuple[Path, str]]:
    """Every import of ours: the file, and the module's dotted name."""
    return list(_imports(package))


def _imports(package: str) -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        if "repository" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                # `from pyshim import settings` names a module, `from pyshim.errors import Away` does not.
                names = [f"{node.module}.{alias.name}" for alias in node.names] if "." not in node.module else [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for name in names:
                if name.partition(".")[0] in PACKAGES:
                    yield path.relative_to(ROOT), name


def room_of(path: Path) -> str:
    return path.parts[1].removesuffix(".py")


def test_every_room_has_its_place_in_the_order() -> None:
    there = {path.name.removesuffix(".py") for path in (ROOT / "pyshim").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert there - {"__init__", "__pycache__"} == set(HEIGHT)


def test_no_room_imports_one_that_stands_above_it() -> None:
    up = []
    for path, name in imports("pyshim"):
        if not name.startswith("pyshim."):
            continue
        mine, theirs = room_of(path), name.split(".")[1]
        if mine != theirs and (mine, theirs) not in BESIDE and HEIGHT[theirs] >= HEIGHT[mine]:
            up.append(f"{path} imports {name}")
    assert not up


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_each_other_in_one_direction(package: str) -> None:
    wrong = []
    for path, name in imports(package):
        other = name.partition(".")[0]
        if other != package and other not in PACKAGES[package] and (path.as_posix(), other) not in STARTED:
            wrong.append(f"{path} imports {name}")
    assert not wrong


def test_layers_know_no_compiler() -> None:
    assert not [path for path, name in imports("pyshim") if room_of(path) == "layers" and name == "pyshim.tenants.compile"]


def test_every_room_says_its_question() -> None:
    """A folder's first line is a question, or the name of the command it is."""
    folders = [path for path in (ROOT / "pyshim").iterdir() if path.is_dir() and path.name != "__pycache__"]
    said = {path.name: ast.get_docstring(ast.parse((path / "__init__.py").read_text(encoding="utf-8"))) or "" for path in folders}
    assert not [name for name, text in said.items() if not text.partition("\n")[0].partition("?")[1]]
