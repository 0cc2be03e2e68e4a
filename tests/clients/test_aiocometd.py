"""aiocometd-ng, unmodified: it knows nothing of Salesforce, and is given a token and replay ids."""

import asyncio
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from tests.clients.child import apart
from tests.clients.events import CHANNEL, EventsOrg, events_org, printer, publish, replay_id, token_of

pytestmark = pytest.mark.skipif(find_spec("aiocometd_ng") is None, reason="aiocometd-ng is not installed")


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EventsOrg]:
    with events_org(tmp_path_factory.mktemp("aiocometd")) as org:
        yield org


def _client(login: dict[str, str], token: str, after: int) -> Any:
    library = import_module("aiocometd_ng")

    class Token(library.AuthExtension):  # type: ignore[misc,name-defined]  # untyped library
        async def incoming(self, payload: Any, headers: Any = None) -> None:
            pass

        async def outgoing(self, payload: Any, headers: Any) -> None:
            headers["Authorization"] = f"Bearer {token}"

        async def authenticate(self) -> None:
            pass

    class Replay(library.Extension):  # type: ignore[misc,name-defined]  # untyped library
        async def incoming(self, payload: Any, headers: Any = None) -> None:
            pass

        async def outgoing(self, payload: Any, headers: Any) -> None:
            for message in payload:
                if message["channel"] == "/meta/subscribe":
                    message["ext"] = {"replay": {message["subscription"]: after}}

    return library.Client(login["http"] + "/cometd/65.0", auth=Token(), extensions=[Replay()])


def hears(login: dict[str, str], after: int, printers: list[str], expected: int) -> list[list[Any]]:
    """Printers and replay ids of what comes after a replay id, while events are published."""

    async def run() -> list[list[Any]]:
        async with _client(login, await token_of(login), after) as client:
            assert client.connection_type.value == "long-polling"
            await client.subscribe(CHANNEL)
            await publish(login, *printers)
            messages = [await client.receive() for _ in range(expected)]
            await client.unsubscribe(CHANNEL)
            return [[printer(each), replay_id(each)] for each in messages]

    return asyncio.run(run())


def is_refused(login: dict[str, str]) -> dict[str, str]:
    """What the client is told of a channel that is not there, of a token that is none, and of publishing."""
    library = import_module("aiocometd_ng")

    async def run() -> dict[str, str]:
        told: dict[str, str] = {}
        async with _client(login, await token_of(login), -1) as client:
            attempts: dict[str, Callable[[], Any]] = {
                "channel": lambda: client.subscribe("/event/Nothing__e"),
                "publish": lambda: client.publish(CHANNEL, {"Printer__c": "X"}),
            }
            for name, attempt in attempts.items():
                try:
                    await attempt()
                except library.exceptions.ServerError as error:
                    told[name] = error.response["error"]
        stranger: Any = _client(login, "none", -1)
        try:
            await stranger.open()
        except library.exceptions.ServerError as error:
            told["token"] = error.response["ext"]["sfdc"]["failureReason"]
        return told

    return asyncio.run(run())


def test_it_hears_of_events_and_resumes_without_a_hole_or_a_double(org: EventsOrg) -> None:
    first = apart(hears, {}, login=org.login, after=-1, printers=["A", "B"], expected=2)
    assert [name for name, _ in first] == ["A", "B"]
    asyncio.run(publish(org.login, "C"))
    rest = apart(hears, {}, login=org.login, after=first[0][1], printers=["D"], expected=3)
    assert [name for name, _ in rest] == ["B", "C", "D"]
    every = apart(hears, {}, login=org.login, after=-2, printers=[], expected=4)
    assert every == [*first, *rest[1:]]


def test_its_errors_are_the_platforms(org: EventsOrg) -> None:
    assert apart(is_refused, {}, login=org.login) == {
        "channel": "400::The channel you requested to subscribe to doesn't exist /event/Nothing__e",
        "publish": "403:denied_by_security_policy:publish_denied",
        "token": "401::Authentication invalid",
    }
