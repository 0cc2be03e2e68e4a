"""Visits: what a request tells of who wants to log in."""

from typing import Final

from isthmus.org.api.routing import Call
from isthmus.org.security.login_attempts import NOT_APPLICABLE, LoginType, Visit

_TEXT_MAX: Final = 255


def visit_of(call: Call, login_type: LoginType, *, api: str | None = None, version: int = 0) -> Visit:
    """The visit of a request. `api` is LoginHistory's `ApiType`, `version` that of the API, where it has one.

    The address is the connection's: what a header says of it, anyone can say.
    """
    client = call.scope.get("client")
    tls = call.scope.get("extensions", {}).get("isthmus.tls")
    return Visit(
        login_type=login_type,
        source_ip=str(client[0]) if client else "127.0.0.1",
        login_url=call.base_url.partition("://")[2][:_TEXT_MAX],
        api_type=api or NOT_APPLICABLE,
        api_version=f"{version}.0" if version else NOT_APPLICABLE,
        user_agent=call.header(b"user-agent"),
        tls_protocol=tls[0] if tls else None,
        cipher_suite=tls[1] if tls else None,
    )
