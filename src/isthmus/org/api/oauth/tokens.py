"""The token endpoints: grant, revoke, introspect.

Sources: Salesforce Help, "OAuth 2.0 Username-Password Flow", "OAuth 2.0 Client Credentials Flow", "OAuth 2.0
Refresh Token Flow", "Revoke OAuth Tokens", "OAuth 2.0 Token Introspection".
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from starlette.responses import Response

from isthmus.kernel.clock import SECOND
from isthmus.kernel.errors import fault
from isthmus.org.api.oauth.answers import NOT_STORED, json_answer, read_form, reply_format, required
from isthmus.org.api.oauth.claims import identity_url
from isthmus.org.api.routing import Call
from isthmus.org.api.visits import visit_of
from isthmus.org.security.identity import Identity
from isthmus.org.security.issued import Grant
from isthmus.org.security.login_attempts import LoginType, Visit
from isthmus.wire.oauth import TokenReply, basic_credentials, sign, write_token_reply

_WITHOUT_SCOPE: Final = frozenset({"password"})
"""Grants whose reply does not tell the scope. Recorded: replies of the username-password flow."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request for a token: who asks (by HTTP Basic or in the form), and the form."""

    call: Call
    client_id: str
    secret: str | None
    form: Mapping[str, str]

    @property
    def visit(self) -> Visit:
        return visit_of(self.call, LoginType.OAUTH)


Flow: TypeAlias = Callable[[TokenRequest], Awaitable[Grant]]


async def _password(request: TokenRequest) -> Grant:
    username, password = required(request.form, "username"), required(request.form, "password")
    identity: Identity = request.call.org.identity
    return await identity.password_grant(
        request.client_id, request.secret, username, password, request.form.get("scope"), request.visit
    )


async def _client_credentials(request: TokenRequest) -> Grant:
    if request.call.on_login_host:
        raise fault("oauth_wrong_domain")
    identity: Identity = request.call.org.identity
    return await identity.client_credentials(
        request.client_id, request.secret, request.form.get("scope"), request.visit
    )


async def _refresh_token(request: TokenRequest) -> Grant:
    token = required(request.form, "refresh_token")
    identity: Identity = request.call.org.identity
    return await identity.refresh(
        token, request.client_id, request.secret, request.form.get("scope"), request.visit
    )


FLOWS: Final[Mapping[str, Flow]] = {
    "password": _password,
    "client_credentials": _client_credentials,
    "refresh_token": _refresh_token,
}


async def grant_token(call: Call) -> Response:
    """POST /services/oauth2/token."""
    form = read_form(call)
    grant_type = required(form, "grant_type")
    flow = FLOWS.get(grant_type)
    if flow is None:
        raise fault("oauth_unsupported_grant_type")
    client_id, secret = _client(call, form)
    grant = await flow(TokenRequest(call, client_id, secret, form))
    session = grant.session
    call.username = session.user.username
    issued_at = str(session.issued_at)
    who = identity_url(call.base_url, session.user)
    reply = TokenReply(
        access_token=session.token,
        signature=sign(grant.app.secret or "", who, issued_at),
        scope=None if grant_type in _WITHOUT_SCOPE else " ".join(session.scopes),
        instance_url=call.base_url,
        id=who,
        issued_at=issued_at,
    )
    wanted = reply_format(call)
    return Response(write_token_reply(reply, wanted), media_type=wanted.value, headers=NOT_STORED)


async def revoke_token(call: Call) -> Response:
    """GET or POST /services/oauth2/revoke: an access token, or a refresh token with its sessions."""
    token = required(read_form(call), "token")
    if not await call.org.identity.revoke(token):
        raise fault("oauth_unknown_token", token=token)
    return Response(headers=NOT_STORED)


async def introspect_token(call: Call) -> Response:
    """POST /services/oauth2/introspect: an app asks about one of its own tokens."""
    form = read_form(call)
    client_id, secret = _client(call, form)
    state = await call.org.identity.introspect(client_id, secret, required(form, "token"))
    if state is None:
        return json_answer({"active": False})
    answer: dict[str, object] = {
        "active": True,
        "scope": " ".join(state.scopes),
        "client_id": client_id,
        "username": state.user.username,
        "sub": identity_url(call.base_url, state.user),
        "token_type": state.kind,
    }
    if state.expires_at is not None:
        answer["exp"] = state.expires_at // SECOND
    return json_answer(answer | {"iat": state.issued_at // SECOND, "nbf": state.issued_at // SECOND})


async def must_post(call: Call) -> Response:
    """GET where only POST is meant. Fault: `oauth_must_post`."""
    raise fault("oauth_must_post")


async def authorize(call: Call) -> Response:
    """The browser's flows are not offered. Fault: `oauth_unsupported_response_type`."""
    raise fault("oauth_unsupported_response_type")


def _client(call: Call, form: Mapping[str, str]) -> tuple[str, str | None]:
    """Client id and secret; an id that is missing is one that no app has."""
    basic = basic_credentials(call.header(b"authorization"))
    return basic or (form.get("client_id", ""), form.get("client_secret"))
