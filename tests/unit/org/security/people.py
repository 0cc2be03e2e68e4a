"""People: an org's database with an organization and two users, and the identity over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.contract.rights import every_right

from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database import Database, Transaction, Value
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.ids import Ids, record_id
from isthmus.org.schema import recorded
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.store import SchemaStore
from isthmus.org.schema.values import fold
from isthmus.org.security.identity import Identity
from isthmus.org.security.options import IdentityOptions
from isthmus.org.security.tables import COMPONENT, MIGRATIONS

ORGANIZATION: Final = record_id("00D", "7Ab", 1)
PROFILE: Final = record_id("00e", "7Ab", 1)
ADA: Final = record_id("005", "7Ab", 1)
BOB: Final = record_id("005", "7Ab", 2)
ADAS_NAME: Final = "ada@example.com"
PROFILES_NAME: Final = "Clerk"
PASSWORD: Final = "correct horse"
KEY: Final = bytes(32)
OPTIONS: Final = IdentityOptions()
_NAMES: Final = frozenset({"LoginHistory", "Organization", "Profile", "User", "UserLogin"})


@dataclass(frozen=True, slots=True)
class People:
    """An identity and what it stands on."""

    database: Database
    clock: ManualClock
    identity: Identity
    schemas: SchemaStore

    def change_user(self, user_id: str, column: str, value: Value) -> None:
        """Change a user's record, as a save would."""
        statement = f'UPDATE "User" SET "{column}" = ? WHERE "Id" = ?'
        self.database.write(lambda tx: tx.execute(statement, (value, user_id))).result()

    def stored(self, table: str) -> list[tuple[Value, ...]]:
        """Every row of one of our tables."""
        return self.database.read_now(lambda connection: connection.rows(f'SELECT * FROM "{table}"'))

    def second(self, key: bytes = KEY) -> Identity:
        """Another identity over the same database: what a restart, or another process, has."""
        return make_identity(self.database, self.clock, key=key)


def make_identity(
    database: Database, clock: ManualClock, options: IdentityOptions = OPTIONS, key: bytes = KEY
) -> Identity:
    return Identity(
        database=database,
        clock=clock,
        ids=Ids(),
        organization_id=ORGANIZATION,
        rights=every_right,
        seal_key=key,
        options=options,
    )


@contextmanager
def people(database: Database, options: IdentityOptions = OPTIONS) -> Iterator[People]:
    """An org with Ada and Bob, neither of whom has a password yet."""
    migrate(database, recorded.COMPONENT, recorded.MIGRATIONS)
    migrate(database, COMPONENT, MIGRATIONS)
    schemas = SchemaStore(database)
    schemas.apply(each for each in standard_objects() if each.name in _NAMES)
    clock = ManualClock()
    database.write(lambda transaction: _fill(transaction, clock.now())).result()
    identity = make_identity(database, clock, options)
    try:
        yield People(database, clock, identity, schemas)
    finally:
        identity.close()


def _fill(transaction: Transaction, now: int) -> None:
    _insert(transaction, "Profile", Id=PROFILE, Name=PROFILES_NAME, UserType="Standard")
    _insert(transaction, "Organization", Id=ORGANIZATION, Name="Acme", DefaultLocaleSidKey="en_US")
    for user_id, first, last in ((ADA, "Ada", "Lovelace"), (BOB, None, "Bob")):
        name = f"{(first or last).lower()}@example.com"
        _insert(
            transaction,
            "User",
            Id=user_id,
            Username=name,
            FirstName=first,
            LastName=last,
            Email=name,
            ProfileId=PROFILE,
            TimeZoneSidKey="Europe/Berlin",
            LocaleSidKey="de_DE",
            LanguageLocaleKey="de",
            UserType="Standard",
            CommunityNickname=last,
            City="London" if first else None,
            LastModifiedDate=now,
            IsActive=1,
            **{"Username~": fold(name)},
        )
        login_id = record_id("0Yw", "7Ab", 1 if user_id == ADA else 2)
        _insert(transaction, "UserLogin", Id=login_id, UserId=user_id, IsFrozen=0, IsPasswordLocked=0)


def _insert(transaction: Transaction, table: str, **values: Value) -> None:
    columns = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" for _ in values)
    transaction.execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', tuple(values.values()))
