"""Replication: the face of the org that says what was changed, or deleted, in a span of time.

A span is in whole minutes, ends at least one minute after it begins, and begins no more than 30 days ago;
deletions are known as long as records stay in the recycle bin.
Source: SOAP API Developer Guide, "getUpdated()", "getDeleted()".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from isthmus.kernel.clock import DAY, MINUTE
from isthmus.kernel.errors import fault
from isthmus.org.org.reads import ReadFace
from isthmus.org.query.result import Column
from isthmus.org.save.recycle_bin import RETENTION
from isthmus.org.schema.describe import find_visible
from isthmus.org.schema.instants import datetime_text
from isthmus.org.security.principal import Principal

IDS_MAX: Final = 600_000
_WINDOW: Final = 30 * DAY


@dataclass(frozen=True, slots=True)
class Updated:
    """Records that were created or changed, and until when the answer holds."""

    ids: Sequence[str]
    latest_covered: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """Records that were deleted, as (id, when); since when deletions are known, and until when the answer
    holds.
    """

    records: Sequence[tuple[str, int]]
    earliest_available: int
    latest_covered: int


class ReplicationFace(ReadFace):
    """What a copy of the org's records needs to keep up with it. Instants are milliseconds since the epoch.

    Faults: `resource_not_found`, `replication_date_invalid`, `replication_too_large`.
    """

    async def updated(self, principal: Principal, sobject: str, start: int, end: int) -> Updated:
        """The records of `sobject` that were created or changed within [start, end), and are there still."""
        found = await self._changed(principal, sobject, start, end, deleted=False)
        return Updated([record_id for record_id, _ in found], self._covered(end))

    async def deleted(self, principal: Principal, sobject: str, start: int, end: int) -> Deleted:
        """The records of `sobject` that were deleted within [start, end)."""
        found = await self._changed(principal, sobject, start, end, deleted=True)
        return Deleted(found, _whole_minute(self.clock.now() - RETENTION), self._covered(end))

    async def _changed(
        self, principal: Principal, sobject: str, start: int, end: int, *, deleted: bool
    ) -> list[tuple[str, int]]:
        """The records whose stamp lies in the span, as (id, stamp), in the order of their stamps."""
        target = find_visible(self.schema, sobject, principal.access)
        if not target.replicateable or target.field("SystemModstamp") is None:
            raise fault("resource_not_found")
        first, last = self._span(start, end)
        only = "IsDeleted = true AND " if deleted else ""
        page = await self.query(
            principal,
            f"SELECT Id, SystemModstamp FROM {target.name} WHERE {only}"
            f"SystemModstamp >= {datetime_text(first, 'Z')} AND SystemModstamp < {datetime_text(last, 'Z')} "
            "ORDER BY SystemModstamp, Id",
            all_rows=deleted,
        )
        if page.total_size > IDS_MAX:
            raise fault("replication_too_large", most=IDS_MAX)
        at, stamp = (each.index for each in page.shape.items if isinstance(each, Column))
        rows = [*page.rows]
        while page.locator is not None:
            page = await self.query_more(principal, str(page.locator))
            rows += page.rows
        return [(str(row[at]), int(str(row[stamp]))) for row in rows]

    def _span(self, start: int, end: int) -> tuple[int, int]:
        first, last = _whole_minute(start), _whole_minute(end)
        if last - first < MINUTE:
            raise fault("replication_date_invalid", reason="end must be at least one minute after start")
        if first < self.clock.now() - _WINDOW:
            raise fault("replication_date_invalid", reason="start must not be more than 30 days ago")
        return first, last

    def _covered(self, end: int) -> int:
        return min(_whole_minute(end), _whole_minute(self.clock.now()))


def _whole_minute(instant: int) -> int:
    return instant - instant % MINUTE
