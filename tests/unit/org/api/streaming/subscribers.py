"""Subscribers: a served org that has events, and clients that say what the codec builds, on real sockets."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

import aiohttp
from tests.unit.org.api.serving import MY_DOMAIN, USERNAME, write_project

from isthmus.assembly import Opened, open_org
from isthmus.kernel.clock import ManualClock
from isthmus.kernel.http import HttpServer, Listener
from isthmus.kernel.tasks import Tasks
from isthmus.org.api.gateway import Gateway
from isthmus.org.api.oauth.adapter import OAUTH
from isthmus.org.api.rest import ADAPTER
from isthmus.org.api.streaming.adapter import Streaming
from isthmus.settings import load
from isthmus.wire import bayeux
from isthmus.wire.bayeux import Built, Reply

CHANNEL: Final = "/event/Ping__e"
OTHER: Final = "/event/Pong__e"
_METADATA: Final = "http://soap.sforce.com/2006/04/metadata"
_EVENT: Final = """<CustomObject xmlns="{metadata}">
    <label>{name}</label><pluralLabel>{name}s</pluralLabel><deploymentStatus>Deployed</deploymentStatus>
    <eventType>HighVolume</eventType><publishBehavior>PublishAfterCommit</publishBehavior>
</CustomObject>"""
_FIELD: Final = """<CustomField xmlns="{metadata}">
    <fullName>Number__c</fullName><label>Number</label>
    <type>Number</type><precision>18</precision><scale>0</scale>
</CustomField>"""


@dataclass
class Place:
    """A served org, and who is logged in."""

    opened: Opened
    clock: ManualClock
    streaming: Streaming
    url: str
    token: str

    async def publish(self, *numbers: int, event: str = "Ping__e") -> None:
        """Publish an event for each of the numbers, in one transaction."""
        user = await self.opened.org.identity.authenticate(self.token)
        results = await self.opened.org.insert(user, event, [{"Number__c": each} for each in numbers])
        assert all(each.success for each in results)

    async def log_in(self) -> str:
        """A new session's token."""
        return (await self.opened.org.identity.open_session(USERNAME)).token


@dataclass
class Subscriber:
    """A client. `token` and `path` may be changed; so may `cookies`, the client's own."""

    url: str
    token: str
    session: aiohttp.ClientSession
    path: str = "/cometd/65.0"
    client_id: str = ""
    numbers: "count[int]" = field(default_factory=count)

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, list[Reply]]:
        """The status, and what is in the answer's body."""
        given = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"} | dict(
            headers or {}
        )
        sent = {name: value for name, value in given.items() if value}
        async with self.session.post(self.url + self.path, data=body, headers=sent) as answer:
            return answer.status, bayeux.parse_replies(await answer.read())

    async def say(self, *messages: Built) -> list[Reply]:
        """What is in the answer's body."""
        status, replies = await self.post(bayeux.write_messages(*messages))
        assert status == 200, replies
        return replies

    async def shake_hands(self) -> Reply:
        [reply] = await self.say(bayeux.handshake({"replay": True}, id=str(next(self.numbers))))
        self.client_id = reply.client_id or ""
        return reply

    async def connect(self, at_most: int | None = None) -> list[Reply]:
        """What a connect brings that waits for `at_most` milliseconds."""
        return await self.say(bayeux.connect(self.client_id, timeout=at_most, id=str(next(self.numbers))))

    async def subscribe(self, channel: str = CHANNEL, replay_id: int = bayeux.TIP) -> Reply:
        [reply] = await self.say(
            bayeux.subscribe(self.client_id, channel, replay_id, id=str(next(self.numbers)))
        )
        return reply

    async def begin(self, channel: str = CHANNEL, replay_id: int = bayeux.TIP) -> None:
        """Shake hands, connect and subscribe."""
        assert (await self.shake_hands()).successful
        assert (await self.connect())[-1].successful
        assert (await self.subscribe(channel, replay_id)).successful

    async def take(self) -> list[int]:
        """The numbers of the events that the next connect brings."""
        return numbers_in(await self.connect())


def numbers_in(replies: list[Reply]) -> list[int]:
    """The numbers of the events among `replies`, the last of which ends a connect."""
    assert replies[-1].channel == bayeux.CONNECT
    assert replies[-1].successful, replies[-1]
    return [int(each.data["payload"]["Number__c"]) for each in replies[:-1]]


@asynccontextmanager
async def streaming_org(folder: Path, **limits: int) -> AsyncIterator[Place]:
    """An org with two events in `folder`, served on http."""
    write_project(folder)
    for name in ("Ping__e", "Pong__e"):
        fields = folder / "app" / "objects" / name / "fields"
        fields.mkdir(parents=True)
        (fields.parent / f"{name}.object-meta.xml").write_text(_EVENT.format(metadata=_METADATA, name=name))
        (fields / "Number__c.field-meta.xml").write_text(_FIELD.format(metadata=_METADATA))
    clock = ManualClock()
    given: dict[str, Any] = {f"limits_{name}": value for name, value in limits.items()}
    settings = load(folder, environment={}, overrides={"org_username": USERNAME, "org_seed": 1, **given})
    async with open_org(settings, clock=clock) as opened:
        streaming = Streaming(opened.org)
        gateway = Gateway(
            opened.org, (ADAPTER, OAUTH, streaming.adapter), fallback=ADAPTER, my_domain_host=MY_DOMAIN
        )
        server = HttpServer(gateway, [Listener("127.0.0.1", 0)], clock=clock)
        [port] = await server.start()
        try:
            async with asyncio.timeout(60), Tasks(grace=1) as tasks:
                streaming.start(tasks)
                session = await opened.org.identity.open_session(USERNAME)
                yield Place(opened, clock, streaming, f"http://127.0.0.1:{port}", session.token)
        finally:
            streaming.close()
            await server.stop(grace=1)


@asynccontextmanager
async def subscriber(place: Place) -> AsyncIterator[Subscriber]:
    """A client with a cookie jar of its own."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Subscriber(place.url, place.token, session)


async def held(place: Place, waiting: int = 1) -> None:
    """Wait until so many connects wait."""
    while place.streaming.waiting < waiting:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.001)
