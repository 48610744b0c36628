"""Can a key be changed while customers talk, and does what it signed go with it?"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import redis

from pyshim.identity import tokens
from tests.configuration.conftest import Office
from tests.conftest import wait_until
from tests.edge.tokens import signer
from tests.http.raw import Stranger

pytestmark = pytest.mark.real

ASKED = 24  # so often that both workers are asked, almost surely


@pytest.fixture
def keys(office: Office) -> Iterator[Path]:
    """The shop's keys; afterwards they are as they were, and serve."""
    path = tokens.path_of(office.stack.settings.keys, "shop")
    before = path.read_bytes()
    yield path
    path.write_bytes(before)
    office.restore()


def write(path: Path, *entries: dict[str, Any]) -> None:
    path.write_text(json.dumps({"keys": entries}))


def statuses(office: Office, token: str) -> set[int]:
    headers = {"Authorization": f"Bearer {token}"}
    return {httpx.get(f"{office.stack.url}/v1/history", headers=headers).status_code for _ in range(ASKED)}


def test_a_key_is_rotated_and_a_removed_one_takes_its_tokens_with_it(office: Office, keys: Path) -> None:
    nginx, [old_key] = office.stack.pid("nginx"), json.loads(keys.read_bytes())["keys"]
    old = office.stack.token("shop", "rotated")
    assert statuses(office, old) == {200}

    write(keys, signer("ES256", "rotated").jwk("shop-new", private=True), old_key)
    office.applied("--why", "a new key")
    new = Stranger(office.stack).guest({"tenant": "shop"}).json()["token"]
    assert jwt.get_unverified_header(new) == {"alg": "ES256", "kid": "shop-new", "typ": "JWT"}
    assert statuses(office, old) == statuses(office, new) == {200}, "both are good meanwhile"

    write(keys, signer("ES256", "rotated").jwk("shop-new", private=True))
    office.applied("--why", "the old key is gone")
    wait_until(lambda: statuses(office, old) == {401}, 2)
    assert statuses(office, new) == {200}
    assert office.stack.pid("nginx") == nginx, "nothing was started again"


def test_a_private_part_stays_where_it_is(office: Office, keys: Path) -> None:
    entries = [signer(alg, "kept").jwk(f"shop-{alg}", private=True) for alg in ("ES256", "RS256", "EdDSA", "HS256")]
    write(keys, *entries, {"kid": "other", "kty": "oct", "use": "enc", "k": "B" * 43})
    office.applied("--why", "keys that only this machine has")
    assert jwt.get_unverified_header(Stranger(office.stack).guest({"tenant": "shop"}).json()["token"])["kid"] == "shop-ES256"
    private = [
        b"PRIVATE KEY",
        b"B" * 43,
        *(str(entry[name]).encode() for entry in entries for name in ("d", "p", "k") if name in entry),
    ]
    with redis.Redis(unix_socket_path=str(office.stack.settings.redis.socket)) as client:
        stored = b"".join(client.dump(key) or b"" for key in client.scan_iter())
        pieces = b"".join(client.get(key) or b"" for key in client.keys("{config}:*") if client.type(key) == b"string")
    elsewhere = [path for path in office.stack.var.rglob("*") if path.is_file() and path.parent != keys.parent]
    assert b"shop-ES256" in pieces
    for text in (stored, pieces, *(path.read_bytes() for path in elsewhere)):
        assert not [one for one in private if one in text]


def test_a_version_whose_secret_this_machine_does_not_have_is_refused_and_says_which(office: Office, keys: Path) -> None:
    before, old = office.record().serving, keys.read_bytes()
    office.greet("【新】")
    write(keys, signer("HS256", "rotated").jwk("shop-new"))
    office.applied()
    new, applied = office.stack.token("shop", "lacking"), keys.read_bytes()
    for content, wanted in (
        (old, "is wanted on this machine, too"),
        (applied.replace(b'"k": "', b'"k": "AAAA'), "is another one"),
    ):
        keys.write_bytes(content)
        said = office.refused("rollback", before)
        assert f"shop.jwks.json: key 'shop-new' {wanted}" in said
        assert statuses(office, new) == {200}, "what serves, serves on"
    keys.write_bytes(applied)
    office.done("rollback", before)
    assert statuses(office, new) == {200}
    assert office.ask("你好", "good").json()["answer"].startswith("您好")


def test_a_rollback_does_not_bring_back_a_key_that_was_taken_away(office: Office, keys: Path) -> None:
    before, [leaked] = office.record().serving, json.loads(keys.read_bytes())["keys"]
    stolen = office.stack.token("shop", "stolen")
    write(keys, signer("ES256", "rotated").jwk("shop-new", private=True))
    office.greet("【新】")
    office.applied()
    wait_until(lambda: statuses(office, stolen) == {401}, 2)
    said = office.done("rollback", before)
    assert f"version {before} serves" not in said, "its replies, with other keys, are another version"
    assert office.ask("你好", "good").json()["answer"].startswith("您好")
    assert statuses(office, stolen) == {401}
    assert leaked["kid"] not in json.dumps(json.loads(keys.read_bytes()))


def test_an_issuer_that_is_named_later_counts_for_tokens_that_are_remembered(office: Office, keys: Path) -> None:
    nobodys = office.stack.token("shop", "issued")
    key = tokens.signing_key(office.stack.settings.keys, "shop")
    theirs = tokens.mint(key, "shop", "issued", "sluice", 600, issuer="https://id.example")
    assert statuses(office, nobodys) == statuses(office, theirs) == {200}
    office.edit("tenant.yaml", lambda text: text + "issuer: https://id.example\n")
    office.applied()
    wait_until(lambda: statuses(office, nobodys) == {401}, 2)
    assert statuses(office, theirs) == {200}


@pytest.mark.parametrize("entry", [{"kid": "k", "kty": "oct", "k": "c2hvcnQ"}, {"kid": "../x", "kty": "oct", "k": "A" * 43}])
def test_a_bad_key_changes_nothing(office: Office, keys: Path, entry: dict[str, Any]) -> None:
    good = office.stack.token("shop", "unchanged")
    write(keys, entry)
    said = office.refused("apply")
    assert "shop.jwks.json: key" in said
    assert "nothing was changed" in said
    assert statuses(office, good) == {200}


def test_one_kid_of_two_tenants_changes_nothing(office: Office, keys: Path) -> None:
    bank = tokens.path_of(office.stack.settings.keys, "bank")
    write(keys, *json.loads(bank.read_bytes())["keys"])
    assert "a kid and its key belong to one tenant" in office.refused("apply")


def test_a_key_file_that_is_gone_is_named_and_not_made_anew(office: Office, keys: Path) -> None:
    aside = keys.with_suffix(".aside")
    keys.rename(aside)
    try:
        for command in (["check"], ["apply", "--why", "nothing"]):
            assert f"{keys}: gone" in office.refused(*command).replace("\n", "")
        assert not keys.exists()
    finally:
        aside.rename(keys)
