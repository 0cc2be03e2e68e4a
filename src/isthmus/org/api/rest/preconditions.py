"""Preconditions: `If-Match`, `If-None-Match`, `If-Modified-Since`, `If-Unmodified-Since` on one record.

A record counts as modified at its LastModifiedDate. An account also has an entity tag: a hash of the record
as it is answered whole, so that two changes within one second differ. A change checks its precondition in
its own transaction, so that nobody comes between. Source: REST API Developer Guide, "Conditional Request
Headers" (which names accounts for entity tags).
"""

import hashlib
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final

from isthmus.kernel.clock import SECOND
from isthmus.kernel.errors import fault
from isthmus.org.api.rest import paths
from isthmus.org.api.rest.headers import save_options
from isthmus.org.api.rest.row_encoder import encode, records_of
from isthmus.org.api.routing import Call
from isthmus.org.org import Column, QueryResult, Running, SaveResult
from isthmus.org.schema.model import SObjectType

_MATCH: Final = b"if-match"
_NONE_MATCH: Final = b"if-none-match"
_MODIFIED: Final = b"if-modified-since"
_UNMODIFIED: Final = b"if-unmodified-since"
_OF_CHANGES: Final = frozenset({_MATCH, _UNMODIFIED})
_OF_READS: Final = _OF_CHANGES | {_NONE_MATCH, _MODIFIED}
_STAMPS: Final = ("LastModifiedDate", "SystemModstamp", "CreatedDate")
_TAGGED: Final = frozenset({"Account"})


def seconds(header: str | None) -> float | None:
    """The instant of an HTTP date, in seconds since the epoch; None where there is none, or no date."""
    if header is None:
        return None
    try:
        return parsedate_to_datetime(header).timestamp()
    except ValueError:
        return None


def has_tags(sobject: SObjectType) -> bool:
    """Whether an object's records have entity tags."""
    return sobject.name in _TAGGED


def tag(body: bytes) -> bytes:
    """The entity tag of a record that is answered as `body`."""
    return b'"%s"' % hashlib.blake2b(body, digest_size=12).hexdigest().encode()


def are_asked(call: Call) -> bool:
    """Whether a read has any."""
    return not _OF_READS.isdisjoint(call.headers)


async def is_known(call: Call) -> bool:
    """Whether the client has the record's present state already (304). Fault: `precondition_failed`."""
    sobject = paths.sobject_of(call)
    found = await call.org.retrieve(call.principal, sobject.name, call.path["id"])
    _check(call, found)
    if _NONE_MATCH in call.headers:
        return _names(call.headers[_NONE_MATCH], _tag(call, found))
    since = seconds(call.header(_MODIFIED))
    return since is not None and _modified(found) <= since


async def change(
    call: Call, sobject: SObjectType, record_id: str, save: Callable[[Running], list[SaveResult]]
) -> SaveResult:
    """Save one record, if the request's precondition holds. Fault: `precondition_failed`."""
    conditional = not _OF_CHANGES.isdisjoint(call.headers)

    def work(running: Running) -> list[SaveResult]:
        if conditional:
            _check(call, running.retrieve(sobject.name, record_id))
        return save(running)

    [result] = await call.org.transaction(call.principal, work, options=save_options(call))
    return result


def _check(call: Call, found: QueryResult) -> None:
    if _MATCH in call.headers and not _names(call.headers[_MATCH], _tag(call, found)):
        raise fault("precondition_failed", header="If-Match")
    since = seconds(call.header(_UNMODIFIED))
    if since is not None and _modified(found) > since:
        raise fault("precondition_failed", header="If-Unmodified-Since")


def _names(header: bytes, own: bytes | None) -> bool:
    """Whether a list of entity tags has the record's own; `*` is any record's."""
    tags = {each.strip().removeprefix(b"W/") for each in header.split(b",")}
    return b"*" in tags or own in tags


def _tag(call: Call, found: QueryResult) -> bytes | None:
    if not has_tags(found.shape.sobject):
        return None
    [record] = records_of(found, call.api_version)
    return tag(encode(record))


def _modified(found: QueryResult) -> int:
    """When the one row was modified, in seconds since the epoch; 0 where its object does not say."""
    [row] = found.rows
    stamps = {each.key: row[each.index] for each in found.shape.items if isinstance(each, Column)}
    value = next((stamps[each] for each in _STAMPS if each in stamps), 0)
    return value // SECOND if isinstance(value, int) else 0
