"""Accounts under private sharing, made by SQL in an org's own tables, and three users who see parts of them.

Each account has its owner's share; owners are 100 users. A user above some of them in the role hierarchy
stands for these. Of every ten accounts one is also shared by a rule with a group, which who sees all is in:
these come to them by two ways. Contacts, where there are any, are seen by who sees their account.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from isthmus.assembly import COMPONENTS
from isthmus.kernel.database import Transaction, Value
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.kernel.ids import record_id
from isthmus.org.schema.model import Schema
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.store import SchemaStore
from isthmus.org.schema.values import fold
from isthmus.org.security.access import FullAccess
from isthmus.org.security.principal import Principal

INSTANCE: Final = "7Ab"
OWNERS: Final = 100
START: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z
SECOND: Final = 1_000
GROUP: Final = record_id("00G", INSTANCE, 1)
_INDUSTRIES: Final = ("Energy", "Banking", "Biotechnology", "Education", "Retail")
_COLUMNS: Final = (
    *("Id", "Name", "Name~", "Industry", "Industry~", "AnnualRevenue", "NumberOfEmployees", "OwnerId"),
    *("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"),
)
_CONTACT_COLUMNS: Final = (
    *("Id", "LastName", "LastName~", "Name", "Name~", "Email", "Email~", "AccountId", "OwnerId"),
    *("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"),
)
_SHARE_COLUMNS: Final = (
    *("Id", "AccountId", "UserOrGroupId", "AccountAccessLevel", "OpportunityAccessLevel"),
    *("CaseAccessLevel", "ContactAccessLevel", "RowCause", "LastModifiedDate", "LastModifiedById"),
)


_MODELS: Final = {"Account": "Private", "Contact": "ControlledByParent"}


@dataclass(frozen=True, slots=True)
class Seeing(FullAccess):
    """Every right to objects and fields, and none to all records."""

    shape: str = "seeing"

    def may_view_all(self, sobject: str) -> bool:
        return False

    def may_modify_all(self, sobject: str) -> bool:
        return False

    def has(self, permission: str) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class SharedAccounts:
    """The database, its schema, how many accounts there are, and how many contacts each has."""

    database: SqliteDatabase
    schema: Schema
    count: int
    contacts: int


def seeing(owners: int) -> Principal:
    """The user who sees what `owners` owners own."""
    return Principal(_boss(owners), "ada@example.com", record_id("00D", INSTANCE, 1), "", access=Seeing())


def account_id(number: int) -> str:
    """The id of an account."""
    return record_id("001", INSTANCE, number + 1)


def contact_id(number: int) -> str:
    """The id of a contact. Those of one account are neighbours."""
    return record_id("003", INSTANCE, number + 1)


def owner_of(number: int) -> int:
    """Whose account it is. Neighbours have different owners."""
    return number * 37 % OWNERS


def created(number: int) -> int:
    """When the account was made: one every second."""
    return START + number * SECOND


@contextmanager
def shared_accounts(count: int, contacts: int = 0) -> Iterator[SharedAccounts]:
    """`count` accounts, each with so many contacts, until the block ends."""
    with ExitStack() as closing:
        folder = closing.enter_context(tempfile.TemporaryDirectory(prefix="isthmus-bench-"))
        database = SqliteDatabase(Path(folder) / "org.sqlite")
        closing.callback(database.close)
        for component, migrations in COMPONENTS:
            migrate(database, component, migrations)
        store = SchemaStore(database)
        change = store.apply(
            replace(each, sharing_model=_MODELS.get(each.name)) for each in standard_objects()
        )
        assert not change.refused, change.refused
        database.write(lambda tx: _fill(tx, count, contacts)).result()
        yield SharedAccounts(database, store.current, count, contacts)


def _fill(tx: Transaction, count: int, contacts: int) -> None:
    _insert(tx, "Account", _COLUMNS, (_account(number) for number in range(count)))
    people = (_contact(number, number // contacts) for number in range(count * contacts))
    _insert(tx, "Contact", _CONTACT_COLUMNS, people)
    _insert(tx, "AccountShare", _SHARE_COLUMNS, _shares(count))
    _insert(tx, "isthmus_grantees", ("user_id", "grantee_id", "own"), _grantees())


def _insert(tx: Transaction, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Value, ...]]) -> None:
    names = ", ".join(f'"{each}"' for each in columns)
    tx.execute_many(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(columns))})', rows)


def _account(number: int) -> tuple[Value, ...]:
    name, industry = f"Account {number * 7919 % 1_000_003:07}", _INDUSTRIES[number % len(_INDUSTRIES)]
    owner, at = _owner(owner_of(number)), created(number)
    kept = (account_id(number), name, fold(name), industry, fold(industry), number * 10.0, number % 5_000)
    return (*kept, owner, at, owner, at, owner, at)


def _contact(number: int, account: int) -> tuple[Value, ...]:
    name, owner, at = f"Person {number * 7919 % 3_000_017:07}", _owner(owner_of(account)), created(number)
    mail = f"person{number}@example.com"
    kept = (contact_id(number), name, fold(name), name, fold(name), mail, mail, account_id(account))
    return (*kept, owner, at, owner, at, owner, at)


def _shares(count: int) -> Iterator[tuple[Value, ...]]:
    for number in range(count):
        owner = _owner(owner_of(number))
        yield _share(number, number, owner, "All", "Owner")
        if number % 10 == 0:
            yield _share(count + number, number, GROUP, "Read", "Rule")


def _share(number: int, account: int, grantee: str, level: str, cause: str) -> tuple[Value, ...]:
    share, by = record_id("00r", INSTANCE, number + 1), _owner(0)
    return (share, account_id(account), grantee, level, "None", "None", "None", cause, START, by)


def _grantees() -> Iterator[tuple[Value, ...]]:
    for owners in (1, 10, OWNERS):
        boss = _boss(owners)
        yield boss, boss, 1
        for number in range(owners):
            yield boss, _owner(number), 0
    yield _boss(OWNERS), GROUP, 1
    for number in range(OWNERS):
        yield _owner(number), _owner(number), 1


def _owner(number: int) -> str:
    return record_id("005", INSTANCE, number + 1)


def _boss(owners: int) -> str:
    return record_id("005", INSTANCE, 1_000 + owners)
