"""Control: what the command line asks of a running org, guarded by a token that only its owner can read.

GET  /isthmus/control/clock   {"now": ms, "offset": ms}
POST /isthmus/control/clock   {"advance": ms}
POST /isthmus/control/login   {"username": null} → {"access_token", "instance_url", "username"}
POST /isthmus/control/reset   → {}
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import msgspec
from starlette.responses import Response

from isthmus.kernel.errors import Fault, fault
from isthmus.org.api.routing import Adapter, Auth, Call, Route

HEADER: Final = b"x-isthmus-control"
_PATH: Final = "/isthmus/control"

T = TypeVar("T", bound=msgspec.Struct)


class Advance(msgspec.Struct, forbid_unknown_fields=True):
    """By how many milliseconds org time is to move."""

    advance: int


class Login(msgspec.Struct, forbid_unknown_fields=True):
    """Whose session is asked for; the administrator's where no name is given."""

    username: str | None = None


def control_adapter(token: str, administrator: str) -> Adapter:
    """The control routes of an org whose control token is `token`."""

    def guarded(handler: Callable[[Call], Awaitable[Response]]) -> Callable[[Call], Awaitable[Response]]:
        async def checked(call: Call) -> Response:
            if not hmac.compare_digest(call.headers.get(HEADER, b""), token.encode()):
                raise fault("resource_not_found")
            return await handler(call)

        return checked

    async def login(call: Call) -> Response:
        asked = _decoded(call, Login)
        session = await call.org.identity.open_session(asked.username or administrator)
        return _json(
            {
                "access_token": session.token,
                "instance_url": call.base_url,
                "username": session.user.username,
            }
        )

    return Adapter(
        name="control",
        routes=tuple(
            Route(method, f"{_PATH}/{path}", guarded(handler), auth=Auth.NONE)
            for method, path, handler in (
                ("GET", "clock", _show_clock),
                ("POST", "clock", _advance_clock),
                ("POST", "login", login),
                ("POST", "reset", _reset),
            )
        ),
        render_fault=_render_fault,
    )


async def _show_clock(call: Call) -> Response:
    now = call.org.clock.now()
    return _json({"now": now, "offset": now - call.org.clock.real_now()})


async def _advance_clock(call: Call) -> Response:
    asked = _decoded(call, Advance)
    if asked.advance < 0:
        raise fault("control_refused", reason="Org time only moves forward.")
    call.org.clock.advance(asked.advance)
    await call.org.housekeep()
    return await _show_clock(call)


async def _reset(call: Call) -> Response:
    await call.org.reset()
    return _json({})


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
