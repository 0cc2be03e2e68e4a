"""Hosts: under which host names this org answers, and what it calls itself towards a client that used one.

Every URL in an answer names the host by which the client came, except that who asked `login.salesforce.com`
or `test.salesforce.com` (through the hostname gateway) is sent on to the org's own My Domain host, as on
the platform. Any other name is refused: a page on another site could point its own name at this address and
read the answers (DNS rebinding). A literal IP address can't be used for that.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_LOGIN_HOSTS: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})
_PLATFORM_DOMAINS: Final = (".salesforce.com", ".force.com")
_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]{0,252}))(:\d{1,5})?", re.ASCII)
_REMEMBERED_MAX: Final = 256


@dataclass(frozen=True, slots=True)
class Origin:
    """What an answer calls this org. `on_platform`: the client believes it speaks to the platform's host;
    `is_login_host`: to one that only logs in.
    """

    base_url: str
    on_platform: bool
    is_login_host: bool = False


class Hosts:
    """The names that are allowed. `extra` are the user's own (`server.allowed_hosts`)."""

    def __init__(self, my_domain_host: str, extra: Iterable[str] = ()) -> None:
        self._my_domain_host = my_domain_host.lower()
        self._allowed = {
            "localhost",
            self._my_domain_host,
            *(each.lower().removesuffix(".") for each in extra),
        }
        self._remembered: dict[tuple[str, bytes], Origin | None] = {}

    def origin(self, scheme: str, host: bytes) -> Origin | None:
        """The origin for a request's scheme and Host header, or None where the name is not allowed."""
        key = (scheme, host)
        try:
            return self._remembered[key]
        except KeyError:
            origin = self._origin(scheme, host.decode("latin-1").strip().lower())
            if len(self._remembered) < _REMEMBERED_MAX:
                self._remembered[key] = origin
            return origin

    def _origin(self, scheme: str, host: str) -> Origin | None:
        match = _HOST.fullmatch(host)
        if match is None:
            return None
        name, port = match[1].removesuffix("."), match[2] or ""
        if name in _LOGIN_HOSTS:
            return Origin(f"{scheme}://{self._my_domain_host}{port}", True, is_login_host=True)
        if name.endswith(_PLATFORM_DOMAINS):
            return Origin(f"{scheme}://{name}{port}", True)
        if name in self._allowed or _is_address(name):
            return Origin(f"{scheme}://{name}{port}", False)
        return None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
