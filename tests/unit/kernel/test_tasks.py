"""Tasks: they end with their block, in order, and no error is lost."""

import asyncio

import pytest

from isthmus.kernel.tasks import Closing, Tasks


class Broken(Exception):
    """A task's own error."""


def test_held_requests_are_answered_and_work_is_finished_at_the_end() -> None:
    done: list[str] = []

    async def hold(tasks: Tasks) -> None:
        try:
            await tasks.unless_closing(asyncio.Event().wait())
        except Closing:
            done.append("held request answered")

    async def write(tasks: Tasks) -> None:
        await tasks.closing.wait()
        for _ in range(3):
            await asyncio.to_thread(int)
        done.append("write finished")

    async def run() -> None:
        async with Tasks() as tasks:
            tasks.start(hold(tasks), name="hold")
            tasks.start(write(tasks), name="write")

    asyncio.run(run())
    assert sorted(done) == ["held request answered", "write finished"]


def test_what_does_not_end_is_cancelled_after_the_grace() -> None:
    ended: list[str] = []

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def run() -> None:
        async with Tasks(grace=0) as tasks:
            tasks.start(stubborn(), name="stubborn")

    asyncio.run(run())
    assert ended == ["cancelled"]


def test_a_task_that_fails_ends_the_block_with_its_error() -> None:
    async def fail() -> None:
        raise Broken

    async def run() -> None:
        async with Tasks() as tasks:
            waiting = tasks.start(asyncio.Event().wait(), name="waiting")
            tasks.start(fail(), name="fail")
            await waiting

    with pytest.raises(ExceptionGroup) as failed:
        asyncio.run(run())
    assert [type(each) for each in failed.value.exceptions] == [Broken]


def test_an_error_of_the_block_ends_its_tasks_and_comes_out() -> None:
    async def run() -> None:
        async with Tasks(grace=0) as tasks:
            tasks.start(asyncio.Event().wait(), name="waiting")
            raise Broken

    with pytest.raises(ExceptionGroup) as failed:
        asyncio.run(run())
    assert failed.group_contains(Broken)


def test_a_program_that_is_told_to_stop_ends_in_order() -> None:
    done: list[str] = []

    async def hold(tasks: Tasks) -> None:
        await tasks.closing.wait()
        done.append("answered")

    async def program() -> None:
        async with Tasks() as tasks:
            tasks.start(hold(tasks), name="hold")
            await asyncio.Event().wait()

    async def run() -> None:
        running = asyncio.ensure_future(program())
        await asyncio.wait([running], timeout=0)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()

    asyncio.run(run())
    assert done == ["answered"]


def test_what_comes_in_time_is_given() -> None:
    async def run() -> str:
        async with Tasks() as tasks:
            return await tasks.unless_closing(asyncio.to_thread(str, "came"))

    assert asyncio.run(run()) == "came"


def test_no_work_begins_at_the_end() -> None:
    async def run() -> None:
        tasks = Tasks()
        async with tasks:
            pass
        with pytest.raises(RuntimeError, match="late: no new work"):
            tasks.start(asyncio.Event().wait(), name="late")

    asyncio.run(run())
