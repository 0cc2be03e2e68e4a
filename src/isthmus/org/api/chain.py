"""The request chain: what happens to every HTTP request on its way to its handler, and to its answer.

The steps up to `call_handler` are for the request; each may raise, which ends them. What follows is done to
the answer, whoever made it. A step that has to wait returns what to wait for, any other returns None.
"""

import logging
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

import msgspec
import structlog
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope

from isthmus.kernel.clock import ticks
from isthmus.kernel.errors import Fault, fault
from isthmus.kernel.http import Later
from isthmus.org.api import bodies, versions
from isthmus.org.api.hosts import Hosts, Origin
from isthmus.org.api.request_log import RequestLog, without_values
from isthmus.org.api.router import Router, Target
from isthmus.org.api.routing import Adapter, Auth, Call
from isthmus.org.org import Org

COMPRESSED_FROM: Final = 1024
"""Answers of this many bytes are compressed where the client takes gzip."""
_COMPRESSION_LEVEL: Final = 1  # the wire is a loopback: more would cost time and save nothing
_SCHEMES: Final = frozenset({b"bearer", b"oauth"})
_OVERRIDES: Final = frozenset({"PATCH", "PUT", "DELETE", "GET", "HEAD"})
_TOKENS_KEPT: Final = 1024
_UNLOGGED: Final = "control"  # whoever follows the log would find themselves there
_NOTHING_CAPTURED: Final[Mapping[str, str]] = {}

_log = structlog.get_logger(__name__)
_wanted = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Front:
    """What every exchange with an org shares. `fallback` answers where no route of any adapter is found."""

    org: Org
    router: Router
    hosts: Hosts
    fallback: Adapter
    log: RequestLog | None = None


class Exchange(Call):
    """A call, and what becomes of it on its way. `method` may be another than the request's
    (`_HttpMethod`). `whole` is the body where it came with the request, before it is unpacked or refused;
    `later` the response where it is still to come.
    """

    __slots__ = (
        "adapter",
        "allowed",
        "began",
        "front",
        "later",
        "method",
        "origin",
        "request_id",
        "response",
        "target",
        "whole",
    )

    def __init__(
        self,
        front: Front,
        scope: Scope,
        receive: Receive,
        headers: Mapping[bytes, bytes],
        whole: bytes | None,
        request_id: str,
    ) -> None:
        # Every attribute is set here, not in `Call.__init__`: a request pays for each call on its way.
        self.org = front.org
        self.scope = scope
        self.receive = receive
        self.headers = headers
        self.base_url = ""
        self.path = _NOTHING_CAPTURED
        self.body = b""
        self.user = None
        self.token = None
        self.api_version = 0
        self.username = None
        self.began = ticks()
        self.front = front
        self.whole = whole
        self.method: str = scope["method"]
        self.request_id = request_id
        self.adapter: Adapter = front.fallback
        self.target: Target | None = None
        self.allowed = ""
        self.origin: Origin | None = None
        self.response: Response | None = None
        self.later: Later[Response] | None = None

    def refuse(self, error: Fault) -> None:
        """Make a fault the answer, in the words of the adapter it belongs to."""
        self.response = self.adapter.render_fault(self, error)


Step: TypeAlias = Callable[[Exchange], Awaitable[None] | None]


def guard_host(exchange: Exchange) -> None:
    """Only names that are ours are answered (see `hosts`)."""
    host = exchange.headers.get(b"host", b"")
    origin = exchange.front.hosts.origin(exchange.scope["scheme"], host)
    if origin is None:
        raise fault("host_not_allowed", host=host.decode("latin-1") or "(none)")
    exchange.origin = origin
    exchange.base_url = origin.base_url
    exchange.on_login_host = origin.is_login_host


def override_method(exchange: Exchange) -> None:
    """`?_HttpMethod=PATCH` on a POST, for clients that can't send PATCH."""
    if exchange.method == "POST" and b"_HttpMethod=" in (query := exchange.scope["query_string"]):
        wanted = dict(parse_qsl(query.decode("latin-1"))).get("_HttpMethod", "").upper()
        if wanted in _OVERRIDES:
            exchange.method = wanted


def find_route(exchange: Exchange) -> None:
    """The route of the path and the method, and the adapter that answers from here on."""
    found = exchange.front.router.find(exchange.scope["raw_path"].decode("ascii"))
    if found is None:
        raise fault("resource_not_found")
    place, captured, exchange.api_version = found
    target = place.target(exchange.method)
    if target is None:
        exchange.adapter = place.adapter
        exchange.allowed = place.allowed
        raise fault("method_not_allowed", method=exchange.method, allowed=place.allowed)
    exchange.target = target
    exchange.adapter = target.adapter
    exchange.path = dict(zip(target.names, captured, strict=True))


def check_version(exchange: Exchange) -> None:
    """A version that is retired, or was never there, has no resources."""
    version = exchange.api_version
    if version and (refusal := versions.refusal(version)) is not None:
        raise refusal


def authenticate(exchange: Exchange) -> Awaitable[None] | None:
    """The principal of the token, on routes that need one. A read is waited for where it takes one."""
    if exchange.target is None or exchange.target.route.auth is Auth.NONE:
        return None
    header = exchange.headers.get(b"authorization")
    if header is None:
        raise fault("session_invalid")
    exchange.token = token = _token_in(header)
    exchange.user = exchange.org.identity.recognise(token)
    return _authenticate(exchange, token) if exchange.user is None else None


async def _authenticate(exchange: Exchange, token: str) -> None:
    exchange.user = await exchange.org.identity.authenticate(token)


@lru_cache(maxsize=_TOKENS_KEPT)  # a client sends the same with each of its requests
def _token_in(authorization: bytes) -> str:
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() not in _SCHEMES or not token:
        raise fault("auth_header_invalid")
    return token.strip().decode("latin-1")


def admit(exchange: Exchange) -> None:
    """A user may use the API, where not too many requests take long; and calls count against the org's daily
    limit.
    """
    if exchange.user is not None:
        exchange.org.admit(exchange.user)


def read_body(exchange: Exchange) -> Awaitable[None] | None:
    """The body, whole; nothing is read for a request that was refused before."""
    headers, whole = exchange.headers, exchange.whole
    if exchange.target is None or not bodies.is_announced(headers):
        return None
    if whole is None or b"content-encoding" in headers:
        return _read_body(exchange, exchange.target.route.body_limit)
    if len(whole) > exchange.target.route.body_limit:
        raise fault("body_too_large", limit=exchange.target.route.body_limit)
    exchange.body = whole
    return None


async def _read_body(exchange: Exchange, limit: int) -> None:
    whole = exchange.whole
    receive = exchange.receive if whole is None else bodies.giving(whole)
    exchange.body = await bodies.read(receive, exchange.headers, limit)


def call_handler(exchange: Exchange) -> Awaitable[None] | None:
    """The adapter decodes, asks, encodes."""
    if exchange.target is None:
        return None
    answer = exchange.target.route.handler(exchange)
    if isinstance(answer, Response):
        exchange.response = answer
        return None
    if isinstance(answer, Later):
        exchange.later = answer
        return None
    return _wait_for(exchange, answer)


async def _wait_for(exchange: Exchange, answer: Awaitable[Response]) -> None:
    exchange.response = await (answer if exchange.user is None else exchange.waited_for(answer))


def tell_limits(exchange: Exchange) -> None:
    """`Sforce-Limit-Info`, on every answer to a call that was counted."""
    if exchange.user is not None and exchange.response is not None:
        value = b"api-usage=%d/%d" % exchange.org.usage()
        exchange.response.raw_headers.append((b"sforce-limit-info", value))


_ALWAYS: Final = ((b"x-content-type-options", b"nosniff"), (b"vary", b"Accept-Encoding"))
_NOT_STORED: Final = (b"cache-control", b"no-cache,must-revalidate,max-age=0,no-store,private")
_HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


def add_headers(exchange: Exchange) -> None:
    """What every answer carries.

    Strict-Transport-Security is for the platform's host names alone: a browser that learned it of localhost
    would refuse every plain http server of the developer's machine.
    """
    if exchange.response is None:
        return
    headers = exchange.response.raw_headers
    for name, _ in headers:
        if name == _NOT_STORED[0]:
            break
    else:
        headers.append(_NOT_STORED)
    headers += _ALWAYS
    if exchange.allowed:
        headers.append((b"allow", exchange.allowed.encode()))
    headers.append((b"x-request-id", exchange.request_id.encode()))
    on_platform = exchange.origin is not None and exchange.origin.on_platform
    if on_platform and exchange.scope["scheme"] == "https":
        headers.append(_HTTPS_ONLY)


def print_prettily(exchange: Exchange) -> None:
    """`X-PrettyPrint: 1`: JSON is indented."""
    response = exchange.response
    if response is None or exchange.headers.get(b"x-prettyprint") != b"1":
        return
    if _header(response, b"content-type").startswith(b"application/json"):
        _replace_body(response, msgspec.json.format(bytes(response.body), indent=2))


def compress(exchange: Exchange) -> None:
    """gzip, where the client takes it and the answer is whole and worth it."""
    response = exchange.response
    if response is None or isinstance(response, StreamingResponse) or len(response.body) < COMPRESSED_FROM:
        return
    if not _takes_gzip(exchange.headers.get(b"accept-encoding", b"")) or _header(
        response, b"content-encoding"
    ):
        return
    packer = zlib.compressobj(_COMPRESSION_LEVEL, zlib.DEFLATED, 31)
    _replace_body(response, packer.compress(response.body) + packer.flush())
    response.raw_headers.append((b"content-encoding", b"gzip"))


def log_request(exchange: Exchange) -> None:
    """One entry a request, for who asks for the level `debug`; without the query, where tokens may be."""
    if _wanted.isEnabledFor(logging.DEBUG) and exchange.response is not None:
        _log.debug(
            "request",
            request_id=exchange.request_id,
            method=exchange.method,
            path=without_values(exchange.scope["path"]),
            status=exchange.response.status_code,
            username=exchange.user.username if exchange.user is not None else None,
        )


def keep_in_log(exchange: Exchange) -> None:
    """The request log: what was asked and how it went, without the query and without bodies."""
    log, response = exchange.front.log, exchange.response
    if log is None or response is None or exchange.adapter.name == _UNLOGGED:
        return
    headers = exchange.headers
    log.note(
        exchange.began,
        exchange.username if exchange.user is None else exchange.user.username,
        exchange.method,
        exchange.scope["path"],
        exchange.api_version,
        headers.get(b"sforce-call-options") or headers.get(b"user-agent"),
        response.status_code,
        b"" if isinstance(response, StreamingResponse) else bytes(response.body),
    )


CHAIN: Final[tuple[Step, ...]] = (
    guard_host,
    override_method,
    find_route,
    check_version,
    authenticate,
    admit,
    read_body,
    call_handler,
    tell_limits,
    add_headers,
    keep_in_log,
    print_prettily,
    compress,
    log_request,
)
_ANSWERED: Final = CHAIN.index(call_handler) + 1
TO_HANDLER: Final = CHAIN[:_ANSWERED]
TO_CLIENT: Final = CHAIN[_ANSWERED:]


def _takes_gzip(accepted: bytes) -> bool:
    for each in accepted.lower().split(b","):
        coding, _, quality = each.partition(b";")
        if coding.strip() in (b"gzip", b"*"):
            return quality.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


def _header(response: Response, name: bytes) -> bytes:
    return next((value for each, value in response.raw_headers if each == name), b"")


def _replace_body(response: Response, body: bytes) -> None:
    response.body = body
    headers = [each for each in response.raw_headers if each[0] != b"content-length"]
    response.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]
