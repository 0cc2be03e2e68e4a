"""World: an org whose papers are searched, on a database, and shorthands to look for them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tests.contract.save.saves import Saves
from tests.contract.save.world import (
    GROUP,
    INSTANCE,
    NAME,
    PRINCIPAL,
    RECORD_TYPES,
    TEXT,
    USER,
    choices,
    custom,
)

from isthmus.kernel.database import Connection, Database
from isthmus.org.schema.model import Field, FieldType, Schema, SObjectType
from isthmus.org.schema.store import SchemaStore
from isthmus.org.search import upkeep
from isthmus.org.search.changes import count
from isthmus.org.search.expression import Expression, phrase_of
from isthmus.org.search.fields import Group
from isthmus.org.search.finding import Reader, Sought, find
from isthmus.org.search.words import ANY_CHARACTERS, ONE_CHARACTER
from isthmus.org.security.access import EVERYTHING, Access, FullAccess

EVERYWHERE = frozenset(Group)
PAPER = replace(
    custom(
        "Paper__c",
        Field("Email__c", "Email", FieldType.EMAIL, length=80, custom=True),
        Field("Phone__c", "Phone", FieldType.PHONE, length=40, custom=True),
        Field("Note__c", "Note", TEXT, length=255, custom=True),
        Field("Long__c", "Long", FieldType.TEXTAREA, length=131_072, custom=True),
        Field("Rich__c", "Rich", FieldType.TEXTAREA, length=32_768, html=True, custom=True),
        Field("Kind__c", "Kind", FieldType.PICKLIST, length=40, picklist=choices("Novel"), custom=True),
        Field("Pages__c", "Pages", FieldType.DOUBLE, precision=18, scale=0, custom=True),
        Field(
            "Number__c",
            "Number",
            TEXT,
            length=30,
            auto_number=True,
            display_format="P-{0000}",
            nillable=False,
            createable=False,
            updateable=False,
            custom=True,
        ),
        prefix="a10",
    ),
    searchable=True,
)
PLAIN = custom("Plain__c", Field("Note__c", "Note", TEXT, length=255, custom=True), prefix="a11")
OBJECTS = (NAME, USER, GROUP, RECORD_TYPES, PAPER, PLAIN)


@dataclass(frozen=True, slots=True)
class Hidden(FullAccess):
    """Every right, but to these fields."""

    shape: str = "hidden"
    fields: frozenset[str] = frozenset()

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return field not in self.fields


class Library(Saves):
    """Each call is one transaction."""

    def __init__(self, database: Database, immediate: Database) -> None:
        super().__init__(database, immediate, OBJECTS)
        self.store = SchemaStore(database)
        self.define(OBJECTS)

    def define(self, objects: Iterable[SObjectType]) -> None:
        """Put a schema into force, and let search follow."""
        change = self.store.apply(objects, then=upkeep.reconcile)
        assert not change.refused
        self.schema: Schema = self.store.current

    def paper(self, name: str, **values: object) -> str:
        return self.new("Paper__c", Name=name, **values)

    def found(
        self,
        sought: str | Expression,
        *groups: Group,
        access: Access = EVERYTHING,
        sobject: str = "Paper__c",
    ) -> list[str]:
        """The names of the papers in which a phrase is found, in their order; `*` and `?` are wildcards."""
        expression = phrase(sought) if isinstance(sought, str) else sought

        def work(connection: Connection) -> list[str]:
            reader = Reader(self.schema, access, PRINCIPAL.user_id, INSTANCE)
            ids = find(
                connection, reader, self.schema[sobject], Sought(expression, frozenset(groups) or EVERYWHERE)
            )
            return [str(self.name(connection, sobject, each)) for each in ids]

        return self.database.read(work).result()

    def name(self, connection: Connection, sobject: str, record_id: str) -> object:
        row = connection.row(f'SELECT "Name" FROM "{sobject}" WHERE "Id" = ?', (record_id,))
        return row[0] if row is not None else None

    def noted(self) -> int:
        """How many changes are not in the index yet."""
        return self.database.read(lambda connection: count(connection, 10_000)).result()

    def settle(self) -> int:
        """Bring the index up to date; returns in how many parts."""
        parts = 0
        while self.database.write(lambda tx: upkeep.advance(tx, self.schema)).result():
            parts += 1
        return parts

    def either_way(self, ask: Callable[[], list[str]]) -> list[str]:
        """What is found before the index knows of it, which is the same as afterwards."""
        before = ask()
        self.settle()
        assert ask() == before
        return before


def phrase(text: str) -> Expression:
    found = phrase_of(text.replace("*", ANY_CHARACTERS).replace("?", ONE_CHARACTER))
    assert found is not None
    return found
