"""The system's trust store: its root certificates, and how a certificate of ours is added to it.

An installation is a plan of commands first: it can be shown, and it runs only where the user has the right.
"""

import hashlib
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT_FILES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, BSD
)
_SECONDS_PER_COMMAND: Final = 120


class TrustStoreFailure(Exception):
    """The certificate could not be installed. The message says what to do instead."""


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """Commands that make the system trust a certificate; `privileged`: only root may run them."""

    commands: tuple[tuple[str, ...], ...]
    privileged: bool

    def __str__(self) -> str:
        """The commands as a user types them."""
        prefix = "sudo " if self.privileged else ""
        return "\n".join(prefix + " ".join(_quoted(word) for word in command) for command in self.commands)


def system_roots(exclude: Path) -> bytes:
    """The system's root certificates as PEM; b"" where none are found.

    `exclude` is a file of ours that may stand in for them (SSL_CERT_FILE) and is not read.
    """
    chosen = ssl.get_default_verify_paths().cafile
    for candidate in (chosen, *ROOT_FILES):
        file = Path(candidate) if candidate else None
        if file is not None and file.is_file() and not _same_file(file, exclude):
            roots = file.read_bytes()
            return roots if roots.endswith(b"\n") else roots + b"\n"
    context = ssl.create_default_context()  # Windows: its certificate store
    return "".join(map(ssl.DER_cert_to_PEM_cert, context.get_ca_certs(binary_form=True))).encode()


def install_plan(
    certificate: Path,
    platform: str = sys.platform,
    which: Callable[[str], str | None] = shutil.which,
) -> InstallPlan:
    """How this system is made to trust `certificate`. Raises TrustStoreFailure where we don't know how."""
    if platform == "darwin":
        keychain = "/Library/Keychains/System.keychain"
        add = ("security", "add-trusted-cert", "-d", "-r", "trustRoot", "-p", "ssl", "-k", keychain)
        return InstallPlan(((*add, str(certificate)),), privileged=True)
    if platform == "win32":
        return InstallPlan((("certutil", "-user", "-addstore", "Root", str(certificate)),), privileged=False)
    name = f"isthmus-local-ca-{hashlib.sha256(certificate.read_bytes()).hexdigest()[:8]}.crt"
    for command, folder in (
        ("update-ca-certificates", "/usr/local/share/ca-certificates"),
        ("update-ca-trust", "/etc/pki/ca-trust/source/anchors"),
    ):
        if which(command) is not None:
            copy = ("install", "-m", "644", str(certificate), f"{folder}/{name}")
            return InstallPlan((copy, (command,)), privileged=True)
    raise TrustStoreFailure(
        "this system's trust store is not one we know: neither update-ca-certificates nor update-ca-trust is "
        f"here. Point clients at the certificate instead: {certificate}"
    )


def may_run(plan: InstallPlan) -> bool:
    """Whether this process has the right to run the plan."""
    return not plan.privileged or (hasattr(os, "geteuid") and os.geteuid() == 0)


def run(plan: InstallPlan) -> None:
    """Run the plan's commands in order. Raises TrustStoreFailure where the right is missing or one fails."""
    if not may_run(plan):
        raise TrustStoreFailure(f"this needs administrator rights. Run:\n{plan}")
    for command in plan.commands:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_SECONDS_PER_COMMAND, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TrustStoreFailure(f"{command[0]}: {error}") from error
        if done.returncode:
            raise TrustStoreFailure(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")


def _same_file(one: Path, other: Path) -> bool:
    return other.exists() and one.samefile(other)


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word
