"""The gateway: the ASGI application of an org. Every request passes `CHAIN` to its handler and back.

A `Fault` is rendered by the adapter whose route was found, otherwise by `fallback`; what is no fault becomes
an error id in the answer and a traceback in the log.
"""

import itertools
from collections.abc import Awaitable, Iterable
from functools import partial

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from isthmus.kernel.database import DatabaseError, DatabaseFull
from isthmus.kernel.errors import Fault, fault
from isthmus.org.api.chain import TO_CLIENT, TO_HANDLER, Exchange, Front, Step
from isthmus.org.api.hosts import Hosts
from isthmus.org.api.request_log import RequestLog, without_values
from isthmus.org.api.router import Router
from isthmus.org.api.routing import Adapter
from isthmus.org.org import Org

_log = structlog.get_logger(__name__)


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
        log: RequestLog | None = None,
    ) -> None:
        self._front = Front(org, Router(adapters), Hosts(my_domain_host, allowed_hosts), fallback, log)
        self._run = org.ids.text(8)
        self._requests = itertools.count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A client that has gone in the middle of its request gets no answer."""
        found = self.answer(scope, receive, send, None)
        response = found if isinstance(found, Response) else await found
        if response is not None:
            await response(scope, receive, send)

    def answer(
        self, scope: Scope, receive: Receive, send: Send, body: bytes | None
    ) -> Response | Awaitable[Response | None]:
        """The answer; at once, where nothing has to be waited for, and it is whole. Without `body`, `receive`
        gives it. None: `send` has been given it, or the client has gone.
        """
        request_id = f"{self._run}{next(self._requests):08x}"
        exchange = Exchange(self._front, scope, receive, dict(scope["headers"]), body, request_id)
        try:
            for place, step in enumerate(TO_HANDLER, 1):
                pending = step(exchange)
                if pending is not None:
                    return self._go_on(exchange, send, pending, TO_HANDLER[place:])
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            _refuse(exchange, error)
        if exchange.later is not None:
            later, exchange.later = exchange.later, None
            later.finish = partial(_finished, exchange)
            return later
        response = _dressed(exchange)
        return _sent(exchange, response, send) if _has_more(response) else response

    async def _go_on(
        self, exchange: Exchange, send: Send, pending: Awaitable[None], steps: tuple[Step, ...]
    ) -> Response | None:
        try:
            await pending
            for step in steps:
                following = step(exchange)
                if following is not None:
                    await following
            if exchange.later is not None:
                exchange.response = await exchange.later
        except ClientDisconnect:
            return None
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            _refuse(exchange, error)
        response = _dressed(exchange)
        if not _has_more(response):
            return response
        await _sent(exchange, response, send)
        return None


def _refuse(exchange: Exchange, error: Exception) -> None:
    """Make what ended the chain the answer; what nobody foresaw is logged, and the client gets its id."""
    if isinstance(error, Fault):
        exchange.refuse(error)
    elif isinstance(error, DatabaseFull):
        exchange.refuse(fault("storage_full", reason=error))
    elif isinstance(error, DatabaseError):
        _log.exception("storage refused", error_id=exchange.request_id)
        exchange.refuse(fault("server_unavailable", reason=error))
    else:
        path = without_values(exchange.scope["path"])
        _log.exception("request failed", error_id=exchange.request_id, path=path)
        exchange.refuse(fault("unexpected", error_id=exchange.request_id))


def _dressed(exchange: Exchange) -> Response:
    """The answer with all that every answer carries."""
    for step in TO_CLIENT:
        step(exchange)
    if exchange.response is None:
        raise RuntimeError("the chain has ended without an answer")
    return exchange.response


def _finished(exchange: Exchange, response: Response) -> Response:
    """An answer that has come later, as `_dressed` makes it."""
    exchange.response = response
    return _dressed(exchange)


def _has_more(response: Response) -> bool:
    """Whether an answer is more than its status, its headers and its body."""
    return response.background is not None or isinstance(response, StreamingResponse)


async def _sent(exchange: Exchange, response: Response, send: Send) -> None:
    await response(exchange.scope, exchange.receive, send)
