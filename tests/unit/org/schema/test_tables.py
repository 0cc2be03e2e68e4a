"""How do objects lie in the database?"""

import pytest

from isthmus.kernel.database import POSTGRESQL, SQLITE
from isthmus.org.schema.model import Field, FieldType, SObjectType
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.tables import (
    column,
    create_index,
    create_table,
    has_shadow,
    index_name,
    is_stored,
    layout,
    search_column,
    shadow,
    table,
    unique_field,
)

ID = Field("Id", "Id", FieldType.ID, length=18, nillable=False)
NAME = Field("Name", "Name", FieldType.STRING, length=80, name_field=True)
THING = SObjectType(
    "Thing__c",
    "Thing",
    "Things",
    "a00",
    (
        ID,
        NAME,
        Field("IsDeleted", "Deleted", FieldType.BOOLEAN, nillable=False),
        Field("Ext__c", "Ext", FieldType.STRING, length=20, unique=True, external_id=True),
        Field("Code__c", "Code", FieldType.STRING, length=20, unique=True, case_sensitive=True),
        Field("Number__c", "Number", FieldType.DOUBLE, precision=9, external_id=True),
        Field("Open__c", "Open", FieldType.BOOLEAN, nillable=False, default_value="true"),
        Field("Parent__c", "Parent", FieldType.REFERENCE, length=18, reference_to=("Thing__c",)),
        Field("Story__c", "Story", FieldType.TEXTAREA, length=32_000),
        Field("Place__c", "Place", FieldType.LOCATION),
        Field("Place__Latitude__s", "Place (Latitude)", FieldType.DOUBLE, precision=18, scale=15),
        Field("Due__c", "Due", FieldType.DATE),
        Field("CreatedDate", "Created", FieldType.DATETIME, nillable=False),
    ),
)


def by_name(name: str) -> Field:
    return next(each for each in THING.fields if each.name == name)


def test_a_table_and_its_indexes_on_sqlite() -> None:
    wanted = layout(THING)
    indexes = (create_index(wanted.name, each) for each in wanted.indexes)
    assert (create_table(wanted, SQLITE), *indexes) == (
        'CREATE TABLE "Thing__c" ("Id" TEXT PRIMARY KEY NOT NULL, "Name" TEXT, '
        '"IsDeleted" INTEGER NOT NULL DEFAULT 0, "Ext__c" TEXT, "Code__c" TEXT, "Number__c" REAL, '
        '"Open__c" INTEGER NOT NULL DEFAULT 1, "Parent__c" TEXT, "Story__c" TEXT, "Place__Latitude__s" REAL, '
        '"Due__c" INTEGER, "CreatedDate" INTEGER, "Name~" TEXT, "Ext__c~" TEXT, "Code__c~" TEXT)',
        'CREATE INDEX "i:Thing__c.Name" ON "Thing__c" ("Name~")',
        'CREATE UNIQUE INDEX "u:Thing__c.Ext__c" ON "Thing__c" ("Ext__c~") WHERE "IsDeleted" = 0',
        'CREATE UNIQUE INDEX "u:Thing__c.Code__c" ON "Thing__c" ("Code__c") WHERE "IsDeleted" = 0',
        'CREATE INDEX "i:Thing__c.Number__c" ON "Thing__c" ("Number__c")',
        'CREATE INDEX "i:Thing__c.Parent__c" ON "Thing__c" ("Parent__c") WHERE "Parent__c" IS NOT NULL',
        'CREATE INDEX "i:Thing__c.CreatedDate" ON "Thing__c" ("CreatedDate")',
    )


def test_a_table_on_postgresql() -> None:
    statement = create_table(layout(THING), POSTGRESQL)
    assert '"Id" TEXT COLLATE "C" PRIMARY KEY NOT NULL' in statement
    assert '"IsDeleted" SMALLINT NOT NULL DEFAULT 0' in statement
    assert '"Due__c" BIGINT' in statement
    assert '"Number__c" DOUBLE PRECISION' in statement


def test_a_table_always_knows_whether_a_record_is_deleted() -> None:
    bare = SObjectType("Bare", "Bare", "Bares", None, (ID,))
    assert [each.name for each in layout(bare).columns] == ["Id", "IsDeleted"]
    assert [each.name for each in layout(SObjectType("None", "", "", None, ())).columns] == [
        "Id",
        "IsDeleted",
    ]


def test_a_field_knows_its_columns() -> None:
    ext, code, story, place = (by_name(name) for name in ("Ext__c", "Code__c", "Story__c", "Place__c"))
    assert (table(THING), column(ext), shadow(ext)) == ('"Thing__c"', '"Ext__c"', '"Ext__c~"')
    assert (has_shadow(ext), has_shadow(story), is_stored(place)) == (True, False, False)
    assert (search_column(ext), search_column(code)) == ('"Ext__c~"', '"Code__c"')


def test_a_refused_value_leads_back_to_its_field() -> None:
    assert unique_field(THING, "u:Thing__c.Ext__c") is THING.field("Ext__c")
    assert unique_field(THING, "i:Thing__c.Name") is None


def test_names_fit_into_every_database_and_differ() -> None:
    long = "Namespace__A_custom_object_with_a_long_name__c"
    first = index_name(long, "Namespace__A_custom_field_with_a_long_name_1__c")
    second = index_name(long, "Namespace__A_custom_field_with_a_long_name_2__c")
    assert len(first) == len(second) == 63
    assert first != second


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=lambda each: each.name)
def test_every_standard_object_has_a_table(dialect: object) -> None:
    names = [name for each in standard_objects() for name in (i.name for i in layout(each).indexes)]
    assert len(set(names)) == len(names), "an index name is there once in a database"
    for each in standard_objects():
        assert all(len(physical.name) <= 63 for physical in layout(each).columns)
