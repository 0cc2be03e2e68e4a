"""The local authority: files and rights, what it vouches for and what not, and renewal."""

import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from isthmus.kernel.certificates import CertificateFailure, LocalAuthority, issue
from isthmus.kernel.clock import DAY, SECOND, ManualClock, SystemClock

posix = pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    made = LocalAuthority(tmp_path / "ca", SystemClock())
    made.prepare()
    return made


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, hostname: str) -> str | None:
    """The TLS version that both ends agree on, over memory. Raises ssl.SSLError."""
    client_in, client_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(client_in, client_out, server_hostname=hostname)
    far = server.wrap_bio(client_out, client_in, server_side=True)
    waiting = [near, far]
    for _ in range(10):
        for end in tuple(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                continue
    assert not waiting
    return near.version()


def trusting(file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(file))


@pytest.mark.parametrize(
    "hostname",
    [
        "localhost",
        "127.0.0.1",
        "::1",
        "login.salesforce.com",
        "test.salesforce.com",
        "acme.my.salesforce.com",
        "acme--dev.sandbox.my.salesforce.com",
        "acme-dev-ed.develop.my.salesforce.com",
        "api.pubsub.salesforce.com",
        "na1.salesforce.com",
        "acme.lightning.force.com",
    ],
)
def test_a_client_that_trusts_the_authority_believes_us(authority: LocalAuthority, hostname: str) -> None:
    assert handshake(authority.server_context(), trusting(authority.certificate), hostname) == "TLSv1.3"
    assert handshake(authority.server_context(), trusting(authority.bundle), hostname) == "TLSv1.3"


@pytest.mark.parametrize("hostname", ["example.com", "salesforce.com.example.com", "127.0.0.2"])
def test_other_names_are_not_ours(authority: LocalAuthority, hostname: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(authority.server_context(), trusting(authority.certificate), hostname)


def test_a_client_that_does_not_know_the_authority_refuses(authority: LocalAuthority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(authority.server_context(), ssl.create_default_context(), "localhost")


@pytest.mark.parametrize("name", ["example.com", "notsalesforce.com"])
def test_the_authoritys_own_certificate_keeps_it_from_vouching_for_others(
    authority: LocalAuthority, tmp_path: Path, name: str
) -> None:
    ca = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    ca_key = serialization.load_pem_private_key((tmp_path / "ca" / "ca.key").read_bytes(), None)
    assert isinstance(ca_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    forged = issue(ca, ca_key, key.public_key(), [name], datetime.now(UTC))
    pem = serialization.Encoding.PEM
    (tmp_path / "forged.pem").write_bytes(forged.public_bytes(pem))
    (tmp_path / "forged.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "forged.pem", tmp_path / "forged.key")
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(server, trusting(authority.certificate), name)


def test_constraints_are_critical(authority: LocalAuthority) -> None:
    ca = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    constraints = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    permitted = {str(each.value) for each in constraints.value.permitted_subtrees or ()}
    assert permitted == {"localhost", "salesforce.com", "force.com", "127.0.0.1/32", "::1/128"}
    assert ca.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_tls_1_1_is_refused(authority: LocalAuthority) -> None:
    assert authority.server_context().minimum_version is ssl.TLSVersion.TLSv1_2
    assert authority.server_context() is authority.server_context()


@posix
def test_keys_are_their_owners_alone(authority: LocalAuthority, tmp_path: Path) -> None:
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((tmp_path / "ca" / name).stat().st_mode) == 0o600


@posix
def test_rights_that_others_got_are_taken_away(authority: LocalAuthority, tmp_path: Path) -> None:
    (tmp_path / "ca" / "ca.key").chmod(0o644)
    assert authority.prepare() == frozenset()
    assert stat.S_IMODE((tmp_path / "ca" / "ca.key").stat().st_mode) == 0o600


def test_the_bundle_has_the_systems_roots_too(authority: LocalAuthority) -> None:
    text = authority.bundle.read_text()
    assert text.endswith(authority.certificate.read_text())
    if ssl.create_default_context().cert_store_stats()["x509_ca"]:
        assert text.count("BEGIN CERTIFICATE") > 1


def server_certificate(authority: LocalAuthority) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.server_certificate.read_bytes())


def test_the_server_certificate_is_renewed_before_its_end(tmp_path: Path) -> None:
    clock = ManualClock()
    authority = LocalAuthority(tmp_path, clock)
    assert authority.prepare() == {authority.certificate, authority.server_certificate, authority.bundle}
    first = server_certificate(authority)
    context = authority.server_context()
    clock.advance(59 * DAY)
    assert authority.prepare() == frozenset()
    clock.advance(2 * DAY)
    assert authority.prepare() == {authority.server_certificate}
    second = server_certificate(authority)
    assert first.not_valid_after_utc < second.not_valid_after_utc
    assert second.not_valid_after_utc - datetime.fromtimestamp(clock.now() / SECOND, UTC) == timedelta(
        days=90
    )
    assert authority.server_context() is context


def test_an_authority_at_its_end_is_made_anew(tmp_path: Path) -> None:
    clock = ManualClock()
    authority = LocalAuthority(tmp_path, clock)
    authority.prepare()
    clock.advance(3651 * DAY)
    assert authority.prepare() == {authority.certificate, authority.server_certificate, authority.bundle}
    assert authority.prepare() == frozenset()


def test_a_lost_server_key_is_made_anew(authority: LocalAuthority, tmp_path: Path) -> None:
    (tmp_path / "ca" / "server.key").unlink()
    assert authority.prepare() == {authority.server_certificate}


def test_addresses_are_the_loopback_ones(authority: LocalAuthority) -> None:
    names = (
        server_certificate(authority).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    )
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1"), ip_address("::1")]


@pytest.mark.parametrize("name", ["ca.key", "ca.pem"])
def test_a_broken_authority_is_a_clear_failure(authority: LocalAuthority, tmp_path: Path, name: str) -> None:
    (tmp_path / "ca" / name).write_text("nonsense")
    with pytest.raises(CertificateFailure, match="Remove the folder"):
        authority.prepare()


def test_a_key_of_another_authority_is_a_clear_failure(authority: LocalAuthority, tmp_path: Path) -> None:
    LocalAuthority(tmp_path / "other", SystemClock()).prepare()
    (tmp_path / "other" / "ca.key").replace(tmp_path / "ca" / "ca.key")
    with pytest.raises(CertificateFailure, match=r"ca\.key is not the key of ca\.pem"):
        authority.prepare()


def test_a_folder_that_cannot_be_made_is_a_clear_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CertificateFailure, match="file"):
        LocalAuthority(tmp_path / "file" / "ca", SystemClock()).prepare()


def test_openssl_agrees(authority: LocalAuthority) -> None:
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile"]
    try:
        done = subprocess.run(
            [*command, str(authority.certificate), str(authority.server_certificate)],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("there is no openssl command")
    assert done.stdout.strip().endswith(": OK"), done.stderr
