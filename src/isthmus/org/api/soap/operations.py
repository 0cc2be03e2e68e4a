"""Operations: what the Partner and Enterprise endpoints do so far, each a function of a request.

Source: SOAP API Developer Guide, login(), logout(), getServerTimestamp(), getUserInfo().
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from isthmus.kernel.clock import SECOND
from isthmus.kernel.errors import Fault, fault
from isthmus.kernel.ids import MalformedId, to_18
from isthmus.org.api.routing import Call
from isthmus.org.api.soap.endpoints import METADATA_LETTER, Api, endpoint_url
from isthmus.org.schema.instants import datetime_text
from isthmus.org.security.identity import Identity
from isthmus.org.security.sessions import Session
from isthmus.org.security.users import Organization
from isthmus.wire.login import LoginResult, UserInfo, read_login, write_login_reply, write_user_info_reply
from isthmus.wire.soap import Envelope, child_text, write_envelope
from isthmus.wire.xml import write_element

LOGIN_BYTES_MAX: Final = 10 * 1024
_NO_LOGIN_FROM: Final = 65
_ATTACHMENT_BYTES_MAX: Final = 5 * 1024 * 1024
_CURRENCY: Final = ("USD", "$")


@dataclass(frozen=True, slots=True)
class SoapRequest:
    """One request: where it came to, and what it holds."""

    call: Call
    api: Api
    version: int
    envelope: Envelope

    @property
    def identity(self) -> Identity:
        found: Identity = self.call.org.identity
        return found

    @property
    def token(self) -> str:
        """The session id in the header. Fault: `soap_session_invalid`."""
        header = self.envelope.header("SessionHeader")
        token = None if header is None else child_text(header, "sessionId")
        if not token:
            raise fault("soap_session_invalid")
        return token.strip()

    @property
    def session(self) -> Session:
        """The session in the header. Fault: `soap_session_invalid`."""
        try:
            return self.identity.session(self.token)
        except Fault as error:
            if error.entry.name == "session_invalid":
                raise fault("soap_session_invalid") from None
            raise

    def check_session(self) -> None:
        """Fault `soap_session_invalid`: the header has no session that lives."""
        _ = self.session


async def login(request: SoapRequest) -> bytes:
    """A session by user name and password (with or without the security token).

    Faults: `soap_login_unavailable`, `soap_login_too_large`, and those of the login.
    """
    identity = request.identity
    if request.version >= _NO_LOGIN_FROM and not identity.options.soap_login_from_65:
        raise fault("soap_login_unavailable", version=f"{request.version}.0")
    if len(request.call.body) > LOGIN_BYTES_MAX:
        raise fault("soap_login_too_large", limit=LOGIN_BYTES_MAX)
    asked = read_login(request.envelope)
    if asked.organization_id is not None and not _is_same(asked.organization_id, identity.organization_id):
        raise fault("invalid_login")
    session = await identity.login_with_password(asked.username, asked.password)
    organization = identity.organization()
    base_url, where = request.call.base_url, identity.organization_id
    result = LoginResult(
        metadata_server_url=endpoint_url(base_url, METADATA_LETTER, request.version, where),
        password_expired=False,
        sandbox=organization.sandbox,
        server_url=endpoint_url(base_url, request.api.letter, request.version, where),
        session_id=session.token,
        user_id=session.user.user_id,
        user_info=_user_info(request, session, organization),
    )
    return write_login_reply(result, request.api.namespace)


async def logout(request: SoapRequest) -> bytes:
    """End the session of the header. Fault: `soap_session_invalid`."""
    if not await request.identity.revoke(request.token):
        raise fault("soap_session_invalid")
    return write_envelope("<logoutResponse/>", request.api.namespace)


async def get_user_info(request: SoapRequest) -> bytes:
    """Whose session it is. Fault: `soap_session_invalid`."""
    info = _user_info(request, request.session, request.identity.organization())
    return write_user_info_reply(info, request.api.namespace)


async def get_server_timestamp(request: SoapRequest) -> bytes:
    """The org's time. Fault: `soap_session_invalid`."""
    request.check_session()
    timestamp = write_element("timestamp", datetime_text(request.call.org.clock.now(), "Z"))
    body = f"<result>{timestamp}</result>"
    return write_envelope(
        f"<getServerTimestampResponse>{body}</getServerTimestampResponse>", request.api.namespace
    )


Operation: TypeAlias = Callable[[SoapRequest], Awaitable[bytes]]

OPERATIONS: Final[Mapping[str, Operation]] = {
    "login": login,
    "logout": logout,
    "getUserInfo": get_user_info,
    "getServerTimestamp": get_server_timestamp,
}


def _user_info(request: SoapRequest, session: Session, organization: Organization) -> UserInfo:
    user = session.user
    profile = request.identity.user_info(user)
    currency, symbol = _CURRENCY
    return UserInfo(
        accessibility_mode=False,
        chatter_external=False,
        currency_symbol=symbol,
        org_attachment_file_size_limit=_ATTACHMENT_BYTES_MAX,
        org_default_currency_iso_code=currency,
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
