"""Which versions are there, which serve, and what happened to them?"""

import json
from pathlib import Path
from statistics import mean
from typing import Any

from rich.table import Table

from pyshim.commands.control import run
from pyshim.commands.models.control import ModelControl, line
from pyshim.commands.terminal import out, read_settings
from pyshim.rollout.rollout import Rollout
from pyshim.understanding.folder import IncompleteVersion, check_files, versions

EVENTS = 6


def list_() -> None:
    """Versions on disk and served, how good they are, and what happened last."""

    async def work(control: ModelControl) -> None:
        record, served = await control.record(), await control.served()
        out.print(table(control.settings.student, record, served))
        for event in record.events[-EVENTS:]:
            out.print(line(event), soft_wrap=True)

    run(ModelControl, read_settings(), work)


def table(student: Path, record: Rollout, served: set[int]) -> Table:
    made = Table(
        "version", "Triton", "serves as", "users", "accuracy", "out of scope", "router", "on disk", box=None, pad_edge=False
    )
    for version in sorted({*versions(student), *served, record.stable}):
        figures = _figures(student / str(version) / "card.json")
        triton = "serves" if version in served else ""
        made.add_row(str(version), triton, *_role(version, record), *figures, _on_disk(student / str(version)))
    return made


def _role(version: int, record: Rollout) -> tuple[str, str]:
    if version == record.stable:
        return "stable", f"{100 - record.percent:g} %"
    if version == record.candidate:
        return f"candidate ({record.goal if record.loaded else 'loading'})", f"{record.percent:g} %"
    return ("previous" if version == record.previous else ""), ""


def _figures(card: Path) -> tuple[str, str, str]:
    """Of validation: the student's accuracy and recall of out of scope, and the share of rule questions the router answers."""
    try:
        found: Any = json.loads(card.read_text(encoding="utf-8"))["validation"]
        student, routers = found["student_int8"]["overall"], found["router_at_threshold"].values()
        shares = student["accuracy"], student["out_of_scope_recall"], mean(one["coverage_of_rules"] for one in routers)
        accuracy, out_of_scope, coverage = (f"{100 * share:.1f} %" for share in shares)
    except (OSError, ValueError, KeyError, TypeError):
        return "?", "?", "?"
    return accuracy, out_of_scope, coverage


def _on_disk(folder: Path) -> str:
    try:
        check_files(folder)
    except IncompleteVersion as error:
        return str(error).partition(": ")[2]
    return "whole"
