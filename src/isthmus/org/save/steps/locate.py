"""Locations: a latitude is nothing without its longitude."""

from isthmus.kernel.errors import row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.step import step


def _has_locations(plan: Plan) -> bool:
    return bool(plan.locations)


@step(Operation.INSERT, Operation.UPDATE, needed=_has_locations)
def check_locations(save: Save) -> None:
    """Both parts of a location are given, or neither."""
    for row in save.live():
        for parts in save.plan.locations:
            missing = [each for each in parts if row.values.get(each.name) is None]
            if len(missing) == 1 and any(row.changed(each.name) for each in parts):
                [part] = missing
                kind = "Latitude" if part is parts[0] else "Longitude"
                row.errors.append(row_error("location_half_given", part.name, part=kind, label=part.label))
