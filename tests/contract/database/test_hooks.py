"""What happens at a commit, on each database: hooks after it, and what stands around it."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from tests.contract.places import Stop, undo

from isthmus.kernel.database import Database, StatementRefused, Transaction


@pytest.fixture(autouse=True)
def _items(database: Database) -> None:
    database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("n" INTEGER)')).result()


def count(database: Database) -> object:
    row = database.read_now(lambda reader: reader.row('SELECT COUNT(*) FROM "Item"'))
    return row[0] if row else None


def test_a_hook_runs_when_the_unit_can_be_seen_and_before_its_caller_knows(database: Database) -> None:
    seen: list[object] = []

    def unit(tx: Transaction) -> None:
        tx.execute('INSERT INTO "Item" VALUES (1)')
        tx.on_commit(lambda: seen.append(count(database)))

    database.write(unit).result()
    assert seen == [1]


def test_hooks_of_what_is_undone_are_dropped(database: Database) -> None:
    called: list[str] = []

    def partly(tx: Transaction) -> None:
        tx.on_commit(lambda: called.append("before"))

        def nested() -> None:
            with tx.savepoint():
                tx.on_commit(lambda: called.append("undone, nested"))

        undo(tx, lambda: tx.on_commit(lambda: called.append("undone")), nested)
        with tx.savepoint():
            tx.on_commit(lambda: called.append("kept"))

    def wholly(tx: Transaction) -> None:
        tx.on_commit(lambda: called.append("never"))
        raise Stop

    database.write(partly).result()
    assert isinstance(database.write(wholly).exception(), Stop)
    assert called == ["before", "kept"]


def test_a_hook_that_fails_harms_nobody(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    called: list[str] = []

    def unit(tx: Transaction) -> str:
        tx.on_commit(lambda: called[0].clear())  # type: ignore[attr-defined] # fails, and is meant to
        tx.on_commit(lambda: called.append("next"))
        return "kept"

    assert database.write(unit).result() == "kept"
    assert called == ["next"]
    assert "hook failed" in caplog.text


class Around:
    """Notes what it sees of a commit, and writes within it."""

    def __init__(self, database: Database, fail: bool = False) -> None:
        self.database = database
        self.fail = fail
        self.seen: list[object] = []

    def __call__(self, tx: Transaction) -> AbstractContextManager[None]:
        return self._around(tx)

    @contextmanager
    def _around(self, tx: Transaction) -> Iterator[None]:
        self.seen.append(("before", count(self.database)))
        tx.execute('INSERT INTO "Item" VALUES (2)')
        if self.fail:
            raise Stop
        try:
            yield
        except Exception as error:
            self.seen.append(("undone", type(error)))
            raise
        self.seen.append(("after", count(self.database)))


def test_around_a_commit_one_may_write_and_learns_how_it_ended(database: Database) -> None:
    around = Around(database)

    def unit(tx: Transaction) -> None:
        tx.execute('INSERT INTO "Item" VALUES (1)')
        tx.around_commit(around)

    database.write(unit).result()
    assert around.seen == [("before", 0), ("after", 2)]


def test_what_stands_around_a_commit_is_dropped_with_its_savepoint(database: Database) -> None:
    around = Around(database)

    def unit(tx: Transaction) -> None:
        undo(tx, lambda: tx.around_commit(around))

    database.write(unit).result()
    assert around.seen == []
    assert count(database) == 0


def test_where_the_commit_fails_those_around_it_are_told(database: Database) -> None:
    good, bad = Around(database), Around(database, fail=True)

    def unit(tx: Transaction) -> None:
        tx.execute('INSERT INTO "Item" VALUES (1)')
        tx.around_commit(good)
        tx.around_commit(bad)

    failed = database.write(unit)
    assert isinstance(failed.exception(), Stop)
    assert good.seen == [("before", 0), ("undone", Stop)]
    assert count(database) == 0


def test_a_unit_whose_commit_fails_does_not_harm_the_others(database: Database) -> None:
    begun, go = threading.Event(), threading.Event()

    def first(tx: Transaction) -> str:
        begun.set()
        go.wait()
        tx.execute('INSERT INTO "Item" VALUES (1)')
        return "first"

    def bad(tx: Transaction) -> None:
        tx.execute('INSERT INTO "Item" VALUES (1)')
        tx.around_commit(Around(database, fail=True))

    def last(tx: Transaction) -> str:
        tx.execute('INSERT INTO "Item" VALUES (1)')
        return "last"

    future = database.write(first)
    begun.wait()
    failing, following = database.write(bad), database.write(last)
    go.set()
    assert [future.result(), following.result()] == ["first", "last"]
    assert isinstance(failing.exception(), Stop)
    assert count(database) == 2


def test_a_statement_that_fails_around_a_commit_undoes_the_unit(database: Database) -> None:
    @contextmanager
    def around(tx: Transaction) -> Iterator[None]:
        with pytest.raises(StatementRefused):
            tx.execute('INSERT INTO "Nothing" VALUES (1)')
        yield

    def unit(tx: Transaction) -> None:
        tx.execute('INSERT INTO "Item" VALUES (1)')
        tx.around_commit(around)

    with pytest.raises(StatementRefused):
        database.write(unit).result()
    assert count(database) == 0
