"""Control: what the command line asks of a running org, guarded by a token that only its owner can read.

GET  /isthmus/control/metrics counters, in the form that Prometheus reads
GET  /isthmus/control/clock   {"now": ms, "offset": ms}
POST /isthmus/control/clock   {"advance": ms}
POST /isthmus/control/login   {"username": null} → {"access_token", "instance_url", "username"}
POST /isthmus/control/cli-login {"username": null} → {"client_id", "refresh_token"}: the sf CLI's own
POST /isthmus/control/credentials → {"username", "password", "security_token", "client_id", …}
POST /isthmus/control/reset   → {}
GET  /isthmus/control/encryption → {"active", "versions": [{"version", "values"}], "problems": [text]}
POST /isthmus/control/encryption/rotate → {"version"}
GET  /isthmus/control/requests?after=&limit=&user=&status= → the last requests: see `request_log`
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar

import msgspec
from starlette.responses import Response

from isthmus.kernel.errors import Fault, fault
from isthmus.org.api.request_log import KEPT, RequestLog, is_status
from isthmus.org.api.routing import Adapter, Auth, Call, Route
from isthmus.org.org.rotation import KeyRotation
from isthmus.org.provision import Founding, administrator_name, renew_credentials
from isthmus.org.security.apps import PLATFORM_CLI
from isthmus.org.security.encryption.tenant_secrets import SecretsUnreadable

HEADER: Final = b"x-isthmus-control"
_PATH: Final = "/isthmus/control"
_BODY_BYTES_MAX: Final = 4_096

R = TypeVar("R")
T = TypeVar("T", bound=msgspec.Struct)


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """By how many milliseconds org time is to move."""

    advance: int


class Login(msgspec.Struct, forbid_unknown_fields=True):
    """Whose session is asked for; the administrator's where no name is given."""

    username: str | None = None


class Requests(msgspec.Struct, forbid_unknown_fields=True):
    """Which requests of the log: those after a number, of a user, of a status (`404`, `4xx`)."""

    after: int = 0
    limit: Annotated[int, msgspec.Meta(ge=0, le=KEPT)] = 100
    user: str | None = None
    status: str | None = None


def control_adapter(token: str, founding: Founding, metrics: Callable[[], bytes], log: RequestLog) -> Adapter:
    """The control routes of an org whose control token is `token`. `metrics` counts what it does, as text."""

    def guarded(handler: Callable[[Call], Awaitable[Response]]) -> Callable[[Call], Awaitable[Response]]:
        async def checked(call: Call) -> Response:
            if not hmac.compare_digest(call.headers.get(HEADER, b""), token.encode()):
                raise fault("resource_not_found")
            return await handler(call)

        return checked

    async def login(call: Call) -> Response:
        asked = _decoded(call, Login)
        username = asked.username or await administrator_name(call.org, founding)
        session = await _known(username, call.org.identity.open_session(username))
        return _json(
            {
                "access_token": session.token,
                "instance_url": call.base_url,
                "username": session.user.username,
            }
        )

    async def cli_login(call: Call) -> Response:
        asked = _decoded(call, Login)
        username = asked.username or await administrator_name(call.org, founding)
        token = await _known(username, call.org.identity.issue_cli_token(username))
        return _json({"client_id": PLATFORM_CLI, "refresh_token": token})

    async def credentials(call: Call) -> Response:
        return _json(await renew_credentials(call.org, founding))

    async def count(call: Call) -> Response:
        return Response(metrics(), media_type="text/plain; version=0.0.4")

    return Adapter(
        name="control",
        routes=tuple(
            Route(method, f"{_PATH}/{path}", guarded(handler), auth=Auth.NONE, body_limit=_BODY_BYTES_MAX)
            for method, path, handler in (
                *_OF_THE_ORG,
                ("GET", "metrics", count),
                ("POST", "login", login),
                ("POST", "cli-login", cli_login),
                ("POST", "credentials", credentials),
                ("GET", "requests", _tell_of(log)),
            )
        ),
        render_fault=_render_fault,
    )


async def _known(username: str, login: Awaitable[R]) -> R:
    """What a login at the command line gives: it asks for no password, so none can be wrong."""
    try:
        return await login
    except Fault as error:
        if error.entry.name != "invalid_login":
            raise
        raise fault("control_refused", reason=f"There is no user {username!r}.") from None


def _tell_of(log: RequestLog) -> Callable[[Call], Awaitable[Response]]:
    async def requests(call: Call) -> Response:
        try:
            asked = msgspec.convert(dict(call.request.query_params), Requests, strict=False)
        except msgspec.ValidationError as error:
            raise fault("control_refused", reason=str(error)) from error
        if asked.status is not None and not is_status(asked.status):
            raise fault("control_refused", reason=f"A status is one like 404, or 4xx; not {asked.status!r}.")
        found = log.recent(after=asked.after, limit=asked.limit, user=asked.user, status=asked.status)
        return _json(found)

    return requests


async def _show_clock(call: Call) -> Response:
    now = call.org.clock.now()
    return _json({"now": now, "offset": now - call.org.clock.real_now()})


async def _advance_clock(call: Call) -> Response:
    asked = _decoded(call, Advance)
    try:
        await asyncio.to_thread(call.org.clock.advance, asked.advance)
    except ValueError as error:
        raise fault("control_refused", reason=f"The clock can't be advanced: {error}.") from error
    await call.org.housekeep()
    return await _show_clock(call)


async def _reset(call: Call) -> Response:
    await call.org.reset()
    return _json({})


async def _show_encryption(call: Call) -> Response:
    try:
        told = await _rotation(call).status()
    except SecretsUnreadable as error:
        raise fault("control_refused", reason=str(error)) from error
    versions = [{"version": each, "values": told.values[each]} for each in sorted(told.values)]
    return _json({"active": told.active, "versions": versions, "problems": told.problems})


async def _rotate(call: Call) -> Response:
    try:
        return _json({"version": await _rotation(call).rotate()})
    except SecretsUnreadable as error:
        raise fault("control_refused", reason=str(error)) from error


def _rotation(call: Call) -> KeyRotation:
    if call.org.rotation is None:
        raise fault("control_refused", reason="Nothing can be encrypted in this org.")
    return call.org.rotation


_OF_THE_ORG: Final = (
    ("GET", "clock", _show_clock),
    ("POST", "clock", _advance_clock),
    ("POST", "reset", _reset),
    ("GET", "encryption", _show_encryption),
    ("POST", "encryption/rotate", _rotate),
)
"""Routes that need nothing but the org."""


def _decoded(call: Call, form: type[T]) -> T:
    try:
        return msgspec.json.decode(call.body or b"{}", type=form)
    except msgspec.DecodeError as error:
        raise fault("control_refused", reason=str(error)) from error


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _render_fault(call: Call, error: Fault) -> Response:
    answer = _json([{"message": error.message, "errorCode": error.code}])
    answer.status_code = error.status
    return answer
