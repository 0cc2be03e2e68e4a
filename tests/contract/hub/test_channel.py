"""The durable channel, on each database: does it keep each message once, lease it once, and lose none?"""

import asyncio
from typing import Any

import pytest
from tests.contract.hub.conftest import Opening
from tests.contract.places import Place

from isthmus.hub.channel import LEASE, Claim, DurableChannel, Outcome, Standing
from isthmus.hub.channel.arrival import Arrival, Inserted, encode
from isthmus.hub.channel.dead_letters import dead_letters
from isthmus.hub.channel.tables import State
from isthmus.hub.message import Message
from isthmus.kernel.clock import SECOND, ManualClock
from isthmus.kernel.database import Database

pytestmark = pytest.mark.anyio


def arrivals(*keys: str, channel: str = "orders", lane: str | None = None) -> list[Arrival]:
    order = None if lane is None else lambda _: lane
    return [encode(Message(key, {"n": key}, {"h": "1"}), channel, order) for key in keys]


async def claimed(channel: DurableChannel, limit: int = 100) -> list[Claim]:
    return list((await channel.turn([], limit)).claims)


async def settle(channel: DurableChannel, *outcomes: Outcome) -> Inserted:
    return (await channel.turn(outcomes, 0)).replied


def keys(claims: list[Claim]) -> list[str]:
    return [each.message.key for each in claims]


async def test_a_message_comes_out_as_it_went_in(channel: DurableChannel, clock: ManualClock) -> None:
    message = Message("k", {"name": "Zoë", "list": [1, None, 2.5]}, {"session_id": "s"})
    assert await channel.receive([encode(message, "orders")], "17") == Inserted(1, 0)
    assert await claimed(channel) == [Claim(1, message, clock.now(), 1, 0)]
    assert await channel.position() == "17"


async def test_a_key_is_received_once_however_often_it_comes(channel: DurableChannel) -> None:
    assert await channel.receive(arrivals("a", "b", "a"), "1") == Inserted(2, 0)
    assert await channel.receive(arrivals("b", "c"), "2") == Inserted(1, 0)
    claims = await claimed(channel)
    assert keys(claims) == ["a", "b", "c"]
    await settle(channel, *(Outcome(each, State.DELIVERED) for each in claims))
    assert await channel.receive(arrivals("a", "b", "c"), "3") == Inserted(0, 0)
    assert await claimed(channel) == []
    assert await channel.position() == "3"


async def test_what_lies_between_those_that_are_settled_stays(opening: Opening) -> None:
    orders, invoices = opening("orders"), opening("invoices")
    for key in "abcd":
        await orders.receive(arrivals(key), key)
        await invoices.receive(arrivals(key, channel="invoices"), key)
    claims = await claimed(orders)
    assert keys(claims) == ["a", "b", "c", "d"]
    await settle(orders, *(Outcome(claims[each], State.DELIVERED) for each in (0, 1, 3)))
    assert (await orders.standing()).waiting == 1
    assert keys(await claimed(invoices)) == ["a", "b", "c", "d"]
    await settle(orders, Outcome(claims[2], State.DELIVERED))
    assert (await orders.standing()).waiting == 0
    assert (await invoices.standing()).waiting == 4


async def test_channels_do_not_share_keys_or_positions(opening: Opening) -> None:
    orders, invoices = opening("orders"), opening("invoices")
    await orders.receive(arrivals("a"), "1")
    assert await invoices.receive(arrivals("a", channel="invoices"), None) == Inserted(1, 0)
    assert await invoices.position() is None
    assert keys(await claimed(invoices)) == ["a"]
    assert keys(await claimed(orders)) == ["a"]


async def test_what_is_claimed_is_claimed_once(channel: DurableChannel) -> None:
    await channel.receive(arrivals(*"abcde"), "1")
    assert keys(await claimed(channel, 2)) == ["a", "b"]
    assert keys(await claimed(channel, 2)) == ["c", "d"]
    assert keys(await claimed(channel, 2)) == ["e"]
    assert await claimed(channel, 2) == []


async def test_a_lease_ends_unless_it_is_renewed(
    channel: DurableChannel, opening: Opening, clock: ManualClock
) -> None:
    other = opening(owner="other")
    await channel.receive(arrivals("renewed", "left"), "1")
    renewed, left = await claimed(channel)
    clock.advance(LEASE // 2)
    await channel.turn([], 0, [renewed])
    clock.advance(LEASE // 2)
    [taken] = await claimed(other)
    assert (taken.message.key, taken.attempts) == ("left", 2)
    # Who has lost a claim can't send it again, or bury it; that it was delivered is true all the same.
    await settle(channel, Outcome(left, State.DEAD, cause="late"))
    assert await opening().open() == Standing(2, 0)
    await settle(channel, Outcome(left, State.DELIVERED))
    assert await opening().open() == Standing(1, 0)
    await settle(other, Outcome(taken, State.DELIVERED))
    assert await opening().open() == Standing(1, 0)


async def test_a_claim_that_is_given_back_counts_as_no_attempt(channel: DurableChannel) -> None:
    await channel.receive(arrivals("a"), "1")
    await channel.release(await claimed(channel))
    [again] = await claimed(channel)
    assert again.attempts == 1


async def test_a_failure_waits_until_it_is_due(channel: DurableChannel, clock: ManualClock) -> None:
    await channel.receive(arrivals("a", "b"), "1")
    first, second = await claimed(channel)
    due = clock.now() + 15 * SECOND
    await settle(
        channel, Outcome(first, State.WAITING, due=due, cause="no"), Outcome(second, State.DELIVERED)
    )
    assert (await channel.turn([], 0)).next_due == due
    clock.advance(15 * SECOND - 1)
    assert await claimed(channel) == []
    clock.advance(1)
    [again] = await claimed(channel)
    assert (again.message, again.attempts, again.failures) == (first.message, 2, 1)
    assert (await channel.turn([], 0)).next_due is None


async def test_replies_come_with_the_settlement_and_once(channel: DurableChannel, opening: Opening) -> None:
    await channel.receive(arrivals("a"), "1")
    [claim] = await claimed(channel)
    reply = arrivals("a", channel="replies")
    assert await settle(channel, Outcome(claim, State.DELIVERED, reply)) == Inserted(1, 0)
    assert await settle(channel, Outcome(claim, State.DELIVERED, reply)) == Inserted(0, 0)
    assert keys(await claimed(opening("replies"))) == ["a"]


async def test_a_lane_is_kept_to_and_others_go_on(opening: Opening, clock: ManualClock) -> None:
    channel = opening()
    await channel.receive(
        [*arrivals("a1", "a2", "a3", lane="a"), *arrivals("b1", "b2", lane="b"), *arrivals("x")], "1"
    )
    first = await claimed(channel)
    assert keys(first) == ["a1", "b1", "x"]
    assert await claimed(channel) == []
    failed = Outcome(first[0], State.WAITING, due=clock.now() + 15 * SECOND, cause="no")
    await settle(channel, failed, Outcome(first[1], State.DELIVERED))
    assert keys(await claimed(channel)) == ["b2"]
    clock.advance(15 * SECOND)
    [again] = await claimed(channel)
    assert again.message.key == "a1"
    await settle(channel, Outcome(again, State.DEAD, cause="no"))
    assert keys(await claimed(channel)) == ["a2"]


async def test_what_a_dead_process_had_claimed_is_sent_after_all(
    place: Place, channel: DurableChannel, opening: Opening, clock: ManualClock
) -> None:
    await channel.receive(arrivals("a", "b"), "1")
    assert keys(await claimed(channel)) == ["a", "b"]
    following = opening(owner="the next process")
    assert await following.open() == Standing(2, 0)
    if place.shared:  # the first may still live: only its lease says
        assert await claimed(following) == []
        clock.advance(LEASE)
    assert keys(await claimed(following)) == ["a", "b"]


async def test_two_that_claim_at_once_share_the_messages(channel: DurableChannel, opening: Opening) -> None:
    await channel.receive(arrivals(*(str(n) for n in range(200))), "1")
    other = opening(owner="other")
    turns = await asyncio.gather(*(each.turn([], 10) for each in (channel, other) * 12))
    found = [claim.message.key for turn in turns for claim in turn.claims]
    assert sorted(found) == sorted(str(n) for n in range(200))


async def test_a_body_that_json_cannot_say_is_a_dead_letter(channel: DurableChannel) -> None:
    broken = encode(Message("k", {1j: 2}), "orders")
    assert await channel.receive([broken], "1") == Inserted(0, 1)
    assert await channel.open() == Standing(0, 1)
    assert await claimed(channel) == []


@pytest.mark.parametrize(
    ("message", "order"),
    [
        (Message("k", {}, {"h": 7}), None),  # type: ignore[dict-item]
        (Message("k\0", {}), None),
        (Message("k", {}, {"h": "\udc80"}), None),
        (Message("k", {}), {"no": "text"}),
        (Message("k", {}), "\udc80"),
    ],
)
async def test_what_no_database_can_store_is_a_dead_letter_and_others_go_on(
    channel: DurableChannel, message: Message, order: Any
) -> None:
    broken = encode(message, "orders", None if order is None else lambda _: order)
    assert await channel.receive([broken, *arrivals("next")], "1") == Inserted(1, 1)
    assert keys(await claimed(channel)) == ["next"]


async def test_a_cause_is_kept_whatever_characters_it_has(
    channel: DurableChannel, database: Database
) -> None:
    await channel.receive(arrivals("a", "b"), "1")
    first, second = await claimed(channel)
    await settle(
        channel,
        Outcome(first, State.DEAD, cause="said \0\udc80"),
        Outcome(second, State.WAITING, due=1, cause="said \0"),
    )
    assert [each.cause for each in await dead_letters(database)] == ["said \\0\\udc80"]
    assert keys(await claimed(channel)) == ["b"]


async def test_a_turn_that_does_nothing_changes_nothing(channel: DurableChannel, database: Database) -> None:
    turn = await channel.turn([], 10)
    assert (list(turn.claims), turn.replied) == ([], Inserted(0, 0))
    assert await channel.open() == Standing(0, 0)
    assert (await channel.turn([], 0)).next_due is None
