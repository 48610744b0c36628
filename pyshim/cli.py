"""The `sluice` command: talk to a running sluice, mint and revoke tokens, change the configuration and the lists of
addresses, replace models."""

import time
from typing import Annotated

import httpx
import typer
from rich.text import Text

from pyshim import addresses as address_lists
from pyshim import models, revoking, source, tokens
from pyshim import tenant as tenants
from pyshim.config import Settings
from pyshim.configuration import commands as configuration
from pyshim.errors import BadTenant
from pyshim.terminal import check_tenant, fail, out, read_settings

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
app.add_typer(configuration.app, name="config")
app.add_typer(models.app, name="models")
app.add_typer(revoking.app, name="tokens")
LAYER_COLOURS = {"l3_hot": "green", "l5_dialogue": "cyan", "l6_recall": "blue", "l7_fallback": "yellow"}

TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="whose service desk")]
UserOption = Annotated[str, typer.Option("--user", "-u", help="who asks: 1 to 64 of A-Z a-z 0-9 . _ @ : + = -")]


def _token(settings: Settings, tenant: str, user: str, seconds: int, seq: int | None = None) -> str:
    check_tenant(settings, tenant)
    if seconds > settings.token_life_max_s:
        raise fail(f"no token may live for longer than {settings.token_life_max_s} s (SLUICE_TOKEN_LIFE_MAX_S)")
    try:
        key = tokens.signing_key(settings.keys, tenant)
        issuer = tenants.about(source.of_folder(settings.tenants / tenant)).issuer
    except BadTenant as error:
        raise fail(str(error)) from None
    return tokens.mint(key, tenant, user, settings.token_audience, seconds, issuer, seq)


@app.command()
def token(
    tenant: TenantOption = "shop",
    user: UserOption = "me",
    seconds: Annotated[int | None, typer.Option(min=1, help="how long it is good; default SLUICE_TOKEN_S")] = None,
    seq: Annotated[int | None, typer.Option(min=1, help="refuse turns before this position")] = None,
) -> None:
    """Mint a token for one user of one tenant, with the tenant's first key that signs."""
    settings = read_settings()
    print(_token(settings, tenant, user, seconds or settings.token_s, seq))


@app.command()
def chat(
    tenant: TenantOption = "shop",
    user: UserOption = "terminal",
    url: Annotated[str | None, typer.Option(help="where sluice listens; default: the local one")] = None,
) -> None:
    """A conversation in the terminal. An empty line or Ctrl-D ends it; /new forgets the dialogue."""
    settings = read_settings()
    base = url or f"http://{settings.host}:{settings.port}"
    headers = {"Authorization": f"Bearer {_token(settings, tenant, user, settings.token_s)}"}
    with httpx.Client(base_url=base, headers=headers, timeout=10, trust_env=False) as client:
        _greet(client, tenant)
        while True:
            try:
                query = out.input("[bold]> [/bold]").strip()
            except (EOFError, KeyboardInterrupt):
                out.print()
                return
            if not query:
                return
            if query == "/new":
                client.delete("/v1/session")
                out.print(Text("新的对话", style="dim"))
                continue
            _turn(client, query)


@app.command()
def addresses() -> None:
    """Read SLUICE_ADDRESSES_REFUSED and SLUICE_ADDRESSES_TRUSTED again; nginx of this machine goes by them within two seconds."""
    settings = read_settings()
    try:
        refused, trusted = address_lists.keep(settings)
    except (BadTenant, OSError) as error:
        raise fail(str(error)) from None
    out.print(f"refused: {refused}, trusted: {trusted}")


def _greet(client: httpx.Client, tenant: str) -> None:
    try:
        listed = client.get("/v1/tenants").raise_for_status().json()["tenants"]
    except httpx.HTTPError as error:
        raise fail(f"nothing answers at {client.base_url} ({error}); `make run` starts sluice") from None
    about = next(one for one in listed if one["id"] == tenant)
    out.print(Text(f"{about['name']}  ", style="bold") + Text(about["greeting"]))


def _turn(client: httpx.Client, query: str) -> None:
    began = time.perf_counter()
    try:
        answer = client.post("/v1/chat", json={"query": query})
    except httpx.HTTPError as error:
        out.print(Text(f"no answer: {error}", style="red"))
        return
    spent = (time.perf_counter() - began) * 1000
    body = answer.json()
    if answer.status_code != 200:
        fault = body["error"]
        out.print(
            Text(body.get("answer") or fault["message"], style="red"),
            Text(f"  {answer.status_code} {fault['code']}", style="dim"),
        )
        return
    out.print(Text(body["answer"]))
    if body["suggestions"]:
        out.print(Text("  ".join(f"[{text}]" for text in body["suggestions"]), style="magenta"))
    layer = Text(body["answered_by"], style=LAYER_COLOURS.get(body["answered_by"], ""))
    meaning = f"  {spent:.1f} ms  {body['intent'] or '-'} {body['confidence']:.2f}"
    out.print(layer + Text(meaning + ("  degraded" if body.get("degraded") else ""), style="dim"))
