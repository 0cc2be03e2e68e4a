"""Reads, on each database: values that come back as they went, snapshots, streams."""

import threading

import pytest

from isthmus.kernel.database import Connection, Database, Row, StatementRefused, Transaction, Value

VALUES: list[Value] = [
    None,
    0,
    -1,
    2**31,
    2**63 - 1,
    -(2**63),
    0.0,
    0.1,
    -1.5e300,
    "",
    "ä ﬁ 🌉 'quoted' \"double\" % $1",
    b"",
    b"\x00\xff",
]


@pytest.fixture(autouse=True)
def _items(database: Database) -> None:
    def create(tx: Transaction) -> None:
        d = tx.dialect
        tx.execute(
            f'CREATE TABLE "Item" ("n" {d.integer}, "text" {d.text}, "integer" {d.integer}, '
            f'"double" {d.double}, "blob" {d.blob}, "flag" {d.flag})'
        )
        tx.execute_many('INSERT INTO "Item" ("n") VALUES (?)', ((n,) for n in range(1, 11)))

    database.write(create).result()


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_went(database: Database, value: Value) -> None:
    column = {int: "integer", float: "double", bytes: "blob"}.get(type(value), "text")
    database.write(
        lambda tx: tx.execute(f'UPDATE "Item" SET "{column}" = ? WHERE "n" = 1', (value,))
    ).result()
    row = database.read_now(lambda reader: reader.row(f'SELECT "{column}" FROM "Item" WHERE "n" = 1'))
    assert row == (value,)
    assert row is not None
    assert type(row[0]) is type(value)


def test_flags_and_comparisons_are_integers(database: Database) -> None:
    database.write(lambda tx: tx.execute('UPDATE "Item" SET "flag" = ? WHERE "n" = 1', (True,))).result()
    sql = 'SELECT "flag", "n" = 1, "n" > 1 FROM "Item" WHERE "n" = 1 AND "flag" = ?'
    row = database.read_now(lambda reader: reader.row(sql, (1,)))
    assert row == (1, 1, 0)
    assert [type(each) for each in row or ()] == [int, int, int]


def test_sums_and_averages_are_numbers(database: Database) -> None:
    sql = 'SELECT COUNT(*), SUM("n"), AVG("n"), MIN("n"), MAX("n") FROM "Item"'
    row = database.read_now(lambda reader: reader.row(sql))
    assert row == (10, 55, 5.5, 1, 10)
    assert [type(each) for each in row or ()] == [int, int, float, int, int]


def test_texts_compare_by_their_code_points(database: Database) -> None:
    texts = ["a", "B", "ä", "_", "Z", "a~"]

    def unit(tx: Transaction) -> list[Row]:
        tx.execute_many('INSERT INTO "Item" ("text") VALUES (?)', ((each,) for each in texts))
        return tx.rows('SELECT "text" FROM "Item" WHERE "text" > ? ORDER BY "text"', ("B",))

    assert database.write(unit).result() == [("Z",), ("_",), ("a",), ("a~",), ("ä",)]


def test_a_row_is_the_first_or_none(database: Database) -> None:
    sql = 'SELECT "n" FROM "Item" WHERE "n" > ? ORDER BY "n"'
    assert database.read_now(lambda reader: reader.row(sql, (3,))) == (4,)
    assert database.read_now(lambda reader: reader.row(sql, (30,))) is None


def test_a_read_in_a_read_sees_the_same(database: Database) -> None:
    def outer(reader: Connection) -> tuple[Row | None, Row | None]:
        sql = 'SELECT COUNT(*) FROM "Item"'
        before = reader.row(sql)
        database.write(lambda tx: tx.execute('DELETE FROM "Item"')).result()
        return before, database.read_now(lambda inner: inner.row(sql))

    assert database.read_now(outer) == ((10,), (10,))
    assert database.read_now(lambda reader: reader.row('SELECT COUNT(*) FROM "Item"')) == (0,)


def test_a_read_keeps_one_state(database: Database) -> None:
    begun, written = threading.Event(), threading.Event()

    def twice(reader: Connection) -> list[Row | None]:
        first = reader.row('SELECT COUNT(*) FROM "Item"')
        begun.set()
        written.wait()
        return [first, reader.row('SELECT COUNT(*) FROM "Item"')]

    reading = database.read(twice)
    begun.wait()
    database.write(lambda tx: tx.execute('DELETE FROM "Item"')).result()
    written.set()
    assert reading.result() == [(10,), (10,)]


def test_an_error_of_the_reader_is_its_callers(database: Database) -> None:
    def failing(reader: Connection) -> None:
        reader.row("SELECT 1")
        raise LookupError

    assert isinstance(database.read(failing).exception(), LookupError)
    with pytest.raises(LookupError):
        database.read_now(failing)
    assert database.read_now(lambda reader: reader.row("SELECT 1")) == (1,)


def test_a_stream_gives_rows_as_they_come(database: Database) -> None:
    sql = 'SELECT "n" FROM "Item" WHERE "n" > ? ORDER BY "n"'

    def whole(reader: Connection) -> list[Row]:
        return list(reader.stream(sql, (5,)))

    def begun(reader: Connection) -> list[Row | None]:
        stream = reader.stream(sql, (5,))
        first = next(stream)
        stream.close()  # type: ignore[attr-defined] # every stream is a generator
        return [first, reader.row(sql, (8,))]

    assert database.read(whole).result() == [(6,), (7,), (8,), (9,), (10,)]
    assert database.read(begun).result() == [(6,), (9,)]


def test_a_unit_streams_what_it_wrote(database: Database) -> None:
    def unit(tx: Transaction) -> int:
        tx.execute_many('INSERT INTO "Item" ("n") VALUES (?)', ((n,) for n in range(5_000)))
        return sum(1 for _ in tx.stream('SELECT "n" FROM "Item"'))

    assert database.write(unit).result() == 5_010


def test_readers_do_not_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"read.?only|can't be written|takes no writes"):
        database.read(lambda reader: reader.rows('DELETE FROM "Item"')).result()
    assert database.read_now(lambda reader: reader.row('SELECT COUNT(*) FROM "Item"')) == (10,)


def test_a_statement_that_fails_midway_leaves_the_connection_usable(database: Database) -> None:
    sql = 'INSERT INTO "Item" ("integer") VALUES (?)'
    database.write(lambda tx: tx.execute_many(sql, [(1,), (-(2**63),)])).result()

    def failing(reader: Connection) -> list[Row]:
        return reader.rows('SELECT ABS("integer") FROM "Item"')

    for _ in range(2):
        with pytest.raises(StatementRefused, match=r"overflow|out of range"):
            database.read_now(failing)
        with pytest.raises(StatementRefused):
            database.read(failing).result()
        with pytest.raises(StatementRefused):
            database.write(failing).result()
    assert database.write(lambda tx: tx.execute('DELETE FROM "Item"')).result() == 12
    assert database.read_now(lambda reader: reader.rows('SELECT * FROM "Item"')) == []


def test_a_point_read_gives_a_row_or_none(database: Database) -> None:
    sql = 'SELECT "n", "text" FROM "Item" WHERE "n" = ?'
    assert database.row(sql, (3,)) == (3, None)
    assert database.row(sql, (11,)) is None
    with pytest.raises(StatementRefused):
        database.row('SELECT "nothing" FROM "Item"')
    assert database.row(sql, (4,)) == (4, None)


def test_a_point_read_sees_every_commit_before_it(database: Database) -> None:
    sql = 'SELECT "integer" FROM "Item" WHERE "n" = 1'

    def count(tx: Transaction) -> None:
        tx.execute('UPDATE "Item" SET "integer" = COALESCE("integer", 0) + 1')

    for number in range(1, 21):
        database.write(count).result()
        assert database.row(sql) == (number,)
        assert database.read_now(lambda reader: reader.row(sql)) == (number,)


def test_a_point_read_within_a_read_sees_the_same_state(database: Database) -> None:
    sql = 'SELECT "integer" FROM "Item" WHERE "n" = 1'

    def work(reader: Connection) -> list[Row | None]:
        first = reader.row(sql)
        database.write(lambda tx: tx.execute('UPDATE "Item" SET "integer" = 7')).result()
        return [first, reader.row(sql), database.row(sql)]

    assert database.read_now(work) == [(None,)] * 3
    assert database.row(sql) == (7,)


def test_no_query_is_compiled_before_it_runs(database: Database) -> None:
    if database.dialect.name != "postgresql":
        pytest.skip("SQLite compiles none")
    assert database.read(lambda reader: reader.row("SHOW jit")).result() == ("off",)
