"""Several hub processes on one PostgreSQL database: do they share the work, and does one outlive another?"""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from aiohttp import web
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.contract.hub.hub_process import CAPACITY
from tests.contract.places import server
from tests.unit.hub.connectors.misbehaving import Misbehaving, answer, misbehaving
from tests.unit.hub.endpoints import until

from isthmus.hub.channel import ledger
from isthmus.kernel.database.postgresql import PostgresqlDatabase

pytestmark = pytest.mark.anyio
COUNT = 500
ROOT = Path(__file__).parents[3]


@pytest.fixture
def storage() -> Iterator[str]:
    """The address of a database of its own."""
    where, name = server(), f"test_hub_{secrets.token_hex(6)}"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        parts = {key: value for key, value in conninfo_to_dict(where).items() if key != "dbname"}
        yield f"postgresql:///{name}?{urlencode(parts)}"
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@asynccontextmanager
async def hub(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A hub process that is ready; ended with the block, unless it is gone already."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.contract.hub.hub_process",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def until_delivered(database: PostgresqlDatabase, count: int) -> None:
    async with asyncio.timeout(30):
        while sum(each.messages.get("delivered", 0) for each in await ledger.tallies(database)) < count:  # noqa: ASYNC110 - others do it
            await asyncio.sleep(0.02)


def senders(erp: Misbehaving) -> dict[str, list[str]]:
    """Which processes have sent each number, in order."""
    found: dict[str, list[str]] = {}
    for each in erp.asked:
        found.setdefault(each.headers["Idempotency-Key"], []).append(each.headers["X-Process"])
    return found


async def test_one_brings_two_send_one_is_killed_and_all_is_delivered_once(
    storage: str, tmp_path: Path
) -> None:
    held: dict[str, set[str]] = {"brings": set(), "dies": set()}
    gates = {"brings": asyncio.Event(), "dies": asyncio.Event()}
    gates["dies"].set()

    async def take(request: web.Request) -> web.StreamResponse:
        sender = request.headers["X-Process"]
        held[sender].add(request.headers["Idempotency-Key"])
        await gates[sender].wait()
        held[sender].discard(request.headers["Idempotency-Key"])
        return await answer(200, {})(request)

    async with AsyncExitStack() as stack:
        erp = await stack.enter_async_context(misbehaving(otherwise=take))
        dies = await stack.enter_async_context(hub(storage, str(tmp_path / "1"), erp.url, "dies", "0"))
        brings = hub(storage, str(tmp_path / "2"), erp.url, "brings", str(COUNT))
        await stack.enter_async_context(brings)
        database = stack.enter_context(closing(PostgresqlDatabase(storage, schema="isthmus_hub")))
        # Whoever brings settles nothing: by itself it would think that its channel is full for ever.
        await until_delivered(database, 2 * CAPACITY)
        gates["dies"].clear()
        await until(lambda: held["dies"])
        dies.kill()
        lost = set(held["dies"])
        gates["brings"].set()
        await until_delivered(database, COUNT)
        [tally] = await ledger.tallies(database)
        gates["dies"].set()
    found = senders(erp)
    assert tally.messages == {"delivered": COUNT}
    assert set(found) == {str(n) for n in range(COUNT)}
    assert {key for key, by in found.items() if len(by) > 1} >= lost
    assert all(by == ["dies", "brings"] for by in found.values() if len(by) > 1)
