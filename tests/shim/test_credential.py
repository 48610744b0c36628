"""Does a back end learn who calls, by a secret that nobody else learns?"""

import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from pyshim.outside import secrets
from pyshim.outside.backend import Backend, Done, Outcome, Refused, Unknown
from pyshim.outside.base import Base
from pyshim.outside.secrets import Secret, Unusable
from pyshim.serve.credentials import Credentials
from pyshim.settings import ROOT, read_settings
from pyshim.telemetry import metrics
from pyshim.tenants import source
from pyshim.tenants.compile import new_compiler, pack
from pyshim.tenants.edge import edge_part
from pyshim.tenants.schema import Call, Credential, Tenant
from tests.shim.scripted import Scripted, kills, says, scripted

POST = Call("POST", "/things", [])
VALUE = "s3cret-of-the-shop"


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    async with scripted() as told:
        yield told


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return written(tmp_path / "shop.key", VALUE)


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    """In one step, as whoever replaces a secret should."""
    draft = path.with_suffix(".new")
    draft.write_text(text)
    draft.chmod(mode)
    return draft.rename(path)


async def post(backend: Backend, server: Scripted, key: Path | None) -> Outcome:
    return await backend.call(Base(server.url, "X-Api-Key", str(key)) if key else server.url, POST, {}, "u", "k", 5)


async def test_a_call_carries_it_and_another_tenants_call_to_the_same_address_does_not(server: Scripted, key: Path) -> None:
    backend = Backend()
    server.routes = {"POST /things": says(200, {})}
    assert isinstance(await post(backend, server, key), Done)
    assert isinstance(await post(backend, server, None), Done)
    assert [asked.headers.get("x-api-key") for asked in server.asked] == [VALUE, None]
    await backend.close()


async def test_a_new_one_counts_from_the_next_call_and_a_spoilt_one_leaves_the_old_one_in_force(
    server: Scripted, key: Path
) -> None:
    backend = Backend()
    server.routes = {"POST /things": says(200, {})}
    for change in (lambda: None, lambda: written(key, "second\n"), lambda: written(key, "third", 0o644), key.unlink):
        change()
        assert isinstance(await post(backend, server, key), Done)
    assert [asked.headers["x-api-key"] for asked in server.asked] == [VALUE, "second", "second", "second"]
    await backend.close()


async def test_without_a_secret_nothing_is_sent(server: Scripted, tmp_path: Path) -> None:
    backend = Backend()
    outcome = await post(backend, server, tmp_path / "none.key")
    assert isinstance(outcome, Refused) and outcome.code == "" and "none.key" in outcome.why
    assert server.asked == []
    await backend.close()


async def test_no_fault_names_it(server: Scripted, key: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    backend = Backend()
    server.script = [kills]
    outcome = await post(backend, server, key)
    assert isinstance(outcome, Unknown)
    assert VALUE not in outcome.why + caplog.text
    await backend.close()


@pytest.mark.parametrize(
    ("content", "mode", "says"),
    [
        ("a\nb", 0o600, "one line"),
        ("", 0o600, "one line"),
        ("é", 0o600, "one line"),
        ("x" * 9000, 0o600, "8192 bytes"),
        ("a", 0o640, "chmod 600"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: str, mode: int, says: str) -> None:
    path = written(tmp_path / "a.key", content, mode)
    with pytest.raises(Unusable, match=says) as error:
        secrets.read(path)
    assert len(content) < 9 or content not in str(error.value)
    with pytest.raises(Unusable):
        Secret(path).now()


def test_a_file_that_cannot_be_used_is_counted_and_said_before_any_call(
    shop: Tenant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "shop.key"
    tenant = replace(shop, about=replace(shop.about, credential=Credential("X-Api-Key", str(path))))
    serving = {"shop": tenant, "bank": replace(shop, id="bank")}
    watched = Credentials(Backend(), lambda: serving)

    def unusable() -> dict[str, float]:
        watched.look()
        (metric,) = metrics.credential_unusable.collect()
        return {one.labels["tenant"]: one.value for one in metric.samples}

    assert unusable() == {"shop": 1}
    assert "No such file or directory; no call can be made with it" in caplog.text
    written(path, VALUE)
    assert unusable() == {"shop": 0}
    written(path, VALUE, 0o644)
    assert unusable() == unusable() == {"shop": 1}
    assert caplog.text.count("(chmod 600); the one before stays in force") == 1
    assert VALUE not in caplog.text
    serving["shop"] = shop
    assert unusable() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_not_believed(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(key, 65534, 65534)
    with pytest.raises(Unusable, match="somebody else"):
        secrets.read(key)


def test_it_is_in_no_snapshot(key: Path, tmp_path: Path) -> None:
    shop = source.of_folder(ROOT / "gateway" / "tenants" / "shop")
    about = shop.files["tenant.yaml"] + f"credential: {{header: X-Api-Key, file: {key}}}\nguests: false\n".encode()
    about = about.replace(b"guests: true\n", b"", 1)
    jwks = b'{"keys":[{"kty":"oct","kid":"one","alg":"HS256","k":"' + b"c2x1aWNl" * 6 + b'"}]}'
    made = new_compiler(read_settings({})).compile(
        [source.Source("shop", "shop", {**shop.files, "tenant.yaml": about}, jwks, "keys")]
    )
    served = made.served["shop"]
    assert served.tenant.about.base == Base(served.tenant.about.backend or "", "X-Api-Key", str(key))
    assert VALUE.encode() not in pack(served) + edge_part(read_settings({}), served)
