"""Publishing when a unit of work runs again: what is out is out, once."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from tests.contract.events.world import EventOrg, data, event_org, run
from tests.contract.places import Place, Stop
from tests.contract.save.world import PRINCIPAL, codes

from isthmus.kernel.database import Transaction
from isthmus.org.org import Running, SaveResult
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import CommitMoment, Moment, Operation
from isthmus.org.save.ports import CommitRunner, Runner
from isthmus.org.save.row import Row
from isthmus.org.schema.model import SObjectType


def record(text: str) -> dict[str, object]:
    return {"Text__c": text, "Must__c": "x"}


def uuids(events: EventOrg) -> list[str]:
    return [each["event"]["EventUuid"] for each in data(events.page(event="Now__e"))]


def test_a_group_that_was_undone_publishes_once(place: Place) -> None:
    if place.shared:
        pytest.skip("on PostgreSQL each unit has a transaction of its own")
    with event_org(place) as events:
        database = events.org._database
        busy, go = threading.Event(), threading.Event()

        def failing(_: Transaction) -> AbstractContextManager[None]:
            raise Stop

        def occupy(_: Transaction) -> None:
            busy.set()
            go.wait()

        async def publish_in_a_group() -> tuple[list[SaveResult], BaseException | None]:
            occupied = database.write(occupy, alone=True)
            busy.wait()
            saving = asyncio.ensure_future(
                events.org.insert(PRINCIPAL, "Now__e", [record("a"), record("b"), record("a")])
            )
            await asyncio.sleep(0)  # from here on the request is in the writer's queue
            failed = database.write(lambda tx: tx.around_commit(failing))
            go.set()
            results = await saving
            occupied.result()
            return results, failed.exception()

        results, error = run(publish_in_a_group())
        assert isinstance(error, Stop)
        assert events.org.storage_counts()["again"] == 2
        assert events.texts(event="Now__e") == ["a", "b", "a"]
        assert [each.infos[0].message for each in results] == uuids(events)


def test_a_transaction_in_whose_way_another_was_publishes_once(place: Place) -> None:
    if not place.shared:
        pytest.skip("SQLite has one writer: nobody is in its way")
    with event_org(place) as events:
        org = events.org
        [order] = run(org.insert(PRINCIPAL, "Order__c", [{"Name": "0"}]))
        runs: list[list[SaveResult]] = []

        def rename(name: str) -> None:
            run(org.update(PRINCIPAL, "Order__c", [{"Id": order.id, "Name": name}]))

        def work(running: Running) -> None:
            assert running.query("SELECT Name FROM Order__c").total_size == 1
            runs.append(
                running.insert("Now__e", [record("same"), record(f"run {len(runs)}"), record("same")])
            )
            if len(runs) == 1:
                other = threading.Thread(target=rename, args=("quicker",))
                other.start()
                other.join()
            assert codes(running.update("Order__c", [{"Id": order.id, "Name": "slow"}])) == ["ok"]
            running.insert("Now__e", [record("behind")])

        run(org.transaction(PRINCIPAL, work))
        assert len(runs) == 2, "the first run came too late"
        # What the second run publishes beyond the first is its own.
        assert events.texts(event="Now__e") == ["same", "run 0", "same", "run 1", "behind"]
        told = [[each.infos[0].message for each in results] for results in runs]
        out = uuids(events)
        assert told == [[out[0], out[1], out[2]], [out[0], out[3], out[2]]]


class Announcing:
    """What stands for a trigger: it announces each order at once, then lets another save come first."""

    version = 1

    def __init__(self) -> None:
        self.meanwhile: list[Callable[[], object]] = []

    def at(self, moment: Moment, sobject: SObjectType, operation: Operation) -> Runner | None:
        return self.run if moment is Moment.DUPLICATE_RULES and sobject.name == "Order__c" else None

    def at_commit(self, moment: CommitMoment) -> CommitRunner | None:
        return None

    def run(self, save: Save) -> None:
        rows = [Row(record(str(each.values["Name"]))) for each in save.live()]
        save.unit.save(save.unit.schema["Now__e"], Operation.INSERT, rows)
        while self.meanwhile:
            self.meanwhile.pop()()


def test_who_was_slower_with_a_unique_value_publishes_once(place: Place) -> None:
    if not place.shared:
        pytest.skip("SQLite has one writer: nobody is quicker")
    announcing = Announcing()
    with event_org(place, automation=announcing) as events:
        quicker = {"Ext__c": "a", "Name": "quick"}
        announcing.meanwhile.append(lambda: run(events.org.insert(PRINCIPAL, "Order__c", [quicker])))
        slower = [{"Ext__c": "A", "Name": "slow"}, {"Ext__c": "b", "Name": "other"}]
        assert codes(run(events.org.insert(PRINCIPAL, "Order__c", slower))) == ["DUPLICATE_VALUE", "ok"]
        assert events.texts(event="Now__e") == ["slow", "other", "quick"]
