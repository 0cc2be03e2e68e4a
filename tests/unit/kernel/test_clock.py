"""The clock: it only goes forward, and wakes whoever waited for what is due."""

import asyncio

import pytest

from isthmus.kernel.clock import DAY, END, HOUR, ManualClock, SystemClock


def test_org_time_is_real_time_and_an_offset() -> None:
    kept: list[int] = []
    clock = SystemClock(offset=HOUR, persist=kept.append)
    ahead = clock.now() - clock.real_now()
    assert HOUR - 1_000 < ahead <= HOUR + 1_000
    clock.advance(DAY)
    assert clock.offset == HOUR + DAY
    assert kept == [HOUR + DAY]


def test_an_offset_that_can_not_be_kept_is_not_in_force() -> None:
    def refuse(_: int) -> None:
        raise OSError

    clock = SystemClock(persist=refuse)
    with pytest.raises(OSError):  # noqa: PT011 - just this one
        clock.advance(DAY)
    assert clock.offset == 0


@pytest.mark.parametrize("clock", [SystemClock(), ManualClock()], ids=["system", "manual"])
def test_time_does_not_go_back(clock: SystemClock | ManualClock) -> None:
    with pytest.raises(ValueError, match="only moves forward"):
        clock.advance(-1)


@pytest.mark.parametrize("too_far", [1, 10**9 * DAY, 10**40])
def test_time_ends_and_what_leads_beyond_changes_nothing(too_far: int) -> None:
    kept: list[int] = []
    system, manual = SystemClock(persist=kept.append), ManualClock()
    assert manual.advance(END - manual.now()) == END
    for clock in (system, manual):
        with pytest.raises(ValueError, match="ends with the year 3999"):
            clock.advance(END + DAY - clock.now() + too_far)
    assert (kept, system.offset, manual.now()) == ([], 0, END)


def test_sleepers_wake_in_the_order_of_what_falls_due() -> None:
    async def run() -> list[int]:
        clock = ManualClock()
        woken: list[int] = []

        async def sleep(hours: int) -> None:
            await clock.sleep_until(clock.now() + hours * HOUR)
            woken.append(hours)

        tasks = [asyncio.ensure_future(sleep(hours)) for hours in (3, 1, 2, 48)]
        await asyncio.wait(tasks, timeout=0)
        clock.advance(DAY)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*(each for each in tasks[:3]))
        assert not tasks[3].done()
        clock.advance(DAY)
        await tasks[3]
        return woken

    assert asyncio.run(run()) == [1, 2, 3, 48]


def test_what_is_due_already_does_not_wait() -> None:
    async def run() -> None:
        for clock in (ManualClock(), SystemClock()):
            await asyncio.wait_for(clock.sleep_until(clock.now()), timeout=5)

    asyncio.run(run())


def test_the_system_clock_wakes_a_sleeper_when_it_is_advanced() -> None:
    async def run() -> None:
        clock = SystemClock()
        sleeping = asyncio.ensure_future(clock.sleep_until(clock.now() + DAY))
        await asyncio.wait([sleeping], timeout=0)
        await asyncio.to_thread(clock.advance, DAY + 1)
        await asyncio.wait_for(sleeping, timeout=10)

    asyncio.run(run())


def test_a_sleeper_that_was_cancelled_is_passed_over() -> None:
    async def run() -> None:
        clock = ManualClock()
        cancelled = asyncio.ensure_future(clock.sleep_until(clock.now() + 1))
        await asyncio.wait([cancelled], timeout=0)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        clock.advance(DAY)
        await clock.sleep_until(clock.now())

    asyncio.run(run())


@pytest.mark.parametrize("clock", [SystemClock(), ManualClock()], ids=["system", "manual"])
def test_whoever_sleeps_no_more_leaves_nothing_behind(clock: SystemClock | ManualClock) -> None:
    async def run() -> None:
        for _ in range(500):
            cancelled = asyncio.ensure_future(clock.sleep_until(clock.now() + DAY))
            await asyncio.wait([cancelled], timeout=0)
            cancelled.cancel()
            await asyncio.wait([cancelled])

    asyncio.run(run())
    assert len(clock._sleepers._waiting) == 0
    assert len(clock._sleepers._heap) < 100


def test_a_sleep_that_real_time_has_ended_leaves_nothing_behind() -> None:
    clock = SystemClock()

    async def run() -> None:
        await asyncio.gather(*(clock.sleep_until(clock.now() + 2) for _ in range(200)))

    asyncio.run(run())
    assert len(clock._sleepers._waiting) == 0
    assert len(clock._sleepers._heap) < 100


@pytest.mark.parametrize("clock", [SystemClock(), ManualClock()], ids=["system", "manual"])
def test_a_sleeper_whose_loop_is_closed_keeps_nobody_asleep(clock: SystemClock | ManualClock) -> None:
    gone = asyncio.new_event_loop()
    forgotten = gone.create_task(clock.sleep_until(clock.now() + HOUR))
    gone.run_until_complete(_nothing())
    gone.close()

    async def run() -> None:
        sleeping = asyncio.ensure_future(clock.sleep_until(clock.now() + 2 * HOUR))
        await asyncio.wait([sleeping], timeout=0)
        clock.advance(3 * HOUR)
        await asyncio.wait_for(sleeping, timeout=10)

    asyncio.run(run())
    assert not forgotten.done()


async def _nothing() -> None:
    """The tasks that were made before begin first."""
