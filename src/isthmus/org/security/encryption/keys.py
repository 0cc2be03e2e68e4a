"""Keys: what is derived from a tenant secret, one key for each purpose, and which version is in use.

HKDF-SHA256 (RFC 5869), with the org's id as salt and the purpose as info: whoever has one key has no other.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class VersionKeys:
    """The keys of one version: `values` closes, `tokens` finds, `check` tells the secret from others."""

    version: int
    values: AESGCM
    tokens: bytes
    check: str


def derive(secret: bytes, version: int, organization_id: str) -> VersionKeys:
    """The keys of a tenant secret."""

    def key(purpose: str) -> bytes:
        info = f"isthmus field encryption: {purpose}".encode()
        return HKDF(hashes.SHA256(), _KEY_BYTES, organization_id.encode(), info).derive(secret)

    return VersionKeys(version, AESGCM(key("values")), key("tokens"), key("check").hex()[:32])


class Keyring:
    """The keys that there are, by version, and the one that is in use. May be asked from any thread."""

    def __init__(self) -> None:
        self._versions: Mapping[int, VersionKeys] = {}
        self._active: VersionKeys | None = None

    @property
    def active(self) -> VersionKeys | None:
        """What new values are closed with; None where no secret is left."""
        return self._active

    @property
    def versions(self) -> Mapping[int, VersionKeys]:
        """Every version whose secret is there."""
        return self._versions

    def replace(self, versions: Mapping[int, VersionKeys], active: int | None) -> None:
        """Hold these keys from now on; `active` is one of them."""
        self._versions = dict(versions)
        self._active = None if active is None else versions[active]


def token(keys: VersionKeys, field: bytes, text: bytes) -> bytes:
    """16 bytes that are equal exactly for equal texts of one field, and tell nothing else."""
    return hmac.digest(keys.tokens, field + b"\0" + text, hashlib.sha256)[:16]
