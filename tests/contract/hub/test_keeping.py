"""Dead letters and the ledger, on each database: is what became of each message told, kept and forgotten?"""

import pytest
from tests.contract.hub.conftest import Opening
from tests.contract.hub.test_channel import arrivals, claimed, keys, settle

from isthmus.hub.channel import DurableChannel, Outcome, ledger
from isthmus.hub.channel.dead_letters import DeadLetter, dead_letters, discard, replay
from isthmus.hub.channel.ledger import Tally
from isthmus.hub.channel.tables import State
from isthmus.kernel.clock import DAY, HOUR, MINUTE, ManualClock
from isthmus.kernel.database import Database

pytestmark = pytest.mark.anyio


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
    assert await channel.open() == (0, 1)
    assert await claimed(channel) == []


async def test_dead_letters_are_replayed_singly_by_route_or_all(
    opening: Opening, database: Database, clock: ManualClock
) -> None:
    orders, invoices = opening("orders"), opening("invoices")
    await bury(orders, "a", "b", "c")
    await bury(invoices, "x", "y")
    first, second, third = await dead_letters(database, route="orders")
    assert [each.key for each in await dead_letters(database, after=second.id, limit=2)] == ["c", "x"]
    assert await replay(database, clock.now(), ids=[second.id]) == {"orders": 1}
    [again] = await claimed(orders)
    assert (again.message.key, again.failures, again.since) == ("b", 0, clock.now())
    assert again.message.body == {"n": "b"}
    assert await replay(database, clock.now(), route="invoices") == {"invoices": 2}
    assert await replay(database, clock.now(), ids=[]) == {}
    assert await replay(database, clock.now()) == {"orders": 2}
    assert keys(await claimed(orders)) == ["a", "c"]
    assert await dead_letters(database) == []
    assert first.key + third.key == "ac"


async def test_what_is_discarded_is_gone_and_remembered(
    channel: DurableChannel, database: Database, clock: ManualClock
) -> None:
    await bury(channel, "a", "b")
    [first, _] = await dead_letters(database)
    assert await discard(database, clock.now(), ids=[first.id]) == {"orders": 1}
    assert await replay(database, clock.now()) == {"orders": 1}
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
        Tally("orders", "dead", 1, 0, 1),
        Tally("orders", "delivered", 1, 0, 2),
        Tally("orders", "filtered", 1, 0, 0),
        Tally("orders", "waiting", 2, 1, 0),
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
    assert await ledger.forget(database, clock.now() - 7 * DAY, 100) == 0
    assert await ledger.forget(database, clock.now() - 7 * DAY + HOUR, 100) == 1
    assert {each.key for each in await ledger.entries(database)} == {"dead", "waiting", "young"}
    assert await ledger.forget(database, 0, 3) == 0


async def test_the_ledger_forgets_the_oldest_beyond_its_bound(
    channel: DurableChannel, database: Database
) -> None:
    await channel.receive(arrivals(*(str(n) for n in range(5_000))), "1")
    while claims := await claimed(channel, 1_000):
        done = [each for each in claims if each.message.key != "0"]
        await settle(channel, *(Outcome(each, State.DELIVERED) for each in done))
    assert await ledger.forget(database, 0, 10) == 4_990
    left = [each.key for each in await ledger.entries(database)]
    assert left == [*(str(n) for n in range(4_999, 4_990, -1)), "0"]
