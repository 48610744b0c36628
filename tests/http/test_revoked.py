"""Are revoked tokens refused everywhere within two seconds, and others not? The command, Redis and two nginx workers."""

import re
import time
from collections.abc import Callable

import httpx
import jwt
import pytest

from pyshim.identity import tokens
from tests.conftest import Stack, wait_until
from tests.http.raw import Stranger
from tests.test_cli import sluice

pytestmark = pytest.mark.real

BOUND_S = 2
ASKED = 24  # so often that both workers are asked, almost surely


def token(stack: Stack, user: str, issued_s_ago: float = 0, tenant: str = "taken_back") -> str:
    """A good one. What a revocation means is decided by when a token was issued."""
    key = tokens.signing_key(stack.settings.keys, tenant)
    clock, time.time = time.time, lambda: clock() - issued_s_ago
    try:
        return tokens.mint(key, tenant, user, stack.settings.token_audience, 600)
    finally:
        time.time = clock


def codes(stack: Stack, shown: str) -> set[str]:
    """What many connections get to hear: "200", or codes of errors."""
    stranger = Stranger(stack, "one_user")
    stranger.token = shown
    answers = [stranger.ask("GET", "/v1/history?limit=1") for _ in range(ASKED)]
    return {"200" if answer.status == 200 else answer.refuses(401, "token_revoked").error()["code"] for answer in answers}


REVOKED, GOOD = {"token_revoked"}, {"200"}


@pytest.fixture
def command(small: Stack) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        ran = sluice(small, "tokens", *arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    return run


def test_one_token_is_revoked_while_remembered_and_restored(small: Stack, command: Callable[..., str]) -> None:
    bad, good = token(small, "u1"), token(small, "u1")
    assert codes(small, bad) == codes(small, good) == GOOD
    name = jti(bad)
    command("revoke", "--tenant", "taken_back", "--id", name, "--why", "found in a log")
    wait_until(lambda: codes(small, bad) == REVOKED, BOUND_S)
    assert codes(small, good) == GOOD
    listed = command("revoked", "--tenant", "taken_back")
    assert re.search(rf"taken_back +the token {name} .*@.* found in a log", listed), listed
    assert name not in command("revoked", "--tenant", "shop")
    command("restore", "--tenant", "taken_back", "--id", name)
    wait_until(lambda: codes(small, bad) == GOOD, BOUND_S)
    assert name not in command("revoked")


def jti(shown: str) -> str:
    return str(jwt.decode(shown, options={"verify_signature": False})["jti"])


def signs_in_again(stack: Stack, user: str) -> None:
    """iat counts whole seconds: in the second of the revocation itself a new token is refused, too."""
    wait_until(lambda: codes(stack, token(stack, user)) == GOOD, BOUND_S)


def test_a_user_is_revoked_and_comes_back_with_a_new_token(small: Stack, command: Callable[..., str]) -> None:
    old, other, elsewhere = token(small, "u2", 60), token(small, "u3", 60), token(small, "u2", 60, "shop")
    assert codes(small, old) == GOOD
    command("revoke", "--tenant", "taken_back", "--user", "u2")
    wait_until(lambda: codes(small, old) == REVOKED, BOUND_S)
    assert codes(small, token(small, "u2", 30)) == REVOKED, "never seen, but issued before"
    assert codes(small, other) == codes(small, elsewhere) == GOOD
    signs_in_again(small, "u2")
    command("restore", "--tenant", "taken_back", "--user", "u2")
    wait_until(lambda: codes(small, old) == GOOD, BOUND_S)


def test_a_tenant_is_revoked_whole_and_nobody_else(small: Stack, command: Callable[..., str]) -> None:
    old = token(small, "u4", 60)
    command("revoke", "--tenant", "taken_back", "--all", "--why", "the key was stolen")
    wait_until(lambda: codes(small, old) == REVOKED, BOUND_S)
    assert codes(small, token(small, "u5", 30)) == REVOKED
    assert codes(small, token(small, "u4", 60, "shop")) == GOOD
    signs_in_again(small, "u4")
    metrics = httpx.get(f"{small.operations}/metrics", timeout=10).text
    assert float(re.search(r"^sluice_revocations (\S+)$", metrics, re.M)[1]) >= 1  # type: ignore[index]
    assert 0 <= float(re.search(r"^sluice_revocations_age_seconds (\S+)$", metrics, re.M)[1]) < BOUND_S  # type: ignore[index]
    wait_until(lambda: 'sluice_tokens_refused_total{reason="token_revoked"}' in httpx.get(f"{small.operations}/metrics").text, 5)
    command("restore", "--tenant", "taken_back", "--all")
    wait_until(lambda: codes(small, old) == GOOD, BOUND_S)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("revoke", "--tenant", "taken_back"), "one of --user, --id and --all is wanted"),
        (("revoke", "--tenant", "taken_back", "--all", "--user", "u"), "one of --user, --id and --all is wanted"),
        (("revoke", "--tenant", "nobody", "--all"), "no tenant 'nobody'; there are: "),
        (("revoke", "--tenant", "taken_back", "--user", "a b"), "no user is called 'a b'"),
        (("revoke", "--tenant", "taken_back", "--id", ""), "a jti of 1 to 256 bytes is wanted"),
        (("restore", "--tenant", "taken_back", "--user", "never"), "this is not revoked"),
        (("token", "--tenant", "partner"), "No such command"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(small: Stack, arguments: tuple[str, ...], says: str) -> None:
    failed = sluice(small, "tokens", *arguments)
    assert failed.returncode in (1, 2)
    assert says in failed.stdout + failed.stderr
    assert "Traceback" not in failed.stderr + failed.stdout


def test_who_has_only_public_keys_mints_nothing_and_is_told_why(small: Stack) -> None:
    failed = sluice(small, "token", "--tenant", "partner")
    assert failed.returncode == 1
    assert "partner.jwks.json: only public keys; to sign tokens here an HS256 key" in failed.stdout
    minted = sluice(small, "token", "--tenant", "signed").stdout.strip()
    assert codes(small, minted) == GOOD
