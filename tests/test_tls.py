"""Is the listener with TLS and HTTP/2 the same service as the plain one, and does it refuse what is old or broken?"""

import json
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from loadtest.place import certificates
from tests.conftest import Stack, free_ports, make_stack
from tests.http.raw import request, speak
from tests.test_launcher import launch, processes_of

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def encrypted(stacks: Callable[..., Stack], wide: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Stack:
    certificate = certificates.make(tmp_path_factory.mktemp("tls"))
    return stacks(**wide, **certificate, TLS_PORT=str(free_ports(1)[0]), TLS_HSTS_S="3600")


def trust(stack: Stack) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=stack.settings.tls_certificate)


def connected(stack: Stack, context: ssl.SSLContext, session: ssl.SSLSession | None = None) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", stack.settings.tls_port), 10)
    return context.wrap_socket(plain, server_hostname="127.0.0.1", session=session)


def url(stack: Stack) -> str:
    return f"https://127.0.0.1:{stack.settings.tls_port}"


def curl(stack: Stack, *arguments: str) -> list[str]:
    """What curl says, by lines: version of HTTP, status, and the body of each URL."""
    said = ["-sS", "--http2", "--cacert", stack.settings.tls_certificate, "-w", "\n%{http_version} %{http_code}\n"]
    done = subprocess.run(["curl", *said, *arguments], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if line]


def test_a_conversation_over_http_2(encrypted: Stack) -> None:
    customer = encrypted.token()
    chat = [f"{url(encrypted)}/v1/chat", "-H", "Content-Type: application/json", "-H", f"Authorization: Bearer {customer}"]
    for query, by in (("一般下单后多久发货", "l3_hot"), ("申请退款", "l5_dialogue")):
        body, how = curl(encrypted, *chat, "-d", json.dumps({"query": query}))
        assert (how, json.loads(body)["answered_by"]) == ("2 200", by)
    body, how = curl(encrypted, *chat[:-2], "-d", json.dumps({"query": "你好"}))
    assert (how, json.loads(body)["error"]["code"]) == ("2 401", "token_missing")
    history, how = curl(encrypted, f"{url(encrypted)}/v1/history", *chat[-2:])
    assert [turn["query"] for turn in json.loads(history)["turns"]] == ["申请退款", "一般下单后多久发货"]


def test_a_body_whose_length_http_2_does_not_say_is_taken_too(encrypted: Stack, tmp_path: Path) -> None:
    (tmp_path / "body").write_text(json.dumps({"query": "你好"}))
    headers = [
        "-H",
        "Content-Type: application/json",
        "-H",
        f"Authorization: Bearer {encrypted.token()}",
        "-H",
        "Content-Length:",
    ]
    body, how = curl(encrypted, f"{url(encrypted)}/v1/chat", *headers, "-X", "POST", "-T", str(tmp_path / "body"))
    assert how == "2 200", body


def test_pages_and_errors_are_those_of_the_plain_listener(encrypted: Stack) -> None:
    for path in ("/", "/openapi.json", "/v1/tenants", "/nope"):
        plain = httpx.get(encrypted.url + path)
        safe = httpx.get(url(encrypted) + path, verify=trust(encrypted))
        assert safe.status_code == plain.status_code
        if path != "/nope":  # each refusal has a turn_id of its own
            assert safe.content == plain.content
        assert safe.headers["Strict-Transport-Security"] == "max-age=3600"
        assert "Strict-Transport-Security" not in plain.headers


def test_an_alpn_of_http_1_is_served_too(encrypted: Stack) -> None:
    context = trust(encrypted)
    context.set_alpn_protocols(["http/1.1"])
    with connected(encrypted, context) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"
        assert connection.version() == "TLSv1.3"


def test_a_session_of_tls_1_2_is_resumed(encrypted: Stack) -> None:
    context = trust(encrypted)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    session = None
    for resumed in (False, True):
        with connected(encrypted, context, session) as connection:
            assert connection.session_reused is resumed
            cipher = connection.cipher()
            assert cipher is not None
            assert cipher[0].startswith("ECDHE-")
            session = connection.session


def test_a_cipher_without_forward_secrecy_is_refused(encrypted: Stack) -> None:
    context = trust(encrypted)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-GCM-SHA256")
    with pytest.raises(ssl.SSLError):
        connected(encrypted, context)


def test_who_speaks_plainly_to_the_tls_port_is_told_so_as_ever(encrypted: Stack) -> None:
    answer = speak(encrypted.settings.tls_port, request("GET", "/v1/history"))
    assert answer is not None
    answer.refuses(400, "bad_request")


def test_a_certificate_that_cannot_serve_is_a_sentence_before_anything_starts(tmp_path: Path) -> None:
    good, other = tmp_path / "good", tmp_path / "other"
    for folder in (good, other):
        folder.mkdir()
        certificates.make(folder)
    (tmp_path / "garbage").write_text("no PEM")
    stories = [
        ("", str(good / "tls.key"), "SLUICE_TLS_CERTIFICATE is empty"),
        (str(good / "tls.crt"), "", "SLUICE_TLS_KEY is empty"),
        (str(tmp_path / "nobody.crt"), str(good / "tls.key"), "cannot be read (No such file or directory)"),
        (str(tmp_path / "garbage"), str(good / "tls.key"), "PEM is wanted"),
        (str(good / "tls.crt"), str(other / "tls.key"), "the key is another certificate's"),
    ]
    for certificate, key, says in stories:
        (tmp_path / "v").mkdir(exist_ok=True)
        stack = make_stack(tmp_path / "v", TLS_PORT=str(free_ports(1)[0]), TLS_CERTIFICATE=certificate, TLS_KEY=key)
        refused = launch(stack)
        assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
        assert says in refused.stderr
        assert processes_of(stack) == {}
