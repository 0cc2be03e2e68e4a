"""Does a change of the schema happen whole, or not at all, on each database?"""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from isthmus.kernel.database import Database, Transaction, UniqueViolation, Value
from isthmus.org.schema.examine import refusal_text
from isthmus.org.schema.model import Field, FieldType, ObjectKind, SObjectType
from isthmus.org.schema.plan import summary
from isthmus.org.schema.standard import standard_objects
from isthmus.org.schema.store import SchemaStore
from isthmus.org.schema.system_fields import custom_object_fields
from isthmus.org.schema.tables import quoted


def thing(*fields: Field, name: str = "Thing__c") -> SObjectType:
    return SObjectType(
        name, "Thing", "Things", None, (*custom_object_fields(), *fields), kind=ObjectKind.CUSTOM
    )


def text(name: str, **more: object) -> Field:
    return Field(name, name, FieldType.STRING, length=80, **more)  # type: ignore[arg-type]  # a shorthand


def number(name: str) -> Field:
    return Field(name, name, FieldType.DOUBLE, precision=9, scale=2)


def put(database: Database, table: str, **columns: Value) -> None:
    names = ", ".join(map(quoted, columns))
    marks = ", ".join("?" * len(columns))
    database.write(
        lambda tx: tx.execute(f"INSERT INTO {quoted(table)} ({names}) VALUES ({marks})", [*columns.values()])
    ).result()


def stored(database: Database, table: str, *columns: str) -> list[tuple[Value, ...]]:
    names = ", ".join(map(quoted, columns))
    return database.read_now(
        lambda connection: connection.rows(f'SELECT {names} FROM {quoted(table)} ORDER BY "Id"')
    )


def said(change: object) -> list[str]:
    return list(summary(getattr(change, "steps", ())))


def test_an_empty_org_gets_every_table(database: Database, store: SchemaStore) -> None:
    assert (store.current.version, len(store.current)) == (0, 0)
    change = store.apply(objects := standard_objects())
    assert change.version == store.current.version == 1
    assert len(store.current) == len(objects)
    assert len(change.steps) == sum(each.stored for each in objects) > 100
    assert stored(database, "Account", "Id", "Name", "Name~", "IsDeleted") == []


def test_nothing_happens_at_a_start_with_an_unchanged_schema(database: Database, store: SchemaStore) -> None:
    store.apply([thing()])
    again = SchemaStore(database)
    change = again.apply([thing()])
    assert (change.version, change.steps) == (1, ())
    assert again.current["Thing__c"].key_prefix == store.current["Thing__c"].key_prefix == "a00"


def test_what_the_tables_do_not_show_makes_a_new_version_too(store: SchemaStore) -> None:
    store.apply([thing()])
    change = store.apply([replace(thing(), label="Thingamajig")])
    assert (change.version, said(change), store.current["Thing__c"].label) == (2, [], "Thingamajig")
    records: dict[str, tuple[dict[str, object], ...]] = {"Setting__mdt": ({"DeveloperName": "One"},)}
    change = store.apply([replace(thing(), label="Thingamajig")], records)
    assert (change.version, store.current.metadata_records) == (3, records)


def test_a_field_is_added(database: Database, store: SchemaStore) -> None:
    store.apply([thing()])
    put(database, "Thing__c", Id="a00000000000001AAA", Name="one")
    flag = Field("Open__c", "Open", FieldType.BOOLEAN, nillable=False, default_value="true")
    change = store.apply([thing(text("Ext__c", unique=True), flag)])
    assert said(change) == ["add Thing__c.Ext__c", "add Thing__c.Open__c"]
    assert stored(database, "Thing__c", "Ext__c", "Ext__c~", "Open__c") == [(None, None, 1)]
    put(database, "Thing__c", **{"Id": "a00000000000002AAA", "Ext__c": "A", "Ext__c~": "a"})
    with pytest.raises(UniqueViolation) as refused:
        put(database, "Thing__c", **{"Id": "a00000000000003AAA", "Ext__c": "a", "Ext__c~": "a"})
    assert refused.value.constraint == "u:Thing__c.Ext__c"
    deleted: dict[str, Value] = {"Id": "a00000000000003AAA", "Ext__c": "a", "Ext__c~": "a", "IsDeleted": 1}
    put(database, "Thing__c", **deleted)


def test_a_field_without_values_goes_without_a_word(database: Database, store: SchemaStore) -> None:
    store.apply([thing(text("Ext__c", unique=True))])
    put(database, "Thing__c", Id="a00000000000001AAA", Name="one")
    change = store.apply([thing()])
    assert (change.refused, said(change)) == ((), ["drop Thing__c.Ext__c"])
    assert stored(database, "Thing__c", "Name") == [("one",)]


def test_a_field_with_values_goes_only_when_that_is_confirmed(database: Database, store: SchemaStore) -> None:
    store.apply([thing(text("Foo__c"))])
    put(database, "Thing__c", **{"Id": "a00000000000001AAA", "Foo__c": "x", "Foo__c~": "x"})
    change = store.apply([thing(text("Bar__c"))])
    [refusal] = change.refused
    assert (refusal.subject, refusal.error.code) == ("Thing__c.Foo__c", "DEPENDENCY_EXISTS")
    assert refusal.confirmable
    assert refusal.message == "Thing__c.Foo__c is gone from the project, and has values (1 records)."
    assert change.version == store.current.version == 1, "nothing of a refused change happens"
    assert store.current["Thing__c"].field("Bar__c") is None
    change = store.apply([thing(text("Bar__c"))], confirmed={"thing__c.foo__C"})
    assert (change.refused, said(change)) == ((), ["drop Thing__c.Foo__c", "add Thing__c.Bar__c"])


def test_one_start_confirms_all_that_was_refused(database: Database, store: SchemaStore) -> None:
    store.apply([thing(text("Foo__c"), text("Bar__c"))])
    put(database, "Thing__c", Id="a00000000000001AAA", Foo__c="x", Bar__c="y")
    told = refusal_text(store.apply([thing()]).refused)
    assert told.splitlines()[-1].endswith(": --confirm-drop Thing__c.Foo__c --confirm-drop Thing__c.Bar__c")


def test_an_object_with_records_goes_only_when_that_is_confirmed(
    database: Database, store: SchemaStore
) -> None:
    store.apply([*standard_objects(), thing()])
    put(database, "Thing__c", Id="a00000000000001AAA")
    put(database, "Name", Id="a00000000000001AAA", Type="Thing__c", Name="one")
    [refusal] = store.apply(standard_objects()).refused
    assert refusal.message == "Thing__c is gone from the project, and its records (1) are still there."
    change = store.apply(standard_objects(), confirmed=["Thing__c"])
    assert said(change) == ["drop Thing__c"]
    assert stored(database, "Name", "Id") == []


def test_values_are_converted_where_they_can_be(database: Database, store: SchemaStore) -> None:
    store.apply([thing(text("Size__c", external_id=True), number("Note__c"))])
    put(database, "Thing__c", Id="a00000000000001AAA", Size__c="12.5", Note__c=3.0)
    change = store.apply([thing(number("Size__c"), text("Note__c", external_id=True))])
    assert said(change) == [
        "convert Thing__c.Size__c from string to double",
        "convert Thing__c.Note__c from double to string",
    ]
    assert stored(database, "Thing__c", "Size__c", "Note__c", "Note__c~") == [(12.5, "3", "3")]
    assert store.apply([thing(number("Size__c"), text("Note__c", external_id=True))]).steps == ()


def test_values_that_can_not_be_converted_are_lost_only_when_that_is_confirmed(
    database: Database, store: SchemaStore
) -> None:
    store.apply([thing(text("Size__c"))])
    for place, size in enumerate(("1", "large", "large", "small")):
        put(database, "Thing__c", **{"Id": f"a0000000000000{place}AAA", "Size__c": size, "Size__c~": size})
    [refusal] = store.apply([thing(number("Size__c"))]).refused
    assert (refusal.subject, refusal.error.code) == ("Thing__c.Size__c", "INVALID_TYPE_FOR_OPERATION")
    assert "which some values (3) can't be" in refusal.message
    store.apply([thing(number("Size__c"))], confirmed={"Thing__c.Size__c"})
    assert stored(database, "Thing__c", "Size__c") == [(1.0,), (None,), (None,), (None,)]


def test_a_date_becomes_a_datetime_as_it_is(database: Database, store: SchemaStore) -> None:
    store.apply([thing(Field("When__c", "When", FieldType.DATE))])
    put(database, "Thing__c", Id="a00000000000001AAA", When__c=86_400_000)
    change = store.apply([thing(Field("When__c", "When", FieldType.DATETIME))])
    assert (change.version, change.steps) == (2, ())
    back = store.apply([thing(Field("When__c", "When", FieldType.DATE))])
    assert said(back) == ["convert Thing__c.When__c from datetime to date"]
    assert stored(database, "Thing__c", "When__c") == [(86_400_000,)]


def test_a_long_text_that_becomes_a_short_one_can_be_searched(database: Database, store: SchemaStore) -> None:
    store.apply([thing(Field("Story__c", "Story", FieldType.TEXTAREA, length=32_000))])
    put(database, "Thing__c", Id="a00000000000001AAA", Story__c="Long AGO")
    store.apply([thing(text("Story__c"))])
    assert stored(database, "Thing__c", "Story__c", "Story__c~") == [("Long AGO", "long ago")]


def test_a_field_can_not_become_unique_where_values_are_not(database: Database, store: SchemaStore) -> None:
    store.apply([thing(text("Ext__c"), text("Other__c"))])
    for place in range(2):
        put(database, "Thing__c", **{"Id": f"a0000000000000{place}AAA", "Ext__c": "A", "Ext__c~": "a"})
    change = store.apply([thing(text("Ext__c", unique=True), number("New__c"))])
    [refusal] = change.refused
    assert (refusal.error.code, refusal.confirmable) == ("DUPLICATE_VALUE", False)
    assert refusal.message == "Thing__c.Ext__c can't become unique: several records (2) hold 'a'."
    assert store.current.version == 1, "nothing of a refused change happens"
    database.write(lambda tx: tx.execute('DELETE FROM "Thing__c"')).result()
    assert store.apply([thing(text("Ext__c", unique=True), number("New__c"))]).refused == ()


def test_key_prefixes_outlive_their_objects(store: SchemaStore) -> None:
    store.apply([thing(name="A__c"), thing(name="B__c")])
    store.apply([thing(name="B__c"), thing(name="C__c")])
    store.apply([thing(name="C__c"), thing(name="A__c"), thing(name="B__c")])
    assert {each.name: each.key_prefix for each in store.current} == {
        "A__c": "a00",
        "B__c": "a01",
        "C__c": "a02",
    }


def test_a_unit_keeps_the_schema_with_which_it_began(database: Database, store: SchemaStore) -> None:
    store.apply([thing()])
    began = store.current
    store.apply([thing(text("A__c"))])
    assert (began.version, began["Thing__c"].field("A__c")) == (1, None)
    assert store.current["Thing__c"].field("A__c") is not None


def test_many_rows_are_converted_in_parts(
    database: Database, store: SchemaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("isthmus.org.schema.steps._ROWS_AT_ONCE", 7)
    store.apply([thing(text("Size__c"))])
    rows: Sequence[tuple[Value, ...]] = [(f"a000000000000{place:02}AAA", str(place)) for place in range(50)]

    def fill(tx: Transaction) -> None:
        tx.execute_many('INSERT INTO "Thing__c" ("Id", "Size__c") VALUES (?, ?)', rows)

    database.write(fill).result()
    store.apply([thing(number("Size__c"))])
    assert stored(database, "Thing__c", "Size__c") == [(float(place),) for place in range(50)]
