"""References: what `$Record.Account.Name`, `$User.Id` or the name of a resource means in a flow.

Source: Salesforce Help, Flow Resources: Global Variables, Record.
"""

from collections.abc import Callable, Sequence
from typing import Final

from isthmus.kernel.clock import DAY
from isthmus.org.automation.flow.elements import Expression
from isthmus.org.automation.flow.interview import Interview
from isthmus.org.automation.flow.kinds import Kind, RecordValues, Value, kind_of
from isthmus.org.automation.flow.problem import FlowProblem, broken, not_run
from isthmus.org.schema.instants import parse_datetime, whole_second
from isthmus.org.schema.model import Field, Schema, SObjectType

_ORIGIN: Final = parse_datetime("1900-01-01T00:00:00Z")

_FLOW: Final = {
    "currentdatetime": Expression(Kind.DATETIME, lambda interview: whole_second(interview.batch.unit.now)),
    "interviewstarttime": Expression(Kind.DATETIME, lambda interview: whole_second(interview.batch.unit.now)),
    "currentdate": Expression(Kind.DATE, lambda interview: _today(interview)),
    "faultmessage": Expression(Kind.TEXT, lambda interview: interview.fault_message),
}
_VALUES: Final = {
    ("$api", "session_id"): Expression(
        Kind.TEXT, lambda interview: interview.batch.unit.options.session_id or None
    ),
    ("$globalconstant", "true"): Expression(Kind.BOOLEAN, lambda interview: 1),
    ("$globalconstant", "false"): Expression(Kind.BOOLEAN, lambda interview: 0),
    ("$globalconstant", "emptystring"): Expression(Kind.TEXT, lambda interview: None),
    ("$system", "origindatetime"): Expression(Kind.DATETIME, lambda interview: _ORIGIN),
    **{("$flow", name): each for name, each in _FLOW.items()},
}
NOW: Final = _FLOW["currentdatetime"]
TODAY: Final = _FLOW["currentdate"]
SESSION_ID: Final = _VALUES["$api", "session_id"]

_GLOBAL_RECORDS: Final[dict[str, tuple[str, Callable[[Interview], str | None]]]] = {
    "$user": ("User", lambda interview: interview.batch.unit.principal.user_id),
    "$profile": ("Profile", lambda interview: interview.batch.unit.principal.profile_id),
    "$organization": ("Organization", lambda interview: interview.batch.unit.principal.organization_id),
}


def _today(interview: Interview) -> int:
    now = interview.batch.unit.local_now
    return now - now % DAY


def record_of(sobject: SObjectType) -> Expression:
    """$Record."""
    return Expression(Kind.RECORD, lambda interview: interview.record, (sobject,))


def prior_of(sobject: SObjectType) -> Expression:
    """$Record__Prior."""
    return Expression(Kind.RECORD, lambda interview: interview.prior, (sobject,))


def global_value(schema: Schema, parts: Sequence[str]) -> Expression:
    """A global variable beside $Record and $Record__Prior. Raises FlowProblem."""
    head = parts[0].lower()
    if head in _GLOBAL_RECORDS and len(parts) > 1:
        name, id_of = _GLOBAL_RECORDS[head]
        sobject = schema.find(name)
        if sobject is None:
            raise not_run(f"{name} is not known here")
        related = Expression(
            Kind.RECORD, lambda interview: interview.batch.related(interview, id_of), (sobject,)
        )
        return walk(schema, related, parts[1:])
    found = _VALUES.get((head, parts[1].lower())) if len(parts) == 2 else None
    if found is None:
        raise not_run(f"{'.'.join(parts)} has no value here")
    return found


def walk(schema: Schema, record: Expression, parts: Sequence[str]) -> Expression:
    """The field at the end of a path that begins at `record`. Raises FlowProblem."""
    for part in parts[:-1]:
        record = _parent(schema, record, part)
    fields = _fields(record.objects, parts[-1])
    kind = kind_of(fields[0])
    if kind is None:
        raise not_run(f"{record.objects[0].name}.{fields[0].name} has no stored value")
    name, of, blank = fields[0].name, record.of, 0 if kind is Kind.BOOLEAN else None

    def value(interview: Interview) -> Value:
        values: RecordValues | None = of(interview)
        found = None if values is None else values.get(name)
        return blank if found is None else found

    return Expression(kind, value)


def find_field(sobject: SObjectType, name: str) -> Field:
    """The field of that name. Raises FlowProblem."""
    return _fields((sobject,), name)[0]


def unknown(what: str, name: str) -> FlowProblem:
    """There is no such object or field. The platform may know a standard one, but no custom one."""
    return broken(f"there is no {what}") if "__" in name else not_run(f"there is no {what} here")


def _fields(objects: Sequence[SObjectType], name: str) -> list[Field]:
    found = [field for each in objects if (field := each.field(name)) is not None]
    if not found:
        raise unknown(f"field {name} of {objects[0].name}", name)
    return found


def _parent(schema: Schema, record: Expression, relationship: str) -> Expression:
    lookups = [field for each in record.objects if (field := each.parent_field(relationship)) is not None]
    if not lookups:
        raise unknown(f"relationship {relationship} of {record.objects[0].name}", relationship)
    lookup, of = lookups[0], record.of
    targets = tuple(each for name in lookup.reference_to if (each := schema.find(name)) is not None)
    if not targets:
        raise not_run(f"what {lookup.name} refers to is not known here")

    def id_of(interview: Interview) -> str | None:
        values: RecordValues | None = of(interview)
        found = None if values is None else values.get(lookup.name)
        return found if isinstance(found, str) else None

    return Expression(Kind.RECORD, lambda interview: interview.batch.related(interview, id_of), targets)
