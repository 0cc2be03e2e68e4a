"""The streaming adapter: a request's body leads to its messages, and their replies go back in one list.

The session is in the Authorization header of each request, and its refusal in the reply to each message: so
the clients expect it. Counted as API calls are none of them.
"""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Final

from starlette.requests import cookie_parser
from starlette.responses import Response

from isthmus.kernel.errors import Fault, fault
from isthmus.kernel.http import Later
from isthmus.kernel.tasks import Tasks
from isthmus.org.api.routing import Adapter, Auth, Call, Handler, Route
from isthmus.org.api.streaming.clients import Clients
from isthmus.org.api.streaming.delivery import Delivery
from isthmus.org.api.streaming.meta import COOKIE, Meta, Visit, refusal
from isthmus.org.api.streaming.problems import text_of
from isthmus.org.api.versions import NEWEST
from isthmus.org.org import COMETD_CLIENTS, Org
from isthmus.org.security.principal import Principal
from isthmus.wire import bayeux
from isthmus.wire.bayeux import BayeuxError, Message
from isthmus.wire.oauth import bearer_token

OLDEST: Final = 37
"""With which API version durable streaming began."""
REQUEST_BYTES_MAX: Final = 32_768
_VERSIONS: Final = {f"{version}.0": version for version in range(OLDEST, NEWEST + 1)}
_WORDS: Final = {
    "session_invalid": "cometd_authentication_invalid",
    "api_disabled": "cometd_user_not_enabled",
}
"""What CometD says in words of its own."""
_CONTENT_TYPE: Final = (b"content-type", bayeux.CONTENT_TYPE.encode())
_PATHS: Final = ("/cometd", "/cometd/{version}", "/cometd/{version}/{place:rest}")
"""Clients may add the name of a meta channel: `/cometd/65.0/connect`."""


class Streaming:
    """Events of an org over CometD, between `start` and `close`."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._clients = Clients(org.clock)
        org.on_limits(COMETD_CLIENTS, self._clients.count)
        self._delivery = Delivery(org, self._clients)
        self._meta = Meta(org, self._clients, self._delivery)
        self.adapter = cometd_adapter(self.serve)

    @property
    def waiting(self) -> int:
        """How many connects wait."""
        return len(self._clients.waiting())

    def start(self, tasks: Tasks) -> None:
        """Deliver what comes, in `tasks`."""
        self._delivery.start(tasks)

    def close(self) -> None:
        """Answer every connect that waits; from now on none does. Before the server stops."""
        self._delivery.close()

    def serve(self, call: Call) -> Awaitable[Response] | Later[Response]:
        """Answer the messages of a request, one after the other. A connect alone waits without a task."""
        try:
            messages = bayeux.parse_messages(call.body)
        except BayeuxError as error:
            raise fault("cometd_malformed", reason=error) from None
        visit = self._visit(call, alone=len(messages) == 1)
        if visit.alone and visit.is_known and messages[0].channel == bayeux.CONNECT:
            return self._hold(visit, messages[0])
        return self._answer(call, visit, messages)

    def _hold(self, visit: Visit, message: Message) -> Awaitable[Response] | Later[Response]:
        later: Later[Response] = Later()  # not `Later[Response]()`, which takes four times as long

        def give(reply: bytes) -> None:
            later.give(_Answer(bayeux.join((reply,))))

        try:
            pending = self._meta.connect(visit, message, give)
        except Fault as error:
            give(refusal(message, error))
            return later
        return later if pending is None else _after(pending, later)

    async def _answer(self, call: Call, visit: Visit, messages: Sequence[Message]) -> Response:
        if not visit.is_known and visit.refusal is None:
            await self._authenticate(visit)
        replies = [await self._meta.answer(visit, message) for message in messages]
        _watch_connection(call, None)
        answer = _Answer(bayeux.join(replies))
        if visit.new_browser is not None:
            answer.raw_headers.append((b"set-cookie", _cookie(visit.new_browser, call.scope["scheme"])))
        return answer

    def _visit(self, call: Call, *, alone: bool) -> Visit:
        """A request, by whom so far as that is known without a look into the database."""
        token = bearer_token(call.header(b"authorization")) or ""
        visit = Visit(
            version=_VERSIONS.get(call.path.get("version", ""), 0),
            token=token,
            principal=None,
            refusal=None,
            browser=_browser(call.header(b"cookie")),
            alone=alone,
            on_lost=lambda told: _watch_connection(call, told),
        )
        if not visit.version:
            visit.refusal = _version_refusal(call.path.get("version"))
        elif not token:
            visit.refusal = fault("cometd_authentication_missing")
        else:
            self._admit(visit, self._org.identity.recognise(token))
        return visit

    async def _authenticate(self, visit: Visit) -> None:
        try:
            self._admit(visit, await self._org.identity.authenticate(visit.token))
        except Fault as error:
            visit.refusal = fault(_WORDS[error.entry.name])

    def _admit(self, visit: Visit, principal: Principal | None) -> None:
        visit.principal = principal
        if principal is not None:
            try:
                self._org.check_api(principal)
            except Fault as error:
                visit.refusal = fault(_WORDS[error.entry.name])


class _Answer(Response):
    """Messages, put together without Starlette's general way: thousands are made at once."""

    def __init__(self, body: bytes) -> None:
        self.status_code = HTTPStatus.OK
        self.background = None
        self.body = body
        self.raw_headers = [_CONTENT_TYPE, (b"content-length", b"%d" % len(body))]


async def _after(pending: Awaitable[None], later: Later[Response]) -> Response:
    await pending
    return await later


def cometd_adapter(serve: Handler) -> Adapter:
    """The paths of CometD, all of which `serve` answers."""
    routes = tuple(Route("POST", path, serve, Auth.NONE, REQUEST_BYTES_MAX) for path in _PATHS)
    return Adapter("streaming", routes, render_fault)


def render_fault(call: Call, error: Fault) -> Response:
    """What is wrong with a whole request, as the one message of its answer."""
    if error.entry.name == "body_too_large":
        error = fault("cometd_body_too_large")
    body = bayeux.join((bayeux.write_refusal(text_of(error)),))
    return Response(body, error.status, media_type=bayeux.CONTENT_TYPE)


def _version_refusal(version: str | None) -> Fault:
    """Why there is no version for a path that names this one, or none."""
    if version is None:
        return fault("cometd_version_missing")
    number, _, point = version.partition(".")
    if number.isdecimal() and point == "0" and int(number) > NEWEST:
        return fault("cometd_version_unknown", latest=f"{NEWEST}.0")
    return fault("cometd_version_unsupported")


def _watch_connection(call: Call, told: Callable[[], None] | None) -> None:
    """Be told when the client is gone; with None, no more."""
    call.scope.setdefault("state", {})["on_lost"] = told


def _browser(cookies: str | None) -> str | None:
    """The cookie by which a browser, or what stands for one, is known."""
    if cookies is None:
        return None
    name, _, value = cookies.partition("=")
    if name == COOKIE and value.isalnum():  # it is alone, as most clients send it
        return value
    return cookie_parser(cookies).get(COOKIE) or None


def _cookie(browser: str, scheme: str) -> bytes:
    """`SameSite=None` is for https: without `Secure` browsers refuse it, and http has nothing secure."""
    across = "; Secure; SameSite=None" if scheme == "https" else ""
    return f"{COOKIE}={browser}; Path=/cometd/; HttpOnly{across}".encode()
