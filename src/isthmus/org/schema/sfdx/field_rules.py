"""Field rules: for every type a custom field can have, what its definition needs and what it becomes.

Source: Metadata API Developer Guide, CustomField, FieldType; Platform Events Developer Guide, Custom Fields;
Custom Metadata Types Implementation Guide, Custom Metadata Type Fields; Big Objects Implementation Guide.
"""

from dataclasses import dataclass
from typing import Final

from isthmus.org.schema.model import FieldType, ObjectKind

FORMULA_TEXT_LENGTH: Final = 1_300
PRECISION_MAX: Final = 18


@dataclass(frozen=True, slots=True)
class FieldRule:
    """What a metadata field type becomes, and what it needs.

    `length` is the length that every such field has; `lengths` the range from which a definition chooses (and
    then must, unless there is a `default_length`). `numeric` types need a precision and a scale.
    """

    type: FieldType
    length: int = 0
    lengths: tuple[int, int] | None = None
    default_length: int | None = None
    numeric: bool = False
    needs: tuple[str, ...] = ()
    may_be_unique: bool = False
    may_be_external_id: bool = False
    may_be_formula: bool = False
    may_be_required: bool = True
    extra: str | None = None
    html: bool = False


_PLAIN_TEXT: Final = "plaintextarea"
_RICH_TEXT: Final = "richtextarea"

FIELD_RULES: Final[dict[str, FieldRule]] = {
    "AutoNumber": FieldRule(FieldType.STRING, length=30, may_be_external_id=True, may_be_unique=True),
    "Address": FieldRule(FieldType.ADDRESS),
    "Checkbox": FieldRule(
        FieldType.BOOLEAN, needs=("defaultValue",), may_be_formula=True, may_be_required=False
    ),
    "Currency": FieldRule(FieldType.CURRENCY, numeric=True, may_be_formula=True),
    "Date": FieldRule(FieldType.DATE, may_be_formula=True),
    "DateTime": FieldRule(FieldType.DATETIME, may_be_formula=True),
    "Email": FieldRule(FieldType.EMAIL, length=80, may_be_unique=True, may_be_external_id=True),
    "EncryptedText": FieldRule(FieldType.ENCRYPTED, lengths=(1, 175), needs=("maskChar", "maskType")),
    "ExternalLookup": FieldRule(FieldType.REFERENCE, length=255, needs=("referenceTo",)),
    "Hierarchy": FieldRule(FieldType.REFERENCE, length=18),
    "Html": FieldRule(
        FieldType.TEXTAREA, lengths=(256, 131_072), default_length=32_768, extra=_RICH_TEXT, html=True
    ),
    "IndirectLookup": FieldRule(
        FieldType.REFERENCE, length=255, needs=("referenceTo", "referenceTargetField")
    ),
    "Location": FieldRule(FieldType.LOCATION, needs=("scale",)),
    "LongTextArea": FieldRule(
        FieldType.TEXTAREA, lengths=(256, 131_072), needs=("visibleLines",), extra=_PLAIN_TEXT
    ),
    "Lookup": FieldRule(FieldType.REFERENCE, length=18, needs=("referenceTo",)),
    "MasterDetail": FieldRule(FieldType.REFERENCE, length=18, needs=("referenceTo", "relationshipName")),
    "MetadataRelationship": FieldRule(FieldType.REFERENCE, length=18, needs=("referenceTo",)),
    "MultiselectPicklist": FieldRule(FieldType.MULTIPICKLIST, length=4_099, needs=("visibleLines",)),
    "Number": FieldRule(
        FieldType.DOUBLE, numeric=True, may_be_unique=True, may_be_external_id=True, may_be_formula=True
    ),
    "Percent": FieldRule(FieldType.PERCENT, numeric=True, may_be_formula=True),
    "Phone": FieldRule(FieldType.PHONE, length=40),
    "Picklist": FieldRule(FieldType.PICKLIST, length=255),
    "Summary": FieldRule(FieldType.DOUBLE, needs=("summaryForeignKey", "summaryOperation")),
    "Text": FieldRule(
        FieldType.STRING,
        lengths=(1, 255),
        may_be_unique=True,
        may_be_external_id=True,
        may_be_formula=True,
    ),
    "TextArea": FieldRule(FieldType.TEXTAREA, length=255, extra=_PLAIN_TEXT),
    "Time": FieldRule(FieldType.TIME, may_be_formula=True),
    "Url": FieldRule(FieldType.URL, length=255),
}

NOT_HERE: Final = frozenset({"File", "CustomDataType", "Array", "Integer", "Long"})
"""Types that the Metadata API knows and no field of an org like this one has."""

_ORDINARY: Final = frozenset(FIELD_RULES) - {"MetadataRelationship", "IndirectLookup"}
_ALLOWED: Final[dict[ObjectKind, frozenset[str]]] = {
    ObjectKind.STANDARD: _ORDINARY,
    ObjectKind.CUSTOM: _ORDINARY - {"Hierarchy"},
    ObjectKind.CUSTOM_SETTING: frozenset(
        {
            "Checkbox",
            "Currency",
            "Date",
            "DateTime",
            "Email",
            "Number",
            "Percent",
            "Phone",
            "Text",
            "TextArea",
        }
        | {"Url"}
    ),
    ObjectKind.PLATFORM_EVENT: frozenset({"Checkbox", "Date", "DateTime", "LongTextArea", "Number", "Text"}),
    ObjectKind.CUSTOM_METADATA: frozenset(
        {"Checkbox", "Date", "DateTime", "Email", "LongTextArea", "MetadataRelationship", "Number", "Percent"}
        | {"Phone", "Picklist", "Text", "TextArea", "Url"}
    ),
    ObjectKind.EXTERNAL: frozenset(
        {"Checkbox", "Currency", "Date", "DateTime", "Email", "ExternalLookup", "IndirectLookup", "Lookup"}
        | {"LongTextArea", "Number", "Percent", "Phone", "Text", "TextArea", "Url"}
    ),
    ObjectKind.BIG: frozenset(
        {"DateTime", "Email", "LongTextArea", "Lookup", "Number", "Phone", "Text", "Url"}
    ),
}


def in_words(kind: ObjectKind) -> str:
    """The kind of an object: `custom object`, `platform event`."""
    return f"{kind.value} object" if kind in (ObjectKind.STANDARD, ObjectKind.CUSTOM) else kind.value


def may_have(kind: ObjectKind, object_name: str, field_type: str) -> bool:
    """Whether an object of that kind can have a field of that metadata type."""
    if field_type == "Hierarchy":
        return object_name == "User"
    return field_type in _ALLOWED[kind]
