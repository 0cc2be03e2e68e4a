"""Row: one record of a save, and what it is on the way.

A row with errors is no longer *live*: later steps leave it out. Errors are values (`RowError`), never
exceptions.
"""

from collections.abc import Mapping
from typing import TypeAlias

from isthmus.kernel.errors import RowError
from isthmus.org.save.layout import Layout
from isthmus.org.save.result import SaveResult
from isthmus.org.schema.values import Stored

Values: TypeAlias = dict[str, Stored]
"""Stored values by canonical field name."""


class Row:
    """One record of a batch.

    `given` is what was sent, `old` the record before (None for an insert), `values` the record as it will be,
    `assigned` the names of the fields that automation has set. `id` is known early; `values["Id"]` only
    exists once the record is about to be written, as before-handlers expect. `event_uuid` names the event
    that the record is published as; with `allowed` it is among those that may be published, and with
    `published` it is out for good.
    """

    __slots__ = (
        "allowed",
        "assigned",
        "created",
        "errors",
        "event_uuid",
        "given",
        "id",
        "infos",
        "layout",
        "matches",
        "old",
        "published",
        "values",
    )

    def __init__(self, given: Mapping[str, object], record_id: str | None = None) -> None:
        self.given = given
        self.id = record_id
        self.layout: Layout | None = None
        self.old: Values | None = None
        self.values: Values = {}
        self.assigned: set[str] = set()
        self.errors: list[RowError] = []
        self.created = False
        self.event_uuid: str | None = None
        self.allowed = False
        self.published = False
        self.infos: tuple[RowError, ...] = ()
        self.matches: tuple[str, ...] = ()

    def changed(self, name: str) -> bool:
        """Whether the field will differ from what it was; for an insert, whether it will have a value."""
        old = None if self.old is None else self.old.get(name)
        return self.values.get(name) != old

    def result(self) -> SaveResult:
        """What the row has come to. A failed insert has no id, though one was meant for it."""
        if self.errors:
            known = None if self.created else self.id
            return SaveResult(known, tuple(self.errors), matches=self.matches)
        return SaveResult(self.id, (), self.created, infos=self.infos)
