"""`sluice models`: versions of the model on a running system. One file for each group of commands."""

import typer

from pyshim.commands.models import changing, evaluating, listing, training
from pyshim.commands.terminal import PASSED_ON

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Versions of the model: train, list, load, compare, promote, take back."
)
app.command("train", context_settings=PASSED_ON)(training.train)
app.command("list")(listing.list_)
app.command("load")(changing.load)
app.command("canary")(changing.canary)
app.command("promote")(changing.promote)
app.command("rollback")(changing.rollback)
app.command("evaluate")(evaluating.evaluate)
