"""Headers: what a REST request's own headers ask for. Source: REST API Developer Guide, "Headers"."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final

from isthmus.kernel.clock import SECOND
from isthmus.org.api.routing import Call
from isthmus.org.org import SaveOptions

BATCH_MIN: Final = 200
BATCH_MAX: Final = 2000

_RECENT: Final = b"sforce-mru"
_UNMODIFIED: Final = b"if-unmodified-since"
_OF_SAVES: Final = frozenset({_RECENT, _UNMODIFIED})


def batch_size(call: Call) -> int:
    """Rows in a page: `Sforce-Query-Options: batchSize=500`, kept within 200 and 2,000; else 2,000."""
    header = call.header(b"sforce-query-options")
    size = _pairs(header).get("batchsize", "") if header else ""
    return min(max(int(size), BATCH_MIN), BATCH_MAX) if size.isdecimal() else BATCH_MAX


def save_options(call: Call) -> SaveOptions:
    """What the headers ask of a save; what they don't say is as the platform does it."""
    if _OF_SAVES.isdisjoint(call.headers):
        return _plain_options(call.token)
    return SaveOptions(
        update_recent=_is_true(_pairs(call.header(_RECENT)).get("updatemru")),
        unmodified_since=instant(call.header(_UNMODIFIED)),
        session_id=call.token,
    )


@lru_cache(maxsize=1024)
def _plain_options(token: str | None) -> SaveOptions:
    """What a client asks that sends none of the headers."""
    return SaveOptions(session_id=token)


def instant(header: str | None) -> int | None:
    """The milliseconds since the epoch that an HTTP date says; None where there is none, or it is no date."""
    if header is None:
        return None
    try:
        return int(parsedate_to_datetime(header).timestamp()) * SECOND
    except ValueError:
        return None


def _is_true(value: str | None) -> bool:
    return value is not None and value.lower() == "true"


def _pairs(header: str | None) -> Mapping[str, str]:
    """`name=value` pairs between commas or semicolons, names in lower case."""
    if not header:
        return {}
    pairs = (each.partition("=") for each in header.replace(";", ",").split(","))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
