"""Org: is what the façade promises kept, on both databases?"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from structlog.testing import capture_logs
from tests.contract.places import Place
from tests.contract.rights import every_right
from tests.contract.save.world import INSTANCE, PRINCIPAL, SCHEMA, USER_ID, codes, messages

from isthmus.assembly import COMPONENTS
from isthmus.kernel.clock import DAY, HOUR, MINUTE, ManualClock
from isthmus.kernel.database import Connection, Database, Transaction
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.errors import Fault
from isthmus.kernel.ids import Ids, record_id
from isthmus.kernel.journal import Journal
from isthmus.org.org import Column, Org, QueryResult, Running, SaveOptions, SaveResult, replication
from isthmus.org.org.founder import Founder
from isthmus.org.query.engine import QueryEngine
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import CommitMoment, Moment, Operation
from isthmus.org.save.ports import CommitRunner, Runner
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.store import SchemaStore
from isthmus.org.security.identity import Identity
from isthmus.org.security.rights.grants import Grants
from isthmus.org.security.rights.permissions import permissions_of

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


class Interrupted:
    """Automation that, once, lets somebody else save between a batch's checks and its write."""

    version = 1

    def __init__(self) -> None:
        self.meanwhile: list[Callable[[], object]] = []

    def at(self, moment: Moment, sobject: SObjectType, operation: Operation) -> Runner | None:
        return self.run if moment is Moment.DUPLICATE_RULES else None

    def at_commit(self, moment: CommitMoment) -> CommitRunner | None:
        return None

    def run(self, save: Save) -> None:
        while self.meanwhile:
            self.meanwhile.pop()()


@pytest.fixture
def automation() -> Interrupted:
    return Interrupted()


@pytest.fixture
def org(place: Place, database: Database, automation: Interrupted) -> Iterator[Org]:
    """An org with one user."""
    immediate = place.open_immediate()
    clock, ids = ManualClock(), Ids(seed=1)
    for component, migrations in COMPONENTS:
        migrate(database, component, migrations, clock)
    schemas = SchemaStore(database)
    organization_id = record_id("00D", INSTANCE, 1)
    identity = Identity(
        database=database,
        clock=clock,
        ids=ids,
        organization_id=organization_id,
        rights=every_right,
        seal_key=b"k" * 32,
    )
    org = Org(
        organization_id=organization_id,
        database=database,
        journal=Journal(database, immediate),
        schemas=schemas,
        queries=QueryEngine(clock, ids),
        identity=identity,
        clock=clock,
        ids=ids,
        automation=automation,
        limits={"DailyApiRequests": 100},
    )
    user = {"Id": USER_ID, "Username": "ada@example.com", "LastName": "Lovelace"}

    def first_user(running: Running, schema: Schema) -> None:
        assert codes(running.insert("User", [user])) == ["ok"]

    schemas.apply(SCHEMA, then=Founder(org, PRINCIPAL).within(first_user))
    yield org
    run(org.stop())
    identity.close()


def values(result: QueryResult) -> list[object]:
    """The values of a result's only selected field."""
    [column] = [each for each in result.shape.items if isinstance(each, Column) and each.key != "Id"]
    return [row[column.index] for row in result.rows]


def names(org: Org) -> list[object]:
    return values(run(org.query(PRINCIPAL, "SELECT Name FROM Order__c ORDER BY Name")))


def test_what_was_saved_is_found_by_every_question(org: Org) -> None:
    [made] = run(org.insert(PRINCIPAL, "Order__c", [{"Name": "one", "Ext__c": "A-1"}]))
    assert made.id is not None
    assert names(org) == ["one"]
    result = run(org.retrieve(PRINCIPAL, "order__c", made.id[:15], ["name"]))
    assert values(result) == ["one"]
    assert run(org.find_by_external_id(PRINCIPAL, "Order__c", "ext__c", "a-1")) == [made.id]
    assert run(org.find_by_external_id(PRINCIPAL, "Order__c", "Ext__c", "A-2")) == []
    found, places = run(org.retrieve_many(PRINCIPAL, "Order__c", [made.id, "abc"], ["Name"]))
    assert (len(found.rows), places) == (1, [0, None])
    described = run(org.describe(PRINCIPAL, "Order__c", "/services/data/v65.0", "http://localhost"))
    assert described["name"] == "Order__c"


def test_a_describe_asks_no_server_from_the_loop(org: Org, database: Database, place: Place) -> None:
    if not place.shared:
        pytest.skip("a file is not waited for")
    described, begun = threading.Event(), threading.Event()

    def hold(_: Connection) -> bool:
        begun.set()
        return described.wait(20)

    async def describe() -> bool:
        holding = asyncio.ensure_future(asyncio.to_thread(database.read_now, hold))
        await asyncio.to_thread(begun.wait)
        await org.describe(PRINCIPAL, "Order__c", "/services/data/v65.0", "http://localhost")
        described.set()
        return await holding

    assert run(describe()), "it has waited for what reads in the loop's stead"


def test_all_or_none_keeps_nothing_of_a_request_with_an_error(org: Org) -> None:
    records = [{"Name": str(n)} for n in range(250)]
    results = run(org.insert(PRINCIPAL, "Order__c", [*records, {"Foo": 1}], all_or_none=True))
    assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK"] * 250 + ["INVALID_FIELD"]
    assert names(org) == []
    assert codes(run(org.insert(PRINCIPAL, "Order__c", records, all_or_none=True))) == ["ok"] * 250
    assert len(names(org)) == 250


def test_more_than_two_hundred_records_are_one_transaction_for_each_two_hundred(org: Org) -> None:
    results = run(org.insert(PRINCIPAL, "Order__c", [{"Name": str(n % 300)} for n in range(401)]))
    assert codes(results) == ["ok"] * 401
    ids = [str(each.id) for each in results]
    assert codes(run(org.delete(PRINCIPAL, None, ids))) == ["ok"] * 401
    assert codes(run(org.undelete(PRINCIPAL, ids))) == ["ok"] * 401
    assert run(org.insert(PRINCIPAL, "Order__c", [])) == []


def test_a_transaction_sees_its_own_writes_and_is_undone_as_a_whole(org: Org) -> None:
    def work(running: Running) -> None:
        [order] = running.insert("Order__c", [{"Name": "one"}])
        running.upsert("Order__c", "Ext__c", [{"Ext__c": "A", "Name": "two"}])
        running.update(None, [{"Id": order.id, "Name": "uno"}])
        found = running.query("SELECT Name FROM Order__c ORDER BY Name")
        assert values(found) == ["two", "uno"]
        assert running.find_by_external_id("Order__c", "Ext__c", "a")
        assert running.retrieve("Order__c", str(order.id)).total_size == 1
        running.delete(None, [str(order.id)])
        assert codes(running.insert("Order__c", [{}, {"Foo": 1}], all_or_none=True)) == [
            "ALL_OR_NONE_OPERATION_ROLLED_BACK",
            "INVALID_FIELD",
        ]
        assert codes(running.undelete([str(order.id)])) == ["ok"]
        assert codes(running.empty_recycle_bin([str(order.id)])) == ["INVALID_ID_FIELD"]
        raise LookupError

    with pytest.raises(LookupError):
        run(org.transaction(PRINCIPAL, work))
    assert names(org) == []


def test_a_long_result_goes_on_at_its_locator(org: Org) -> None:
    run(org.insert(PRINCIPAL, "Order__c", [{"Name": f"{n:03}"} for n in range(450)]))
    soql = "SELECT Name FROM Order__c ORDER BY Name"
    first = run(org.query(PRINCIPAL, soql, batch_size=200))
    assert (len(first.rows), first.total_size, first.locator is None) == (200, 450, False)
    second = run(org.query_more(PRINCIPAL, str(first.locator), batch_size=200))
    third = run(org.query_more(PRINCIPAL, str(second.locator), batch_size=200))
    assert (len(third.rows), third.locator is None) == (50, True)
    org.clock.advance(2 * DAY)
    run(org.housekeep())
    with pytest.raises(Fault):
        run(org.query_more(PRINCIPAL, str(first.locator)))


def test_saved_records_become_recent_items_where_the_client_asks_for_it(org: Org) -> None:
    mru = SaveOptions(update_recent=True)
    [quiet] = run(org.insert(PRINCIPAL, "Order__c", [{"Name": "quiet"}]))
    [one] = run(org.insert(PRINCIPAL, "Order__c", [{"Name": "one"}], options=mru))
    org.clock.advance(MINUTE)
    [here] = run(org.insert(PRINCIPAL, "Place__c", [{"Name": "here"}], options=mru))
    assert [(each.sobject, each.name) for each in run(org.recent(PRINCIPAL))] == [
        ("Place__c", "here"),
        ("Order__c", "one"),
    ]
    run(org.delete(PRINCIPAL, None, [str(here.id)]))
    assert [each.id for each in run(org.recent(PRINCIPAL))] == [one.id]
    assert run(org.recent(PRINCIPAL, "Place__c")) == []
    assert quiet.success


def test_calls_are_counted_and_survive_a_restart(org: Org) -> None:
    org.admit(PRINCIPAL, 40)
    org.clock.advance(MINUTE)
    org.admit(PRINCIPAL)
    assert (org.usage().used, org.usage().maximum) == (41, 100)
    run(org.stop())
    run(org.start())
    assert run(org.limits(PRINCIPAL))["DailyApiRequests"].remaining == 59
    with pytest.raises(Fault) as refused:
        org.admit(PRINCIPAL, 60)
    assert refused.value.entry.name == "request_limit_exceeded"
    org.clock.advance(25 * HOUR)
    assert org.usage().used == 0


def test_a_query_ends_after_two_minutes_of_org_time(org: Org) -> None:
    run(org.insert(PRINCIPAL, "Order__c", [{"Name": f"order {number}"} for number in range(400)]))
    slow = " OR ".join(f"Name LIKE '%{number}x'" for number in range(4_000))

    async def wait_too_long() -> QueryResult:
        asked = asyncio.ensure_future(org.query(PRINCIPAL, f"SELECT COUNT() FROM Order__c WHERE {slow}"))
        await asyncio.sleep(0)
        org.clock.advance(2 * MINUTE)
        return await asked

    with pytest.raises(Fault) as ended:
        run(wait_too_long())
    assert ended.value.entry.name == "query_timeout"
    assert run(org.query(PRINCIPAL, "SELECT COUNT() FROM Order__c")).total_size == 400


def _ends(org: Org, after: int, work: Callable[[Running, Callable[[], None]], object]) -> Fault:
    """The fault with which a transaction ends when the clock goes on while `work` runs, which says when."""
    begun = threading.Event()

    def never_ending(running: Running) -> object:
        running.insert("Order__c", [{"Name": "half written"}])
        return work(running, begun.set)

    async def wait_too_long() -> None:
        asked = asyncio.ensure_future(org.transaction(PRINCIPAL, never_ending))
        await asyncio.to_thread(begun.wait)
        org.clock.advance(after - 1)
        assert not asked.done()
        org.clock.advance(1)
        await asked

    with pytest.raises(Fault) as ended:
        run(wait_too_long())
    run(org.insert(PRINCIPAL, "Order__c", [{"Name": "the next one"}]))
    assert names(org) == ["the next one"]
    return ended.value


def test_a_transaction_ends_after_ten_minutes_of_org_time(org: Org) -> None:
    def save_for_ever(running: Running, begun: Callable[[], None]) -> None:
        while True:
            running.insert("Order__c", [{"Name": "more"}])
            begun()

    assert _ends(org, 10 * MINUTE, save_for_ever).entry.name == "request_timeout"


def test_a_query_of_a_transaction_ends_after_two_minutes_of_org_time(org: Org) -> None:
    def ask_for_ever(running: Running, begun: Callable[[], None]) -> None:
        running.insert("Order__c", [{"Name": f"order {number}"} for number in range(800)])
        slow = " OR ".join(f"Name LIKE '%{number}x'" for number in range(4_000))
        begun()
        running.query(f"SELECT COUNT() FROM Order__c WHERE {slow}")

    assert _ends(org, 2 * MINUTE, ask_for_ever).entry.name == "query_timeout"


def test_the_transactions_of_one_request_have_ten_minutes_together(org: Org) -> None:
    async def request() -> None:
        with org.request_time.request():
            await org.insert(PRINCIPAL, "Order__c", [{"Name": "in time"}])
            org.clock.advance(10 * MINUTE)
            await org.insert(PRINCIPAL, "Order__c", [{"Name": "too late"}])

    with pytest.raises(Fault) as ended:
        run(request())
    assert ended.value.entry.name == "request_timeout"
    assert names(org) == ["in time"]


def test_who_lacks_api_enabled_makes_no_call(org: Org) -> None:
    without = replace(PRINCIPAL, access=permissions_of(Grants(frozenset(), {}, {}), SCHEMA))
    with pytest.raises(Fault) as refused:
        org.admit(without)
    assert refused.value.entry.name == "api_disabled"
    assert org.usage().used == 0
    org.admit(replace(PRINCIPAL, access=permissions_of(Grants(frozenset({"ApiEnabled"}), {}, {}), SCHEMA)))
    assert org.usage().used == 1


def test_calls_that_cannot_be_written_down_wait_for_the_next_minute(org: Org, database: Database) -> None:
    def forbid(tx: Transaction) -> None:
        tx.execute('ALTER TABLE "isthmus_usage" RENAME TO "elsewhere"')

    def allow(tx: Transaction) -> None:
        tx.execute('ALTER TABLE "elsewhere" RENAME TO "isthmus_usage"')

    async def count(calls: int) -> None:
        org.admit(PRINCIPAL, calls)

    database.write(forbid).result()
    run(count(3))
    org.clock.advance(MINUTE)
    with capture_logs() as logged:
        run(count(4))
        run(org.stop())
    assert {each["event"] for each in logged} == {"what was used of the daily limits is not written down"}
    database.write(allow).result()
    run(org.stop())
    run(org.start())
    assert org.usage().used == 7


def test_what_was_changed_and_deleted_in_a_span_is_told(org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run(org.insert(PRINCIPAL, "Order__c", [{"Name": str(n)} for n in range(2_100)]))
    ids = [str(each.id) for each in made]
    then = org.clock.now()
    org.clock.advance(10 * MINUTE)
    run(org.delete(PRINCIPAL, "Order__c", ids[:2]))
    span = (then - then % MINUTE, org.clock.now() + MINUTE)
    assert sorted(run(org.updated(PRINCIPAL, "order__c", *span)).ids) == sorted(ids[2:])
    gone = run(org.deleted(PRINCIPAL, "Order__c", *span))
    assert sorted(gone.records) == [(each, org.clock.now()) for each in sorted(ids[:2])]
    assert gone.latest_covered == org.clock.now()
    assert gone.earliest_available == org.clock.now() - 15 * DAY
    monkeypatch.setattr(replication, "IDS_MAX", 2_097)
    for wrong, code in (
        (("Order__c", *span), "EXCEEDED_ID_LIMIT"),
        (("Order__c", span[0], span[0] + MINUTE - 1), "INVALID_REPLICATION_DATE"),
        (("Order__c", span[0] - 31 * DAY, span[1]), "INVALID_REPLICATION_DATE"),
        (("Nonesuch__c", *span), "NOT_FOUND"),
    ):
        with pytest.raises(Fault) as refused:
            run(org.updated(PRINCIPAL, *wrong))
        assert refused.value.code == code


def test_a_reset_removes_data_and_gives_no_id_out_again(org: Org) -> None:
    [before] = run(org.insert(PRINCIPAL, "Order__c", [{"Name": "one"}]))
    run(org.reset())
    assert names(org) == []
    assert run(org.query(PRINCIPAL, "SELECT COUNT() FROM User")).total_size == 1
    [after] = run(org.insert(PRINCIPAL, "Order__c", [{"Name": "two"}]))
    assert after.id != before.id
    assert [each for each in (before.id, after.id) if each and each.startswith("a00")] == [
        before.id,
        after.id,
    ]


def test_housekeeping_empties_the_bin_after_fifteen_days(org: Org) -> None:
    [made] = run(org.insert(PRINCIPAL, "Order__c", [{"Name": "one"}]))
    run(org.delete(PRINCIPAL, "Order__c", [str(made.id)]))
    everything = "SELECT COUNT() FROM Order__c"
    assert run(org.query(PRINCIPAL, everything, all_rows=True)).total_size == 1
    org.clock.advance(15 * DAY)
    run(org.housekeep())
    assert run(org.query(PRINCIPAL, everything, all_rows=True)).total_size == 0


def test_given_up_records_are_named(org: Org) -> None:
    [made] = run(org.insert(PRINCIPAL, "Order__c", [{}]))
    assert codes(run(org.empty_recycle_bin(PRINCIPAL, [str(made.id)]))) == ["INVALID_ID_FIELD"]


def test_the_quicker_writer_has_its_way(org: Org, place: Place, automation: Interrupted) -> None:
    if not place.shared:
        pytest.skip("SQLite has one writer: nobody is quicker")
    quicker: list[SaveResult] = []
    automation.meanwhile.append(
        lambda: quicker.extend(run(org.insert(PRINCIPAL, "Order__c", [{"Ext__c": "a"}])))
    )
    results = run(org.insert(PRINCIPAL, "Order__c", [{"Ext__c": "A", "Name": "slow"}, {"Ext__c": "b"}]))
    assert codes(results) == ["DUPLICATE_VALUE", "ok"]
    assert str(quicker[0].id)[:15] in messages(results[0])[0]
    assert len(names(org)) == 2
