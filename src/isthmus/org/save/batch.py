"""Batch: the rows that pass the save order together, and what each of them is on the way.

A row with errors is no longer *live*: later steps leave it out. Errors are values (`RowError`), never
exceptions.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from isthmus.kernel.errors import RowError
from isthmus.org.save.ports import Operation
from isthmus.org.save.result import SaveOptions, SaveResult
from isthmus.org.schema.values import Stored

if TYPE_CHECKING:
    from isthmus.org.save.layout import Layout
    from isthmus.org.save.plan import Plan
    from isthmus.org.save.unit_of_work import UnitOfWork

Values: TypeAlias = dict[str, Stored]
"""Stored values by canonical field name."""


class Row:
    """One record of a batch.

    `given` is what was sent, `old` the record before (None for an insert), `values` the record as it will be,
    `assigned` the names of the fields that automation has set. `id` is known early; `values["Id"]` only
    exists once the record is about to be written, as before-handlers expect.
    """

    __slots__ = ("assigned", "created", "errors", "given", "id", "layout", "matches", "old", "values")

    def __init__(self, given: Mapping[str, object], record_id: str | None = None) -> None:
        self.given = given
        self.id = record_id
        self.layout: Layout | None = None
        self.old: Values | None = None
        self.values: Values = {}
        self.assigned: set[str] = set()
        self.errors: list[RowError] = []
        self.created = False
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
        return SaveResult(self.id, (), self.created)


class Save:
    """One batch on its way through the save order."""

    __slots__ = ("options", "plan", "rows", "unit")

    def __init__(self, unit: "UnitOfWork", plan: "Plan", rows: list[Row], options: SaveOptions) -> None:
        self.unit = unit
        self.plan = plan
        self.rows = rows
        self.options = options

    @property
    def operation(self) -> Operation:
        return self.plan.operation

    def live(self) -> list[Row]:
        """The rows without errors."""
        return [row for row in self.rows if not row.errors]

    def assign(self, row: Row, name: str, raw: object) -> None:
        """Set a field on behalf of automation, with the checks that a value from a wire passes.

        A value that does not fit is an error of the row. Raises KeyError for an unknown field.
        """
        column = self.plan.columns_by_name[name.lower()]
        error = column.put(row.values, raw, truncate=False)
        if error is not None:
            row.errors.append(error)
        row.assigned.add(column.name)
