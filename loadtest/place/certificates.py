"""Certificates of our own, good for a day: a self-signed one for 127.0.0.1, and an authority with those it signs."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _about(key: ec.EllipticCurvePrivateKey, name: str, issuer: str, days: float = 1) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _written(folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> tuple[str, str]:
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(private)
    return str(folder / f"{name}.crt"), str(folder / f"{name}.key")


def make(folder: Path, name: str = "sluice") -> dict[str, str]:
    """Writes a self-signed certificate and its key; returns the settings that name them."""
    key = ec.generate_private_key(ec.SECP256R1())
    about = _about(key, name, name).add_extension(x509.SubjectAlternativeName([LOOPBACK]), critical=False)
    certificate, private = _written(folder, "tls", about.sign(key, hashes.SHA256()), key)
    return {"TLS_CERTIFICATE": certificate, "TLS_KEY": private}


@dataclass
class Authority:
    """Of one sluice's machines. Its certificate and those it signs lie in folder."""

    folder: Path

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        about = _about(self._key, "authority", "authority").add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.certificate, _ = _written(self.folder, "authority", about.sign(self._key, hashes.SHA256()), self._key)

    def signed(self, file: str, name: str = "sluice", days: float = 1) -> dict[str, str]:
        """A certificate that carries this name, good for so many days; returns the settings of a machine that has it."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        about = _about(key, file, "authority", days).add_extension(names, critical=False)
        certificate, private = _written(self.folder, file, about.sign(self._key, hashes.SHA256()), key)
        return {"MTLS_CERTIFICATE": certificate, "MTLS_KEY": private, "MTLS_CA": self.certificate}
