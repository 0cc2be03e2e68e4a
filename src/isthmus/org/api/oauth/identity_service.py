"""The identity service: userinfo and the identity URL, for a token's user. It refuses with one plain word."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from starlette.responses import Response

from isthmus.kernel.errors import Fault, fault
from isthmus.kernel.ids import MalformedId, to_18
from isthmus.org.api import versions
from isthmus.org.api.oauth.answers import NOT_STORED, json_answer, read_form, reply_format
from isthmus.org.api.oauth.claims import identity, user_info
from isthmus.org.api.routing import Call, Handler
from isthmus.org.security.principal import Principal
from isthmus.wire.oauth import Format, bearer_token
from isthmus.wire.xml import INSTANCE, write_element

_TOKEN_FIELDS: Final = ("oauth_token", "access_token")


UserHandler: TypeAlias = Callable[[Call, Principal], Awaitable[Response]]


def for_token_user(handler: UserHandler) -> Handler:
    """The handler of a route that answers the user of a token alone.

    The token comes as a header or a field. Faults: `identity_missing_token`, `identity_bad_token`.
    """

    async def checked(call: Call) -> Response:
        return await handler(call, await _token_user(call))

    return checked


async def show_user_info(call: Call, user: Principal) -> Response:
    """GET or POST /services/oauth2/userinfo."""
    org = call.org
    profile = await org.identity.user_info(user)
    return json_answer(user_info(call.base_url, profile, org.clock.now()))


async def show_identity(call: Call, user: Principal) -> Response:
    """GET or POST /id/{organization}/{user}: for that user alone."""
    try:
        organization_id, user_id = to_18(call.path["organization"]), to_18(call.path["user"])
    except MalformedId:
        raise fault("identity_bad_id") from None
    if organization_id != user.organization_id:
        raise fault("identity_wrong_org")
    if user_id != user.user_id:
        raise fault("identity_bad_id")
    profile = await call.org.identity.user_info(user)
    version = _version(read_form(call).get("version"))
    answer = identity(call.base_url, profile, call.org.clock.now(), version)
    if reply_format(call) is Format.XML:
        return Response(_xml(answer), media_type=Format.XML.value, headers=NOT_STORED)
    return json_answer(answer)


async def _token_user(call: Call) -> Principal:
    form = read_form(call)
    token = bearer_token(call.header(b"authorization"))
    token = token or next((form[name] for name in _TOKEN_FIELDS if form.get(name)), None)
    if token is None:
        raise fault("identity_missing_token")
    try:
        return await call.org.identity.authenticate(token)
    except Fault as error:
        if error.entry.name == "session_invalid":
            raise fault("identity_bad_token") from None
        raise


def _version(wanted: str | None) -> str | None:
    """The version to put into URLs (`65.0`), or None for none. Fault: `identity_bad_version`."""
    if not wanted:
        return None
    if wanted.lower() == "latest":
        return f"{versions.NEWEST}.0"
    number = wanted.removesuffix(".0")
    if not (number.isascii() and number.isdigit() and len(number) < 4 and int(number) in versions.SUPPORTED):
        raise fault("identity_bad_version")
    return f"{int(number)}.0"


def _xml(answer: dict[str, object]) -> bytes:
    body = "".join(_element(name, value) for name, value in answer.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><user xmlns:xsi="{INSTANCE}">{body}</user>'.encode()


def _element(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(str(each), part) for each, part in value.items())}</{name}>"
    return write_element(name, value if isinstance(value, str | bool | int) else None)
