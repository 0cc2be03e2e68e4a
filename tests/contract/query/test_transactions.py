"""What a query may say within a transaction, and nowhere else."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import World, objects

from isthmus.kernel.database import Database
from isthmus.kernel.errors import Fault
from isthmus.org.limits.request_time import RequestTime
from isthmus.org.org.running import Running
from isthmus.org.save.unit_of_work import UnitOfWork

T = TypeVar("T")
LOCKED = (
    "SELECT COUNT(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
    "WHERE c.relname = 'Account' AND l.mode = 'RowShareLock' AND l.pid = pg_backend_pid()"
)


@pytest.fixture
def world(database: Database, place: Place) -> World:
    return World(database, place.open_immediate(), objects({}))


def within(world: World, work: Callable[[Running], T]) -> T:
    """What `work` returns, in a transaction of a user."""
    user = world.user("ada")
    return world.run(lambda unit: work(running(world, unit)), user)


def running(world: World, unit: UnitOfWork) -> Running:
    return Running(unit, world.queries, RequestTime(world.clock))


def test_all_rows_are_deleted_ones_too(world: World) -> None:
    world.new("Account", Name="kept")
    world.delete(world.new("Account", Name="gone"))
    found = within(
        world,
        lambda run: [
            [row[-1] for row in run.query(soql).rows]
            for soql in (
                "SELECT Name FROM Account ORDER BY Name",
                "SELECT Name FROM Account ORDER BY Name ALL ROWS",
                "SELECT Name FROM Account WHERE IsDeleted = true ALL ROWS",
                "SELECT COUNT(Id) FROM Account ALL ROWS",
            )
        ],
    )
    assert found == [["kept"], ["gone", "kept"], ["gone"], [2]]


def test_locked_rows_are_read_as_others(world: World) -> None:
    account = world.new("Account", Name="A")
    world.new("Contact", LastName="C", AccountId=account)
    found = within(
        world,
        lambda run: [
            len(run.query(soql).rows)
            for soql in (
                "SELECT Name, Owner.Name FROM Account WHERE Name = 'A' LIMIT 1 FOR UPDATE",
                "SELECT Name, (SELECT Id FROM Contacts) FROM Account FOR UPDATE",
                "SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact) FOR UPDATE ALL ROWS",
            )
        ],
    )
    assert found == [1, 1, 1]


def test_other_processes_wait_for_locked_rows(world: World) -> None:
    """SQLite has one writer, and its transactions follow each other."""
    if world.database.dialect.name != "postgresql":
        return
    world.new("Account", Name="A")

    def work(unit: UnitOfWork) -> list[object]:
        run = running(world, unit)
        counts: list[object] = []
        for soql in ("SELECT Id FROM Account", "SELECT Id FROM Account FOR UPDATE"):
            run.query(soql)
            counts += [row[0] for row in unit.tx.rows(LOCKED)]
        return counts

    assert world.run(work, world.user("ada")) == [0, 1]


def test_what_is_locked_is_neither_sorted_nor_put_together(world: World) -> None:
    def work(run: Running) -> None:
        for soql, what in (
            ("SELECT Id FROM Account ORDER BY Name FOR UPDATE", "ORDER BY"),
            ("SELECT COUNT() FROM Account FOR UPDATE", "An aggregate"),
            ("SELECT Name FROM Account GROUP BY Name FOR UPDATE", "An aggregate"),
            ("SELECT MAX(Name) FROM Account FOR UPDATE", "An aggregate"),
        ):
            with pytest.raises(Fault) as refused:
                run.query(soql)
            assert refused.value.entry.name == "not_with_lock"
            assert refused.value.message.endswith(f"{what} is not allowed with FOR UPDATE")

    within(world, work)


def test_a_subquery_locks_nothing(world: World) -> None:
    with pytest.raises(Fault) as refused:
        within(world, lambda run: run.query("SELECT (SELECT Id FROM Contacts FOR UPDATE) FROM Account"))
    assert refused.value.entry.name == "clause_not_allowed"
