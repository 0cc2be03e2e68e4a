"""Reach: what a plan asks of sharing, as conditions on the table `t`; None: every record is within it."""

from dataclasses import dataclass
from typing import Final

from isthmus.org.save.operation import Operation
from isthmus.org.schema.model import Field, Schema, SObjectType
from isthmus.org.security.access import Access
from isthmus.org.security.sharing.model import Level
from isthmus.org.security.sharing.predicate import RecordAccess

_ALIAS: Final = "t"


@dataclass(frozen=True, slots=True)
class Reach:
    """What a record must be within to be seen, to be written by the plan, to get another owner."""

    to_read: str | None = None
    to_write: str | None = None
    to_transfer: str | None = None
    records: RecordAccess | None = None
    sobject: SObjectType | None = None

    def to_refer(self, target: SObjectType, field: Field) -> str | None:
        """What a record of `target` must be within so that `field` may refer to it."""
        if self.records is None or self.sobject is None:
            return None
        return self.records.reaching(target, _ALIAS, self.sobject, field.name)

    def guards(self, field: Field) -> bool:
        """Whether there are records to which `field` could refer and must not."""
        if self.records is None:
            return False
        targets = map(self.records.find, field.reference_to)
        return any(each is not None and self.to_refer(each, field) is not None for each in targets)


EVERYWHERE: Final = Reach()


def reach_of(schema: Schema, sobject: SObjectType, operation: Operation, access: Access) -> Reach:
    """The reach of a plan for principals with one access."""
    records = RecordAccess(schema, access)
    if operation is Operation.INSERT or not sobject.stored:
        return Reach(records=records, sobject=sobject)
    wanted = Level.EDIT if operation is Operation.UPDATE else Level.ALL
    transfer = records.transfer(sobject, _ALIAS) if operation is Operation.UPDATE else None
    return Reach(
        records.condition(sobject, _ALIAS),
        records.condition(sobject, _ALIAS, wanted),
        transfer,
        records,
        sobject,
    )
