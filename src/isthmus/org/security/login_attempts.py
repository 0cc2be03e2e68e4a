"""Login attempts: where a login comes from, and how it ends.

Source: Object Reference, LoginHistory; the words of `Outcome` are those of its `Status` ("Login Event Type,
LOGIN_STATUS Values" names the same causes).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from isthmus.kernel.database import Transaction
from isthmus.org.security.principal import Principal

NOT_APPLICABLE: Final = "N/A"


class LoginType(Enum):
    """The way in, as LoginHistory names it."""

    APPLICATION = "Application"
    SOAP = "Other Apex API"
    OAUTH = "Remote Access 2.0"


class Outcome(Enum):
    """How an attempt ended; the value is LoginHistory's `Status`."""

    SUCCESS = "Success"
    INVALID_PASSWORD = "Invalid Password"
    PASSWORD_LOCKOUT = "Password Lockout"
    USER_INACTIVE = "User is Inactive"
    USER_FROZEN = "User is Frozen"
    RESTRICTED_IP = "Restricted IP"
    RESTRICTED_TIME = "Restricted Time"
    NEEDS_TOKEN = "Failed: API security token required"
    RATE_EXCEEDED = "Login Rate Exceeded"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who knocks, as far as the connection and the request tell. The texts are the client's own words."""

    login_type: LoginType = LoginType.APPLICATION
    source_ip: str = "127.0.0.1"
    login_url: str | None = None
    application: str = NOT_APPLICABLE
    client_version: str = NOT_APPLICABLE
    api_type: str = NOT_APPLICABLE
    api_version: str = NOT_APPLICABLE
    user_agent: str | None = None
    tls_protocol: str | None = None
    cipher_suite: str | None = None


OWNER: Final = Visit(application="Isthmus")
"""The owner of the machine, at the command line."""

LoginRecorder: TypeAlias = Callable[[Transaction, Principal, Visit, Outcome], None]
"""Writes down, in a unit of work, that somebody who is known tried to log in."""
