"""`sluice chat`: what does it answer, and which layer did?"""

import time
from typing import Annotated, Any

import httpx
import typer
from rich.text import Text

from pyshim.commands.terminal import fail, out, read_settings
from pyshim.commands.token import TenantOption, UserOption, minted

app = typer.Typer(add_completion=False)
BUTTONS = {"y": "yes", "n": "no"}  # what is typed to press one
LAYER_COLOURS = {"l3_hot": "green", "l5_dialogue": "cyan", "l6_recall": "blue", "l7_fallback": "yellow"}


@app.command()
def chat(
    tenant: TenantOption = "shop",
    user: UserOption = "terminal",
    url: Annotated[str | None, typer.Option(help="where sluice listens; default: the local one")] = None,
) -> None:
    """A conversation in the terminal. An empty line or Ctrl-D ends it; /new forgets the dialogue; y and n press the buttons
    under an answer that has some."""
    settings = read_settings()
    base = url or f"http://{settings.host}:{settings.port}"
    headers = {"Authorization": f"Bearer {minted(settings, tenant, user, settings.token_s)}"}
    with httpx.Client(base_url=base, headers=headers, timeout=10, trust_env=False) as client:
        _greet(client, tenant)
        last: dict[str, Any] = {}
        while True:
            try:
                typed = out.input("[bold]> [/bold]").strip()
            except (EOFError, KeyboardInterrupt):
                out.print()
                return
            if not typed:
                return
            if typed == "/new":
                client.delete("/v1/session")
                out.print(Text("新的对话", style="dim"))
                last = {}
                continue
            last = _turn(client, _said(typed, last)) or last


def _greet(client: httpx.Client, tenant: str) -> None:
    try:
        listed = client.get("/v1/tenants", params={"tenant": tenant}).raise_for_status().json()["tenants"]
    except httpx.HTTPError as error:
        raise fail(f"nothing answers at {client.base_url} ({error}); `make run` starts sluice") from None
    about = next((one for one in listed if one["id"] == tenant), None)
    if about is None:
        raise fail(f"{tenant!r} is not served at {client.base_url} yet; `sluice config apply` applies a folder")
    out.print(Text(f"{about['name']}  ", style="bold") + Text(about["greeting"]))


def _said(typed: str, last: dict[str, Any]) -> dict[str, Any]:
    """What is sent: a sentence, or a button of the last answer. A press has its position, so that it is the same one when it is
    typed again because no answer came."""
    confirm = last.get("confirm")
    if confirm is None or typed not in BUTTONS:
        return {"query": typed}
    press = {"id": confirm["id"], "answer": BUTTONS[typed]}
    return {"confirm": press, "session_id": last["session_id"], "seq": last["seq"] + 1}


def _turn(client: httpx.Client, said: dict[str, Any]) -> dict[str, Any] | None:
    """Says it and prints what is answered, which it returns; None where it was not."""
    began = time.perf_counter()
    try:
        answer = client.post("/v1/chat", json=said)
    except httpx.HTTPError as error:
        out.print(Text(f"no answer: {error}", style="red"))
        return None
    spent = (time.perf_counter() - began) * 1000
    body: dict[str, Any] = answer.json()
    if answer.status_code != 200:
        fault = body["error"]
        out.print(
            Text(body.get("answer") or fault["message"], style="red"),
            Text(f"  {answer.status_code} {fault['code']}", style="dim"),
        )
        return None
    out.print(Text(body["answer"]))
    if body["suggestions"]:
        out.print(Text("  ".join(f"[{text}]" for text in body["suggestions"]), style="magenta"))
    if confirm := body.get("confirm"):
        out.print(Text("  ".join(f"[{key}] {confirm[answer]}" for key, answer in BUTTONS.items()), style="bold magenta"))
    layer = Text(body["answered_by"], style=LAYER_COLOURS.get(body["answered_by"], ""))
    meaning = f"  {spent:.1f} ms  {body['intent'] or '-'} {body['confidence']:.2f}"
    out.print(layer + Text(meaning + ("  degraded" if body.get("degraded") else ""), style="dim"))
    return body
