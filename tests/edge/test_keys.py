"""Does the edge take a secret from this machine's file, and none but the one that was applied?"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pyshim.identity.jwks import fingerprint
from tests.edge.tokens import coded
from tests.edge.worker import Worker

SECRET = bytes(range(190, 190 + 47))  # its base64url has - and _, and a length that wants padding


@pytest.fixture
def worker() -> Worker:
    found = Worker(0)
    found.lua.execute(b"local decode = ... ngx.decode_base64 = decode", base64.b64decode)
    return found


def asked(worker: Worker, folder: Path, kid: str = "k", secret: bytes = SECRET) -> tuple[bytes | None, str]:
    keys = worker.lua.eval(b"require 'edge.keys'")
    found = keys[b"secret"](str(folder).encode(), b"shop", worker.table({"kid": kid, "fingerprint": fingerprint(secret)}))
    return (found, "") if isinstance(found, bytes) else (None, found[1].decode())


def put(folder: Path, *entries: Any) -> None:
    (folder / "shop.jwks.json").write_text(json.dumps({"keys": entries}))


def test_a_secret_is_found_by_its_kid_and_fingerprint(worker: Worker, tmp_path: Path) -> None:
    other = {"kid": "other", "kty": "oct", "k": coded(b"o" * 32)}
    put(tmp_path, other, {"kid": "k", "kty": "oct", "k": coded(SECRET)})
    assert asked(worker, tmp_path) == (SECRET, "")


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([], "is wanted on this machine, too"),
        ([{"kid": "other", "kty": "oct", "k": coded(SECRET)}], "is wanted on this machine, too"),
        ([{"kid": "k", "kty": "EC"}, 7], "is wanted on this machine, too"),
        ([{"kid": "k", "kty": "oct", "k": coded(SECRET[1:])}], "is another one than was applied"),
        ([{"kid": "k", "kty": "oct", "k": 7}], "is another one than was applied"),
    ],
)
def test_what_is_not_there_is_said(worker: Worker, tmp_path: Path, entries: list[Any], says: str) -> None:
    put(tmp_path, *entries)
    assert asked(worker, tmp_path) == (None, f"{tmp_path}/shop.jwks.json: key 'k' {says}")


@pytest.mark.parametrize("content", [None, "", "[]", "{", '{"keys": 7}'])
def test_no_file_is_no_secret(worker: Worker, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "shop.jwks.json").write_text(content)
    assert asked(worker, tmp_path)[1].endswith("is wanted on this machine, too")
