"""`sluice config`: what tenants brought, on a running system.

    check      reads a folder of tenants and says all that is wrong, or what would serve
    diff       what is different between two versions, or a version and the folder
    apply      the folder becomes the next version, for all users or for a share of them
    promote    the candidate serves everybody
    rollback   the candidate goes; or the version before, or any other, serves again
    versions   what there is, and who did what

What has a fault changes nothing.
"""

import typer

from pyshim.commands.config import checking, history, serving

app = typer.Typer(add_completion=False, no_args_is_help=True, help="What tenants brought: check, compare, apply, take back.")
app.command("check")(checking.check)
app.command("diff")(checking.diff)
app.command("apply")(serving.apply)
app.command("promote")(serving.promote)
app.command("rollback")(serving.rollback)
app.command("versions")(history.versions)
