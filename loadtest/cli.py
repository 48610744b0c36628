"""`sluice load`: a load is run, its report is made, two are compared.

run        a scenario against a sluice; the same as `python -m loadtest`
report     record.json of a folder becomes report.html again
compare    two runs, or two sets of repeated runs: what differs by more than noise
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid
from rich.text import Text

from loadtest import report
from loadtest.report import compare as comparing
from loadtest.report import units, versus
from loadtest.report.compare import Comparison, Table
from loadtest.report.errors import NoRecord, ReportError
from loadtest.seen import record
from pyshim.commands.terminal import fail, out

app = typer.Typer(add_completion=False, no_args_is_help=True, help="A load is run, its report is made, two are compared.")
STYLES = {"worse": "red", "better": "green", "different": "yellow", "same": "dim", "unjudged": "dim"}
PAGE = "compare.html"

Side = Annotated[str, typer.Argument(help="a run's folder; several, joined by commas; or a folder of such folders")]


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def run(context: typer.Context) -> None:
    """Run a load: `sluice load run --scenario spike`. `--help` lists what can be said."""
    if find_spec("locust") is None:
        raise fail("a load is made by Locust, which is not installed here; `make test` or `make load` installs it")
    from loadtest.__main__ import main  # noqa: PLC0415  Locust patches what it touches: only a run may import it

    raise typer.Exit(main(context.args))


@app.command(name="report")
def rebuild(folder: Annotated[Path, typer.Argument(help="a run's folder, with record.json in it")]) -> None:
    """Make report.html of a run again."""
    try:
        out.print(str(report.write(folder)), soft_wrap=True)
    except ReportError as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{folder / report.FILE} cannot be written: {error.strerror}") from None


@app.command()
def compare(
    a: Side,
    b: Side,
    page: Annotated[Path, typer.Option("--out", help="the page with both runs' plots")] = Path(PAGE),
    force: Annotated[bool, typer.Option("--force", help="compare runs that asked different things, too")] = False,
) -> None:
    """Show two runs side by side and say which differences exceed noise."""
    try:
        found = comparing.compare(folders(a), folders(b), force)
        versus.write(page, found)
    except ReportError as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{page} cannot be written: {error.strerror}") from None
    show(found)
    out.print(str(page), soft_wrap=True)


def folders(side: str) -> list[Path]:
    """The runs of a side, by name. Raises NoRecord."""
    named = [Path(part) for part in side.split(",") if part]
    found = [one for path in named for one in _within(path)]
    if not found:
        raise NoRecord(f"{side!r} names no run: wanted a folder with {record.FILE} in it, or folders joined by commas")
    return found


def _within(path: Path) -> list[Path]:
    if (path / record.FILE).exists() or not path.is_dir():
        return [path]
    return sorted(inner.parent for inner in path.glob(f"*/{record.FILE}")) or [path]


def show(found: Comparison) -> None:
    """Everything but the plots, in the terminal."""
    for table in found.tables:
        out.print(_grid(table))
        out.print()
    for caution in found.cautions:
        out.print(Text(caution, style="yellow"), soft_wrap=True)
    kind, headline = found.headline
    out.print(Text(headline, style=f"bold {STYLES[kind]}"), soft_wrap=True)
    if kind == "same" and found.sight:
        out.print(Text(found.sight), soft_wrap=True)


def _grid(table: Table) -> Grid:
    made = Grid("", "A", "B", "B against A", "interval", "", box=None, pad_edge=False, title=table.title, title_justify="left")
    made.columns[0].overflow = "fold"
    for column in made.columns[1:5]:
        column.justify = "right"
    for row in table.rows:
        of = row.figure
        both = [units.percent(one) if of.share else units.figure(one, of.unit) for one in (of.a, of.b)]
        told = [of.name, *both, comparing.changed(row), versus.interval(row), versus.VERDICTS[row.verdict]]
        made.add_row(*(Text(text) for text in told), style=STYLES[row.verdict] if row.verdict != "same" else None)
    return made


if __name__ == "__main__":
    sys.exit(app())
