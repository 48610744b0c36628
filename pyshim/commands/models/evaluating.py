"""How do the versions that serve do on sentences of your own?

A file of lines: text, tab, intent, and, where it was said to one tenant, tab, tenant. With a tenant the scores are read as that
tenant's: what falls on an intent of others is out of scope. Triton is asked a few sentences at a time; no turn is counted.
Sentences are read as a turn reads them, and shown so: with nothing secret in them.
"""

from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import numpy.typing as npt
import typer
from rich.table import Table

from pyshim.commands.control import run
from pyshim.commands.models.control import ModelControl
from pyshim.commands.terminal import START, fail, out, read_settings
from pyshim.errors import BadTenant, TritonAway
from pyshim.language.secrets.masking import discreet
from pyshim.settings import Settings
from pyshim.tenants.compile import Snapshot, compile_all
from pyshim.understanding.intents import OUT_OF_SCOPE
from pyshim.understanding.version import Version

AT_ONCE = 16
HEADER = ("text", "intent")


class Row(NamedTuple):
    text: str
    intent: str
    tenant: str


class BadRow(Exception):
    """file:line: what is wrong, what was wanted."""


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE.tsv", help="text<TAB>intent[<TAB>tenant] in each line")],
    show: Annotated[int, typer.Option(min=0, help="how many sentences with different answers to print")] = 10,
) -> None:
    """Ask the stable version and the candidate every sentence of a file, and compare."""
    settings = read_settings()

    async def work(control: ModelControl) -> None:
        record = await control.record()
        asked = [record.stable, record.candidate] if record.candidate in await control.served() else [record.stable]
        versions = [_version(settings, number) for number in asked]
        try:
            rows = read(file, versions[0][0], {label for _, version in versions for label in version.model.labels})
            answers = {one.name: await _answers(control, compiled, one, rows) for compiled, one in versions}
        except BadRow as error:
            raise fail(str(error)) from None
        except TritonAway as error:
            raise fail(f"Triton at {settings.triton_address}: {error}; {START}") from None
        _report(rows, answers, show)

    run(ModelControl, settings, work)


def _version(settings: Settings, number: int) -> tuple[Snapshot, Version]:
    try:
        compiled = compile_all(settings, number)
    except BadTenant as error:
        raise fail(str(error)) from None
    return compiled, Version(compiled.model)


def read(file: Path, compiled: Snapshot, labels: set[str]) -> list[Row]:
    """The rows of a file. Raises BadRow."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadRow(f"{file}: cannot be read: {error}") from None
    rows = []
    for number, text in enumerate(lines, 1):
        cells = tuple(cell.strip() for cell in text.split("\t"))
        if not text.strip() or (number == 1 and tuple(cell.lower() for cell in cells[:2]) == HEADER):
            continue
        rows.append(_row(cells, f"{file}:{number}", compiled, labels))
    if not rows:
        raise BadRow(f"{file}: no sentence in it; text, tab, intent is wanted in each line")
    return rows


def _row(cells: tuple[str, ...], where: str, compiled: Snapshot, labels: set[str]) -> Row:
    if len(cells) not in (2, 3) or not cells[0] or not cells[1]:
        raise BadRow(f"{where}: text, tab, intent (and, if you like, tab, tenant) is wanted")
    row = Row(discreet(cells[0]), cells[1], cells[2] if len(cells) == 3 else "")
    if row.intent not in labels:
        raise BadRow(f"{where}: no version that serves knows the intent {row.intent!r}")
    if row.tenant and row.tenant not in compiled.tenants:
        raise BadRow(f"{where}: no tenant {row.tenant!r}; there are: {', '.join(sorted(compiled.tenants))}")
    if row.tenant and row.intent not in {*compiled.tenants[row.tenant].intents, OUT_OF_SCOPE}:
        raise BadRow(f"{where}: {row.tenant} has no intent {row.intent!r}; what it does not have is {OUT_OF_SCOPE}")
    return row


async def _answers(control: ModelControl, compiled: Snapshot, version: Version, rows: list[Row]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        logits = await control.repository.scores([row.text for row in part], version.model.version)
        found += [_read(compiled, version, row, scores) for row, scores in zip(part, logits, strict=True)]
    return found


def _read(compiled: Snapshot, version: Version, row: Row, scores: npt.NDArray[np.float32]) -> str:
    if not row.tenant:
        return version.model.labels[int(scores.argmax())]
    return version.read(compiled.tenants[row.tenant], scores).intent


def _report(rows: list[Row], answers: dict[str, list[str]], show: int) -> None:
    for version, found in answers.items():
        right = sum(answer == row.intent for answer, row in zip(found, rows, strict=True))
        out.print(f"version {version}: {right} of {len(rows)} right ({100 * right / len(rows):.1f} %)")
    if len(answers) < 2:
        out.print("no candidate to compare with; `sluice models load VERSION` loads one")
        return
    pairs = list(zip(rows, *answers.values(), strict=True))
    apart = [pair for pair in pairs if pair[1] != pair[2]]
    out.print(f"{len(apart)} answered differently" + (f", the first {show}:" if len(apart) > show else ""))
    made = Table("text", "wanted", *(f"version {version}" for version in answers), box=None, pad_edge=False)
    for row, ours, theirs in apart[:show]:
        made.add_row(row.text, row.intent, ours, theirs)
    if apart and show:
        out.print(made)
