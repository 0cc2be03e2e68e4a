"""Element reader: a flow's elements, from its XML, with the connectors between them."""

from collections.abc import Callable, Mapping
from typing import Final

from isthmus.kernel.clock import DAY
from isthmus.org.automation.flow.elements import (
    Assignment,
    Decision,
    Element,
    Expression,
    FieldUpdate,
    FieldValue,
    Put,
    RecordCreate,
    RecordUpdate,
    TriggerType,
)
from isthmus.org.automation.flow.entry import Conditions
from isthmus.org.automation.flow.interview import Interview, InterviewFailed
from isthmus.org.automation.flow.kinds import Kind, Value
from isthmus.org.automation.flow.problem import broken, not_run
from isthmus.org.automation.flow.report import Report, SaidAlready
from isthmus.org.automation.flow.resources import Resources, needed_object
from isthmus.org.automation.flow.scope import Scope
from isthmus.org.automation.flow.texts import convert
from isthmus.org.schema.instants import FIRST, LAST
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.sfdx.document import Node

ELEMENTS: Final = ("assignments", "decisions", "recordCreates", "recordUpdates")
_OPERATORS: Final = """
    None Assign Add Subtract AddItem RemoveFirst RemoveBeforeFirst RemoveAfterFirst RemoveAll AddAtStart
    RemoveUncommon AssignCount RemovePosition
"""
_ASSIGNMENTS: Final = frozenset(_OPERATORS.split())
"""FlowAssignmentOperator. Source: npm @salesforce/types 1.9.0."""


class ElementReader:
    """Declares at once what elements give to others; `read` reads them once resources are declared."""

    def __init__(
        self, flow: Node, scope: Scope, resources: Resources, conditions: Conditions, report: Report
    ) -> None:
        self._flow = flow
        self._scope = scope
        self._resources = resources
        self._conditions = conditions
        self._report = report
        named = (name for each in flow.children() for name in each.nodes("name")[:1])
        self._names = {each.value.lower() for each in named}
        for each in flow.nodes("recordCreates"):
            name = each.text("name")
            if name is not None and each.text("storeOutputAutomatically") == "true":
                scope.declare_variable(name, Kind.TEXT, None)

    def read(self) -> Mapping[str, Element]:
        """Every element by its name in lower case; what is wrong with one is reported."""
        readers: Mapping[str, Callable[[Node, str], Element]] = {
            "assignments": self._assignment,
            "decisions": self._decision,
            "recordCreates": self._create,
            "recordUpdates": self._update,
        }
        found: dict[str, Element] = {}
        for kind in ELEMENTS:
            for node in self._flow.nodes(kind):
                name = node.needed("name")
                if name is None:
                    continue
                if name.lower() in found:
                    node.error(f"the name {name} is taken", "name")
                with self._report.of(node):
                    found[name.lower()] = readers[kind](node, name)
        return found

    def next(self, node: Node, child: str = "connector") -> str | None:
        """The element to which a connector leads, by its name in lower case; None: there is no connector."""
        connector = node.node(child)
        target = connector.needed("targetReference") if connector is not None else None
        if connector is None or target is None:
            return None
        if target.lower() not in self._names:
            connector.error(f"there is no element {target}", "targetReference")
        return target.lower()

    def _assignment(self, node: Node, name: str) -> Element:
        self._report.check_children(node, "assignmentItems", "connector")
        items: list[tuple[Put, Expression]] = []
        for each in node.nodes("assignmentItems"):
            with self._report.of(each):
                self._report.check_children(each, "assignToReference", "operator", "value")
                items.append(self._item(each))
        return Assignment(name, tuple(items), self.next(node))

    def _item(self, node: Node) -> tuple[Put, Expression]:
        reference = node.needed("assignToReference")
        operator = node.choice("operator", _ASSIGNMENTS) if node.needed("operator") else None
        if reference is None or operator is None:
            raise SaidAlready
        put, current = self._scope.target(reference)
        value = self._resources.value(node, "value")
        if value is None:
            raise broken("<value> is missing")
        if operator == "Assign":
            return put, convert(value, current.kind)
        if operator in ("Add", "Subtract"):
            return put, _changed(current, value, 1 if operator == "Add" else -1)
        raise not_run(f"the operator {operator}")

    def _decision(self, node: Node, name: str) -> Element:
        self._report.check_children(node, "defaultConnector", "defaultConnectorLabel", "rules")
        outcomes = []
        for rule in node.nodes("rules"):
            self._report.check_children(
                rule, "conditionLogic", "conditions", "connector", "doesRequireRecordChangedToMeetCriteria"
            )
            outcomes.append((self._conditions.outcome(rule), self.next(rule)))
        if not outcomes:
            node.error("a decision needs an outcome")
        return Decision(name, tuple(outcomes), self.next(node, "defaultConnector"))

    def _create(self, node: Node, name: str) -> Element:
        self._after_save_only(node, "create records")
        self._report.check_children(
            node,
            *("assignRecordIdToReference", "connector", "faultConnector", "inputAssignments"),
            *("inputReference", "object", "storeOutputAutomatically"),
        )
        source = self._source(node)
        sobject = needed_object(self._scope.schema, node, "object") if source is None else source.objects[0]
        keep: list[Put] = []
        if (reference := node.text("assignRecordIdToReference")) is not None:
            put, current = self._scope.target(reference)
            convert(Expression(Kind.TEXT, current.of), current.kind)
            keep.append(put)
        if node.flag("storeOutputAutomatically"):
            keep.append(self._scope.target(name)[0])
        elif source is not None:
            keep.append(self._scope.target(f"{node.text('inputReference')}.Id")[0])
        return RecordCreate(
            name,
            sobject.name,
            self._fields(node, sobject, new=True),
            source,
            tuple(keep),
            self.next(node),
            self.next(node, "faultConnector"),
        )

    def _update(self, node: Node, name: str) -> Element:
        own = (node.text("inputReference") or "").lower() == "$record"
        if self._scope.trigger is TriggerType.BEFORE_SAVE and own:
            self._report.check_children(node, "connector", "inputAssignments", "inputReference")
            return FieldUpdate(name, self._fields(node, self._scope.sobject, new=False), self.next(node))
        self._after_save_only(node, "update other records")
        if own and self._scope.trigger is TriggerType.BEFORE_DELETE:
            raise broken("a record that is about to be deleted can't be changed")
        self._report.check_children(
            node,
            *("connector", "faultConnector", "filterLogic", "filters", "inputAssignments"),
            *("inputReference", "object"),
        )
        if node.nodes("filters") and node.text("inputReference"):
            raise not_run("an update of a record on conditions")
        source = self._source(node)
        if source is None:
            sobject = needed_object(self._scope.schema, node, "object")
            target = self._filtered_id(node)
        else:
            sobject = source.objects[0]
            target = self._scope.resolve(f"{node.text('inputReference')}.Id")
        return RecordUpdate(
            name=name,
            sobject=sobject.name,
            target=target,
            fields=self._fields(node, sobject, new=False),
            source=None if own else source,
            own=own,
            by_filter=source is None,
            next=self.next(node),
            fault=self.next(node, "faultConnector"),
        )

    def _source(self, node: Node) -> Expression | None:
        """The record that an element is given as a whole."""
        reference = node.text("inputReference")
        if reference is None:
            return None
        found = self._scope.resolve(reference)
        if found.kind is not Kind.RECORD:
            raise broken(f"{reference} is no record")
        return found

    def _filtered_id(self, node: Node) -> Expression:
        """Which record an update without an input is about: the one whose Id equals a value."""
        filters = node.nodes("filters")
        if len(filters) != 1 or filters[0].text("field") != "Id" or filters[0].text("operator") != "EqualTo":
            raise not_run("an update of records by other conditions than one Id")
        value = self._resources.value(filters[0], "value")
        if value is None:
            raise broken("<value> is missing")
        return convert(value, Kind.TEXT)

    def _fields(self, node: Node, sobject: SObjectType, *, new: bool) -> tuple[FieldValue, ...]:
        fields: list[FieldValue] = []
        for each in node.nodes("inputAssignments"):
            self._report.check_children(each, "field", "value")
            name = each.needed("field")
            with self._report.of(each):
                value = self._resources.value(each, "value")
                if name is not None and value is None:
                    raise broken("<value> is missing")
                if name is not None and value is not None:
                    fields.append(self._scope.field_value(sobject, name, value, new=new))
        return tuple(fields)

    def _after_save_only(self, node: Node, what: str) -> None:
        if self._scope.trigger is TriggerType.BEFORE_SAVE:
            raise broken(f"a flow that runs before a save can't {what}")


def _changed(current: Expression, change: Expression, sign: int) -> Expression:
    """What is there, with something added to it or taken from it."""
    kind = current.kind
    if kind is Kind.TEXT and sign > 0:
        added = convert(change, Kind.TEXT)

        def join(interview: Interview) -> Value:
            return f"{current.of(interview) or ''}{added.of(interview) or ''}" or None

        return Expression(kind, join)
    if kind not in (Kind.NUMBER, Kind.DATE):
        raise broken(f"nothing can be {'added to' if sign > 0 else 'taken from'} a {kind.value} value")
    number = convert(change, Kind.NUMBER)

    def add(interview: Interview) -> Value:
        there, more = current.of(interview), number.of(interview)
        if kind is Kind.NUMBER:
            return (there or 0) + sign * (more or 0)
        if there is None:
            return None
        day = there + sign * int(more or 0) * DAY
        if not FIRST <= day <= LAST:
            raise InterviewFailed("the date is out of range")
        return day

    return Expression(kind, add)
