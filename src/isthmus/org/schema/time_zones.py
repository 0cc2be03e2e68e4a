"""Time zones: the one place where the name of a zone, as a user or an organization has it, becomes a zone."""

from datetime import UTC, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name (`Europe/Berlin`); None: there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # ValueError: not a name; OSError: a folder of names
        return None


def zone_of(name: str) -> tzinfo:
    """The zone of that name, and UTC where it is unknown: an older org may hold such a name."""
    return find_zone(name) or UTC


def known_name(name: str) -> str:
    """The name of what `zone_of` gives: a database may refuse one that it doesn't know."""
    return name if find_zone(name) else "UTC"
