"""Are all sources and sinks closed at the end, whatever one of them does, and however the end came?"""

import asyncio
from pathlib import Path

import pytest
from tests.unit.hub.endpoints import Collecting, Listed, running

from isthmus.hub.hub import Hub
from isthmus.hub.route import Route
from isthmus.hub.serving import HubPlace, serve_hub
from isthmus.kernel.clock import ManualClock
from isthmus.kernel.http import ListenError

pytestmark = pytest.mark.anyio


class Stubborn(Collecting):
    """Can't be closed."""

    def __init__(self, error: BaseException | None) -> None:
        """Without an error, closing it takes for ever."""
        super().__init__()
        self.error = error

    async def close(self) -> None:
        if self.error is None:
            await asyncio.Event().wait()
        else:
            raise self.error


def routes(*sinks: Collecting) -> list[Route]:
    return [Route(f"r{n}", source=Listed(()), sink=each) for n, each in enumerate(sinks)]


@pytest.mark.parametrize(
    "error", [OSError("broken"), SystemExit(1), asyncio.CancelledError(), None], ids=repr
)
async def test_one_that_cannot_be_closed_keeps_no_other_open(
    tmp_path: Path, error: BaseException | None
) -> None:
    last = Collecting()
    hub = Hub("h", routes(Stubborn(error), last))
    async with running(hub, tmp_path / "hub.db", ManualClock(), grace=0):
        pass
    assert last.closed


async def test_they_are_closed_where_a_task_has_failed(tmp_path: Path) -> None:
    sink = Collecting()

    async def serve() -> None:
        place = HubPlace(tmp_path, port=0)
        async with serve_hub(Hub("h", routes(sink)), place, clock=ManualClock()) as served:
            served.running.database.close()
            served.running.routes["r0"].arrived(1)  # it is looked for, and there is no database
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup):
        await serve()
    assert sink.closed


async def test_they_are_closed_where_the_port_is_taken(tmp_path: Path) -> None:
    sink = Collecting()

    async def serve(port: int) -> None:
        async with serve_hub(Hub("h", routes(sink)), HubPlace(tmp_path, port=port), clock=ManualClock()):
            raise AssertionError("it can't begin")

    loop = asyncio.get_running_loop()
    async with await loop.create_server(asyncio.Protocol, "127.0.0.1", 0) as taken:
        with pytest.raises(ListenError):
            await serve(taken.sockets[0].getsockname()[1])
    assert sink.closed
