"""The gateway: every HTTP request passes `CHAIN`, one tuple of named steps, to its handler and back.

The steps up to `call_handler` are for the request; each may raise, which ends them. What follows is done to
the answer, whoever made it. A `Fault` is rendered by the adapter whose route was found, otherwise by
`fallback`; what is no fault becomes an error id in the answer and a traceback in the log.
"""

import itertools
import logging
import zlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

import msgspec
import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from isthmus.kernel.database import DatabaseError, DatabaseFull
from isthmus.kernel.errors import Fault, fault
from isthmus.org.api import bodies, versions
from isthmus.org.api.hosts import Hosts, Origin
from isthmus.org.api.router import Router, Target
from isthmus.org.api.routing import Adapter, Auth, Call
from isthmus.org.org import Org

COMPRESSED_FROM: Final = 1024
"""Answers of this many bytes are compressed where the client takes gzip."""
_COMPRESSION_LEVEL: Final = 1  # the wire is a loopback: more would cost time and save nothing
_SCHEMES: Final = frozenset({b"bearer", b"oauth"})
_OVERRIDES: Final = frozenset({"PATCH", "PUT", "DELETE", "GET", "HEAD"})

_log = structlog.get_logger(__name__)
_wanted = logging.getLogger(__name__)


class Exchange(Call):
    """A call, and what becomes of it on its way. `method` may be another than the request's
    (`_HttpMethod`).
    """

    __slots__ = (
        "adapter",
        "allowed",
        "gateway",
        "method",
        "origin",
        "request_id",
        "response",
        "target",
    )

    def __init__(self, gateway: "Gateway", scope: Scope, receive: Receive, request_id: str) -> None:
        super().__init__(gateway.org, scope, receive, dict(scope["headers"]))
        self.gateway = gateway
        self.method: str = scope["method"]
        self.request_id = request_id
        self.adapter: Adapter = gateway.fallback
        self.target: Target | None = None
        self.allowed = ""
        self.origin: Origin | None = None
        self.response: Response | None = None

    def refuse(self, error: Fault) -> None:
        """Make a fault the answer, in the words of the adapter it belongs to."""
        self.response = self.adapter.render_fault(self, error)


Step: TypeAlias = Callable[[Exchange], Awaitable[None] | None]


def guard_host(exchange: Exchange) -> None:
    """Only names that are ours are answered (see `hosts`)."""
    host = exchange.headers.get(b"host", b"")
    origin = exchange.gateway.hosts.origin(exchange.scope["scheme"], host)
    if origin is None:
        raise fault("host_not_allowed", host=host.decode("latin-1") or "(none)")
    exchange.origin = origin
    exchange.base_url = origin.base_url


def override_method(exchange: Exchange) -> None:
    """`?_HttpMethod=PATCH` on a POST, for clients that can't send PATCH."""
    if exchange.method == "POST" and b"_HttpMethod=" in (query := exchange.scope["query_string"]):
        wanted = dict(parse_qsl(query.decode("latin-1"))).get("_HttpMethod", "").upper()
        if wanted in _OVERRIDES:
            exchange.method = wanted


def find_route(exchange: Exchange) -> None:
    """The route of the path and the method, and the adapter that answers from here on."""
    scope = exchange.scope
    found = exchange.gateway.router.find(scope["raw_path"].decode("ascii"))
    if found is None:
        raise fault("resource_not_found")
    exchange.adapter = found.place.adapter
    exchange.api_version = found.version
    exchange.target = target = found.place.target(exchange.method)
    if target is None:
        exchange.allowed = found.place.allowed
        raise fault("method_not_allowed", method=exchange.method, allowed=found.place.allowed)
    exchange.adapter = target.adapter
    exchange.path = dict(zip(target.names, found.captured, strict=True))


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
    scheme, _, token = header.partition(b" ")
    if scheme.lower() not in _SCHEMES or not token:
        raise fault("auth_header_invalid")
    exchange.token = known = token.strip().decode("latin-1")
    exchange.user = exchange.org.identity.recognise(known)
    return _authenticate(exchange, known) if exchange.user is None else None


async def _authenticate(exchange: Exchange, token: str) -> None:
    exchange.user = await exchange.org.identity.authenticate(token)


def count_call(exchange: Exchange) -> None:
    """Calls of a user count against the org's daily limit."""
    if exchange.user is not None:
        exchange.org.count_call()


def read_body(exchange: Exchange) -> Awaitable[None] | None:
    """The body, whole; nothing is read for a request that was refused before."""
    return _read_body(exchange) if bodies.is_announced(exchange.headers) else None


async def _read_body(exchange: Exchange) -> None:
    if exchange.target is not None:
        limit = exchange.target.route.body_limit
        exchange.body = await bodies.read(exchange.receive, exchange.headers, limit)


async def call_handler(exchange: Exchange) -> None:
    """The adapter decodes, asks, encodes."""
    if exchange.target is not None:
        exchange.response = await exchange.target.route.handler(exchange)


def tell_limits(exchange: Exchange) -> None:
    """`Sforce-Limit-Info`, on every answer to a call that was counted."""
    if exchange.user is not None and exchange.response is not None:
        usage = exchange.org.usage()
        value = b"api-usage=%d/%d" % (usage.used, usage.maximum)
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
    if all(name != _NOT_STORED[0] for name, _ in headers):
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
            path=exchange.scope["path"],
            status=exchange.response.status_code,
            username=exchange.user.username if exchange.user is not None else None,
        )


CHAIN: Final[tuple[Step, ...]] = (
    guard_host,
    override_method,
    find_route,
    check_version,
    authenticate,
    count_call,
    read_body,
    call_handler,
    tell_limits,
    add_headers,
    print_prettily,
    compress,
    log_request,
)
_ANSWERED: Final = CHAIN.index(call_handler) + 1
_TO_HANDLER: Final = CHAIN[:_ANSWERED]
_TO_CLIENT: Final = CHAIN[_ANSWERED:]


class Gateway:
    """The ASGI application of an org. `fallback` answers for paths that no route of any adapter has."""

    def __init__(
        self,
        org: Org,
        adapters: Iterable[Adapter],
        *,
        fallback: Adapter,
        my_domain_host: str,
        allowed_hosts: Iterable[str] = (),
    ) -> None:
        self.org = org
        self.fallback = fallback
        self.router = Router(adapters)
        self.hosts = Hosts(my_domain_host, allowed_hosts)
        self._run = org.ids.text(8)
        self._requests = itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A client that has gone in the middle of its request gets no answer."""
        exchange = Exchange(self, scope, receive, f"{self._run}{next(self._requests):08x}")
        try:
            for step in _TO_HANDLER:
                pending = step(exchange)
                if pending is not None:
                    await pending
        except Fault as error:
            exchange.refuse(error)
        except ClientDisconnect:
            return
        except DatabaseFull as error:
            exchange.refuse(fault("storage_full", reason=error))
        except DatabaseError as error:
            _log.exception("storage refused", error_id=exchange.request_id)
            exchange.refuse(fault("server_unavailable", reason=error))
        except Exception:  # noqa: BLE001 - whatever it is, it is logged, and the client gets its error id
            _log.exception("request failed", error_id=exchange.request_id, path=scope["path"])
            exchange.refuse(fault("unexpected", error_id=exchange.request_id))
        for step in _TO_CLIENT:
            step(exchange)
        await _send(exchange, scope, receive, send)


async def _send(exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
    response = exchange.response
    if response is None:
        raise RuntimeError("the chain has ended without an answer")
    if isinstance(response, StreamingResponse):
        await response(scope, receive, send)
        return
    await send(
        {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
    )
    await send({"type": "http.response.body", "body": response.body})
    if response.background is not None:
        await response.background()


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
