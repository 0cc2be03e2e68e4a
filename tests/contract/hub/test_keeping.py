"""Dead letters and the ledger, on each database: is what became of each message told, kept and forgotten?"""

import pytest
from tests.contract.hub.conftest import Opening
from tests.contract.hub.test_channel import arrivals, claimed, keys, settle
from tests.contract.places import Place

from isthmus.hub.channel import DurableChannel, Outcome, Standing, ledger
from isthmus.hub.channel.arrival import Arrival, encode
from isthmus.hub.channel.dead_letters import DeadLetter, dead_letters, discard, replay
from isthmus.hub.channel.ledger import Tally
from isthmus.hub.channel.tables import MIGRATIONS, State
from isthmus.hub.message import Message
from isthmus.kernel.clock import DAY, HOUR, MINUTE, ManualClock
from isthmus.kernel.database import Database, Transaction
from isthmus.kernel.database.migrations import migrate

pytestmark = pytest.mark.anyio
THERE = (
    'SELECT "channel" || \' \' || "state", COUNT(*) FROM "hub_message" GROUP BY "channel", "state" ORDER BY 1'
)
OLDER = (
    (1, "waiting", "a"),
    (2, "waiting", "a"),
    (3, "waiting", "b"),
    (4, "dead", None),
    (5, "waiting", None),
)
INSERT_OLDER = (
    'INSERT INTO "hub_message" ("id", "channel", "key", "state", "lane", "payload", "received", "copies", '
    '"since", "due", "leased_until", "attempts", "failures") '
    "VALUES (?, 'orders', ?, ?, ?, ?, 0, 3, 0, 0, 0, 2, 1)"
)


def broken() -> Arrival:
    """What is a dead letter from the start."""
    return encode(Message("broken", {1j: 2}), "orders")


async def bury(channel: DurableChannel, *names: str) -> None:
    await channel.receive(arrivals(*names, channel=channel.name), "1")
    await settle(channel, *(Outcome(each, State.DEAD, cause="no good") for each in await claimed(channel)))


async def test_a_dead_letter_tells_cause_attempts_and_payload(
    channel: DurableChannel, database: Database, clock: ManualClock
) -> None:
    received = clock.now()
    await channel.receive(arrivals("a"), "1")
    [claim] = await claimed(channel)
    clock.advance(MINUTE)
    await settle(channel, Outcome(claim, State.DEAD, cause="no good"))
    assert await dead_letters(database) == [
        DeadLetter(claim.id, "orders", "a", "no good", 1, received, clock.now(), {"n": "a"}, {"h": "1"})
    ]
    assert await channel.open() == Standing(0, 1)
    assert await claimed(channel) == []


async def test_dead_letters_are_replayed_singly_by_route_or_all(
    opening: Opening, database: Database, clock: ManualClock
) -> None:
    orders, invoices = opening("orders"), opening("invoices")
    await bury(orders, "a", "b", "c")
    await bury(invoices, "x", "y")
    first, second, third = await dead_letters(database, route="orders")
    assert [each.key for each in await dead_letters(database, after=second.id, limit=2)] == ["c", "x"]
    assert await replay(database, clock.now(), ids=[second.id, 99]) == {"orders": [second.id]}
    [again] = await claimed(orders)
    assert (again.message.key, again.failures, again.since) == ("b", 0, clock.now())
    assert again.message.body == {"n": "b"}
    assert await replay(database, clock.now(), route="invoices") == {"invoices": [4, 5]}
    assert await replay(database, clock.now(), ids=[]) == {}
    assert await replay(database, clock.now()) == {"orders": [first.id, third.id]}
    assert keys(await claimed(orders)) == ["a", "c"]
    assert await dead_letters(database) == []
    assert first.key + third.key == "ac"


async def test_what_is_discarded_is_gone_and_remembered(
    channel: DurableChannel, database: Database, clock: ManualClock
) -> None:
    await bury(channel, "a", "b")
    [first, second] = await dead_letters(database)
    assert await discard(database, clock.now(), ids=[first.id]) == {"orders": [first.id]}
    assert await replay(database, clock.now()) == {"orders": [second.id]}
    [entry] = await ledger.entries(database, key="a")
    assert (entry.state, entry.cause) == ("discarded", "no good")
    await channel.receive(arrivals("a"), "2")
    assert keys(await claimed(channel)) == ["b"]


async def test_the_ledger_says_what_became_of_each_message(
    channel: DurableChannel, database: Database, clock: ManualClock
) -> None:
    await channel.receive(arrivals("sent", "left out", "dead", "again", "untouched"), "1")
    await channel.receive(arrivals("sent", "sent", "dead"), "2")
    sent, left_out, dead, again = await claimed(channel, 4)
    due = clock.now() + MINUTE
    await settle(
        channel,
        Outcome(sent, State.DELIVERED),
        Outcome(left_out, State.FILTERED),
        Outcome(dead, State.DEAD, cause="bad"),
        Outcome(again, State.WAITING, due=due, cause="busy"),
    )
    found = {each.key: each for each in await ledger.entries(database)}
    assert {key: (each.state, each.copies, each.attempts) for key, each in found.items()} == {
        "sent": ("delivered", 3, 1),
        "left out": ("filtered", 1, 1),
        "dead": ("dead", 2, 1),
        "again": ("waiting", 1, 1),
        "untouched": ("waiting", 1, 0),
    }
    assert (found["again"].due, found["again"].cause) == (due, "busy")
    assert [each.key for each in await ledger.entries(database, state="dead")] == ["dead"]
    assert [each.key for each in await ledger.entries(database, limit=2)] == ["untouched", "again"]
    assert [each.key for each in await ledger.entries(database, before=found["again"].id, limit=1)] == [
        "dead"
    ]
    assert await ledger.entries(database, route="none") == []
    clock.advance(MINUTE)
    await claimed(channel)
    assert await ledger.tallies(database) == [
        Tally("orders", {"dead": 1, "delivered": 1, "filtered": 1, "waiting": 2}, 1, 3)
    ]


async def test_the_ledger_forgets_what_was_finished_long_ago_and_nothing_else(
    channel: DurableChannel, database: Database, clock: ManualClock
) -> None:
    await channel.receive(arrivals("old", "dead", "waiting"), "1")
    old, dead, waiting = await claimed(channel)
    await settle(
        channel,
        Outcome(old, State.DELIVERED),
        Outcome(dead, State.DEAD, cause="no"),
        Outcome(waiting, State.WAITING, due=clock.now() + 30 * DAY, cause="no"),
    )
    clock.advance(7 * DAY)
    await channel.receive(arrivals("young"), "2")
    await settle(channel, *(Outcome(each, State.DELIVERED) for each in await claimed(channel)))
    assert (await ledger.forget(database, clock.now() - 7 * DAY, 100)).messages == 0
    assert (await ledger.forget(database, clock.now() - 7 * DAY + HOUR, 100)).messages == 1
    assert {each.key for each in await ledger.entries(database)} == {"dead", "waiting", "young"}
    assert (await ledger.forget(database, 0, 3)).messages == 0


async def test_the_ledger_forgets_the_oldest_beyond_its_bound(
    channel: DurableChannel, database: Database
) -> None:
    await channel.receive(arrivals(*(str(n) for n in range(5_000))), "1")
    while claims := await claimed(channel, 1_000):
        done = [each for each in claims if each.message.key != "0"]
        await settle(channel, *(Outcome(each, State.DELIVERED) for each in done))
    assert (await ledger.forget(database, 0, 10)).messages == 4_990
    left = [each.key for each in await ledger.entries(database)]
    assert left == [*(str(n) for n in range(4_999, 4_990, -1)), "0"]


async def test_what_is_counted_is_what_is_there(
    opening: Opening, database: Database, clock: ManualClock
) -> None:
    orders = opening()
    await orders.receive([*arrivals(*"abcdef"), *arrivals("l1", "l2", lane="l"), broken()], "1")
    a, b, c, d, e, _, first = await claimed(orders)
    await orders.receive(arrivals("a", "b", "g"), "2")
    reply = arrivals("a", channel="replies")
    await settle(
        orders,
        Outcome(a, State.DELIVERED, reply),
        Outcome(b, State.FILTERED),
        Outcome(c, State.DEAD, cause="no"),
        Outcome(d, State.WAITING, due=clock.now() + MINUTE, cause="no"),
        Outcome(first, State.DEAD, cause="no"),
    )
    await settle(orders, Outcome(a, State.DELIVERED, reply), Outcome(b, State.DEAD, cause="late"))
    clock.advance(MINUTE)
    await orders.release([each for each in await claimed(orders) if each.id in (d.id, e.id)])
    await replay(database, clock.now(), ids=[c.id, first.id])
    await discard(database, clock.now())
    await settle(orders, *(Outcome(each, State.DELIVERED) for each in await claimed(orders, 3)))
    await ledger.forget(database, 0, 5)
    there = await database.reading(lambda connection: {row[0]: row[1] for row in connection.rows(THERE)})
    [counted, replied] = await ledger.tallies(database)
    assert there == {f"orders {state}": count for state, count in counted.messages.items()} | {
        "replies waiting": 1
    }
    assert replied == Tally("replies", {"waiting": 1}, 0, 1)
    assert (counted.redeliveries, counted.copies) == (4, 2)


async def test_an_older_hubs_tables_are_brought_forward(place: Place, clock: ManualClock) -> None:
    database = place.open()
    migrate(database, "hub", MIGRATIONS[:1])

    def fill(tx: Transaction) -> None:
        for number, state, lane in OLDER:
            tx.execute(INSERT_OLDER, (number, str(number), state, lane, b"[{},{}]"))

    database.write(fill).result()
    migrate(database, "hub", MIGRATIONS)
    channel = DurableChannel(database, clock, "orders", "me")
    assert await ledger.tallies(database) == [Tally("orders", {"dead": 1, "waiting": 4}, 5, 10)]
    claims = await claimed(channel)
    assert keys(claims) == ["1", "3", "5"]
    await settle(channel, *(Outcome(each, State.DELIVERED) for each in claims))
    assert keys(await claimed(channel)) == ["2"]


async def test_a_pause_outlives_who_asked_for_it(opening: Opening, clock: ManualClock) -> None:
    await opening().pause(True)
    await opening().pause(True)
    assert await opening(owner="the next process").open() == Standing(0, 0, paused=True)
    assert not (await opening("invoices").standing()).paused
    await opening().pause(False)
    assert not (await opening().standing()).paused


async def test_replayed_dead_letters_take_their_place_in_their_lane(
    channel: DurableChannel, database: Database, clock: ManualClock
) -> None:
    await channel.receive(arrivals("1", "2", lane="l"), "1")
    for _ in "12":
        await settle(channel, *(Outcome(each, State.DEAD, cause="no") for each in await claimed(channel)))
    await channel.receive(arrivals("3", "4", lane="l"), "2")
    [third] = await claimed(channel)
    await replay(database, clock.now())
    assert await claimed(channel) == []
    await settle(channel, Outcome(third, State.DELIVERED))
    for key in ("1", "2", "4"):
        [claim] = await claimed(channel)
        assert claim.message.key == key
        await settle(channel, Outcome(claim, State.DELIVERED))


async def test_forgetting_goes_on_where_it_was(channel: DurableChannel, database: Database) -> None:
    await channel.receive(arrivals(*(f"waiting {n}" for n in range(2_000))), "1")
    stuck = {each.id for each in await claimed(channel, 2_000)}
    for _ in "12":
        await channel.receive(arrivals(*(f"{_} {n}" for n in range(2_000))), "1")
        await settle(channel, *(Outcome(each, State.DELIVERED) for each in await claimed(channel, 2_000)))
    first = await ledger.forget(database, 0, 5_000)
    assert first == ledger.Forgotten(1_000, after=max(stuck))
    assert await ledger.forget(database, 0, 4_500, first.after) == ledger.Forgotten(500, max(stuck))
    assert (await ledger.forget(database, 0, 0, first.after)).messages == 2_500
