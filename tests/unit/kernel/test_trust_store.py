"""The trust store: which commands each system needs, and that none runs without the right."""

from pathlib import Path

import pytest

from isthmus.kernel import trust_store
from isthmus.kernel.trust_store import (
    InstallPlan,
    TrustStoreFailure,
    install_plan,
    may_run,
    run,
    system_roots,
)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    file.write_text("certificate")
    return file


def test_debian(certificate: Path) -> None:
    plan = install_plan(certificate, "linux", {"update-ca-certificates": "yes"}.get)
    copy, update = plan.commands
    assert copy[:4] == ("install", "-m", "644", str(certificate))
    assert copy[4].startswith("/usr/local/share/ca-certificates/isthmus-local-ca-")
    assert copy[4].endswith(".crt")
    assert update == ("update-ca-certificates",)
    assert plan.privileged
    assert str(plan).startswith("sudo install -m 644 ")


def test_fedora(certificate: Path) -> None:
    plan = install_plan(certificate, "linux", {"update-ca-trust": "yes"}.get)
    assert plan.commands[0][4].startswith("/etc/pki/ca-trust/source/anchors/")
    assert plan.commands[1] == ("update-ca-trust",)


def test_macos(certificate: Path) -> None:
    plan = install_plan(certificate, "darwin")
    assert plan.commands[0][:2] == ("security", "add-trusted-cert")
    assert plan.privileged


def test_windows(certificate: Path) -> None:
    plan = install_plan(certificate, "win32")
    assert plan.commands == (("certutil", "-user", "-addstore", "Root", str(certificate)),)
    assert not plan.privileged
    assert may_run(plan)


def test_a_system_that_we_do_not_know(certificate: Path) -> None:
    with pytest.raises(TrustStoreFailure, match=r"Point clients at the certificate instead: .*ca\.pem"):
        install_plan(certificate, "linux", lambda command: None)


def test_nothing_runs_without_the_right(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000, raising=False)
    trace = tmp_path / "trace"
    with pytest.raises(TrustStoreFailure, match=r"needs administrator rights. Run:\nsudo touch"):
        run(InstallPlan((("touch", str(trace)),), privileged=True))
    assert not trace.exists()


def test_a_plan_runs_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    plan = InstallPlan((("mkdir", str(folder)), ("touch", str(folder / "c"))), privileged=False)
    run(plan)
    assert (folder / "c").exists()
    assert str(plan) == f'mkdir "{folder}"\ntouch "{folder / "c"}"'


@pytest.mark.parametrize("command", [("false",), ("no-such-command-here",)])
def test_a_command_that_fails_is_said(command: tuple[str, ...]) -> None:
    with pytest.raises(TrustStoreFailure, match=command[0]):
        run(InstallPlan((command,), privileged=False))


def test_our_own_bundle_is_not_read_as_the_systems_roots(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle, roots = tmp_path / "bundle.pem", tmp_path / "roots.pem"
    bundle.write_text("ours")
    roots.write_text("theirs")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setattr(trust_store, "ROOT_FILES", (str(roots),))
    assert system_roots(exclude=bundle) == b"theirs\n"
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    assert system_roots(exclude=bundle) == b"theirs\n"
