"""Vault: the tenant secrets of one org, checked against what its database was encrypted with.

A secret is on disk before anything is encrypted with it, and entered in the database's register with the
first use. Where secrets are missing or are others, values under them can't be read; nothing is encrypted then
with an older key: first the secret is put back, or a rotation makes a new one. A secret that goes while the
org runs is held until it stops, and a rotation writes it again.
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

from isthmus.kernel.crash import crash_point
from isthmus.kernel.database import Connection, Transaction
from isthmus.kernel.errors import fault
from isthmus.org.schema.schemes import Encryption, FieldCipher
from isthmus.org.security.encryption import register
from isthmus.org.security.encryption.ciphers import EntryCipher, ValueCipher
from isthmus.org.security.encryption.keys import Keyring, VersionKeys, derive
from isthmus.org.security.encryption.tenant_secrets import (
    VERSION_MAX,
    new_secret,
    read_secrets,
    write_secrets,
)

FILE_NAME: Final = "encryption.keys"
_log = structlog.get_logger(__name__)


class Vault:
    """Gives fields their ciphers (`isthmus.org.schema.schemes.Ciphers`), and makes new key versions."""

    def __init__(self, file: Path, organization_id: str) -> None:
        self.file = file
        self._organization_id = organization_id
        self._ring = Keyring()
        self._secrets: dict[int, bytes] = {}
        """Those that are the org's, whatever has become of the file."""
        self._changing = threading.Lock()
        self._problems: tuple[str, ...] = ()

    @property
    def active(self) -> int | None:
        """The version with which new values are encrypted; None: nothing was ever, or its secret is gone."""
        return None if self._ring.active is None else self._ring.active.version

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the secrets, a sentence each: which are missing, or are not the org's."""
        return self._problems

    def prepare(self, transaction: Transaction) -> None:
        """Read the secrets, make the first one where there was never any, and enter new ones in the register.

        Raises SecretsUnreadable.
        """
        with self._changing:
            registered = register.read(transaction)
            filed = read_secrets(self.file)
            if not registered and not filed:
                filed = self._made({}, 1)
            found = self._derived({**filed, **self._secrets})
            for version, (_, keys) in found.items():
                if version not in registered and version > max(registered, default=0):
                    register.add(transaction, version, keys.check)
            self._hold(register.read(transaction), found, filed)

    def look_again(self, transaction: Transaction) -> None:
        """Take over what the file holds by now, where anything was ever encrypted.

        Raises SecretsUnreadable.
        """
        if register.read(transaction):
            self.prepare(transaction)

    def cipher(self, sobject: str, field: str, scheme: Encryption, *, instant: bool) -> FieldCipher:
        """The cipher of a field."""
        return ValueCipher(self._ring, sobject, field, scheme, instant=instant)

    def entry_cipher(self, sobject: str, field: str) -> FieldCipher:
        """The cipher of a column of which some values are encrypted."""
        return EntryCipher(self._ring, sobject, field)

    def make_version(self, connection: Connection) -> int:
        """A new secret, on disk, that is not in use yet. Raises SecretsUnreadable. Fault:
        `control_refused`, where there can be no more.
        """
        with self._changing:
            secrets = {**read_secrets(self.file), **self._secrets}
            version = max((*secrets, *register.read(connection)), default=0) + 1
            if version > VERSION_MAX:
                raise fault("control_refused", reason=f"There can be no more than {VERSION_MAX} versions.")
            self._made(secrets, version)
        crash_point("tenant secret written")
        return version

    def is_settled(self, connection: Connection) -> bool:
        """Whether no value is known to be under an older key than the one in use."""
        registered = register.read(connection)
        return all(each.retired or version == self.active for version, each in registered.items())

    def _made(self, secrets: Mapping[int, bytes], version: int) -> dict[int, bytes]:
        whole = {**secrets, version: new_secret()}
        write_secrets(self.file, whole)
        return whole

    def _derived(self, secrets: Mapping[int, bytes]) -> dict[int, tuple[bytes, VersionKeys]]:
        return {
            version: (secret, derive(secret, version, self._organization_id))
            for version, secret in secrets.items()
        }

    def _hold(
        self,
        registered: Mapping[int, register.Registered],
        found: Mapping[int, tuple[bytes, VersionKeys]],
        filed: Mapping[int, bytes],
    ) -> None:
        """Use what fits the register; the newest version is in use, if its secret is there."""
        right = {
            version: each
            for version, each in found.items()
            if version in registered and registered[version].check == each[1].check
        }
        newest = max(registered)
        self._secrets = {version: secret for version, (secret, _) in right.items()}
        self._ring.replace(
            {version: keys for version, (_, keys) in right.items()}, newest if newest in right else None
        )
        before = self._problems
        needed = [
            version for version, each in sorted(registered.items()) if version == newest or not each.retired
        ]
        self._problems = tuple(
            self._problem(version, version in found, version == newest)
            for version in needed
            if version not in right
        ) + tuple(
            self._only_held(version)
            for version in needed
            if version in right and filed.get(version) != self._secrets[version]
        )
        for problem in self._problems:
            if problem not in before:
                _log.warning(problem)

    def _only_held(self, version: int) -> str:
        return (
            f"tenant secret {version} is no longer in {self.file}: this org has it until it stops, and then "
            "values under it can't be read. Put the file back, or let `isthmus encryption rotate` write it "
            "again beside a new one."
        )

    def _problem(self, version: int, there: bool, in_use: bool) -> str:
        what = "is not the one that this org's fields were encrypted with" if there else "is missing"
        means = f"values under it can't be read, and read as {'?' * 5}"
        if in_use:
            means += "; nothing can be written to encrypted fields"
        return (
            f"tenant secret {version} {what} ({self.file}): {means}. Put the right file back, or let "
            "`isthmus encryption rotate` make a new secret for what is written from now on."
        )
