"""Ciphers: a field's values closed and opened with AES-256-GCM, and the tokens by which they are found.

A closed value is text: `~e1.0003.` (the form, the key's version), nonce, ciphertext and tag in base64, and a
space at the end. No text that anyone saves ends in a space, so none can be taken for a closed value. The
field is authenticated with the value: it does not open in another field's column. Nonces are random; a key
is good for 2^32 values (NIST SP 800-38D, 8.3), after which it should long have been rotated.
"""

import binascii
import re
import secrets
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag

from isthmus.kernel.database import Value
from isthmus.kernel.errors import fault
from isthmus.org.schema.schemes import (
    CLOSED_FORM,
    UNREADABLE_INSTANT,
    UNREADABLE_TEXT,
    Encryption,
    Unreadable,
)
from isthmus.org.schema.values import fold
from isthmus.org.security.encryption.keys import Keyring, VersionKeys, token

HEADER_LENGTH: Final = 9
"""Characters of a closed value from which its key's version can be told."""
_HEADER: Final = re.compile(r"~e1\.\d{4}\.", re.ASCII)
_END: Final = " "
_NONCE_BYTES: Final = 12
_QUERY: Final = b"#query"

_log = structlog.get_logger(__name__)


class CannotOpen(Exception):
    """A closed value whose key is missing, or that was changed. The message says which."""


def header(version: int) -> str:
    """What the values begin with that were closed with a key of that version."""
    return f"{CLOSED_FORM}{version:04d}."


def is_closed(kept: Value) -> bool:
    """Whether a column's text is a closed value: no text that was saved is one."""
    return isinstance(kept, str) and kept.startswith(CLOSED_FORM) and kept.endswith(_END)


def version_of(kept: str) -> int:
    """The version of the key that a closed value needs. Raises CannotOpen."""
    if not (is_closed(kept) and is_header(kept[:HEADER_LENGTH])):
        raise CannotOpen("it is no encrypted value")
    return version_of_header(kept[:HEADER_LENGTH])


def is_header(text: str) -> bool:
    """Whether a closed value may begin so."""
    return _HEADER.fullmatch(text) is not None


def version_of_header(text: str) -> int:
    """The version that a header names."""
    return int(text[len(CLOSED_FORM) : -1])


def close(keys: VersionKeys, text: str, owner: bytes) -> str:
    """`text`, closed for `owner`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = nonce + keys.values.encrypt(nonce, text.encode(), owner)
    return header(keys.version) + binascii.b2a_base64(sealed, newline=False).decode() + _END


def open_text(ring: Keyring, kept: str, owner: bytes) -> str:
    """The text that was closed for `owner`. Raises CannotOpen."""
    version = version_of(kept)
    keys = ring.versions.get(version)
    if keys is None:
        raise CannotOpen(f"tenant secret {version} is missing")
    try:
        sealed = binascii.a2b_base64(kept[HEADER_LENGTH:-1], strict_mode=True)
        nonce, data = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return keys.values.decrypt(nonce, data, owner).decode()
    except (InvalidTag, ValueError):
        raise CannotOpen("it was changed after it was encrypted") from None


class ValueCipher:
    """The cipher of one field (`isthmus.org.schema.schemes.FieldCipher`)."""

    def __init__(self, ring: Keyring, sobject: str, field: str, scheme: Encryption, *, instant: bool) -> None:
        self._ring = ring
        self._name = f"{sobject}.{field}"
        self._owner = self._name.encode()
        self._folds = scheme is Encryption.CASE_INSENSITIVE
        self._instant = instant
        self._told: set[str] = set()

    def close(self, value: int | float | str) -> str:
        """See FieldCipher."""
        return close(self._active(), str(value), self._owner)

    def open(self, kept: Value) -> int | float | str | None:
        """See FieldCipher."""
        if kept is None:
            return None
        try:
            text = open_text(self._ring, str(kept), self._owner)
        except CannotOpen as reason:
            return self._unreadable(kept, str(reason))
        return int(text) if self._instant else text

    def opens(self, kept: Value) -> bool:
        """See FieldCipher."""
        try:
            return kept is None or bool(open_text(self._ring, str(kept), self._owner))
        except CannotOpen:
            return False

    def token(self, value: int | float | str) -> str:
        """See FieldCipher."""
        return self._token(self._active(), self._comparable(value))

    def tokens(self, value: int | float | str) -> list[str]:
        """See FieldCipher."""
        text = self._comparable(value)
        return [self._token(keys, text) for keys in self._ring.versions.values()]

    def renewed(self, kept: Value) -> str | None:
        """See FieldCipher."""
        if kept is None or str(kept).startswith(header(self._active().version)):
            return None
        try:
            return close(self._active(), open_text(self._ring, str(kept), self._owner), self._owner)
        except CannotOpen as reason:
            self._unreadable(kept, str(reason))
            return None

    def close_query(self, soql: str) -> str:
        """See FieldCipher."""
        return f"{self._name} {close(self._active(), soql, self._owner + _QUERY)}"

    def open_query(self, kept: str) -> str | None:
        """See FieldCipher."""
        try:
            return open_text(self._ring, kept.partition(" ")[2], self._owner + _QUERY)
        except CannotOpen:
            return None

    def _active(self) -> VersionKeys:
        keys = self._ring.active
        if keys is None:
            raise fault("encryption_key_missing", field=self._name)
        return keys

    def _comparable(self, value: int | float | str) -> bytes:
        text = str(value)
        return (fold(text) if self._folds else text).encode()

    def _token(self, keys: VersionKeys, text: bytes) -> str:
        return binascii.b2a_base64(token(keys, self._owner, text), newline=False).decode()

    def _unreadable(self, kept: Value, reason: str) -> int | str:
        """What stands for the value. Each reason is logged once: there may be a million values of a kind."""
        if reason not in self._told:
            self._told.add(reason)
            _log.warning("an encrypted value can't be read", field=self._name, reason=reason)
        if self._instant:
            return UNREADABLE_INSTANT
        stands = Unreadable(UNREADABLE_TEXT)
        stands.kept = kept
        return stands


class EntryCipher(ValueCipher):
    """The cipher of a column in which some values are closed, and the others are what they say."""

    def __init__(self, ring: Keyring, sobject: str, field: str) -> None:
        super().__init__(ring, sobject, field, Encryption.PROBABILISTIC, instant=False)

    def open(self, kept: Value) -> int | float | str | None:
        """See FieldCipher."""
        if is_closed(kept):
            return super().open(kept)
        return None if kept is None else str(kept)

    def renewed(self, kept: Value) -> str | None:
        """See FieldCipher."""
        return super().renewed(kept) if is_closed(kept) else None
