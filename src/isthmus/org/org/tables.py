"""Tables: what an org keeps beside its records, by component, for whoever opens its database."""

from typing import Final

from isthmus.kernel.clock import Clock
from isthmus.kernel.database import Database
from isthmus.kernel.database.migrations import migrate
from isthmus.org.limits import usage
from isthmus.org.org import recent
from isthmus.org.query import cursor
from isthmus.org.save import tables as save
from isthmus.org.schema import recorded
from isthmus.org.security import tables as security

COMPONENTS: Final = (
    (recorded.COMPONENT, recorded.MIGRATIONS),
    (security.COMPONENT, security.MIGRATIONS),
    (cursor.COMPONENT, cursor.MIGRATIONS),
    (save.COMPONENT, save.MIGRATIONS),
    (usage.COMPONENT, usage.MIGRATIONS),
    (recent.COMPONENT, recent.MIGRATIONS),
)


def migrate_all(database: Database, clock: Clock) -> None:
    """Bring the org's own tables forward. Blocks. Raises DatabaseTooNew, and what the database raises."""
    for component, migrations in COMPONENTS:
        migrate(database, component, migrations, clock)
