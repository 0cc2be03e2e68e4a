"""Modes: with whose rights a query within a transaction is asked, as the query itself says."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import Limited, World, custom, objects

from isthmus.kernel.database import Database
from isthmus.kernel.errors import Fault
from isthmus.org.limits.request_time import RequestTime
from isthmus.org.org.running import Running
from isthmus.org.save.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class WithoutColour(Limited):
    """Who may not read one field."""

    shape: str = "without colour"

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return field != "Colour__c"


@pytest.fixture
def asked(database: Database, place: Place) -> Callable[..., list[object]]:
    """What a query finds for a user who sees one of two records, and may not read their colour.

    In system context where `system` says so: a number of rows, or the code of what refuses it.
    """
    world = World(database, place.open_immediate(), objects({}, custom("Secret__c", "Private")))
    one, two = world.user("one"), world.user("two")
    for user in (one, two):
        world.new("Secret__c", by=user, Colour__c="Red")

    def ask(*queries: str, system: bool = False) -> list[object]:
        def answer(running: Running, soql: str) -> object:
            try:
                return len(running.query(soql).rows)
            except Fault as fault:
                return fault.entry.name

        def work(unit: UnitOfWork) -> list[object]:
            running = Running(unit, world.queries, RequestTime(world.clock))
            if not system:
                return [answer(running, each) for each in queries]
            with unit.system_context():
                return [answer(running, each) for each in queries]

        return world.run(work, two, WithoutColour())

    return ask


PLAIN = "SELECT Id FROM Secret__c"
COLOUR = "SELECT Id, Colour__c FROM Secret__c"
FILTERED = "SELECT Id FROM Secret__c WHERE Colour__c = 'Red'"


def test_user_mode_asks_with_the_users_rights_wherever_it_is(asked: Callable[..., list[object]]) -> None:
    queries = [f"{each} WITH USER_MODE" for each in (PLAIN, COLOUR, FILTERED)]
    assert asked(*queries, system=True) == asked(*queries) == [1, "no_such_column", "no_such_column"]


def test_system_mode_asks_for_no_right_to_fields_and_leaves_records_to_the_context(
    asked: Callable[..., list[object]],
) -> None:
    queries = [f"{each} WITH SYSTEM_MODE" for each in (PLAIN, COLOUR, FILTERED)]
    assert asked(*queries, system=True) == [2, 2, 2]
    assert asked(*queries) == [1, 1, 1]


def test_enforced_security_asks_for_rights_to_what_is_selected(asked: Callable[..., list[object]]) -> None:
    queries = [
        f"{PLAIN} WITH SECURITY_ENFORCED",
        f"{COLOUR} WITH SECURITY_ENFORCED",
        f"{FILTERED} WITH SECURITY_ENFORCED",
        "SELECT COUNT(Colour__c) FROM Secret__c WITH SECURITY_ENFORCED",
    ]
    assert asked(*queries, system=True) == [2, "secure_query_refused", 2, "secure_query_refused"]


def test_a_plan_of_one_mode_is_not_anothers(asked: Callable[..., list[object]]) -> None:
    assert asked(f"{PLAIN} WITH USER_MODE", PLAIN, f"{PLAIN} WITH SYSTEM_MODE", system=True) == [1, 2, 2]
    assert asked(COLOUR) == ["no_such_column"]


def test_a_query_within_a_query_names_no_mode(asked: Callable[..., list[object]]) -> None:
    inner = f"SELECT Id FROM Secret__c WHERE Id IN ({PLAIN} WITH SYSTEM_MODE) WITH USER_MODE"
    assert asked(inner) == ["clause_not_allowed"]
