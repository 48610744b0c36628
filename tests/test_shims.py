"""Which shims does a machine's nginx ask, as names change, and which settings make no sense together?"""

import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway import parts, shims
from loadtest.place.certificates import Authority
from pyshim.settings import BadSetting, Settings, read_settings


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What a name server would say."""
    known: dict[str, list[str]] = {}

    def looked_up(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        if not known.get(host):
            raise socket.gaierror(-2, "Name or service not known")
        return [(0, 0, 0, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return known


@pytest.fixture
def edge(tmp_path: Path) -> Settings:
    settings = read_settings({"SLUICE_VAR": str(tmp_path), "SLUICE_SHIMS": "0", "SLUICE_SHIMS_AT": "shims:8110, more:8111"})
    settings.run.mkdir()
    return settings


def told(settings: Settings) -> list[str]:
    return (settings.run / "shims").read_text().split()


def test_every_address_of_a_name_is_a_shim(edge: Settings, names: dict[str, list[str]]) -> None:
    names |= {"shims": ["10.0.0.2", "10.0.0.1"], "more": ["fd00::1"]}
    assert shims.keep(edge) == []
    assert told(edge) == ["10.0.0.1:8110", "10.0.0.2:8110", "[fd00::1]:8111"]
    names["shims"] = ["10.0.0.3"]
    assert shims.keep(edge) == []
    assert told(edge) == ["10.0.0.3:8110", "[fd00::1]:8111"]


def test_a_name_server_that_is_away_takes_no_shim_along(edge: Settings, names: dict[str, list[str]]) -> None:
    names |= {"shims": ["10.0.0.1"], "more": ["10.0.0.2"]}
    shims.keep(edge)
    names |= {"shims": [], "more": ["10.0.0.3"]}
    assert shims.keep(edge) == ["SLUICE_SHIMS_AT: shims:8110: Name or service not known"]
    assert told(edge) == ["10.0.0.1:8110", "10.0.0.2:8111", "10.0.0.3:8111"]


def test_ones_own_are_sockets(tmp_path: Path) -> None:
    settings = read_settings({"SLUICE_VAR": str(tmp_path), "SLUICE_SHIMS": "2"})
    settings.run.mkdir()
    shims.keep(settings)
    assert told(settings) == [f"unix:{settings.run}/shim-{number}.sock" for number in (0, 1)]


SENSELESS = [
    ({"SHIMS": "0"}, "SLUICE_SHIMS=0: SLUICE_SHIMS_AT is wanted"),
    ({"PORT": "0", "SHIMS_AT": "a:1"}, "SLUICE_SHIMS_AT: SLUICE_PORT=0, so there is no nginx here"),
    ({"SHIMS_AT": "a:1"}, "SLUICE_SHIMS_AT: nginx asks those alone"),
    ({"PORT": "0", "TLS_PORT": "8443"}, "SLUICE_TLS_PORT: SLUICE_PORT=0"),
    (
        {"REDIS": "redis://r", "SHIM_LISTEN": "127.0.0.1:8110"},
        "SLUICE_MTLS_CERTIFICATE is empty; SLUICE_SHIM_LISTEN wants a file in PEM form",
    ),
    ({"TRITON": "10.0.0.1:8101"}, "SLUICE_MTLS_CERTIFICATE is empty; Triton at 10.0.0.1:8101 wants"),
    (
        {"REDIS": "redis://r", "SHIM_LISTEN": "127.0.0.1:8110", "MTLS_CERTIFICATE": "/nowhere"},
        "SLUICE_MTLS_CERTIFICATE='/nowhere': cannot be read",
    ),
    ({"SHIMS": "0", "SHIMS_AT": "a:1"}, "SLUICE_REDIS is empty: what runs here shares one with other machines"),
    ({"PORT": "0", "SHIM_LISTEN": "127.0.0.1:8110"}, "SLUICE_REDIS is empty"),
    ({"REDIS": "redis://r", "SHIM_LISTEN": "127.0.0.1:65535", "SHIMS": "2"}, "2 shims want ports up to 65535"),
    ({"SHIM_LISTEN": "nowhere"}, "SLUICE_SHIM_LISTEN='nowhere': host:port or nothing is wanted"),
    ({"SHIMS_AT": "a:1,b"}, "SLUICE_SHIMS_AT='a:1,b': host:port, comma-separated is wanted"),
]


@pytest.mark.parametrize(("chosen", "why"), SENSELESS)
def test_settings_that_make_no_sense_are_named(chosen: Mapping[str, str], why: str) -> None:
    with pytest.raises(BadSetting) as told:
        parts.check(read_settings({f"SLUICE_{name}": text for name, text in chosen.items()}))
    assert why in str(told.value)


LISTENS = {"REDIS": "redis://r", "SHIM_LISTEN": "127.0.0.1:8110"}


def test_a_certificate_that_others_would_refuse_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    authority, other = Authority(tmp_path), Authority(tmp_path / "other")

    def told(**files: str) -> str:
        with pytest.raises(BadSetting) as error:
            parts.check(read_settings({f"SLUICE_{name}": text for name, text in (LISTENS | files).items()}))
        return str(error.value)

    assert "certificate has expired" in told(**authority.signed("old", days=-1))
    assert "Hostname mismatch" in told(**authority.signed("stranger", name="somebody-else"))
    assert "certificate signature failure" in told(**other.signed("foreign") | {"MTLS_CA": authority.certificate})
    parts.check(read_settings({f"SLUICE_{name}": text for name, text in (LISTENS | authority.signed("good")).items()}))


def test_a_name_without_an_address_leaves_an_empty_list(edge: Settings, names: dict[str, list[str]]) -> None:
    assert len(shims.keep(edge)) == 2
    assert told(edge) == []


def test_a_certificate_and_anothers_key_are_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    mixed = authority.signed("one") | {"MTLS_KEY": authority.signed("other")["MTLS_KEY"], **LISTENS}
    with pytest.raises(BadSetting, match=r"SLUICE_MTLS_KEY='.*other.key'.*PEM is wanted"):
        parts.check(read_settings({f"SLUICE_{name}": text for name, text in mixed.items()}))
