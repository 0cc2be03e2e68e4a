"""Batch: the rows that pass the save order together."""

from collections.abc import Callable, Mapping

from isthmus.org.save.operation import Moment, Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.result import SaveOptions
from isthmus.org.save.row import Row
from isthmus.org.save.unit_of_work import UnitOfWork


class Save:
    """One batch on its way through the save order."""

    __slots__ = ("options", "plan", "rows", "runners", "unit")

    def __init__(
        self,
        unit: UnitOfWork,
        plan: Plan,
        runners: "Mapping[Moment, Callable[[Save], None]]",
        rows: list[Row],
        options: SaveOptions,
    ) -> None:
        self.unit = unit
        self.plan = plan
        self.runners = runners
        """What automation has at the moments of this save."""
        self.rows = rows
        self.options = options

    @property
    def operation(self) -> Operation:
        return self.plan.operation

    def live(self) -> list[Row]:
        """The rows without errors. Every step asks: where there are no errors, no list is made."""
        rows = self.rows
        for row in rows:
            if row.errors:
                return [each for each in rows if not each.errors]
        return rows

    def assign(self, row: Row, name: str, raw: object) -> None:
        """Set a field on behalf of automation, with the checks that a value from a wire passes.

        A value that does not fit is an error of the row. Raises KeyError for an unknown field.
        """
        column = self.plan.columns_by_name[name.lower()]
        error = column.put(row.values, raw, truncate=False)
        if error is not None:
            row.errors.append(error)
        row.assigned.add(column.name)
