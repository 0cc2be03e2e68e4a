"""Does a running hub bring every message where it belongs, whatever fails on the way?"""

import asyncio
import io
import json
import threading
from functools import partial
from pathlib import Path

import pytest
from tests.unit.hub.endpoints import Collecting, Listed, running, until

from isthmus.hub.channel import DurableChannel, ledger
from isthmus.hub.channel.dead_letters import dead_letters
from isthmus.hub.endpoint import SinkFailed, SourceFailed
from isthmus.hub.hub import Hub
from isthmus.hub.message import Message
from isthmus.hub.redelivery import RedeliveryPolicy
from isthmus.hub.route import Route, through
from isthmus.hub.running.loop_watch import LoopWatch
from isthmus.hub.running.route_runner import RouteRunner
from isthmus.kernel.clock import DAY, HOUR, MINUTE, SECOND, ManualClock
from isthmus.kernel.observe import configure_logs

pytestmark = pytest.mark.anyio


def numbers(count: int) -> list[Message]:
    return [Message(str(n), {"n": n}) for n in range(count)]


def failing(times: int, error: SinkFailed) -> Collecting:
    """A sink that fails so many times for each key."""
    failures: dict[str, int] = {}

    def take(message: Message) -> None:
        failures[message.key] = failures.get(message.key, 0) + 1
        if failures[message.key] <= times:
            raise error

    return Collecting(take)


def has_settled(runner: RouteRunner, count: int) -> bool:
    return runner.settled == count


def has_taken(sink: Collecting, count: int) -> bool:
    return len(sink.taken) == count


async def test_every_message_goes_through_the_steps_once(tmp_path: Path) -> None:
    def even(message: Message) -> Message | None:
        return message if message.body["n"] % 2 == 0 else None

    def twice(message: Message) -> list[Message]:
        return [Message(f"{message.key}/{part}", message.body) for part in "ab"]

    source, sink = Listed(numbers(300)), Collecting()
    hub = Hub("h", [Route("r", source=source, steps=[even, twice], sink=sink)])
    async with running(hub, tmp_path / "hub.db", ManualClock()) as made:
        await until(lambda: len(sink.taken) == 300 and made.routes["r"].waiting == 0)
        [tally] = await ledger.tallies(made.database)
    assert sorted(sink.keys) == sorted(f"{n}/{part}" for n in range(0, 300, 2) for part in "ab")
    assert tally.messages == {"delivered": 150, "filtered": 150}
    assert sink.closed


async def test_it_goes_on_where_it_was_after_a_restart(tmp_path: Path) -> None:
    source, sink = Listed(numbers(25)), Collecting()
    hub = Hub("h", [Route("r", source=source, sink=sink)])
    for more in (25, 40):
        source.messages = numbers(more)
        async with running(hub, tmp_path / "hub.db", ManualClock()):
            await until(partial(has_taken, sink, more))
    assert source.began == [None, "25"]
    assert sorted(sink.keys, key=int) == [str(n) for n in range(40)]


async def test_a_day_of_redelivery_follows_the_ladder_to_the_dead_letters(tmp_path: Path) -> None:
    clock, sent = ManualClock(), list[int]()
    start = clock.now()

    def refuse(_: Message) -> None:
        sent.append(clock.now() - start)
        raise SinkFailed("down for a day")

    policy = RedeliveryPolicy(jitter=0)
    route = Route("r", source=Listed(numbers(1)), sink=Collecting(refuse), redelivery=policy)
    async with running(Hub("h", [route]), tmp_path / "hub.db", clock) as made:
        runner = made.routes["r"]
        while not runner.dead:
            attempts = len(sent) + 1
            if (due := (await runner.channel.turn([], 0)).next_due) is not None:
                clock.advance(due - clock.now())
            await until(partial(has_settled, runner, attempts))
        [letter] = await dead_letters(made.database)
    ladder = [15, 30, 60, 120, 240, 480, 960, 1920] + [3600] * 40
    expected = [0]
    while expected[-1] + ladder[0] * SECOND < DAY:
        expected.append(expected[-1] + ladder.pop(0) * SECOND)
    assert sent == [*expected, DAY]
    assert (letter.cause, letter.attempts, letter.died - letter.received) == (
        "down for a day",
        len(sent),
        DAY,
    )


async def test_a_sink_that_comes_back_gets_everything_once(tmp_path: Path) -> None:
    clock, sink = ManualClock(), failing(2, SinkFailed("down"))
    route = Route("r", source=Listed(numbers(50)), sink=sink)
    async with running(Hub("h", [route]), tmp_path / "hub.db", clock) as made:
        runner = made.routes["r"]
        await until(lambda: runner.settled == 50)
        clock.advance(15 * SECOND)
        await until(lambda: runner.settled == 100)
        assert sink.taken == []
        clock.advance(30 * SECOND)
        await until(lambda: runner.settled == 150)
        [tally] = await ledger.tallies(made.database)
    assert sorted(sink.keys, key=int) == [str(n) for n in range(50)]
    assert (tally.messages, tally.redeliveries) == ({"delivered": 50}, 100)


async def test_the_sinks_own_delay_is_kept_to(tmp_path: Path) -> None:
    clock, sink = ManualClock(), failing(1, SinkFailed("later", after=10 * MINUTE))
    route = Route("r", source=Listed(numbers(1)), sink=sink)
    async with running(Hub("h", [route]), tmp_path / "hub.db", clock) as made:
        await until(lambda: made.routes["r"].settled == 1)
        assert (await made.routes["r"].channel.turn([], 0)).next_due == clock.now() + 10 * MINUTE


async def test_what_no_retry_can_help_is_a_dead_letter_at_once_and_holds_nobody_up(tmp_path: Path) -> None:
    def step(message: Message) -> Message:
        return message.with_body({"inverse": 1 / message.body["n"]})

    def take(message: Message) -> None:
        if message.key == "2":
            raise SinkFailed("no such product", retry=False)

    sink = Collecting(take)
    route = Route("r", source=Listed(numbers(5)), steps=[step], sink=sink)
    async with running(Hub("h", [route]), tmp_path / "hub.db", ManualClock()) as made:
        await until(lambda: made.routes["r"].waiting == 0 and made.routes["r"].dead == 2)
        causes = {each.key: each.cause for each in await dead_letters(made.database)}
        assert sorted(sink.keys) == ["1", "3", "4"]
        assert causes["2"] == "no such product"
        assert "step step: ZeroDivisionError" in causes["0"]
        assert "test_running.py, line" in causes["0"]
        sink.taking = lambda _: None
        assert len(await made.replay("r", None)) == 2
        await until(lambda: "2" in sink.keys and made.routes["r"].settled == 7)
        assert made.routes["r"].dead == 1


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), RuntimeError("no")])
@pytest.mark.parametrize("where", ["step", "async step", "sink", "order_by"])
async def test_nothing_that_a_hub_file_raises_ends_the_hub(
    tmp_path: Path, where: str, error: BaseException
) -> None:
    def breaks(message: Message) -> None:
        if message.key == "1":
            raise error

    async def async_step(message: Message) -> Message:
        await asyncio.sleep(0)
        breaks(message)
        return message

    def step(message: Message) -> Message:
        breaks(message)
        return message

    def order(message: Message) -> str:
        breaks(message)
        return "all"

    sink = Collecting(breaks if where == "sink" else lambda _: None)
    route = Route(
        "r",
        source=Listed(numbers(3)),
        steps=[step] if where == "step" else [async_step] if where == "async step" else [],
        sink=sink,
        order_by=order if where == "order_by" else None,
        redelivery=RedeliveryPolicy(give_up=0),
    )
    async with running(Hub("h", [route]), tmp_path / "hub.db", ManualClock()) as made:
        await until(lambda: made.routes["r"].dead == 1 and not made.routes["r"].waiting)
        [letter] = await dead_letters(made.database)
    assert (letter.key, sorted(sink.keys)) == ("1", ["0", "2"])
    assert type(error).__name__ in letter.cause


async def test_a_source_that_asks_for_the_end_reads_on(tmp_path: Path) -> None:
    clock, source, sink = ManualClock(), Listed(numbers(3)), Collecting()
    source.error = SystemExit(1)
    async with running(Hub("h", [Route("r", source=source, sink=sink)]), tmp_path / "hub.db", clock) as made:
        await until(lambda: made.sources["r"].state == "waiting")
        standing = made.sources["r"].standing()
        assert (standing.says, standing.since, standing.retry_in) == ("SystemExit: 1", clock.now(), SECOND)
        source.error = None
        clock.advance(SECOND)
        await until(lambda: len(source.began) == 2)
        assert made.sources["r"].standing().state == "reading"


async def test_an_async_step_may_ask_others_and_be_tried_again(tmp_path: Path) -> None:
    calls = list[str]()

    async def look_up(message: Message) -> list[Message] | None:
        await asyncio.sleep(0)
        calls.append(message.key)
        if len(calls) == 1:
            raise SinkFailed("the price list is not there yet")
        return None if message.key == "1" else [message.with_body("looked up")]

    clock, sink = ManualClock(), Collecting()
    route = Route("r", source=Listed(numbers(2)), steps=[look_up], sink=sink, concurrency=1)
    async with running(Hub("h", [route]), tmp_path / "hub.db", clock) as made:
        await until(lambda: made.routes["r"].settled == 2)
        clock.advance(MINUTE)
        await until(lambda: made.routes["r"].waiting == 0)
        [tally] = await ledger.tallies(made.database)
    assert tally.messages == {"delivered": 1, "filtered": 1}
    assert [each.body for each in sink.taken] == ["looked up"]


async def test_what_blocks_the_hub_is_told_of_while_it_does() -> None:
    told = threading.Event()

    class Stream(io.StringIO):
        def write(self, text: str) -> int:
            if "held up" in text:
                told.set()
            return super().write(text)

    async def slow_step(message: Message) -> Message:
        assert told.wait(20)
        return message

    stream = Stream()
    configure_logs(ManualClock(), stream=stream, as_json=True)
    watch = LoopWatch(too_long_seconds=0.01)
    watch.start()
    try:
        await through([slow_step], Message("k", {}))
    finally:
        watch.stop()
    [line] = stream.getvalue().splitlines()
    assert json.loads(line)["where"].startswith("test_running.py, line ")
    assert json.loads(line)["where"].endswith(", in slow_step")


async def test_a_sink_that_breaks_costs_a_retry_and_no_more(tmp_path: Path) -> None:
    calls = list[str]()

    def take(message: Message) -> None:
        calls.append(message.key)
        if len(calls) == 1:
            raise RuntimeError("a mistake in the sink")

    clock, sink = ManualClock(), Collecting(take)
    route = Route("r", source=Listed(numbers(3)), sink=sink, concurrency=1)
    async with running(Hub("h", [route]), tmp_path / "hub.db", clock) as made:
        await until(lambda: made.routes["r"].settled == 3)
        [waiting] = await ledger.entries(made.database, state="waiting")
        assert waiting.cause == "RuntimeError: a mistake in the sink"
        clock.advance(HOUR)
        await until(lambda: len(sink.taken) == 3)


async def test_replies_become_messages_of_the_other_route(tmp_path: Path) -> None:
    def back(message: Message) -> Message:
        return message.with_body((message.body["request"]["n"], message.body["reply"]))

    first, second = Collecting(lambda message: {"order": message.body["n"] * 10}), Collecting()
    source = Listed([Message("k", {"n": 4}, {"session_id": "s"})])
    hub = Hub(
        "h",
        [Route("r", source=source, sink=first, reply_to="back"), Route("back", steps=[back], sink=second)],
    )
    async with running(hub, tmp_path / "hub.db", ManualClock()):
        await until(lambda: second.taken)
    assert second.taken == [Message("k", (4, {"order": 40}), {"session_id": "s"})]


async def test_a_full_channel_keeps_its_source_waiting(tmp_path: Path) -> None:
    source, sink = Listed(numbers(100)), Collecting()
    route = Route("r", source=source, sink=sink, capacity=20)
    async with running(Hub("h", [route]), tmp_path / "hub.db", ManualClock()) as made:
        await made.pause("r")
        await until(lambda: made.routes["r"].full)
        for _ in range(20):
            await asyncio.sleep(0)
        assert made.routes["r"].waiting < 40
        await made.resume("r")
        await until(lambda: len(sink.taken) == 100)


async def test_a_full_reply_channel_stops_the_route_before_it(tmp_path: Path) -> None:
    first, second = Collecting(), Collecting()
    hub = Hub(
        "h",
        [
            Route("r", source=Listed(numbers(500)), sink=first, reply_to="back"),
            Route("back", sink=second, capacity=10),
        ],
    )
    async with running(hub, tmp_path / "hub.db", ManualClock()) as made:
        await made.pause("back")
        await until(lambda: made.routes["back"].full)
        await until(lambda: not made.routes["r"].busy)
        assert len(first.taken) < 500
        await made.resume("back")
        await until(lambda: len(second.taken) == 500)


async def test_dead_letters_have_a_bound_beyond_which_messages_wait(tmp_path: Path) -> None:
    def refuse(_: Message) -> None:
        raise SinkFailed("the whole deployment is wrong", retry=False)

    route = Route("r", source=Listed(numbers(5)), sink=Collecting(refuse), dead_letters_max=2, concurrency=1)
    async with running(Hub("h", [route]), tmp_path / "hub.db", ManualClock()) as made:
        await until(lambda: made.routes["r"].settled == 5)
        assert made.routes["r"].dead == 2
        waiting = await ledger.entries(made.database, state="waiting")
        assert [each.key for each in waiting] == ["4", "3", "2"]
        assert all("2 dead letters of this route already" in (each.cause or "") for each in waiting)


async def test_messages_of_one_order_go_one_after_the_other(tmp_path: Path) -> None:
    clock, sink = ManualClock(), failing(1, SinkFailed("once"))
    messages = [Message(f"{name}{n}", {"of": name}) for n in range(4) for name in "ab"]
    route = Route("r", source=Listed(messages), sink=sink, order_by=lambda each: str(each.body["of"]))
    async with running(Hub("h", [route]), tmp_path / "hub.db", clock):
        while len(sink.taken) < len(messages):
            clock.advance(SECOND)
            await asyncio.sleep(0.001)
    assert [key for key in sink.keys if key[0] == "a"] == ["a0", "a1", "a2", "a3"]
    assert [key for key in sink.keys if key[0] == "b"] == ["b0", "b1", "b2", "b3"]


async def test_a_source_that_fails_for_good_says_why_and_can_be_resumed(tmp_path: Path) -> None:
    source, sink = Listed(numbers(3)), Collecting()
    source.error = SourceFailed("the replay id is too old")
    async with running(
        Hub("h", [Route("r", source=source, sink=sink)]), tmp_path / "hub.db", ManualClock()
    ) as made:
        await until(lambda: made.sources["r"].state == "failed")
        assert made.sources["r"].reason == "the replay id is too old"
        await until(lambda: len(sink.taken) == 3)
        source.error = None
        await made.resume("r")
        await until(lambda: source.began == [None, "3"])
        assert made.sources["r"].state == "reading"


async def test_a_source_that_breaks_off_reads_on_from_its_position(tmp_path: Path) -> None:
    clock, source, sink = ManualClock(), Listed(numbers(3)), Collecting()
    source.error = RuntimeError("a mistake in the source")
    async with running(Hub("h", [Route("r", source=source, sink=sink)]), tmp_path / "hub.db", clock) as made:
        for n in range(1, 5):
            await until(lambda: len(source.began) >= n and made.sources["r"].reason)  # noqa: B023
            await asyncio.sleep(0.001)
            clock.advance(MINUTE)
        assert source.began[1:4] == ["3", "3", "3"]
        assert len(sink.taken) == 3


async def test_a_slow_sink_is_sent_nothing_twice_however_long_it_takes(tmp_path: Path) -> None:
    clock, gate, begun = ManualClock(), asyncio.Event(), list[str]()

    async def wait(message: Message) -> None:
        begun.append(message.key)
        if message.key == "0" and begun.count("0") == 1:
            raise SinkFailed("sets an alarm that is earlier than that of the leases")
        await gate.wait()

    sink = Collecting(wait)
    hub = Hub("h", [Route("r", source=Listed(numbers(200)), sink=sink, concurrency=64)])
    async with running(hub, tmp_path / "hub.db", clock) as made:
        await until(lambda: len(begun) >= 65 and made.routes["r"].waiting == 200)
        for _ in range(20):
            clock.advance(20 * SECOND)
            await asyncio.sleep(0.02)
        other = DurableChannel(made.database, clock, "r", "another process")
        left = (await other.turn([], 200)).claims
        assert {each.message.key for each in left} <= {"0"}  # which waits until there is room
        await other.release(left)
        gate.set()
        await until(lambda: made.routes["r"].waiting == 0)
    assert sorted(begun) == sorted([*(str(n) for n in range(200)), "0"])


async def test_what_is_being_sent_at_the_end_is_finished_and_the_rest_goes_on_later(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def wait(_: Message) -> None:
        await gate.wait()

    sink = Collecting(wait)
    hub = Hub("h", [Route("r", source=Listed(numbers(50)), sink=sink, concurrency=4)])
    async with running(hub, tmp_path / "hub.db", ManualClock()) as made:
        await until(lambda: made.routes["r"].waiting == 50 and made.routes["r"].busy)
        asyncio.get_running_loop().call_later(0.05, gate.set)
    assert len(sink.taken) == 4
    sink.taking = lambda _: None
    async with running(hub, tmp_path / "hub.db", ManualClock()) as made:
        await until(lambda: len(sink.taken) == 50 and made.routes["r"].waiting == 0)
        assert {each.attempts for each in await ledger.entries(made.database)} == {1}
    assert len(set(sink.keys)) == 50


async def test_a_pause_outlives_a_restart(tmp_path: Path) -> None:
    source, sink = Listed(numbers(20)), Collecting()
    hub = Hub("h", [Route("r", source=source, sink=sink)])
    async with running(hub, tmp_path / "hub.db", ManualClock()) as made:
        await made.pause("r")
    async with running(hub, tmp_path / "hub.db", ManualClock()) as made:
        await until(lambda: made.routes["r"].waiting == 20)
        assert made.routes["r"].paused
        for _ in range(20):
            await asyncio.sleep(0)
        assert sink.taken == []
        await made.resume("r")
        await until(lambda: len(sink.taken) == 20)


async def test_the_ledger_is_kept_to_its_bound_as_messages_pass(tmp_path: Path) -> None:
    most = 0

    async def look(message: Message) -> None:
        nonlocal most
        if message.body["n"] % 100 == 99:
            [tally] = await ledger.tallies(made.database)
            most = max(most, sum(tally.messages.values()))

    route = Route("r", source=Listed(numbers(3_000)), sink=Collecting(look), capacity=50)
    async with running(Hub("h", [route], ledger_max=200), tmp_path / "hub.db", ManualClock()) as made:
        await until(lambda: made.routes["r"].settled == 3_000)
        await until(lambda: most > 0)
    assert most < 2_000
