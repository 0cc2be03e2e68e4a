"""aiosfstream-ng, unmodified: it hears of events, resumes where it was, and logs in again by itself.

Its address of the login server is a property, which a subclass points at the local org.
"""

import asyncio
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import aiohttp
import pytest
from tests.clients.child import apart
from tests.clients.events import CHANNEL, EventsOrg, events_org, printer, publish, replay_id

pytestmark = pytest.mark.skipif(find_spec("aiosfstream_ng") is None, reason="aiosfstream-ng is not installed")


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventsOrg]:
    with events_org(tmp_path_factory.mktemp("aiosfstream")) as org:
        yield org


def _client(login: dict[str, str], after: int | None = None, **options: Any) -> Any:
    """The client; `after` is the replay id of the last event it has seen."""
    library = import_module("aiosfstream_ng")

    class Authenticator(library.PasswordAuthenticator):  # type: ignore[misc,name-defined]  # untyped library
        @property
        def _token_url(self) -> str:
            return login["http"] + "/services/oauth2/token"

    authenticator = Authenticator(
        login["client_id"], login["client_secret"], login["username"], login["password"]
    )
    if after is not None:
        marker = library.ReplayMarker(date="2026-01-01T00:00:00Z", replay_id=after)
        options["replay"] = {CHANNEL: marker}
    return library.Client(authenticator, **options)


def hears(login: dict[str, str]) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        async with _client(login) as client:
            await client.subscribe(CHANNEL)
            await publish(login, "A", "B", "C")
            messages = [await client.receive() for _ in range(3)]
        return {"printers": list(map(printer, messages)), "ids": list(map(replay_id, messages))}

    return asyncio.run(run())


def resumes(login: dict[str, str], after: int, expected: int) -> list[str]:
    """What comes after a replay id, and then an event that is new."""

    async def run() -> list[str]:
        async with _client(login, after) as client:
            await client.subscribe(CHANNEL)
            await publish(login, "new")
            return [printer(await client.receive()) for _ in range(expected + 1)]

    return asyncio.run(run())


def is_refused(login: dict[str, str], after: int) -> dict[str, Any]:
    """What a replay id is refused with; and what comes when it falls back to all that is retained."""
    library = import_module("aiosfstream_ng")
    server_error = import_module("aiosfstream_ng.exceptions").ServerError

    async def run() -> dict[str, Any]:
        told: dict[str, Any] = {}
        async with _client(login, after) as client:
            try:
                await client.subscribe(CHANNEL)
            except server_error as error:
                told["error"] = error.response["error"]
        async with _client(login, after, replay_fallback=library.ReplayOption.ALL_EVENTS) as client:
            await client.subscribe(CHANNEL)
            await publish(login, "later")
            told["then"] = printer(await client.receive())
        return told

    return asyncio.run(run())


def outlives_its_session(login: dict[str, str]) -> list[str]:
    """What comes after the session of the client has been ended, while it waited for events."""

    async def run() -> list[str]:
        async with _client(login) as client, aiohttp.ClientSession() as session:
            await client.subscribe(CHANNEL)
            await publish(login, "before")
            seen = [printer(await client.receive())]
            token = client.auth.access_token
            url = login["http"] + "/services/oauth2/revoke"
            async with session.post(url, data={"token": token}) as answer:
                assert answer.status == 200
            await publish(login, "after")
            seen.append(printer(await client.receive()))
            assert client.auth.access_token != token
            return seen

    return asyncio.run(run())


def test_it_resumes_from_its_replay_id_as_long_as_the_platform_promises(org: EventsOrg) -> None:
    heard = apart(hears, {}, login=org.login)
    assert heard["printers"] == ["A", "B", "C"]
    assert heard["ids"] == sorted(set(heard["ids"]))
    first = heard["ids"][0]
    asyncio.run(publish(org.login, "D"))
    assert apart(resumes, {}, login=org.login, after=first, expected=3) == ["B", "C", "D", "new"]
    org.advance("71h")
    assert apart(resumes, {}, login=org.login, after=first, expected=4) == ["B", "C", "D", "new", "new"]
    org.advance("2h")
    assert apart(is_refused, {}, login=org.login, after=first) == {
        "error": f"400::The replayId {{{first}}} you provided was invalid.  Please provide a valid ID, "
        "-2 to replay all events, or -1 to replay only new events.",
        "then": "new",
    }


def test_it_logs_in_again_when_its_session_has_ended(org: EventsOrg) -> None:
    assert apart(outlives_its_session, {}, login=org.login) == ["before", "after"]
