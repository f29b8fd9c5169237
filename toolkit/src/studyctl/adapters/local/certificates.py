"""Certificates for servers of this machine: an authority of one's own, and what it signs."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from studyctl.adapters.emulator import locks
from studyctl.adapters.local.errors import ProgramMissing
from studyctl.adapters.local.ports import HOST
from studyctl.adapters.private_files import PrivateFolder

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

NAME = "studyctl local"
VALID_DAYS = 825
"""The longest that every client accepts of a private authority."""


@dataclass(frozen=True)
class Certificate:
    """Files in PEM. Clients that trust `authority` accept the server that has the other two."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True)
class Authority:
    """Signs for servers on 127.0.0.1; its key never leaves the folder."""

    folder: Path

    def issue(self, server: str, *, names: tuple[str, ...] = ("localhost",)) -> Certificate:
        """The certificate of a server by its name here, valid for 127.0.0.1 and the host names; made when first asked.

        Raises:
            ProgramMissing: the package that signs is not installed.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = Certificate(self.folder / f"{server}.crt", self.folder / f"{server}.key", self.folder / "authority.crt")
        with locks.held(self.folder / "issue.lock"):
            if not files.certificate.exists():
                self._make(files, names)
        return files

    def _make(self, files: Certificate, names: tuple[str, ...]) -> None:
        if find_spec("cryptography") is None:
            raise ProgramMissing(
                "a certificate is needed and the package cryptography is not installed",
                hint='It comes with the emulator: pip install "studyctl[emulator]"',
            )
        private = PrivateFolder(self.folder)
        authority_key = self._authority_key(files.authority, private)
        key = _new_key()
        certificate = _sign_server(key, authority_key, names)
        private.write(files.key, _key_pem(key))
        private.write(files.certificate, _pem(certificate))  # last: its presence means that all is there

    def _authority_key(self, certificate: Path, private: PrivateFolder) -> EllipticCurvePrivateKey:
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  not part of every installation
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey  # noqa: PLC0415

        path = self.folder / "authority.key"
        stored = private.read(path)
        if stored is not None and certificate.exists():
            loaded = serialization.load_pem_private_key(stored.encode(), password=None)
            assert isinstance(loaded, EllipticCurvePrivateKey)  # noqa: S101  written below
            return loaded
        key = _new_key()
        private.write(path, _key_pem(key))
        private.write(certificate, _pem(_sign_authority(key)))
        return key


def _new_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    return ec.generate_private_key(ec.SECP256R1())


def _sign_authority(key: EllipticCurvePrivateKey) -> x509.Certificate:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        _begin(NAME, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _sign_server(
    key: EllipticCurvePrivateKey, authority_key: EllipticCurvePrivateKey, names: tuple[str, ...]
) -> x509.Certificate:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415

    hosts = [x509.IPAddress(ipaddress.ip_address(HOST)), *(x509.DNSName(name) for name in names)]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        _begin(names[0], key)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _begin(subject: str, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    from cryptography import x509  # noqa: PLC0415

    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(NAME))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))  # clocks of containers differ
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
    )


def _named(common_name: str) -> x509.Name:
    from cryptography import x509  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _key_pem(key: EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")
