"""Fields: a CustomField element becomes a field of the schema (a compound one: several)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from isthmus.org.schema.model import Field, FieldType, ObjectKind, PicklistValue
from isthmus.org.schema.schemes import Encryption
from isthmus.org.schema.sfdx.compound import address, location
from isthmus.org.schema.sfdx.document import Node
from isthmus.org.schema.sfdx.encryption import encrypted
from isthmus.org.schema.sfdx.field_rules import (
    FIELD_RULES,
    FORMULA_TEXT_LENGTH,
    NOT_HERE,
    PRECISION_MAX,
    FieldRule,
    in_words,
    may_have,
)
from isthmus.org.schema.sfdx.metadata_types import partly
from isthmus.org.schema.sfdx.picklists import read_value_set, with_values
from isthmus.org.schema.sfdx.relationships import REFERENCES

_API_NAME: Final = re.compile(r"[A-Za-z](?!\w*__)[A-Za-z0-9_]{0,39}(?<!_)", re.ASCII)
_NUMBER_PLACE: Final = re.compile(r"\{0+\}")
_DISPLAY_FORMAT_LENGTH: Final = 30
_MASKS: Final = {"asterisk": "asterisk", "X": "x"}
_MASK_TYPES: Final = ("all", "creditCard", "ssn", "lastFour", "sin", "nino")
_PERMISSIONABLE_KINDS: Final = frozenset({ObjectKind.STANDARD, ObjectKind.CUSTOM, ObjectKind.EXTERNAL})


@dataclass(frozen=True, slots=True)
class Owner:
    """The object that a field belongs to, and the global value sets its picklists may name."""

    name: str
    kind: ObjectKind
    shared: Mapping[str, tuple[PicklistValue, ...]]


def build_fields(node: Node, owner: Owner) -> tuple[Field, ...]:
    """The fields that a custom field's element stands for; none, and errors, where it can't be used.

    What a field refers to (other objects, a controlling field) is checked when every object is known.
    """
    name = node.text("fullName") or ""
    kind = node.needed("type")
    label = node.needed("label")
    rule = FIELD_RULES.get(kind) if kind is not None else None
    if not valid_name(name):
        node.error(f"{name!r} is no name for a custom field", "fullName")
        return ()
    if kind is None:
        return ()
    if kind in NOT_HERE:
        node.warn(f"a field of type {kind} is not kept here: it is left out", "type")
        return ()
    if rule is None:
        node.error(f"{kind} is no type of a custom field", "type")
        return ()
    if not may_have(owner.kind, owner.name, kind):
        node.error(f"a {in_words(owner.kind)} can't have a field of type {kind}", "type")
        return ()
    return _build(node, owner, kind, rule, Field(name, label or name, rule.type, custom=True))


def valid_name(name: str) -> bool:
    """Whether `name` can be a custom field's: letters, digits, single underscores, `__c` at the end."""
    return name.endswith("__c") and _API_NAME.fullmatch(name[:-3]) is not None


def _build(node: Node, owner: Owner, kind: str, rule: FieldRule, field: Field) -> tuple[Field, ...]:
    field = _described(node, owner, rule, field)
    formula = node.text("formula")
    if formula is not None:
        return (_formula(node, kind, rule, field, formula),)
    for child in rule.needs:
        if child != "defaultValue" or owner.kind is not ObjectKind.EXTERNAL:
            node.needed(child)
    field = encrypted(node, owner.name, _measured(node, rule, _identified(node, rule, field)), owner.kind)
    if kind in REFERENCES:
        return (REFERENCES[kind](node, field),)
    if kind == "Location":
        return location(node, field)
    if kind == "Address":
        return address(field)
    return (_OF_ITS_OWN[kind](node, owner, field) if kind in _OF_ITS_OWN else field,)


def _described(node: Node, owner: Owner, rule: FieldRule, field: Field) -> Field:
    """What every field may say of itself."""
    required = node.flag("required")
    if required and not rule.may_be_required:
        node.error(f"a {rule.type.value} field can't be required", "required")
    exceptions = {
        (flag, False)
        for flag, child in (("filterable", "isFilteringDisabled"), ("sortable", "isSortingDisabled"))
        if node.flag(child)
    }
    if node.flag("trackHistory") and (sentence := partly("history")):
        node.note(sentence, "trackHistory")
    if node.node("lookupFilter") is not None and (sentence := partly("lookup_filter")):
        node.warn(sentence, "lookupFilter")
    return replace(
        field,
        nillable=not required and rule.type is not FieldType.BOOLEAN,
        default_value=node.text("defaultValue"),
        help_text=node.text("inlineHelpText"),
        permissionable=not required and owner.kind in _PERMISSIONABLE_KINDS,
        external_name=node.text("externalDeveloperName"),
        name_field=node.flag("isNameField"),
        exceptions=frozenset(exceptions),
        extra_type_info=rule.extra,
        html=rule.html,
        defaulted_on_create=rule.type is FieldType.BOOLEAN,
    )


def _identified(node: Node, rule: FieldRule, field: Field) -> Field:
    """Whether the field's values are unique, and whether an upsert may name it."""
    unique, external_id = node.flag("unique"), node.flag("externalId")
    if unique and not rule.may_be_unique:
        node.error(f"a {node.text('type')} field can't be unique", "unique")
    if external_id and not rule.may_be_external_id:
        node.error(f"a {node.text('type')} field can't be an external id", "externalId")
    return replace(
        field,
        unique=unique,
        external_id=external_id,
        id_lookup=external_id,
        case_sensitive=unique and node.flag("caseSensitive"),
    )


def _measured(node: Node, rule: FieldRule, field: Field) -> Field:
    """Length, precision and scale."""
    if rule.lengths is not None:
        length = node.integer("length", *rule.lengths) or rule.default_length
        if length is None and node.text("length") is None:
            node.needed("length")
        field = replace(field, length=length or rule.lengths[1])
    elif rule.length:
        field = replace(field, length=rule.length)
    if not rule.numeric:
        return field
    for child in ("precision", "scale"):
        node.needed(child)
    precision = node.integer("precision", 1, PRECISION_MAX) or PRECISION_MAX
    scale = node.integer("scale", 0, PRECISION_MAX - 1) or 0
    if scale > precision:
        node.error(f"<scale> {scale} is more than <precision> {precision}", "scale")
    return replace(field, precision=precision, scale=scale)


def _formula(node: Node, kind: str, rule: FieldRule, field: Field, formula: str) -> Field:
    """A calculated field: its value can't be written, and is null (a checkbox: false) until formulas run."""
    if not rule.may_be_formula:
        node.error(f"a formula can't give a {kind}", "formula")
    blank = "false" if rule.type is FieldType.BOOLEAN else "null"
    if sentence := partly("formula", blank=blank):
        node.warn(sentence, "formula")
    blanks = node.choice("formulaTreatBlanksAs", ("BlankAsBlank", "BlankAsZero"))
    scale = node.integer("scale", 0, PRECISION_MAX - 1) or 0
    return replace(
        field,
        formula=formula,
        calculated=True,
        blanks_as_zero=blanks != "BlankAsBlank",
        nillable=rule.type is not FieldType.BOOLEAN,
        createable=False,
        updateable=False,
        defaulted_on_create=False,
        default_value=None,
        length=FORMULA_TEXT_LENGTH if rule.type is FieldType.STRING else 0,
        precision=PRECISION_MAX if rule.numeric else 0,
        scale=scale if rule.numeric else 0,
        permissionable=True,
    )


def _auto_number(node: Node, owner: Owner, field: Field) -> Field:
    return replace(
        field,
        auto_number=True,
        createable=False,
        updateable=False,
        defaulted_on_create=True,
        display_format=display_format(node) or "{0}",
        starting_number=node.integer("startingNumber", 0, 999_999_999) or 1,
        default_value=None,
    )


def display_format(node: Node) -> str | None:
    """The `<displayFormat>` of an auto-number: text with one `{0…}`, where the number stands."""
    text = node.text("displayFormat")
    if text is None:
        return None
    if not _NUMBER_PLACE.search(text):
        node.error(
            f"<displayFormat> needs a place for the number, such as {{0000}}, in {text!r}", "displayFormat"
        )
    if len(text) > _DISPLAY_FORMAT_LENGTH:
        node.error(f"<displayFormat> has at most {_DISPLAY_FORMAT_LENGTH} characters", "displayFormat")
    return text


def _checkbox(node: Node, owner: Owner, field: Field) -> Field:
    node.choice("defaultValue", ("true", "false"))
    return field


def _picklist(node: Node, owner: Owner, field: Field) -> Field:
    found = read_value_set(node, owner.shared)
    return field if found is None else with_values(field, found)


def _encrypted(node: Node, owner: Owner, field: Field) -> Field:
    mask = node.choice("maskChar", tuple(_MASKS))
    mask_type = node.choice("maskType", _MASK_TYPES)
    return replace(
        field,
        encrypted=True,
        encryption=Encryption.PROBABILISTIC,
        mask=_MASKS.get(mask or ""),
        mask_type=mask_type,
    )


def _summary(node: Node, owner: Owner, field: Field) -> Field:
    """A roll-up summary; its type follows from what it sums up, when every object is known."""
    if sentence := partly("summary"):
        node.warn(sentence, "summaryOperation")
    node.choice("summaryOperation", ("count", "sum", "min", "max"))
    return replace(
        field,
        calculated=True,
        createable=False,
        updateable=False,
        nillable=True,
        precision=PRECISION_MAX,
        permissionable=True,
    )


_OF_ITS_OWN: Final[Mapping[str, Callable[[Node, Owner, Field], Field]]] = {
    "AutoNumber": _auto_number,
    "Checkbox": _checkbox,
    "EncryptedText": _encrypted,
    "MultiselectPicklist": _picklist,
    "Picklist": _picklist,
    "Summary": _summary,
}
