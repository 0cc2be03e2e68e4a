"""Run: the interviews of a flow for a batch. They go on one by one, and come together where they save.

Each element that saves does so once for all interviews that have come to it. Flows that a record triggers
run in system context, in the user's name. Source: Salesforce Help, Flow Bulkification in Transactions, and
How Does Flow Security Work?
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from isthmus.kernel.errors import Fault, RowError, row_error
from isthmus.org.automation.flow.elements import (
    Assignment,
    Decision,
    Expression,
    FieldUpdate,
    FieldValue,
    Flow,
    RecordCreate,
    RecordUpdate,
    TriggerType,
)
from isthmus.org.automation.flow.interview import Interview, InterviewBatch, InterviewFailed
from isthmus.org.automation.flow.kinds import RecordValues, kind_of, wire
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import Operation
from isthmus.org.save.requests import run_batches
from isthmus.org.save.row import Row
from isthmus.org.schema.model import SObjectType

STEPS_MAX: Final = 2_000
"""Elements one interview executes. Source: Salesforce Help, General Flow Limits."""
DML_MAX: Final = 150
"""Times that automation saves in one transaction. Source: Apex Developer Guide, Execution Governors."""
TEXT_MAX: Final = 1_000_000
"""Characters a text in an interview has; ours, so that a circle of elements can't fill the memory."""

_MISSING: Final = frozenset({"record_not_found", "entity_is_deleted"})
_LOOK_UP: Final = "You can look up ExceptionCode values in the SOAP API Developer Guide."


class FlowRun:
    """One flow, for the batch of one save."""

    def __init__(self, flow: Flow, save: Save) -> None:
        self._flow = flow
        self._batch = InterviewBatch(save)
        self._unit = save.unit
        self._waiting: dict[str, list[Interview]] = {}

    def run(self) -> None:
        """Run every interview to its end. One that fails is an error of its row."""
        with self._unit.system_context():
            self._begin()
            while self._waiting:
                place = next(iter(self._waiting))
                interviews = self._waiting.pop(place)
                element = self._flow.elements[place]
                if isinstance(element, RecordCreate):
                    self._create(element, interviews)
                elif isinstance(element, RecordUpdate):
                    self._update(element, interviews)

    def _begin(self) -> None:
        started = [self._interview(row) for row in self._batch.save.live()]
        self._batch.interviews = started
        entered = [each for each in started if self._enters(each)]
        self._batch.interviews = entered
        for each in entered:
            for name, initial in self._flow.variables.items():
                each.variables[name] = initial.of(each)
            self._go_on(each, self._flow.start)

    def _interview(self, row: Row) -> Interview:
        """$Record is the record as it will be written, or was; before a save it is the record itself."""
        own = self._flow.trigger is TriggerType.BEFORE_SAVE
        return Interview(self._batch, row, row.values if own else dict(row.values), row.old, {})

    def _enters(self, interview: Interview) -> bool:
        flow = self._flow
        if not flow.entry(interview):
            return False
        if not flow.changed_to_meet or interview.prior is None or flow.trigger is TriggerType.BEFORE_DELETE:
            return True
        return not flow.entry(interview.before())

    def _go_on(self, interview: Interview, place: str | None) -> None:
        """Execute elements up to the next one that saves, and wait there; or to the end."""
        while place is not None:
            element = self._flow.elements[place]
            interview.steps += 1
            if interview.steps > STEPS_MAX:
                self._fail(interview, f"Number of iterations exceeded: {STEPS_MAX:,} elements were executed.")
                return
            try:
                if isinstance(element, Assignment):
                    _assign(element, interview)
                    place = element.next
                elif isinstance(element, Decision):
                    place = _decide(element, interview)
                elif isinstance(element, FieldUpdate):
                    _set_fields(element, interview)
                    place = element.next
                else:
                    self._waiting.setdefault(place, []).append(interview)
                    return
            except InterviewFailed as failure:
                self._fail(interview, f"An error occurred at element {element.name}: {failure}.")
                return

    def _fail(self, interview: Interview, details: str) -> None:
        interview.row.errors.append(row_error("flow_failed", flow=self._flow.label, details=details))

    def _create(self, element: RecordCreate, interviews: Sequence[Interview]) -> None:
        sobject = self._unit.schema.find(element.sobject)
        rows: list[Row] = []
        for each in interviews:
            row = Row(_given(sobject, element.fields, element.source, each))
            row.created = True
            rows.append(row)
        error_of = self._save(sobject, Operation.INSERT, rows)
        for interview, row in zip(interviews, rows, strict=True):
            error = error_of(row)
            if error is not None:
                self._faulted(interview, f"create records: {error}", element.fault)
                continue
            for put in element.keep_id:
                put(interview, row.id)
            self._go_on(interview, element.next)

    def _update(self, element: RecordUpdate, interviews: Sequence[Interview]) -> None:
        """Interviews that update the same record do so together, the later one's values last."""
        sobject = self._unit.schema.find(element.sobject)
        given: dict[str, dict[str, object]] = {}
        targets = [element.target.of(each) for each in interviews]
        for each, target in zip(interviews, targets, strict=True):
            if target is not None:
                values = _given(sobject, element.fields, element.source, each)
                own = each.assigned if element.own else {}
                given.setdefault(target, {}).update({**own, **values, "Id": target})
        rows = {target: Row(values, target) for target, values in given.items()}
        error_of = self._save(sobject, Operation.UPDATE, list(rows.values()))
        for interview, target in zip(interviews, targets, strict=True):
            row = rows.get(target)
            error = None if row is None else error_of(row)
            if row is None and not element.by_filter:
                error = "MISSING_ARGUMENT: Id not specified in an update call"
            if row is not None and element.by_filter and _is_missing(row):
                error = None
            if error is not None:
                self._faulted(interview, f"update records: {error}", element.fault)
                continue
            if element.own and row is not None:
                interview.record.update(row.values)
                interview.assigned.clear()
            self._go_on(interview, element.next)

    def _faulted(self, interview: Interview, what: str, place: str | None) -> None:
        """Take the fault path where there is one."""
        message = f"This error occurred when the flow tried to {what}. {_LOOK_UP}"
        if place is None:
            self._fail(interview, message)
            return
        interview.fault_message = message
        self._go_on(interview, place)

    def _save(
        self, sobject: SObjectType | None, operation: Operation, rows: list[Row]
    ) -> Callable[[Row], str | None]:
        """Save rows; the answer tells of each why it could not be saved. A fault is one of all."""
        failure: str | None = None
        self._unit.dml_statements += 1
        if self._unit.dml_statements > DML_MAX:
            failure = f"LIMIT_EXCEEDED: Too many DML statements: {self._unit.dml_statements}"
        elif sobject is None:
            failure = "INVALID_TYPE: the object is gone from the schema"
        elif rows:
            try:
                run_batches(self._unit, sobject, operation, rows)
            except Fault as fault:
                failure = str(fault)
            self._batch.forget()
        return lambda row: failure or (_text(row.errors[0]) if row.errors else None)


def _assign(element: Assignment, interview: Interview) -> None:
    for put, expression in element.items:
        value = expression.of(interview)
        if isinstance(value, str) and len(value) > TEXT_MAX:
            raise InterviewFailed(f"the text has more than {TEXT_MAX:,} characters")
        put(interview, value)


def _decide(element: Decision, interview: Interview) -> str | None:
    for test, place in element.outcomes:
        if test(interview):
            return place
    return element.otherwise


def _set_fields(element: FieldUpdate, interview: Interview) -> None:
    for each in element.fields:
        value = wire(each.value.kind, each.value.of(interview))
        interview.batch.save.assign(interview.row, each.field, value)


def _given(
    sobject: SObjectType | None,
    fields: Sequence[FieldValue],
    source: Expression | None,
    interview: Interview,
) -> Mapping[str, object]:
    """The record as a save takes it: what a record variable holds, and the fields that are set one by one."""
    given: dict[str, object] = {}
    held: RecordValues | None = None if source is None else source.of(interview)
    for name, value in (held or {}).items():
        field = None if sobject is None else sobject.field(name)
        kind = None if field is None else kind_of(field)
        if kind is not None:
            given[name] = wire(kind, value)
    for each in fields:
        given[each.field] = wire(each.value.kind, each.value.of(interview))
    return given


def _is_missing(row: Row) -> bool:
    return any(each.entry.name in _MISSING for each in row.errors)


def _text(error: RowError) -> str:
    return f"{error.code}: {error.message}"
