"""Elements: a flow as a value, its references resolved, ready to run for many records at once.

Source of the names: Metadata API Developer Guide, Flow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from isthmus.org.automation.flow.interview import Interview
from isthmus.org.automation.flow.kinds import Kind, Value
from isthmus.org.save.operation import Operation
from isthmus.org.schema.model import SObjectType

Test: TypeAlias = Callable[[Interview], bool]
Put: TypeAlias = Callable[[Interview, Value], None]


class TriggerType(Enum):
    """When a flow runs, by FlowTriggerType."""

    BEFORE_SAVE = "RecordBeforeSave"
    AFTER_SAVE = "RecordAfterSave"
    BEFORE_DELETE = "RecordBeforeDelete"


@dataclass(frozen=True, slots=True)
class Expression:
    """Something that has a value in an interview. `objects` are what a record may be one of."""

    kind: Kind
    of: Callable[[Interview], Value]
    objects: tuple[SObjectType, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field that is set. The expression's kind is the field's."""

    field: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Assignment:
    name: str
    items: tuple[tuple[Put, Expression], ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The first outcome whose test is met is taken."""

    name: str
    outcomes: tuple[tuple[Test, str | None], ...]
    otherwise: str | None


@dataclass(frozen=True, slots=True)
class RecordCreate:
    """Creates a record of `sobject` in each interview: from `fields`, or the record variable `source`."""

    name: str
    sobject: str
    fields: tuple[FieldValue, ...]
    source: Expression | None
    keep_id: tuple[Put, ...]
    next: str | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class RecordUpdate:
    """Updates the record with the id `target` in each interview: `fields`, or what `source` holds.

    `own`: it is the record that triggered the flow; `by_filter`: that there is none such is no failure.
    """

    name: str
    sobject: str
    target: Expression
    fields: tuple[FieldValue, ...]
    source: Expression | None
    own: bool
    by_filter: bool
    next: str | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class FieldUpdate:
    """Sets fields of the record that is about to be saved."""

    name: str
    fields: tuple[FieldValue, ...]
    next: str | None


Element: TypeAlias = Assignment | Decision | RecordCreate | RecordUpdate | FieldUpdate


@dataclass(frozen=True, slots=True)
class Flow:
    """An active record-triggered flow."""

    name: str
    label: str
    document: str
    """The file it was read from, relative to the project."""
    checksum: str
    """A sum of what stands there."""
    sobject: str
    trigger: TriggerType
    operations: frozenset[Operation]
    order: int | None
    entry: Test
    changed_to_meet: bool
    """doesRequireRecordChangedToMeetCriteria: not where the record met the criteria before."""
    start: str | None
    elements: Mapping[str, Element]
    """By name in lower case."""
    variables: Mapping[str, Expression]
    """What each variable holds at first, by name in lower case."""
