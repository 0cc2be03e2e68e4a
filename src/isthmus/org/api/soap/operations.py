"""Operations: what the Partner and Enterprise endpoints do so far.

`OPERATIONS` says of each whether anyone may ask it, or only a session: then it is given the session, which
was checked, and the call is counted.

Source: SOAP API Developer Guide, login(), logout(), getServerTimestamp(), getUserInfo().
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from isthmus.kernel.clock import SECOND
from isthmus.kernel.errors import Fault, fault
from isthmus.kernel.ids import MalformedId, to_18
from isthmus.org.api.routing import Call
from isthmus.org.api.soap.endpoints import METADATA_LETTER, Api, endpoint_url
from isthmus.org.api.visits import visit_of
from isthmus.org.schema.currencies import CURRENCY, SYMBOL
from isthmus.org.schema.instants import datetime_text
from isthmus.org.security.identity import Identity
from isthmus.org.security.login_attempts import LoginType, Visit
from isthmus.org.security.sessions import Session
from isthmus.org.security.users import Organization
from isthmus.wire.login import LoginResult, UserInfo, read_login, write_login_reply, write_user_info_reply
from isthmus.wire.soap import Envelope, child_text, write_envelope
from isthmus.wire.xml import write_element

_NO_LOGIN_FROM: Final = 65
_WORDS: Final = {"session_invalid": "soap_session_invalid", "api_disabled": "soap_api_disabled"}
"""What SOAP says in words of its own."""
_ATTACHMENT_BYTES_MAX: Final = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SoapRequest:
    """One request: where it came to, and what it holds."""

    call: Call
    api: Api
    version: int
    envelope: Envelope

    @property
    def identity(self) -> Identity:
        return self.call.org.identity

    @property
    def token(self) -> str:
        """The session id in the header; '' where there is none."""
        header = self.envelope.header("SessionHeader")
        return ((header is not None and child_text(header, "sessionId")) or "").strip()


async def answer(request: SoapRequest) -> bytes:
    """What the operation of the request answers. Faults: `soap_unknown_operation`, `soap_session_invalid`,
    `soap_api_disabled`, `concurrent_requests_exceeded`, `request_limit_exceeded`, and those of the operation.
    """
    try:
        return await _answer(request)
    except Fault as error:
        worded = _WORDS.get(error.entry.name)
        if worded is None:
            raise
        raise fault(worded) from None


async def _answer(request: SoapRequest) -> bytes:
    asked = request.envelope.operation
    operation = OPERATIONS.get(asked.local) if asked.namespace == request.api.namespace else None
    if operation is None:
        raise fault("soap_unknown_operation", operation=asked)
    if isinstance(operation, Open):
        return await operation.run(request)
    session = await request.identity.session(request.token)
    request.call.username = session.user.username
    request.call.org.admit(session.user)
    return await request.call.waited_for(operation.run(request, session))


async def login(request: SoapRequest) -> bytes:
    """A session by user name and password (with or without the security token).

    Faults: `soap_login_unavailable`, `soap_login_too_large`, and those of the login.
    """
    identity = request.identity
    if request.version >= _NO_LOGIN_FROM and not identity.options.soap_login_from_65:
        raise fault("soap_login_unavailable", version=f"{request.version}.0")
    if len(request.call.body) > (limit := identity.options.soap_login_bytes):
        raise fault("soap_login_too_large", limit=limit)
    asked = read_login(request.envelope)
    if asked.organization_id is not None and not _is_same(asked.organization_id, identity.organization_id):
        raise fault("invalid_login")
    session = await identity.login_with_password(asked.username, asked.password, _visit(request))
    request.call.username = session.user.username
    organization = await identity.organization()
    base_url, where = request.call.base_url, identity.organization_id
    result = LoginResult(
        metadata_server_url=endpoint_url(base_url, METADATA_LETTER, request.version, where),
        password_expired=False,
        sandbox=organization.sandbox,
        server_url=endpoint_url(base_url, request.api.letter, request.version, where),
        session_id=session.token,
        user_id=session.user.user_id,
        user_info=await _user_info(request, session, organization),
    )
    return write_login_reply(result, request.api.namespace)


def _visit(request: SoapRequest) -> Visit:
    """Who knocks; a client names itself in the CallOptions, where it does."""
    visit = visit_of(request.call, LoginType.SOAP, api=request.api.kind, version=request.version)
    options = request.envelope.header("CallOptions")
    client = None if options is None else child_text(options, "client")
    return visit if not client else replace(visit, application=client, client_version=client)


async def logout(request: SoapRequest, session: Session) -> bytes:
    """End the session."""
    await request.identity.revoke(request.token)
    return write_envelope("<logoutResponse/>", request.api.namespace)


async def get_user_info(request: SoapRequest, session: Session) -> bytes:
    """Whose session it is."""
    info = await _user_info(request, session, await request.identity.organization())
    return write_user_info_reply(info, request.api.namespace)


async def get_server_timestamp(request: SoapRequest, session: Session) -> bytes:
    """The org's time."""
    timestamp = write_element("timestamp", datetime_text(request.call.org.clock.now(), "Z"))
    body = f"<result>{timestamp}</result>"
    return write_envelope(
        f"<getServerTimestampResponse>{body}</getServerTimestampResponse>", request.api.namespace
    )


@dataclass(frozen=True, slots=True)
class Open:
    """An operation that anyone may ask."""

    run: Callable[[SoapRequest], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class OfSession:
    """An operation that a session may ask."""

    run: Callable[[SoapRequest, Session], Awaitable[bytes]]


OPERATIONS: Final[Mapping[str, Open | OfSession]] = {
    "login": Open(login),
    "logout": OfSession(logout),
    "getUserInfo": OfSession(get_user_info),
    "getServerTimestamp": OfSession(get_server_timestamp),
}


async def _user_info(request: SoapRequest, session: Session, organization: Organization) -> UserInfo:
    user = session.user
    profile = await request.identity.user_info(user)
    return UserInfo(
        accessibility_mode=False,
        chatter_external=False,
        currency_symbol=SYMBOL,
        org_attachment_file_size_limit=_ATTACHMENT_BYTES_MAX,
        org_default_currency_iso_code=CURRENCY,
        org_default_currency_locale=organization.locale,
        org_disallow_html_attachments=False,
        org_has_person_accounts=False,
        organization_id=user.organization_id,
        organization_multi_currency=False,
        organization_name=organization.name,
        profile_id=user.profile_id,
        role_id=profile.role_id,
        session_seconds_valid=(session.expires_at - request.call.org.clock.now()) // SECOND,
        user_default_currency_iso_code=None,
        user_email=profile.email or "",
        user_full_name=profile.name,
        user_id=user.user_id,
        user_language=user.language,
        user_locale=user.locale,
        user_name=user.username,
        user_time_zone=user.time_zone,
        user_type=profile.user_type,
        user_ui_skin="Theme3",
    )


def _is_same(organization_id: str, ours: str) -> bool:
    try:
        return to_18(organization_id.strip()) == ours
    except MalformedId:
        return False
