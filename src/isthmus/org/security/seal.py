"""Seals: secrets that must come back as they were are kept encrypted, under a key outside of the database.

AES-256-GCM; what a secret belongs to is authenticated with it, so that one can't be moved to another's place.
"""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_LENGTH: Final = 12


class SealBroken(Exception):
    """The sealed secret does not open: the key is another one, or the data was changed."""


class Seal:
    """Seals and opens with one key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, secret: str, owner: str) -> bytes:
        """`secret`, sealed for `owner`."""
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """The secret that was sealed for `owner`. Raises SealBroken."""
        nonce, data = sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:]
        try:
            return self._cipher.decrypt(nonce, data, owner.encode()).decode()
        except (InvalidTag, ValueError):
            raise SealBroken(f"the secret of {owner} was sealed with another key") from None

    def opens(self, sealed: object, owner: str) -> bool:
        """Whether `sealed` is a secret of `owner` that this key opens."""
        try:
            return isinstance(sealed, bytes) and bool(self.open(sealed, owner))
        except SealBroken:
            return False
