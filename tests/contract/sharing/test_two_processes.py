"""Two processes of one database change an account and what belongs to it at once: are the shares right?"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial

import pytest
from tests.contract.places import Place
from tests.contract.sharing.world import ADMIN_ID, INSTANCE, World, objects

from isthmus.kernel.clock import ManualClock
from isthmus.kernel.database import Database
from isthmus.kernel.ids import Ids
from isthmus.kernel.journal import Journal
from isthmus.org.events.publishing import Publishing
from isthmus.org.save import requests
from isthmus.org.save.engine import SaveEngine
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.security.access import EVERYTHING

MODELS = {"Account": "Private", "Contact": "Private", "Opportunity": "Private", "Case": "Private"}
_LONG = 10.0
_OVERLAP = 0.5
"""Seconds in which the other has its chance to come in between. Without it they go one after the other."""


@pytest.fixture
def world(database: Database, place: Place) -> World:
    if not place.shared:
        pytest.skip("one process has a file to itself")
    return World(database, place.open_immediate(), objects(MODELS))


class Together:
    """Has units go on from their saves to their commits only when all have saved, in their first runs."""

    def __init__(self, count: int) -> None:
        self._barrier = threading.Barrier(count)

    def meeting(self, save: Callable[[UnitOfWork], object]) -> Callable[[UnitOfWork], None]:
        met: list[bool] = []

        def work(unit: UnitOfWork) -> None:
            save(unit)
            if not met:
                met.append(True)
                with suppress(threading.BrokenBarrierError):
                    self._barrier.wait(_OVERLAP)

        return work


def at_once(world: World, place: Place, *saves: Callable[[UnitOfWork], object]) -> None:
    """Each save in a process of its own: a database, a journal and an engine."""
    together = Together(len(saves))
    running = [start(world, place, number, together.meeting(save)) for number, save in enumerate(saves)]
    for each in running:
        each.result(_LONG)


def start(world: World, place: Place, number: int, work: Callable[[UnitOfWork], None]) -> "Future[None]":
    database = place.open()
    publishing = Publishing(Journal(database, place.open_immediate()), Ids(seed=number), {})
    engine, who = SaveEngine(ManualClock(), INSTANCE, publishing), world.principal(ADMIN_ID, EVERYTHING)
    return database.write(lambda tx: engine.transaction(tx, world.schema, who, work, system=True))


def everything(world: World) -> dict[str, list[tuple[str, ...]]]:
    return {sobject: shares_of(world, sobject) for sobject in MODELS}


def shares_of(world: World, sobject: str) -> list[tuple[str, ...]]:
    fields = f'"{sobject}Id", "UserOrGroupId", "RowCause", "{sobject}AccessLevel"'
    return sorted(tuple(map(str, row)) for row in world.rows(f'SELECT {fields} FROM "{sobject}Share"'))


def recalculated(world: World) -> dict[str, list[tuple[str, ...]]]:
    """The shares as they are where everything is recalculated from nothing."""
    world.database.write(lambda tx: tx.execute('DELETE FROM "isthmus_sharing_state"')).result()
    world.share_by_those_declared()
    world.settle()
    return everything(world)


def new_deal(account: str, owner: str, unit: UnitOfWork) -> object:
    deal = {"Name": "d", "AccountId": account, "OwnerId": owner, "StageName": "x", "CloseDate": "2026-01-01"}
    return requests.insert(unit, "Opportunity", [deal])


def change(sobject: str, values: dict[str, object], unit: UnitOfWork) -> object:
    return requests.update(unit, sobject, [values])


def test_an_account_changes_its_owner_while_a_deal_is_made_below_it(world: World, place: Place) -> None:
    sales = world.role("Sales", OpportunityAccessForAccountOwner="Edit")
    old, new, other = world.user("old", sales), world.user("new", sales), world.user("other")
    account = world.new("Account", Name="Acme", OwnerId=old)
    at_once(
        world,
        place,
        partial(change, "Account", {"Id": account, "OwnerId": new}),
        partial(new_deal, account, other),
    )
    shares = everything(world)
    assert shares == recalculated(world)
    assert {row[1] for row in shares["Opportunity"]} == {new, other}


def test_a_deal_moves_to_another_account_while_that_changes_its_owner(world: World, place: Place) -> None:
    sales = world.role("Sales", OpportunityAccessForAccountOwner="Edit")
    old, new, other = world.user("old", sales), world.user("new", sales), world.user("other")
    first, second = (world.new("Account", Name=name, OwnerId=old) for name in ("One", "Two"))
    world.run(partial(new_deal, first, other))
    [[deal]] = world.rows('SELECT "Id" FROM "Opportunity"')
    at_once(
        world,
        place,
        partial(change, "Opportunity", {"Id": deal, "AccountId": second}),
        partial(change, "Account", {"Id": second, "OwnerId": new}),
    )
    shares = everything(world)
    assert shares == recalculated(world)
    assert {row[1] for row in shares["Opportunity"]} == {new, other}
