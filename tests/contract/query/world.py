"""World: a few records of every kind, written straight into the tables, and how their answers are drawn."""

from collections.abc import Iterator, Mapping, Sequence

from tests.unit.org.query.objects import OBJECTS

from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database import Connection, Database, Transaction, Value
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.ids import Ids, record_id
from isthmus.org.query import cursor
from isthmus.org.query.engine import QueryEngine
from isthmus.org.query.result import (
    Children,
    ChildRows,
    Column,
    Compound,
    QueryResult,
    ResultRow,
    Shape,
    Typeof,
)
from isthmus.org.schema import recorded
from isthmus.org.schema.instants import parse_date, parse_datetime, parse_time
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.store import SchemaStore
from isthmus.org.schema.tables import has_shadow, is_stored, quoted, shadow
from isthmus.org.schema.values import JSON_FORMS, fold
from isthmus.org.security.principal import Principal

NOW = parse_datetime("2026-01-09T12:00:00Z")


def _id(prefix: str, number: int) -> str:
    return record_id(prefix, "7Ab", number)


ADA, BOB = _id("005", 1), _id("005", 2)
QUEUE = _id("00G", 1)
A1, A2, A3, A4, A5 = (_id("001", number) for number in range(1, 6))
C1, C2, C3, C4, C5 = (_id("003", number) for number in range(1, 6))
THING1, THING2, THING3 = (_id("a00", number) for number in range(1, 4))
USER = Principal(ADA, "ada@example.com", _id("00D", 1), _id("00e", 1), time_zone="America/Los_Angeles")
BEFORE = parse_datetime("2025-06-30T10:00:00Z")

RECORDS: dict[str, list[dict[str, Value]]] = {
    "User": [
        {"Id": ADA, "Name": "Ada", "Username": "ada@example.com", "IsActive": 1},
        {"Id": BOB, "Name": "Bob", "Username": "bob@example.com", "IsActive": 0, "ManagerId": ADA},
    ],
    "Group": [{"Id": QUEUE, "Name": "Queue"}],
    "Account": [
        {"Id": A1, "Name": "Acme", "Industry": "Media", "AnnualRevenue": 100.0, "NumberOfEmployees": 10,
         "BillingCity": "Zürich", "BillingLatitude": 47.5, "OwnerId": ADA,
         "CreatedDate": parse_datetime("2026-01-09T08:30:00Z"), "Description": "long"},
        {"Id": A2, "Name": "ACME Labs", "Industry": "Agriculture", "NumberOfEmployees": 0, "ParentId": A1,
         "OwnerId": BOB, "CreatedDate": parse_datetime("2026-01-09T07:30:00Z")},
        {"Id": A3, "Name": "beta", "AnnualRevenue": 200.5, "CreatedDate": BEFORE, "BillingCity": "Aarau"},
        {"Id": A4, "Name": "Ænigma 50% off_", "Industry": "Unlisted", "AnnualRevenue": -5.0, "ParentId": A5,
         "OwnerId": ADA, "CreatedDate": BEFORE},
        {"Id": A5, "Name": "Gone", "Industry": "Media", "AnnualRevenue": 1.0, "OwnerId": ADA,
         "CreatedDate": BEFORE, "IsDeleted": 1},
    ],
    "Contact": [
        {"Id": C1, "FirstName": "Ann", "LastName": "Alpha", "Name": "Ann Alpha", "Email": "ann@x.org",
         "Birthdate": parse_date("2000-01-09"), "HasOptedOutOfEmail": 1, "AccountId": A1, "OwnerId": ADA,
         "CreatedDate": parse_datetime("2026-01-08T23:00:00Z")},
        {"Id": C2, "FirstName": "Bo", "LastName": "Beta", "Name": "Bo Beta", "AccountId": A1,
         "ReportsToId": C1, "CreatedDate": BEFORE, "Birthdate": parse_date("2026-01-08")},
        {"Id": C3, "LastName": "Cy", "Name": "Cy", "Email": "CY@X.ORG", "CreatedDate": BEFORE},
        {"Id": C4, "LastName": "Dee", "Name": "Dee", "AccountId": A5, "CreatedDate": BEFORE},
        {"Id": C5, "LastName": "Eve", "Name": "Eve", "AccountId": A1, "CreatedDate": BEFORE, "IsDeleted": 1},
    ],
    "Task": [
        {"Id": _id("00T", 1), "Subject": "Call", "WhatId": A1, "WhoId": C1, "OwnerId": ADA},
        {"Id": _id("00T", 2), "Subject": "Visit", "WhatId": THING1, "OwnerId": QUEUE},
        {"Id": _id("00T", 3), "Subject": "Rest"},
    ],
    "Thing__c": [
        {"Id": THING1, "Name": "one", "Code__c": "Ab", "Colours__c": "Red;Blue", "Price__c": 1.1,
         "Opens__c": parse_time("09:30:00Z"), "Due__c": parse_date("2026-01-09"), "Active__c": 1,
         "Place__Latitude__s": 47.5, "Place__Longitude__s": 8.5, "Account__c": A1},
        {"Id": THING2, "Name": "two", "Code__c": "aB", "Colours__c": "Green", "Account__c": A1,
         "Due__c": parse_date("2025-12-31")},
        {"Id": THING3, "Name": "three", "Colours__c": "Red;Green;Blue"},
    ],
}  # fmt: skip


class World:
    """A database with the records above, and a query engine."""

    def __init__(
        self,
        database: Database,
        *,
        limit_cursors: bool = False,
        objects: tuple[SObjectType, ...] = OBJECTS,
    ) -> None:
        migrate(database, recorded.COMPONENT, recorded.MIGRATIONS)
        migrate(database, cursor.COMPONENT, cursor.MIGRATIONS)
        store = SchemaStore(database)
        store.apply(objects)
        self.database = database
        self.schema: Schema = store.current
        self.clock = ManualClock(NOW)
        self.engine = QueryEngine(self.clock, Ids(seed=1), limit_cursors=limit_cursors)
        for sobject, records in RECORDS.items():
            self.insert(sobject, records)

    def insert(self, sobject: str, records: Sequence[Mapping[str, Value]]) -> None:
        """Write stored values into an object's table, and into the name registry."""
        kind = self.schema[sobject]
        self.database.write(lambda tx: write(tx, kind, records)).result()
        if kind.name_field is not None:
            names = [
                {
                    "Id": each["Id"],
                    "Name": each.get("Name"),
                    "Type": kind.name,
                    "IsActive": each.get("IsActive", 0),
                }
                for each in records
            ]
            self.database.write(lambda tx: write(tx, self.schema["Name"], names)).result()

    def change(self, sql: str, parameters: Sequence[Value] = ()) -> None:
        self.database.write(lambda tx: tx.execute(sql, parameters)).result()

    def ask(
        self, soql: str, *, all_rows: bool = False, batch_size: int = 2000, user: Principal = USER
    ) -> QueryResult:
        """A query's first page; its cursors are stored."""

        def work(connection: Connection) -> QueryResult:
            return self.engine.run(
                connection, self.schema, user, soql, all_rows=all_rows, batch_size=batch_size
            )

        return self._kept(self.database.read(work).result())

    def more(self, locator: object, *, batch_size: int = 2000, user: Principal = USER) -> QueryResult:
        """The page at a locator; its cursors are stored."""

        def work(connection: Connection) -> QueryResult:
            return self.engine.more(connection, self.schema, user, str(locator), batch_size=batch_size)

        return self._kept(self.database.read(work).result())

    def _kept(self, result: QueryResult) -> QueryResult:
        if result.pending:
            self.database.write(lambda tx: self.engine.store_cursors(tx, result.pending)).result()
        return result


def write(tx: Transaction, kind: SObjectType, records: Sequence[Mapping[str, Value]]) -> None:
    fields = [each for each in kind.fields if is_stored(each)]
    folded = [each for each in fields if has_shadow(each)]
    columns = [quoted(each.name) for each in fields] + [shadow(each) for each in folded]
    marks = ", ".join("?" * len(columns))
    rows = []
    for record in records:
        row = [record.get(each.name, 0 if each.type.value == "boolean" else None) for each in fields]
        for each in folded:
            text = record.get(each.name)
            row.append(fold(text) if isinstance(text, str) else None)
        rows.append(row)
    tx.execute_many(f"INSERT INTO {quoted(kind.name)} ({', '.join(columns)}) VALUES ({marks})", rows)


def drawn(result: QueryResult) -> list[str]:
    """One line per row: values with `|` between them, parents in parentheses, children in brackets."""
    return [_row(result.shape, row) for row in result.rows]


def _row(shape: Shape, row: ResultRow) -> str:
    return " | ".join(_values(shape, row))


def _values(shape: Shape, row: ResultRow) -> Iterator[str]:
    for item in shape.items:
        match item:
            case Column():
                yield "null" if shape.id_index is None and row[item.index] is None else _text(item, row)
            case Compound():
                yield "{" + ", ".join(f"{key} {_text(part, row)}" for key, part in item.parts) + "}"
            case Children():
                children = row[item.index]
                assert children is None or isinstance(children, ChildRows)
                found = [] if children is None else children.rows
                yield "[" + "; ".join(_row(item.shape, child) for child in found) + "]"
            case _ if row[item.present] is None:
                yield "null"
            case Typeof():
                kind = str(row[item.type_index])
                chosen = dict(item.branches).get(kind, item.otherwise)
                yield "null" if chosen is None else f"({kind}: {_row(chosen, row)})"
            case _:
                kind = "" if item.type_index is None else f"{row[item.type_index]!s}: "
                yield f"({kind}{_row(item.shape, row)})"


def _text(column: Column, row: ResultRow) -> str:
    value = row[column.index]
    assert not isinstance(value, bytes | ChildRows)
    shown = JSON_FORMS[column.field.type](value)
    return "null" if shown is None else str(shown)
