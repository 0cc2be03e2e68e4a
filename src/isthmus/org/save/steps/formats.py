"""Formats: every value that was sent becomes a stored one, or an error: type, length, range, picklist,
kind of id.
"""

from isthmus.org.save.batch import Save
from isthmus.org.save.columns import Column
from isthmus.org.save.operation import Operation
from isthmus.org.save.row import Row
from isthmus.org.save.step import step


@step(Operation.INSERT, Operation.UPDATE)
def check_formats(save: Save) -> None:
    """Put what was sent into the records."""
    truncate = save.options.truncate
    for row in save.live():
        layout, given, values = row.layout, row.given, row.values
        assert layout is not None
        for key, column in layout.fields:
            error = column.put(values, given[key], truncate)
            if error is not None and not _unchanged(row, column, given[key]):
                row.errors.append(error)
        if row.old is None:
            _restore_defaults(save, row)


def _unchanged(row: Row, column: Column, raw: object) -> bool:
    """A value that is there already may stay, whatever has become of the picklist since."""
    return row.old is not None and row.old.get(column.name) == raw


def _restore_defaults(save: Save, row: Row) -> None:
    """A new record's null in a field that must have a value is the field's default."""
    values = row.values
    for name in save.plan.firm_defaults:
        if values[name] is None:
            preset = save.plan.presets.get(name)
            values[name] = save.plan.defaults[name] if preset is None else preset(save.unit)
