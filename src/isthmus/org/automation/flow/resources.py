"""Resources: variables, constants, formulas, text templates and values, from a flow's XML into its scope."""

from collections.abc import Callable
from typing import Final

from isthmus.org.automation.flow.elements import Expression
from isthmus.org.automation.flow.kinds import DATA_TYPES, Kind, Value
from isthmus.org.automation.flow.problem import broken, not_run
from isthmus.org.automation.flow.references import unknown
from isthmus.org.automation.flow.report import Report, SaidAlready
from isthmus.org.automation.flow.scope import Scope
from isthmus.org.automation.flow.texts import constant, convert, formula, template
from isthmus.org.schema.instants import parse_date, parse_datetime, parse_time
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.sfdx.document import Node

_TYPES: Final = frozenset({*DATA_TYPES, "Apex"})
_LITERALS: Final[dict[str, tuple[Kind, Callable[[str], Value]]]] = {
    "numberValue": (Kind.NUMBER, float),
    "booleanValue": (Kind.BOOLEAN, {"true": 1, "false": 0}.__getitem__),
    "dateValue": (Kind.DATE, parse_date),
    "dateTimeValue": (Kind.DATETIME, parse_datetime),
    "timeValue": (Kind.TIME, parse_time),
}
RESOURCES: Final = ("variables", "constants", "formulas", "textTemplates")


class Resources:
    """Declares what a flow has besides elements, and remembers what its variables hold at first."""

    def __init__(self, scope: Scope, report: Report) -> None:
        self._scope = scope
        self._report = report
        self.initial: dict[str, Expression] = {}

    def read(self, flow: Node) -> None:
        """Everything is declared before anything is resolved: what refers to what has no order."""
        variables: list[tuple[Node, str, Kind]] = []
        for node, name in _named(flow, "variables"):
            with self._report.of(node, "dataType"):
                variables.append((node, name, self._variable(node, name)))
        read: list[tuple[Node, str]] = []
        for kind, declare in (
            ("constants", self._constant),
            ("formulas", self._formula),
            ("textTemplates", self._template),
        ):
            for node, name in _named(flow, kind):
                declare(node, name)
                read.append((node, name))
        for node, name in read:
            with self._report.of(node):
                self._scope.make(name)
        for node, name, of_kind in variables:
            with self._report.of(node, "value"):
                initial = self.value(node, "value")
                if initial is not None:
                    self.initial[name.lower()] = convert(initial, of_kind)

    def value(self, node: Node, child: str) -> Expression | None:
        """The FlowElementReferenceOrValue in `child`; None where it is absent. Raises FlowProblem."""
        given = node.node(child)
        if given is None:
            return None
        inner = given.children()
        if not inner:
            return constant(Kind.TEXT, None)
        [first, *more] = inner
        if more:
            raise not_run(f"<{more[0].name}> beside <{first.name}>")
        if first.name == "stringValue":
            return template(first.value, self._scope.resolve)
        if first.name == "elementReference":
            return self._scope.resolve(first.value)
        if first.name not in _LITERALS:
            raise not_run(f"<{first.name}>")
        kind, parse = _LITERALS[first.name]
        try:
            return constant(kind, parse(first.value))
        except (ValueError, KeyError):
            raise broken(f"<{first.name}> can't be {first.value!r}") from None

    def _variable(self, node: Node, name: str) -> Kind:
        self._report.check_children(
            node, "dataType", "isCollection", "isInput", "isOutput", "objectType", "scale", "value"
        )
        kind = self._kind(node)
        if node.flag("isCollection"):
            raise not_run("collections")
        sobject = None
        if kind is Kind.RECORD:
            sobject = needed_object(self._scope.schema, node, "objectType")
        self._scope.declare_variable(name, kind, sobject)
        return kind

    def _constant(self, node: Node, name: str) -> None:
        def make() -> Expression:
            value = self.value(node, "value")
            return constant(Kind.TEXT, None) if value is None else convert(value, self._kind(node))

        self._report.check_children(node, "dataType", "value")
        self._scope.declare(name, make)

    def _formula(self, node: Node, name: str) -> None:
        def make() -> Expression:
            text = node.needed("expression")
            made = formula(text or "NULL", self._scope.resolve)
            return convert(made, self._kind(node)) if node.text("dataType") else made

        self._report.check_children(node, "dataType", "expression", "scale")
        self._scope.declare(name, make)

    def _template(self, node: Node, name: str) -> None:
        def make() -> Expression:
            return template(node.text("text") or "", self._scope.resolve)

        self._report.check_children(node, "text", "isViewedAsPlainText")
        self._scope.declare(name, make)

    def _kind(self, node: Node) -> Kind:
        data_type = node.choice("dataType", _TYPES) if node.needed("dataType") else None
        if data_type is None:
            raise SaidAlready
        if data_type not in DATA_TYPES:
            raise not_run(f"the data type {data_type}")
        return DATA_TYPES[data_type]


def _named(flow: Node, kind: str) -> list[tuple[Node, str]]:
    """The resources of a kind that have a name; that one has none is an error."""
    return [(node, name) for node in flow.nodes(kind) if (name := node.needed("name")) is not None]


def needed_object(schema: Schema, node: Node, child: str) -> SObjectType:
    """The object that `child` names. Raises FlowProblem."""
    name = node.needed(child)
    if name is None:
        raise SaidAlready
    found = schema.find(name)
    if found is None:
        raise unknown(f"object {name}", name)
    return found
