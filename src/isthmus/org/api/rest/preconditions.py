"""Preconditions: `If-Modified-Since`, `If-Unmodified-Since` and `If-Match` of a request for one record.

A record counts as modified at its LastModifiedDate. A change checks its precondition in its own
transaction, so that nobody comes between. ETags are not issued here, so none that a client sends can match.
Source: REST API Developer Guide, "Conditional Request Headers", "sObject Rows".
"""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

from isthmus.kernel.clock import SECOND
from isthmus.kernel.errors import fault
from isthmus.org.api.rest import paths
from isthmus.org.api.rest.headers import save_options
from isthmus.org.api.routing import Call
from isthmus.org.org import Column, QueryResult, Running, SaveResult
from isthmus.org.schema.model import SObjectType

_MATCH: Final = b"if-match"
_MODIFIED: Final = b"if-modified-since"
_UNMODIFIED: Final = b"if-unmodified-since"
_OF_CHANGES: Final = frozenset({_MATCH, _UNMODIFIED})
_OF_READS: Final = _OF_CHANGES | {_MODIFIED}
_STAMPS: Final = ("LastModifiedDate", "SystemModstamp", "CreatedDate")


def seconds(header: str | None) -> float | None:
    """The instant of an HTTP date, in seconds since the epoch; None where there is none, or no date."""
    if header is None:
        return None
    try:
        return parsedate_to_datetime(header).timestamp()
    except ValueError:
        return None


def are_asked(call: Call) -> bool:
    """Whether a read has any."""
    return not _OF_READS.isdisjoint(call.headers)


async def is_known(call: Call) -> bool:
    """Whether the client has the record's present state already (304). Fault: `precondition_failed`."""
    sobject = paths.sobject_of(call)
    modified = _modified(
        await call.org.retrieve(call.principal, sobject.name, call.path["id"], _stamp(sobject))
    )
    _check(call, modified)
    since = seconds(call.header(_MODIFIED))
    return since is not None and modified <= since


async def change(
    call: Call, sobject: SObjectType, record_id: str, save: Callable[[Running], list[SaveResult]]
) -> SaveResult:
    """Save one record, if the request's precondition holds. Fault: `precondition_failed`."""
    conditional = not _OF_CHANGES.isdisjoint(call.headers)

    def work(running: Running) -> list[SaveResult]:
        if conditional:
            _check(call, _modified(running.retrieve(sobject.name, record_id, _stamp(sobject))))
        return save(running)

    [result] = await call.org.transaction(call.principal, work, options=save_options(call))
    return result


def _stamp(sobject: SObjectType) -> tuple[str, ...]:
    """The field that says when a record was modified."""
    return next(((each,) for each in _STAMPS if sobject.field(each) is not None), ())


def _modified(result: QueryResult) -> int:
    """When the one row was modified, in seconds since the epoch; 0 where its object does not say."""
    [row] = result.rows
    stamps = [each for each in result.shape.items if isinstance(each, Column) and each.key in _STAMPS]
    value = row[stamps[0].index] if stamps else 0
    return value // SECOND if isinstance(value, int) else 0


def _check(call: Call, modified: int) -> None:
    if call.headers.get(_MATCH, b"*").strip() != b"*":
        raise fault("precondition_failed", header="If-Match")
    since = seconds(call.header(_UNMODIFIED))
    if since is not None and modified > since:
        raise fault("precondition_failed", header="If-Unmodified-Since")
