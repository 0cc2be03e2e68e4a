"""Organization: the org's own record, kept up to what its definition says of it."""

from collections.abc import Mapping
from typing import Final

from isthmus.kernel.database import Transaction
from isthmus.org.org import Running
from isthmus.org.org.fiscal_periods import date_opportunities
from isthmus.org.provision.accept import accept
from isthmus.org.provision.matching import existing_records
from isthmus.org.schema.model import Schema

_ORGANIZATION: Final = "Organization"


def match_organization(
    running: Running, tx: Transaction, schema: Schema, declared: Mapping[str, object]
) -> None:
    """Bring the org's record up to the fields that are declared; what isn't stays. Raises ProvisionFailed.

    Where that moves the fiscal year, opportunities get the periods of the new one.
    """
    if not declared:
        return
    for record in existing_records(running, schema[_ORGANIZATION], ("Id",), sorted(declared)).values():
        if not record.holds(declared):
            accept(_ORGANIZATION, running.update(_ORGANIZATION, [{"Id": record.id, **declared}]))
            date_opportunities(tx, schema)
