"""The local certificate authority: what lets a client say https to this machine under the platform's names.

Its key stays in the data folder, readable by its owner alone, and its certificate carries critical name
constraints: whoever installs it trusts it for the names below and for nothing else. Certificates run on real
time.

    ca.key  ca.pem           the authority
    server.key  server.pem   the certificate (and chain) that the https and gRPC listeners show
    bundle.pem               the system's roots and the authority: for REQUESTS_CA_BUNDLE, SSL_CERT_FILE, …
"""

import ipaddress
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from isthmus.kernel.clock import SECOND, Clock
from isthmus.kernel.private_files import PRIVATE, read_private, write_whole
from isthmus.kernel.trust_store import system_roots

DOMAINS: Final = ("localhost", "salesforce.com", "force.com")
"""All that the authority may vouch for, with their subdomains; beside them only `ADDRESSES`."""
ADDRESSES: Final = (ipaddress.ip_network("127.0.0.1/32"), ipaddress.ip_network("::1/128"))
SERVER_NAMES: Final = (
    "localhost",
    "login.salesforce.com",
    "test.salesforce.com",
    "api.pubsub.salesforce.com",
    "*.salesforce.com",
    "*.my.salesforce.com",
    "*.sandbox.my.salesforce.com",
    "*.develop.my.salesforce.com",
    "*.scratch.my.salesforce.com",
    "*.trailblaze.my.salesforce.com",
    "*.force.com",
    "*.lightning.force.com",
    "*.file.force.com",
)
_AUTHORITY_LIFE: Final = timedelta(days=3650)
_SERVER_LIFE: Final = timedelta(days=90)
_RENEW_BEFORE_END: Final = timedelta(days=30)
_BACKDATED: Final = timedelta(days=1)
"""For clients whose clocks run slow."""


class CertificateFailure(Exception):
    """The authority's files can't be used. The message says which, and what to do."""


class LocalAuthority:
    """The authority of one data folder. Call `prepare` first: it makes and renews the files."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self.certificate = folder / "ca.pem"
        self.bundle = folder / "bundle.pem"
        self.server_certificate = folder / "server.pem"
        self.server_key = folder / "server.key"
        self._key = folder / "ca.key"
        self._context: ssl.SSLContext | None = None

    def prepare(self) -> frozenset[Path]:
        """Make or renew what is due; the files that are new. A new `certificate` must be installed again.

        Contexts that were given out show the new certificate to later connections. Raises CertificateFailure.
        """
        try:
            return self._prepare()
        except OSError as error:
            raise CertificateFailure(
                f"{error.filename or self._folder}: {error.strerror or error}"
            ) from error

    def server_context(self) -> ssl.SSLContext:
        """The TLS side of a listener: TLS 1.2 or later. The same object every time."""
        if self._context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(self.server_certificate, self.server_key)
            self._context = context
        return self._context

    def _prepare(self) -> frozenset[Path]:
        new = set()
        now = datetime.fromtimestamp(self._clock.real_now() / SECOND, UTC)
        authority = self._load_authority()
        if authority is None or authority[0].not_valid_after_utc <= now:
            authority = self._make_authority(now)
            new.add(self.certificate)
        if not self._server_is_good(authority[0], now):
            self._make_server(*authority, now)
            new.add(self.server_certificate)
            if self._context is not None:
                self._context.load_cert_chain(self.server_certificate, self.server_key)
        bundle = system_roots(exclude=self.bundle) + self.certificate.read_bytes()
        if not self.bundle.is_file() or self.bundle.read_bytes() != bundle:
            write_whole(self.bundle, bundle)
            new.add(self.bundle)
        return frozenset(new)

    def _load_authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
        try:
            key = serialization.load_pem_private_key(read_private(self._key), password=None)
            certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise self._unusable(str(error)) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
            raise self._unusable(f"{self._key.name} is not the key of {self.certificate.name}")
        return certificate, key

    def _unusable(self, why: str) -> CertificateFailure:
        return CertificateFailure(
            f"the local certificate authority in {self._folder} can't be used: {why}. "
            "Remove the folder to have a new one made, and run `isthmus ca install` again."
        )

    def _make_authority(self, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Isthmus"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"Isthmus local CA {now:%Y-%m-%d}"),
            ]
        )
        constraints = x509.NameConstraints(
            permitted_subtrees=[*map(x509.DNSName, DOMAINS), *map(x509.IPAddress, ADDRESSES)],
            excluded_subtrees=None,
        )
        certificate = (
            _draft(name, name, key.public_key(), key.public_key(), now, _AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(sign_certificates=True), critical=True)
            .add_extension(constraints, critical=True)
            .sign(key, hashes.SHA256())
        )
        write_whole(self._key, _pem(key), PRIVATE)
        write_whole(self.certificate, certificate.public_bytes(serialization.Encoding.PEM))
        return certificate, key

    def _make_server(
        self, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, now: datetime
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = issue(authority, authority_key, key.public_key(), SERVER_NAMES, now)
        chain = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (certificate, authority))
        write_whole(self.server_key, _pem(key), PRIVATE)
        write_whole(self.server_certificate, chain)

    def _server_is_good(self, authority: x509.Certificate, now: datetime) -> bool:
        try:
            certificate = x509.load_pem_x509_certificate(self.server_certificate.read_bytes())
            key = serialization.load_pem_private_key(read_private(self.server_key), password=None)
            certificate.verify_directly_issued_by(authority)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (FileNotFoundError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
            return False
        return (
            certificate.public_key() == key.public_key()
            and certificate.not_valid_after_utc - now > _RENEW_BEFORE_END
            and set(SERVER_NAMES) <= set(names.get_values_for_type(x509.DNSName))
        )


def issue(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    public_key: ec.EllipticCurvePublicKey,
    names: Sequence[str],
    now: datetime,
) -> x509.Certificate:
    """A server certificate for `names` and the loopback addresses, signed by the authority."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    addresses = [x509.IPAddress(network.network_address) for network in ADDRESSES]
    alternatives = x509.SubjectAlternativeName([*map(x509.DNSName, names), *addresses])
    return (
        _draft(subject, authority.subject, public_key, authority_key.public_key(), now, _SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(alternatives, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _draft(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
