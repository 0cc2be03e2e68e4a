"""Picklists: value sets, whether they stand in a field, are shared by fields, or fill the standard ones."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import unquote

from isthmus.org.schema.forecasts import FORECAST_NAMES
from isthmus.org.schema.model import Field, PicklistValue
from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.elements import check_elements

VALUE_LENGTH: Final = 255


@dataclass(frozen=True, slots=True)
class StandardValue:
    """A value of a standard value set, with what stages and states carry beside it."""

    value: str
    label: str
    active: bool = True
    default: bool = False
    closed: bool = False
    won: bool = False
    converted: bool = False
    probability: int | None = None
    forecast_category: str | None = None
    high_priority: bool = False
    group: str | None = None
    """What kind of status the value is: `Draft`, `Activated`, …"""


@dataclass(frozen=True, slots=True)
class ValueSet:
    """What a picklist field takes from its value set."""

    values: tuple[PicklistValue, ...]
    restricted: bool
    controlling_field: str | None = None
    shared: str | None = None


@cache
def standard_value_sets() -> Mapping[str, tuple[str, ...]]:
    """The standard value sets: which fields (`Account.Industry`) each one fills."""
    table = tomllib.loads(files(__package__).joinpath("standard_value_sets.toml").read_text("utf-8"))
    return {name: tuple(fields) for name, fields in table.items()}


def read_global_values(root: Node) -> tuple[PicklistValue, ...]:
    """The values of a GlobalValueSet document."""
    check_elements(root, "GlobalValueSet")
    return _values(root, root.nodes("customValue"), root.flag("sorted"))


def read_standard_values(root: Node, name: str) -> tuple[StandardValue, ...]:
    """The values of the StandardValueSet document `name`, with their states."""
    check_elements(root, "StandardValueSet")
    if name not in standard_value_sets():
        root.warn(f"no standard value set is called {name}: it fills no field here")
    nodes = root.nodes("standardValue")
    values = {each.value: each for each in _values(root, nodes, root.flag("sorted"))}
    if not values:
        root.error("a standard value set needs a <standardValue>")
    states = {node.text("fullName"): node for node in nodes}
    return tuple(_standard_value(each, states[each.value]) for each in values.values())


def _standard_value(value: PicklistValue, node: Node) -> StandardValue:
    return StandardValue(
        value.value,
        value.label,
        value.active,
        value.default,
        closed=node.flag("closed"),
        won=node.flag("won"),
        converted=node.flag("converted"),
        probability=node.integer("probability", 0, 100),
        forecast_category=node.choice("forecastCategory", tuple(FORECAST_NAMES)),
        high_priority=node.flag("highPriority"),
        group=node.text("groupingString"),
    )


def read_value_set(field: Node, shared: Mapping[str, tuple[PicklistValue, ...]]) -> ValueSet | None:
    """The value set of a picklist field; None, and an error, where it has none that can be used.

    `shared` are the global value sets by name. Fields of before API 38 say `<picklist>`, which is read too.
    """
    node = field.node("valueSet")
    if node is None:
        old = field.node("picklist")
        if old is not None:
            return _old_picklist(old)
        field.error("a picklist needs a <valueSet>")
        return None
    check_elements(node, "valueSet")
    name, definition = node.text("valueSetName"), node.node("valueSetDefinition")
    if name is not None:
        if name not in shared:
            return _absent(node, name)
        values, restricted = shared[name], True
    elif definition is not None:
        check_elements(definition, "valueSetDefinition")
        values = _values(definition, definition.nodes("value"), definition.flag("sorted"))
        restricted = node.flag("restricted")
    else:
        node.error("a <valueSet> needs a <valueSetDefinition> or a <valueSetName>")
        return None
    controlling = node.text("controllingField")
    values = _valid_for(node, values, controlling)
    return ValueSet(values, restricted, controlling, name)


def _absent(node: Node, name: str) -> ValueSet | None:
    if "__" in name:
        node.warn(
            f"the global value set {name} is another package's: the field has no values here", "valueSetName"
        )
        return ValueSet((), restricted=False, shared=name)
    node.error(f"there is no global value set {name} in the project", "valueSetName")
    return None


def _old_picklist(node: Node) -> ValueSet:
    nodes = node.nodes("picklistValues")
    values = _values(node, nodes, node.flag("sorted"))
    valid = {
        each.text("fullName"): tuple(item.value for item in each.nodes("controllingFieldValues"))
        for each in nodes
    }
    values = tuple(replace(each, valid_for=valid.get(each.value, ())) for each in values)
    return ValueSet(values, node.flag("restrictedPicklist"), node.text("controllingField"))


def _valid_for(
    node: Node, values: tuple[PicklistValue, ...], controlling: str | None
) -> tuple[PicklistValue, ...]:
    """The values with those of the controlling field for which each is offered (`<valueSettings>`)."""
    settings: dict[str, list[str]] = {}
    known = {each.value for each in values}
    for each in node.nodes("valueSettings"):
        name = each.needed("valueName")
        if name is None:
            continue
        if controlling is None:
            each.error("<valueSettings> needs a <controllingField> beside it")
        elif name not in known:
            each.error(f"the picklist has no value {name!r}", "valueName")
        else:
            settings.setdefault(name, []).extend(item.value for item in each.nodes("controllingFieldValue"))
    return tuple(replace(each, valid_for=tuple(settings.get(each.value, ()))) for each in values)


def _values(owner: Node, nodes: Sequence[Node], in_order: bool) -> tuple[PicklistValue, ...]:
    values: dict[str, PicklistValue] = {}
    default: str | None = None
    for node in nodes:
        if node.name in ("value", "customValue"):
            check_elements(node, "value")
        name = node.needed("fullName")
        if name is None:
            continue
        if len(name) > VALUE_LENGTH:
            node.error(f"a picklist value has at most {VALUE_LENGTH} characters, not {len(name)}", "fullName")
        if name.lower() in values:
            node.error(f"the value {name!r} stands more than once", "fullName")
            continue
        chosen = node.flag("default")
        if chosen and default is not None:
            node.error(f"both {default!r} and {name!r} are the default", "default")
        default = name if chosen else default
        values[name.lower()] = PicklistValue(
            name, node.text("label") or name, active=node.flag("isActive", True), default=chosen
        )
    listed = list(values.values())
    return tuple(sorted(listed, key=lambda each: each.label.casefold()) if in_order else listed)


def with_values(field: Field, found: ValueSet) -> Field:
    """`field` offering the values of `found`."""
    return replace(
        field,
        picklist=found.values,
        restricted_picklist=found.restricted,
        controlling_field=found.controlling_field,
        value_set=found.shared,
    )


def decoded(name: str) -> str:
    """A picklist value's name as record types write it: percent-encoded (`50%25`)."""
    return unquote(name)
