"""The `login` operation of the Partner and Enterprise APIs: request and reply, written and read.

Clients read the reply by position, and with regular expressions on names without a prefix: the order of the
fields below is the order on the wire. Source: Partner WSDL, types `LoginResult` and `GetUserInfoResult`.
"""

from dataclasses import dataclass, fields
from typing import Any, Final

from lxml import etree

from isthmus.wire.soap import Envelope, child, child_text, write_envelope
from isthmus.wire.xml import write_element

PARTNER: Final = "urn:partner.soap.sforce.com"
PARTNER_FAULT: Final = "urn:fault.partner.soap.sforce.com"
ENTERPRISE: Final = "urn:enterprise.soap.sforce.com"
ENTERPRISE_FAULT: Final = "urn:fault.enterprise.soap.sforce.com"


class MalformedLogin(ValueError):
    """The reply lacks what a login reply must hold."""


@dataclass(frozen=True, slots=True)
class LoginRequest:
    """`organization_id` comes in the LoginScopeHeader, where there is one."""

    username: str
    password: str
    organization_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInfo:
    """GetUserInfoResult, in the order of the wire."""

    accessibility_mode: bool
    chatter_external: bool
    currency_symbol: str | None
    org_attachment_file_size_limit: int
    org_default_currency_iso_code: str | None
    org_default_currency_locale: str | None
    org_disallow_html_attachments: bool
    org_has_person_accounts: bool
    organization_id: str
    organization_multi_currency: bool
    organization_name: str
    profile_id: str
    role_id: str | None
    session_seconds_valid: int
    user_default_currency_iso_code: str | None
    user_email: str
    user_full_name: str
    user_id: str
    user_language: str
    user_locale: str
    user_name: str
    user_time_zone: str
    user_type: str
    user_ui_skin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginResult:
    """LoginResult, in the order of the wire; `user_info` comes last."""

    metadata_server_url: str | None
    password_expired: bool
    sandbox: bool
    server_url: str | None
    session_id: str | None
    user_id: str | None
    user_info: UserInfo


def write_login(request: LoginRequest, namespace: str = PARTNER) -> bytes:
    """A login request, in the API's `namespace`."""
    header = ""
    if request.organization_id is not None:
        organization = write_element("organizationId", request.organization_id)
        header = f"<LoginScopeHeader>{organization}</LoginScopeHeader>"
    body = write_element("username", request.username) + write_element("password", request.password)
    return write_envelope(f"<login>{body}</login>", namespace, header)


def read_login(envelope: Envelope) -> LoginRequest:
    """The request in a message whose operation is `login`; what is absent is ''."""
    scope = envelope.header("LoginScopeHeader")
    return LoginRequest(
        username=child_text(envelope.body, "username") or "",
        password=child_text(envelope.body, "password") or "",
        organization_id=None if scope is None else child_text(scope, "organizationId") or None,
    )


def write_login_reply(result: LoginResult, namespace: str) -> bytes:
    """The reply to a login."""
    head = "".join(
        write_element(_wire_name(each.name), getattr(result, each.name))
        for each in fields(result)
        if each.name != "user_info"
    )
    info = f"<userInfo>{_user_info(result.user_info)}</userInfo>"
    return write_envelope(f"<loginResponse><result>{head}{info}</result></loginResponse>", namespace)


def write_user_info_reply(info: UserInfo, namespace: str) -> bytes:
    """The reply to a getUserInfo."""
    body = f"<getUserInfoResponse><result>{_user_info(info)}</result></getUserInfoResponse>"
    return write_envelope(body, namespace)


def read_login_reply(envelope: Envelope) -> LoginResult:
    """The result in a login's reply. Raises MalformedLogin."""
    result = child(envelope.body, "result")
    info = None if result is None else child(result, "userInfo")
    if result is None or info is None:
        raise MalformedLogin("no result and userInfo")
    values = _read(LoginResult, result)
    values["user_info"] = UserInfo(**_read(UserInfo, info))
    return LoginResult(**values)


def read_user_info_reply(envelope: Envelope) -> UserInfo:
    """The result in a getUserInfo's reply. Raises MalformedLogin."""
    result = child(envelope.body, "result")
    if result is None:
        raise MalformedLogin("no result")
    return UserInfo(**_read(UserInfo, result))


def _user_info(info: UserInfo) -> str:
    return "".join(write_element(_wire_name(each.name), getattr(info, each.name)) for each in fields(info))


def _wire_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _read(kind: type[LoginResult] | type[UserInfo], element: etree._Element) -> dict[str, Any]:
    return {
        each.name: _value(each.type, _wire_name(each.name), element)
        for each in fields(kind)
        if each.type is not UserInfo
    }


def _value(kind: object, name: str, element: etree._Element) -> str | bool | int | None:
    text = child_text(element, name)
    if text is None and kind in (bool, int, str):
        raise MalformedLogin(f"{name} is missing")
    if kind is bool:
        return text in ("true", "1")
    if kind is int:
        try:
            return int(text or "")
        except ValueError:
            raise MalformedLogin(f"{name} is no number") from None
    return text
