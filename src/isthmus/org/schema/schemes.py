"""Schemes: how a field's values are encrypted at rest, and what a schema asks of whoever does that.

Source: Salesforce Help, Filter Encrypted Data with Deterministic Encryption; Metadata API, CustomField
(`encryptionScheme`).
"""

from enum import Enum
from typing import Final, Protocol

from isthmus.kernel.database import Transaction, Value

UNREADABLE_TEXT: Final = "?????"
"""What stands for a text whose key is gone. Source: Salesforce Help, Why Isn't My Encrypted Data Masked?"""
UNREADABLE_INSTANT: Final = -2_568_628_800_000
"""What stands for a date or a datetime then: 1888-08-08T12:00:00Z. Source: as above."""

CLOSED_FORM: Final = "~e1."
"""What every encrypted value begins with."""


class Encryption(Enum):
    """A scheme, by its name in metadata."""

    PROBABILISTIC = "ProbabilisticEncryption"
    CASE_SENSITIVE = "CaseSensitiveDeterministicEncryption"
    CASE_INSENSITIVE = "CaseInsensitiveDeterministicEncryption"

    __hash__ = object.__hash__

    @property
    def deterministic(self) -> bool:
        """Whether equal values can be found: beside the value lies a token of it."""
        return self is not Encryption.PROBABILISTIC


class Unreadable(str):
    """What stands for a text that can't be opened; `kept` is what the column holds."""

    __slots__ = ("kept",)
    kept: Value


def is_unreadable(value: object) -> bool:
    """Whether a value stands for one that can't be opened."""
    return isinstance(value, Unreadable) or value == UNREADABLE_INSTANT


class FieldCipher(Protocol):
    """Closes and opens the values of one field."""

    def close(self, value: int | float | str) -> str:
        """The value as its column holds it, under the newest key. Fault: `encryption_key_missing`."""
        ...

    def open(self, kept: Value) -> int | float | str | None:
        """The value of what a column holds; None for None. What can't be opened is said in the log, and is
        `Unreadable`, or for an instant `UNREADABLE_INSTANT`.
        """
        ...

    def opens(self, kept: Value) -> bool:
        """Whether what a column holds can be opened."""
        ...

    def token(self, value: int | float | str) -> str:
        """What the shadow column holds for a value, under the newest key."""
        ...

    def tokens(self, value: int | float | str) -> list[str]:
        """What a shadow column may hold for a value: a token for each key that there is."""
        ...

    def renewed(self, kept: Value) -> str | None:
        """What a column holds, under the newest key; None where it is already, or can't be opened."""
        ...

    def close_query(self, soql: str) -> str:
        """A query that names the field, as it may be kept: `Object.Field`, and the encrypted text."""
        ...

    def open_query(self, kept: str) -> str | None:
        """The query again; None where it can't be opened."""
        ...


class Ciphers(Protocol):
    """Gives fields their ciphers."""

    def prepare(self, transaction: Transaction) -> None:
        """Called in every schema change in which something is encrypted, before any cipher is asked for."""
        ...

    def cipher(self, sobject: str, field: str, scheme: Encryption, *, instant: bool) -> FieldCipher:
        """The cipher of a field. `instant`: its values are dates or datetimes, whole numbers."""
        ...

    def entry_cipher(self, sobject: str, field: str) -> FieldCipher:
        """The cipher of a column in which some values are encrypted and others are not."""
        ...


class NoCiphers:
    """For orgs in which nothing is encrypted: a schema that wants something encrypted is refused."""

    def prepare(self, transaction: Transaction) -> None:
        """Raises ValueError."""
        raise ValueError("the schema has encrypted fields, and there is nothing to encrypt them with")

    def cipher(self, sobject: str, field: str, scheme: Encryption, *, instant: bool) -> FieldCipher:
        """Raises ValueError."""
        raise ValueError(f"there is nothing to encrypt {sobject}.{field} with")

    def entry_cipher(self, sobject: str, field: str) -> FieldCipher:
        """Raises ValueError."""
        raise ValueError(f"there is nothing to encrypt {sobject}.{field} with")
