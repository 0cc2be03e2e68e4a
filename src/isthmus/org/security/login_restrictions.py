"""Login restrictions: from where, and when, the users of a profile may log in, as the project's profiles say.

Hours are in the org's own time zone. Source: Salesforce Help, "Restrict Login IP Addresses in Profiles",
"View and Edit Login Hours in Profiles".
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from isthmus.kernel.database import Connection
from isthmus.org.schema.time_zones import zone_of
from isthmus.org.security.metadata.rights import Day, LoginHours, LoginIpRange, Profile

_DAYS: Final = tuple(Day)


@dataclass(frozen=True, slots=True)
class AddressRange:
    """Addresses of one family, both ends included."""

    family: int
    first: int
    last: int

    def holds(self, address: str) -> bool:
        """Whether an address lies in it; a text that is none lies nowhere."""
        try:
            found = _address(address)
        except ValueError:
            return False
        return found.version == self.family and self.first <= int(found) <= self.last


def address_range(start: str, end: str) -> AddressRange:
    """The range between two addresses. Raises ValueError."""
    first, last = _address(start), _address(end)
    if first.version != last.version:
        raise ValueError(f"{start} and {end} are not of one kind")
    return AddressRange(first.version, int(first), int(last))


def network_range(text: str) -> AddressRange:
    """The range of a network (`10.0.0.0/8`) or of one address. Raises ValueError."""
    network = ipaddress.ip_network(text)
    return AddressRange(network.version, int(network[0]), int(network[-1]))


@dataclass(frozen=True, slots=True)
class Restriction:
    """What one profile says. No ranges: from anywhere; no hours: at any time."""

    ranges: tuple[AddressRange, ...] = ()
    hours: LoginHours | None = None
    time_zone: str = "UTC"

    def allows_address(self, address: str) -> bool:
        """Whether a user may log in from there."""
        return not self.ranges or any(each.holds(address) for each in self.ranges)

    def allows_time(self, now: int) -> bool:
        """Whether a user may be logged in at `now`, in milliseconds since the epoch."""
        if self.hours is None:
            return True
        local = datetime.fromtimestamp(now / 1_000, UTC).astimezone(zone_of(self.time_zone))
        window = self.hours.by_day.get(_DAYS[local.weekday()])
        return window is not None and window[0] <= local.hour * 60 + local.minute < window[1]


FREE: Final = Restriction()


class LoginRestrictions:
    """The restrictions of every profile of an org."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[tuple[AddressRange, ...], LoginHours | None]] = {}

    def replace(self, profiles: Iterable[Profile]) -> None:
        """Put into force what profiles say; those that say nothing are free."""
        self._by_name = {
            each.name: (tuple(_range(one) for one in each.login_ip_ranges), each.login_hours)
            for each in profiles
            if each.login_ip_ranges or each.login_hours is not None
        }

    def of(self, connection: Connection, profile_id: str) -> Restriction:
        """The restriction of a profile. Where none is restricted, nothing is read."""
        if not self._by_name:
            return FREE
        row = connection.row(
            """SELECT p."Name", o."TimeZoneSidKey" FROM "Profile" p, "Organization" o WHERE p."Id" = ?""",
            (profile_id,),
        )
        if row is None or (said := self._by_name.get(str(row[0]))) is None:
            return FREE
        return Restriction(*said, time_zone=str(row[1] or "UTC"))


def _range(said: LoginIpRange) -> AddressRange:
    return address_range(said.start, said.end)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address; one of IPv4 that came over IPv6 is the former. Raises ValueError."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
