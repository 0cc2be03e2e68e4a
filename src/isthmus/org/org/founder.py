"""Founder: the face by which the platform itself writes. Provisioning alone may have it.

Neither rights nor what the schema lets anyone write is asked, and records may bring their ids.
"""

from collections.abc import Callable

from isthmus.kernel.database import Transaction
from isthmus.org.org.audit_lines import Line
from isthmus.org.org.facade import Org
from isthmus.org.org.running import Running
from isthmus.org.schema.model import Schema
from isthmus.org.security.principal import Principal


class Founder:
    """Writes into `org` in the name of a principal who need not exist yet."""

    def __init__(self, org: Org, principal: Principal) -> None:
        self._org = org
        self._principal = principal

    def within(self, work: Callable[[Running, Schema], None]) -> Callable[[Transaction, Schema], None]:
        """`work` for a unit that puts a schema into force: it sees that one. What it raises undoes both."""

        def run(tx: Transaction, schema: Schema) -> None:
            self._org._as_platform(tx, schema, self._principal, lambda running: work(running, schema))

        return run

    def tell(self, tx: Transaction, *lines: Line) -> None:
        """Write lines of the setup audit trail into the transaction that makes the change."""
        self._org._tell(tx, self._principal, *lines)
