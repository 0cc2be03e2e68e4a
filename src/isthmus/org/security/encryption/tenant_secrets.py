"""Tenant secrets: the file outside of the database from which every key of encrypted fields is derived.

A line for each version: its number, and 32 random bytes in base64. No line is ever taken away by this
program: what was encrypted with a version needs it for good.
"""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from isthmus.kernel.private_files import PRIVATE, read_private, write_whole

SECRET_BYTES: Final = 32
VERSION_MAX: Final = 9_999
_HEADING: Final = (
    "# The tenant secrets of this org's encrypted fields: version, and secret.\n"
    "# What is encrypted can't be read without them. Keep a copy, apart from the database.\n"
)


class SecretsUnreadable(Exception):
    """The file of tenant secrets can't be read or written, or holds something else. The message says why."""


def read_secrets(path: Path) -> dict[int, bytes]:
    """The secrets by version; none where there is no file. Raises SecretsUnreadable."""
    try:
        text = read_private(path).decode("ascii", "replace")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SecretsUnreadable(f"{path}: the tenant secrets can't be read: {error}") from error
    found: dict[int, bytes] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        version, secret = _parsed(line, f"{path}, line {number}")
        if version in found:
            raise SecretsUnreadable(f"{path}, line {number}: version {version} is there twice")
        found[version] = secret
    return found


def write_secrets(path: Path, secrets: Mapping[int, bytes]) -> None:
    """Put the secrets on disk, whole, readable for their owner alone. Raises SecretsUnreadable."""
    lines = (f"{version} {base64.b64encode(secrets[version]).decode()}\n" for version in sorted(secrets))
    try:
        write_whole(path, (_HEADING + "".join(lines)).encode(), PRIVATE)
    except OSError as error:
        raise SecretsUnreadable(f"{path}: the tenant secrets can't be written: {error}") from error


def new_secret() -> bytes:
    """32 random bytes."""
    return AESGCM.generate_key(8 * SECRET_BYTES)


def _parsed(line: str, place: str) -> tuple[int, bytes]:
    version, _, encoded = line.strip().partition(" ")
    try:
        secret = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    whole = version.isascii() and version.isdigit() and 0 < int(version) <= VERSION_MAX
    if not whole or len(secret) != SECRET_BYTES:
        raise SecretsUnreadable(f"{place}: expected a version and {SECRET_BYTES} bytes in base64")
    return int(version), secret
