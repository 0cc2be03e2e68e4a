"""Appending, on each database: with the unit's commit, or at once, and every position once and in order."""

import threading
from contextlib import AbstractContextManager

import pytest
from tests.contract.journal.facts import CHANGE, append, fact, names
from tests.contract.places import Place, Stop, undo

from isthmus.kernel.clock import DAY, HOUR
from isthmus.kernel.database import Database, Transaction
from isthmus.kernel.journal import Appended, Entry, Fact, Journal


def test_a_fact_comes_back_as_it_went(database: Database, journal: Journal) -> None:
    whole = Fact(CHANGE, "schema-9", b"\x00body", 1_767_225_600_000, b"more", 3, "high volume")
    assert append(database, journal, whole).position == 1
    assert journal.read(0) == [Entry(1, whole)]
    assert append(database, journal, fact()).position == 4


def test_facts_commit_with_their_unit(database: Database, journal: Journal) -> None:
    during: list[Entry] = []

    def unit(tx: Transaction) -> Appended:
        appended = journal.append(tx, [fact("a"), fact("b")])
        during.extend(journal.read(0))
        with pytest.raises(LookupError):
            _ = appended.position
        return appended

    assert database.write(unit).result().position == 1
    assert during == []
    assert names(journal) == ["a", "b"]


def test_facts_go_with_what_is_undone(database: Database, journal: Journal) -> None:
    def partly(tx: Transaction) -> None:
        undo(tx, lambda: journal.append(tx, [fact("undone")]))
        journal.append(tx, [fact("kept")])

    def wholly(tx: Transaction) -> None:
        journal.append(tx, [fact("never")])
        raise Stop

    database.write(partly).result()
    assert isinstance(database.write(wholly).exception(), Stop)
    append(database, journal, fact("after"))
    assert names(journal) == ["kept", "after"]


def test_a_fact_without_events_is_a_mistake(database: Database, journal: Journal) -> None:
    with pytest.raises(ValueError, match="one event or more"):
        append(database, journal, fact(count=0))
    append(database, journal)
    assert journal.tip() == 0


@pytest.mark.parametrize("alone", [False, True])
def test_an_immediate_fact_is_seen_before_the_unit_ends_and_stays_after_its_rollback(
    database: Database, journal: Journal, alone: bool
) -> None:
    """Even where the unit shares its commit with one whose facts wait for just that commit."""
    seen: list[list[str]] = []
    go = threading.Event()

    def first(tx: Transaction) -> None:
        go.wait()
        journal.append(tx, [fact("first")])

    def unit(tx: Transaction) -> None:
        journal.append(tx, [fact("after commit")])
        journal.publish_immediately([fact("immediate")]).result()
        seen.append(names(journal))
        raise Stop

    sharing = database.write(first)
    failing = database.write(unit, alone=alone)
    go.set()
    assert isinstance(failing.exception(), Stop)
    sharing.result()
    assert "immediate" in seen[0]
    append(database, journal, fact("later"))
    assert sorted(names(journal)) == ["first", "immediate", "later"]


def test_immediate_and_other_facts_share_the_positions(database: Database, journal: Journal) -> None:
    appended = [
        append(database, journal, fact("a")),
        journal.publish_immediately([fact("b", count=5)]).result(),
        append(database, journal, fact("c")),
    ]
    assert [each.position for each in appended] == [1, 2, 7]
    assert names(journal) == ["a", "b", "c"]
    assert [(each.position, each.last) for each in journal.read(0)] == [(1, 1), (2, 6), (7, 7)]


def test_readers_are_woken_by_a_commit_that_they_can_see(database: Database, journal: Journal) -> None:
    seen: list[list[str]] = []
    end = journal.on_wake(lambda: seen.append(names(journal)))
    append(database, journal, fact("a"))
    journal.publish_immediately([fact("b")]).result()
    assert seen == [["a"], ["a", "b"]]
    end()
    append(database, journal, fact("c"))
    assert len(seen) == 2


def test_readers_are_woken_where_a_position_is_given_up(
    place: Place, database: Database, journal: Journal
) -> None:
    """An immediate fact, that an earlier position held back, can be seen once that has been given up."""
    if place.shared:
        pytest.skip("PostgreSQL: who takes a position lets the others wait")
    seen: list[list[str]] = []
    journal.on_wake(lambda: seen.append(names(journal)))

    def fail(tx: Transaction) -> AbstractContextManager[None]:
        journal.publish_immediately([fact("immediate")]).result()
        raise RuntimeError("given up")

    def work(tx: Transaction) -> None:
        journal.append(tx, [fact("lost")])
        tx.around_commit(fail)

    with pytest.raises(RuntimeError, match="given up"):
        database.write(work).result()
    assert seen[-1] == ["immediate"]


def test_a_follower_sees_every_position_once_and_in_order(
    place: Place, database: Database, journal: Journal
) -> None:
    """Two writers, and immediate facts between theirs, while a reader follows as fast as it can."""
    databases, journals = [database, database], [journal, journal]
    if place.shared:
        databases[1] = place.open()
        journals[1] = Journal(databases[1], place.open_immediate())
    written: list[int] = []
    ended = threading.Event()

    def write(number: int) -> None:
        for n in range(80):
            facts = [fact(f"{number}.{n}", count=1 + n % 3)]
            if n % 4 == 3:
                appended = journals[number].publish_immediately(facts).result()
            else:
                appended = append(databases[number], journals[number], *facts)
            written.extend(range(appended.position, appended.position + facts[0].count))

    followed: list[int] = []

    def follow() -> None:
        while True:
            last_time = ended.is_set()
            after = followed[-1] if followed else 0
            for entry in journal.read(after, limit=7):
                followed.extend(range(entry.position, entry.last + 1))
            if last_time and not journal.read(followed[-1]):
                return

    writers = [threading.Thread(target=write, args=(number,)) for number in (0, 1)]
    follower = threading.Thread(target=follow)
    for thread in (*writers, follower):
        thread.start()
    for thread in writers:
        thread.join()
    ended.set()
    follower.join()
    assert len(written) == 2 * sum(1 + n % 3 for n in range(80))
    assert followed == sorted(written)
    assert journal.tip() >= followed[-1]


def test_the_schemas_of_facts_are_kept_until_no_fact_can_need_them(
    database: Database, journal: Journal
) -> None:
    def publish(tx: Transaction, time: int) -> None:
        journal.append(tx, [fact(time=time)], {"s1": b"one", "s2": b"two"})

    def never(tx: Transaction) -> None:
        undo(tx, lambda: journal.append(tx, [fact()], {"s3": b"three"}))

    database.write(lambda tx: publish(tx, 0)).result()
    database.write(never).result()
    journal.publish_immediately([fact(time=DAY)], {"s2": b"two"}).result()
    assert [journal.schema(each) for each in ("s1", "s2", "s3")] == [b"one", b"two", None]
    database.write(lambda tx: journal.append(tx, [fact(time=DAY)], {"s1": b"one"})).result()
    journal.purge_schemas(DAY)
    assert [journal.schema(each) for each in ("s1", "s2")] == [b"one", b"two"]
    journal.purge_schemas(DAY + HOUR + 1)
    assert [journal.schema(each) for each in ("s1", "s2")] == [None, None]
