"""Is it clear whom a load is for, and who asks?"""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest

from loadtest.running import target
from loadtest.running.target import NoTarget
from pyshim.settings import read_settings
from pyshim.tenants.schema import Tenant


class Elsewhere:
    """A server that says which tenants it has, and nothing else."""

    def __init__(self, tenants: list[dict[str, Any]]) -> None:
        body = msgspec.json.encode({"tenants": tenants})

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == "/v1/tenants" else 404)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nobody wants to hear it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def elsewhere(tenants: dict[str, Tenant]) -> Iterator[Elsewhere]:
    about = {name: one.about for name, one in tenants.items()}
    shown = [{"id": name, "name": one.name, "greeting": one.greeting, "guests": one.guests} for name, one in about.items()]
    shown[-1]["greeting"] = "又换了一句问候"  # telecom's
    there = Elsewhere(shown)
    yield there
    there.server.shutdown()
    there.server.server_close()


def reached(url: str, wanted: list[str], file: Path | None = None) -> target.Target:
    return target.elsewhere(url, read_settings({}), wanted, file, None, None)


def test_a_tenant_without_guests_tokens_and_keys_is_left_out_and_named(elsewhere: Elsewhere) -> None:
    found = reached(elsewhere.url, [])

    assert [one.id for one in found.tenants] == ["shop", "telecom"]
    assert any(text.startswith("bank is left out: it receives no guests") for text in found.missing)


def test_flows_of_a_tenant_that_says_other_things_there_are_not_followed(elsewhere: Elsewhere) -> None:
    found = reached(elsewhere.url, [])

    assert found.flows == {"bank": True, "shop": True, "telecom": False}
    assert any(text.startswith("telecom: its files here are not what") for text in found.missing)


def test_tokens_come_from_a_file(elsewhere: Elsewhere, tmp_path: Path) -> None:
    file = tmp_path / "tokens.tsv"
    file.write_text("bank\teyJ.a.b\nbank\teyJ.c.d\n\n", encoding="utf-8")

    found = reached(elsewhere.url, ["bank"], file)

    assert [one.id for one in found.tenants] == ["bank"]
    assert found.tokens == {"bank": ["eyJ.a.b", "eyJ.c.d"]}


@pytest.mark.parametrize("text", ["shop eyJ.a.b\n", "shop\t\n", "shop\ta\tb\n"])
def test_a_bad_line_of_tokens_is_named(text: str, tmp_path: Path) -> None:
    file = tmp_path / "tokens.tsv"
    file.write_text("shop\tgood\n" + text, encoding="utf-8")

    with pytest.raises(NoTarget, match=rf"{file}:2: tenant, tab, token is wanted"):
        target.read_tokens(file)


def test_a_file_of_tokens_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoTarget, match="a file of tokens is wanted"):
        target.read_tokens(tmp_path / "none.tsv")


def test_a_tenant_that_is_not_there_is_named(elsewhere: Elsewhere) -> None:
    with pytest.raises(NoTarget, match="has no tenant florist; it has bank, shop, telecom"):
        reached(elsewhere.url, ["florist"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[::", "nothing"])
def test_a_url_where_nobody_answers_is_named(url: str) -> None:
    with pytest.raises(NoTarget, match="does not answer as a sluice would"):
        reached(url, [])
