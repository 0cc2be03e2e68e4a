"""Control: what the command line asks of a running hub, guarded by a token that only its owner can read.

GET  /isthmus/hub/status        what each route is at, and its messages by state
GET  /isthmus/hub/dead-letters  ?route=&after=&limit= → the next of them by age
POST /isthmus/hub/dead-letters  {"do": "replay" | "discard", "route", "ids"} → {"messages": n, "missing": ids}
GET  /isthmus/hub/ledger        ?route=&key=&state=&before=&limit= → entries, youngest first
POST /isthmus/hub/routes        {"do": "pause" | "resume", "route"} → {"paused", "waiting", "others_paused"}
GET  /isthmus/hub/clock         {"now": ms, "offset": ms}
POST /isthmus/hub/clock         {"advance": ms}
GET  /isthmus/hub/metrics       counters, in the form that Prometheus reads
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from isthmus.hub.channel import dead_letters, ledger
from isthmus.hub.running import RunningHub
from isthmus.kernel.database import DatabaseError
from isthmus.kernel.observe import Metrics

__all__ = ["HEADER", "Control"]

HEADER: Final = "x-isthmus-control"
_PATH: Final = "/isthmus/hub/"
_BODY_BYTES_MAX: Final = 65_536
_PAGE_MAX: Final = 1_000
_SECRET: Final = ("session", "token", "authorization", "secret", "password", "cookie")
"""Headers, and fields of a body, whose names have one of these in them are not shown."""
_NUMBER_MAX: Final = (1 << 63) - 1

T = TypeVar("T", bound=msgspec.Struct)


class Decide(msgspec.Struct, forbid_unknown_fields=True):
    """What is to become of dead letters: all, those of a route, or those named."""

    do: Literal["replay", "discard"]
    route: str | None = None
    ids: list[Annotated[int, msgspec.Meta(ge=0, le=_NUMBER_MAX)]] | None = None


class Steer(msgspec.Struct, forbid_unknown_fields=True):
    """A route is to stop sending, or to go on."""

    do: Literal["pause", "resume"]
    route: str


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """By how many milliseconds the hub's clock is to move."""

    advance: int


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """The control routes of a running hub, as an ASGI application."""

    def __init__(self, running: RunningHub, token: str) -> None:
        self._running = running
        self._token = token.encode()
        self._metrics: Metrics | None = None
        self._tallies: Mapping[str, int] = {}
        self._handlers: Final[Mapping[tuple[str, str], Callable[[Request], Awaitable[object]]]] = {
            ("GET", "status"): self._status,
            ("GET", "dead-letters"): self._dead_letters,
            ("POST", "dead-letters"): self._decide,
            ("GET", "ledger"): self._ledger,
            ("POST", "routes"): self._steer,
            ("GET", "clock"): self._clock,
            ("POST", "clock"): self._advance,
            ("GET", "metrics"): self._count,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
            response = answer if isinstance(answer, Response) else _json(answer)
        except _Refused as error:
            response = _json({"message": str(error)}, error.status)
        except DatabaseError as error:
            response = _json({"message": str(error)}, 503)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> object:
        given = request.headers.get(HEADER, "").encode()
        name = request.url.path.removeprefix(_PATH)
        handler = self._handlers.get((request.method, name))
        if handler is None or not hmac.compare_digest(given, self._token):
            raise _Refused(404, "there is nothing here")
        return await handler(request)

    async def _status(self, _: Request) -> object:
        running = self._running
        tallies = await ledger.tallies(running.database)
        return {
            "hub": running.hub.name,
            "now": running.clock.now(),
            "offset": running.clock.now() - running.clock.real_now(),
            "routes": [self._route(each.name, tallies) for each in running.hub.routes],
            "orphans": [asdict(each) for each in tallies if each.route not in running.routes],
        }

    def _route(self, name: str, tallies: list[ledger.Tally]) -> dict[str, object]:
        [own] = [each for each in tallies if each.route == name] or [ledger.Tally(name, {}, 0, 0)]
        runner = self._running.sources.get(name)
        source = runner.standing() if runner else None
        return {
            "route": name,
            "paused": self._running.routes[name].paused,
            "source": source.state if source else None,
            "source_says": source.says if source else None,
            "source_since": source.since if source else None,
            "source_retry_in": source.retry_in if source else None,
            "messages": own.messages,
            "redeliveries": own.redeliveries,
            "copies": own.copies,
        }

    async def _dead_letters(self, request: Request) -> object:
        query = request.query_params
        found = await dead_letters.dead_letters(
            self._running.database,
            route=await self._named(query.get("route")),
            after=_number(query.get("after"), 0),
            limit=min(_number(query.get("limit"), 100), _PAGE_MAX),
        )
        return [
            {**asdict(each), "body": without_secrets(each.body), "headers": without_secrets(each.headers)}
            for each in found
        ]

    async def _decide(self, request: Request) -> object:
        asked = await _decoded(request, Decide)
        do = self._running.replay if asked.do == "replay" else self._running.discard
        done = await do(await self._named(asked.route), asked.ids)
        return {"messages": len(done), "missing": [each for each in asked.ids or () if each not in done]}

    async def _ledger(self, request: Request) -> object:
        query = request.query_params
        found = await ledger.entries(
            self._running.database,
            route=await self._named(query.get("route")),
            key=query.get("key"),
            state=query.get("state"),
            before=_number(query.get("before"), 1 << 62),
            limit=min(_number(query.get("limit"), 100), _PAGE_MAX),
        )
        return [asdict(each) for each in found]

    async def _steer(self, request: Request) -> object:
        asked = await _decoded(request, Steer)
        if asked.route not in self._running.routes:
            raise _no_route(asked.route, self._running.routes)
        await (self._running.pause if asked.do == "pause" else self._running.resume)(asked.route)
        routes = self._running.routes
        return {
            "paused": routes[asked.route].paused,
            "waiting": routes[asked.route].waiting,
            "others_paused": [name for name, each in routes.items() if each.paused and name != asked.route],
        }

    async def _named(self, route: str | None) -> str | None:
        """A route that there is, or of which there are messages still."""
        if route is not None and route not in self._running.routes:
            left = {each.route for each in await ledger.tallies(self._running.database)}
            if route not in left:
                raise _no_route(route, (*self._running.routes, *sorted(left - self._running.routes.keys())))
        return route

    async def _clock(self, _: Request) -> object:
        now = self._running.clock.now()
        return {"now": now, "offset": now - self._running.clock.real_now()}

    async def _advance(self, request: Request) -> object:
        asked = await _decoded(request, Advance)
        try:
            await asyncio.to_thread(self._running.clock.advance, asked.advance)
        except ValueError as error:
            raise _Refused(400, f"the clock can't be advanced: {error}") from error
        return await self._clock(request)

    async def _count(self, _: Request) -> object:
        if self._metrics is None:
            self._metrics = Metrics()
            self._metrics.watch("isthmus_hub_messages", "Messages by route and state", lambda: self._tallies)
            self._metrics.watch("isthmus_hub_database", "The database's work", self._running.database.counts)
        found = await ledger.tallies(self._running.database)
        self._tallies = {
            f"{each.route} {state}": count for each in found for state, count in each.messages.items()
        }
        return Response(self._metrics.exposition(), media_type="text/plain; version=0.0.4")


def _no_route(name: str, known: Iterable[str]) -> _Refused:
    return _Refused(400, f"no route is called {name!r}; there are: {', '.join(known)}")


async def _decoded(request: Request, form: type[T]) -> T:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _BODY_BYTES_MAX:
            raise _Refused(413, f"a request has {_BODY_BYTES_MAX} bytes at most")
    try:
        return msgspec.json.decode(body or b"{}", type=form)
    except msgspec.DecodeError as error:
        raise _Refused(400, str(error)) from error


def _number(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or int(text) > _NUMBER_MAX:
        raise _Refused(400, f"{text!r} is no number")
    return int(text)


def without_secrets(value: Any) -> Any:
    """What JSON can say, with nothing shown of what has a name like a secret's, however deep it lies."""
    if isinstance(value, Mapping):
        return {
            name: "(hidden)" if any(word in name.lower() for word in _SECRET) else without_secrets(each)
            for name, each in value.items()
        }
    return [without_secrets(each) for each in value] if isinstance(value, list) else value


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")
