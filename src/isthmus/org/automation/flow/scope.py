"""Scope: the resources that a flow declares, what a reference means in it, and what can be assigned to."""

from collections.abc import Callable, Mapping

from isthmus.org.automation.flow.elements import Expression, FieldValue, Put, TriggerType
from isthmus.org.automation.flow.interview import Interview
from isthmus.org.automation.flow.kinds import Kind, Value, kind_of, wire
from isthmus.org.automation.flow.problem import FlowProblem, broken, not_run
from isthmus.org.automation.flow.references import find_field, global_value, prior_of, record_of, walk
from isthmus.org.automation.flow.report import SaidAlready
from isthmus.org.automation.flow.texts import convert
from isthmus.org.schema.model import Field, Schema, SObjectType

Make = Callable[[], Expression]


class Scope:
    """`variables` may be assigned to; everything else is only read."""

    def __init__(self, schema: Schema, sobject: SObjectType, trigger: TriggerType) -> None:
        self.schema = schema
        self.sobject = sobject
        self.trigger = trigger
        self._variables: dict[str, Expression] = {}
        self._made: dict[str, Expression | FlowProblem] = {}
        self._makers: dict[str, Make] = {}
        self._making: set[str] = set()

    def declare(self, name: str, make: Make) -> None:
        """A resource that is only read; `make` may refer to any other one."""
        self._makers[name.lower()] = make

    def declare_variable(self, name: str, kind: Kind, sobject: SObjectType | None) -> None:
        key = name.lower()

        def value(interview: Interview) -> Value:
            return interview.variables.get(key)

        self._variables[key] = Expression(kind, value, () if sobject is None else (sobject,))

    def make(self, name: str) -> Expression:
        """A declared resource. Raises FlowProblem: its own the first time, SaidAlready after that."""
        key = name.lower()
        if key in self._making:
            raise broken(f"{name} directly or indirectly refers to itself")
        if key not in self._made:
            self._making.add(key)
            try:
                self._made[key] = self._makers[key]()
            except FlowProblem:
                self._made[key] = SaidAlready()
                raise
            finally:
                self._making.discard(key)
        made = self._made[key]
        if isinstance(made, FlowProblem):
            raise made
        return made

    def resolve(self, reference: str) -> Expression:
        """What a reference is worth. Raises FlowProblem."""
        parts = reference.split(".")
        head = parts[0].lower()
        if not all(parts):
            raise broken(f"{reference!r} is no reference")
        if head == "$record":
            found = record_of(self.sobject)
        elif head == "$record__prior":
            found = prior_of(self.sobject)
        elif head.startswith("$"):
            return global_value(self.schema, parts)
        elif head in self._variables:
            found = self._variables[head]
        elif head in self._makers:
            found = self.make(parts[0])
        else:
            raise broken(f"there is no resource {parts[0]}")
        if len(parts) == 1:
            return found
        if found.kind is not Kind.RECORD:
            raise broken(f"{parts[0]} is no record: it has no field {parts[1]}")
        return walk(self.schema, found, parts[1:])

    def prior(self, reference: str) -> Expression | None:
        """What a field of $Record was before the save; None for any other reference."""
        head, _, path = reference.partition(".")
        return self.resolve(f"$Record__Prior.{path}") if head.lower() == "$record" and path else None

    def target(self, reference: str) -> tuple[Put, Expression]:
        """What puts a value there, and what is there now. Raises FlowProblem."""
        head, _, path = reference.partition(".")
        current = self.resolve(reference)
        if "." in path:
            raise broken("only fields of the record itself can be assigned to")
        if head.lower() == "$record" and path:
            field = find_field(self.sobject, path)
            self._check_writable(self.sobject, field, new=False)
            return self._put_in_record(field, current.kind), current
        if head.lower() not in self._variables:
            raise broken(f"{reference} can't be assigned to")
        key = head.lower()
        if path:
            [sobject] = self._variables[key].objects
            return _put_in_variable(key, find_field(sobject, path).name), current
        return _put_variable(key), current

    def field_value(self, sobject: SObjectType, name: str, value: Expression, *, new: bool) -> FieldValue:
        """A field of a record that is created, or updated. Raises FlowProblem."""
        field = find_field(sobject, name)
        kind = kind_of(field)
        if kind is None:
            raise not_run(f"{sobject.name}.{field.name} is not stored")
        self._check_writable(sobject, field, new=new)
        return FieldValue(field.name, convert(value, kind))

    @property
    def variables(self) -> Mapping[str, Expression]:
        return self._variables

    def _check_writable(self, sobject: SObjectType, field: Field, *, new: bool) -> None:
        """A flow sets what a user with every right could set."""
        inserts = new or self.trigger is TriggerType.BEFORE_SAVE
        if field.calculated or not (field.updateable or (inserts and field.createable)):
            raise broken(f"{sobject.name}.{field.name} can't be set")

    def _put_in_record(self, field: Field, kind: Kind) -> Put:
        name = field.name
        if self.trigger is TriggerType.BEFORE_DELETE:
            raise broken("a record that is about to be deleted can't be changed")
        if self.trigger is TriggerType.BEFORE_SAVE:

            def assign(interview: Interview, value: Value) -> None:
                interview.batch.save.assign(interview.row, name, wire(kind, value))

            return assign

        def put(interview: Interview, value: Value) -> None:
            interview.record[name] = value
            interview.assigned[name] = wire(kind, value)

        return put


def _put_variable(key: str) -> Put:
    def put(interview: Interview, value: Value) -> None:
        interview.variables[key] = dict(value) if isinstance(value, Mapping) else value

    return put


def _put_in_variable(key: str, field: str) -> Put:
    def put(interview: Interview, value: Value) -> None:
        interview.variables[key] = {**(interview.variables.get(key) or {}), field: value}

    return put
