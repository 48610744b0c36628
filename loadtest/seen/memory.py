"""How much memory does each part hold?

PSS of a process and all its children, from /proc/<pid>/smaps_rollup: a page that n processes share counts 1/n for each, so that
the parts can be added up.
"""

from pathlib import Path

from pyshim.settings import Settings

PROC = Path("/proc")


def pss_kb(rollup: str) -> int:
    """The Pss line of smaps_rollup."""
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def family(pid: int) -> list[int]:
    """A process and all its children."""
    children = [
        int(child) for task in (PROC / str(pid) / "task").glob("*/children") for child in task.read_text(encoding="ascii").split()
    ]
    return [pid, *(one for child in children for one in family(child))]


def pss_mb(pid: int) -> float:
    """PSS of this process and its children, MB."""
    return round(sum(pss_kb((PROC / str(one) / "smaps_rollup").read_text()) for one in family(pid)) / 1024, 1)


def of_parts(settings: Settings, peer: int | None = None) -> dict[str, float]:
    """PSS of each part of a running sluice, and of the peer where there is one, MB."""
    parts = {path.stem: int(path.read_text()) for path in sorted(settings.run.glob("*.pid")) if path.stem != "launcher"}
    return {name: pss_mb(pid) for name, pid in {**parts, **({"peer": peer} if peer else {})}.items()}
