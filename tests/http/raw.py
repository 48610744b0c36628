"""What may a client say that no client library would?

Bytes over a socket, and whatever comes back. An answer is held to the one shape of errors here, so that each test says only which
error it wants.
"""

import contextlib
import http.client
import json
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message
from typing import Any

from tests.conftest import Stack

PATIENCE_S = 10.0
TURN_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Answer:
    """A response. headers finds names in any case."""

    status: int
    headers: Message
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def error(self) -> dict[str, str]:
        """The error it is. Fails unless it has the shape of all errors."""
        assert b"<html" not in self.body.lower()
        assert self.headers["Content-Type"] == "application/json; charset=utf-8", self
        assert int(self.headers["Content-Length"]) == len(self.body)
        body: dict[str, Any] = self.json()
        assert body.keys() - ({"answer"} if self.status == 503 else set()) == {"error"}, body
        error: dict[str, str] = body["error"]
        assert error.keys() == {"code", "message", "turn_id"}
        assert all(isinstance(text, str) and text for text in error.values()), error
        assert TURN_ID.fullmatch(error["turn_id"]), error
        return error

    def refuses(self, status: int, code: str) -> "Answer":
        assert (self.status, self.error()["code"]) == (status, code), self
        return self


def speak(port: int, said: bytes, method: str = "GET", source: str | None = None, hang_up: bool = False) -> Answer | None:
    """Sends the bytes and reads one answer; None when the connection is closed without one. source: the address to come from;
    hang_up: says that nothing follows; method: what the answer is an answer to (HEAD has no body)."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S, (source, 0) if source else None) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have heard enough before the end
            connection.sendall(said)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
        response = http.client.HTTPResponse(connection, method=method)
        try:
            response.begin()
            return Answer(response.status, response.headers, response.read())
        except (http.client.RemoteDisconnected, ConnectionResetError):
            return None


def listen(port: int, said: bytes, source: str | None = None) -> bytes:
    """Sends the bytes and returns everything that comes back until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S, (source, 0) if source else None) as connection:
        connection.sendall(said)
        heard = b""
        while piece := connection.recv(65536):
            heard += piece
        return heard


def request(
    method: str, path: str, headers: Iterable[str] = (), body: bytes = b"", host: str | None = "localhost", length: bool = True
) -> bytes:
    """The bytes of a request. headers: whole lines; length: whether Content-Length is said."""
    lines = [f"{method} {path} HTTP/1.1", *([f"Host: {host}"] if host else []), *headers]
    if length and (body or method in ("POST", "PUT")):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


class Stranger:
    """Somebody who speaks raw HTTP to one stack, with a good token unless told otherwise. Every request must be answered."""

    def __init__(self, stack: Stack, tenant: str = "shop", user: str | None = None) -> None:
        self.port, self.operations = stack.settings.port, stack.settings.operations_port
        self.token = stack.token(tenant, user)

    @property
    def signed(self) -> str:
        return f"Authorization: Bearer {self.token}"

    def send(self, said: bytes, method: str = "GET", source: str | None = None, operations: bool = False) -> Answer:
        answer = speak(self.operations if operations else self.port, said, method, source)
        assert answer is not None, f"no answer to {said[:200]!r}"
        return answer

    def ask(self, method: str, path: str, *headers: str, body: bytes = b"", source: str | None = None) -> Answer:
        return self.send(request(method, path, [self.signed, *headers], body), method, source)

    def chat(self, body: object, *headers: str, kind: str = "application/json") -> Answer:
        """POST /v1/chat; body: bytes as they are, anything else as JSON."""
        said = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", "/v1/chat", *([f"Content-Type: {kind}"] if kind else []), *headers, body=said)

    def guest(self, body: object, *headers: str) -> Answer:
        """POST /v1/session, without a token."""
        said = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send(request("POST", "/v1/session", ["Content-Type: application/json", *headers], said), "POST")
