"""How is a table read?

text<TAB>intent[<TAB>group][<TAB>tenant], a row a line, no quoting. A first row that names text and intent is a header: columns
may then stand in any order, and those of other names are left out with a note.
"""

from __future__ import annotations

from triton_models.importing.faults import Faults
from triton_models.importing.rows import Row
from triton_models.importing.sources import lines

COLUMNS = ("text", "intent", "group", "tenant")
ALSO = {"label": "intent", "query": "text", "utterance": "text", "sentence": "text", "文本": "text", "意图": "intent"}


def rows(raw: bytes, place: str, faults: Faults) -> list[Row]:
    found: list[Row] = []
    columns: list[str] | None = None
    for where, line in lines(raw, place, faults):
        cells = line.split("\t")
        if columns is None:
            columns = _header(cells)
            if columns:
                _note_left_out(where, cells, columns, faults)
                continue
            columns = list(COLUMNS)
            least, most = 2, len(COLUMNS)
        elif columns != list(COLUMNS):
            least = most = len(columns)
        if not least <= len(cells) <= most:
            wanted = " ".join(columns) if least == most else "text, tab, intent, and where wanted tab, group, tab, tenant"
            faults.add(where, f"{len(cells)} columns", wanted)
            continue
        found.append(_row(dict(zip(columns, cells, strict=False)), where))
    return found


def _header(cells: list[str]) -> list[str] | None:
    names = [cell.strip().lower() for cell in cells]
    names = [ALSO.get(name, name) for name in names]
    return names if names.count("text") == 1 and names.count("intent") == 1 else None


def _note_left_out(where: str, cells: list[str], columns: list[str], faults: Faults) -> None:
    for cell, column in zip(cells, columns, strict=True):
        if column not in COLUMNS:
            faults.note(where, f"column {cell.strip()} is left out")


def _row(cells: dict[str, str], where: str) -> Row:
    return Row(cells.get("text", ""), cells.get("intent", ""), where, cells.get("group", ""), cells.get("tenant", ""))
