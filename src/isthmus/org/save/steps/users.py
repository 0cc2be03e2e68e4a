"""Users: what is asked of the one object whose records are logged in with."""

from typing import Final

from isthmus.kernel.errors import row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.row import Values
from isthmus.org.save.step import step

ADMINISTRATOR: Final = "System Administrator"
"""The name of the profile that makes a user an administrator."""


def _is_of_users(plan: Plan) -> bool:
    known = plan.sobject.name == "User" and plan.has("ProfileId") and plan.has("IsActive")
    return known and plan.schema.find("Profile") is not None


@step(Operation.UPDATE, needed=_is_of_users)
def check_administrators(save: Save) -> None:
    """One active administrator must be left. Of several that would go at once, the last is kept."""
    tx = save.unit.tx
    profiles = {row[0] for row in tx.rows('SELECT "Id" FROM "Profile" WHERE "Name" = ?', (ADMINISTRATOR,))}

    def administers(values: Values | None) -> bool:
        return values is not None and bool(values.get("IsActive")) and values.get("ProfileId") in profiles

    leaving = [row for row in save.live() if administers(row.old) and not administers(row.values)]
    if not leaving:
        return
    marks = ", ".join("?" * len(profiles))
    found = tx.row(
        f'SELECT COUNT(*) FROM "User" WHERE "IsActive" = 1 AND "IsDeleted" = 0 AND "ProfileId" IN ({marks})',
        list(profiles),
    )
    left = int(str(found[0])) if found is not None else 0
    left += sum(1 for row in save.live() if administers(row.values) and not administers(row.old))
    for row in leaving:
        if left > 1:
            left -= 1
        else:
            row.errors.append(row_error("last_administrator"))
