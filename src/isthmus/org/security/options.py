"""Options: what can be set of logins and sessions."""

from dataclasses import dataclass
from typing import Final

from isthmus.kernel.clock import HOUR, MINUTE
from isthmus.org.security.login_rate import LOGINS_PER_HOUR

SOAP_LOGIN_BYTES: Final = 10 * 1024
"""Source: SOAP API Developer Guide, API Limits: a login request has at most 10 KB."""


@dataclass(frozen=True, slots=True)
class DoorOptions:
    """What can be set. `lockout_attempts` 0: no lockout; `lockout_period` in milliseconds, 0: until unlocked.

    With `needs_security_token`, addresses outside of `trusted` networks and of the profile's ranges need the
    token behind the password.
    """

    logins_per_hour: int = LOGINS_PER_HOUR
    lockout_attempts: int = 10
    lockout_period: int = 15 * MINUTE
    needs_security_token: bool = False
    trusted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityOptions:
    """What can be set. `session_period` in milliseconds: how long a session lasts unused."""

    session_period: int = 2 * HOUR
    soap_login_from_65: bool = False
    soap_login_bytes: int = SOAP_LOGIN_BYTES
    door: DoorOptions = DoorOptions()


DEFAULT_OPTIONS: Final = IdentityOptions()
