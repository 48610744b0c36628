"""How do machines of one sluice know each other?

Each has a certificate of one authority that carries one name. Who shows such a one is believed: a shim what nginx says of a
caller, nginx what a shim answers. On loopback nobody has to.
"""

import ipaddress
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pyshim.settings import ROOT, BadSetting, Settings


class Files(NamedTuple):
    """PEM."""

    certificate: Path
    key: Path
    authority: Path


def files(settings: Settings, why: str) -> Files:
    """Whole, and fitting. why: the setting that wants them. Raises BadSetting."""
    named = {name: getattr(settings, f"mtls_{name}") for name in ("certificate", "key", "ca")}
    for name, text in named.items():
        _readable(f"SLUICE_MTLS_{name.upper()}", text, why)
    found = Files(*(ROOT / text for text in named.values()))
    try:
        _context(found, ssl.PROTOCOL_TLS_SERVER)
    except (ssl.SSLError, ValueError) as error:
        raise BadSetting(
            f"SLUICE_MTLS_CERTIFICATE={settings.mtls_certificate!r}, SLUICE_MTLS_KEY={settings.mtls_key!r}, "
            f"SLUICE_MTLS_CA={settings.mtls_ca!r}: "
            f"PEM is wanted, a certificate, its key without a password, and an authority ({error})"
        ) from None
    _would_be_let_in(found, settings.mtls_name)
    return found


def _would_be_let_in(found: Files, name: str) -> None:
    """Would another machine with these files let this one in, and the other way round? Both sides shake hands here. Raises
    BadSetting."""
    server, client = _context(found, ssl.PROTOCOL_TLS_SERVER), _context(found, ssl.PROTOCOL_TLS_CLIENT)
    server.verify_mode = ssl.CERT_REQUIRED
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asks = client.wrap_bio(to_client, to_server, server_hostname=name)
    answers = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (asks, answers, asks, answers):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            why = f"{error.verify_message}; a valid one is wanted, of the authority of SLUICE_MTLS_CA, with the DNS name {name!r}"
            raise BadSetting(f"SLUICE_MTLS_CERTIFICATE={str(found.certificate)!r}: {why}") from None


def _readable(name: str, text: str, why: str) -> None:
    if not text:
        raise BadSetting(f"{name} is empty; {why} wants a file in PEM form (docs/cluster.md)")
    try:
        (ROOT / text).read_bytes()
    except OSError as error:
        raise BadSetting(f"{name}={text!r}: cannot be read ({error.strerror})") from None


def _context(found: Files, side: int) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.load_cert_chain(found.certificate, found.key, password="")
    context.load_verify_locations(found.authority)
    return context


def server(settings: Settings) -> ssl.SSLContext:
    """For who listens. Whose certificate it is, is_ours says. Raises BadSetting."""
    context = _context(files(settings, "SLUICE_SHIM_LISTEN"), ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_ours(shown: Mapping[str, Any] | None, name: str) -> bool:
    """shown: a certificate that the authority signed, as ssl tells it. An authority may sign others' as well."""
    names: Iterable[tuple[str, str]] = (shown or {}).get("subjectAltName", ())
    return ("DNS", name) in names


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
