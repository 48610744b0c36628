"""`sluice models`: versions of the model on a running system. One file for each group of commands."""

import typer

from pyshim.models import changing, evaluating, listing

app = typer.Typer(no_args_is_help=True, help="Versions of the model: list, load, compare, promote, take back.")
app.command("list")(listing.list_)
app.command("load")(changing.load)
app.command("canary")(changing.canary)
app.command("promote")(changing.promote)
app.command("rollback")(changing.rollback)
app.command("evaluate")(evaluating.evaluate)
