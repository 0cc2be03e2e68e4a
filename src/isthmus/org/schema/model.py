"""The schema as values: objects, fields, relationships. Immutable; a change makes a new version.

Names keep their canonical case; look-ups take any case, as the platform does.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Final

from isthmus.org.schema.schemes import Encryption, FieldCipher


class FieldType(Enum):
    """A field's type as describes name it (Partner WSDL, simple type `fieldType`)."""

    ID = "id"
    REFERENCE = "reference"
    STRING = "string"
    TEXTAREA = "textarea"
    PICKLIST = "picklist"
    MULTIPICKLIST = "multipicklist"
    COMBOBOX = "combobox"
    PHONE = "phone"
    URL = "url"
    EMAIL = "email"
    ENCRYPTED = "encryptedstring"
    BOOLEAN = "boolean"
    INT = "int"
    LONG = "long"
    DOUBLE = "double"
    CURRENCY = "currency"
    PERCENT = "percent"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    BASE64 = "base64"
    ADDRESS = "address"
    LOCATION = "location"
    ANY = "anyType"
    COMPLEX = "complexvalue"

    __hash__ = object.__hash__  # a member is itself alone; Enum's own hash is Python code, on every look-up


IDS: Final = frozenset({FieldType.ID, FieldType.REFERENCE})
TEXTS: Final = frozenset(
    {
        FieldType.STRING,
        FieldType.TEXTAREA,
        FieldType.PICKLIST,
        FieldType.MULTIPICKLIST,
        FieldType.COMBOBOX,
        FieldType.PHONE,
        FieldType.URL,
        FieldType.EMAIL,
        FieldType.ENCRYPTED,
        FieldType.ANY,
        FieldType.COMPLEX,
    }
)
INTEGERS: Final = frozenset({FieldType.INT, FieldType.LONG})
DECIMALS: Final = frozenset({FieldType.DOUBLE, FieldType.CURRENCY, FieldType.PERCENT})
INSTANTS: Final = frozenset({FieldType.DATE, FieldType.DATETIME, FieldType.TIME})
COMPOUNDS: Final = frozenset({FieldType.ADDRESS, FieldType.LOCATION})

_NOWHERE: Final = frozenset({FieldType.BASE64, FieldType.LOCATION, FieldType.ANY, FieldType.COMPLEX})
_FILTER_ONLY: Final = frozenset({FieldType.MULTIPICKLIST, FieldType.ADDRESS})
_NOT_GROUPABLE: Final = DECIMALS | {FieldType.DATETIME, FieldType.TIME, FieldType.COMBOBOX}
LONG_TEXT: Final = 256
"""From this length on, a textarea is a long one: neither filtered nor sorted."""


class DeleteConstraint(Enum):
    """What deleting the parent does to a record that looks up to it."""

    CASCADE = "Cascade"
    RESTRICT = "Restrict"
    SET_NULL = "SetNull"
    CASCADE_UNLESS_ACTIVE = "CascadeUnlessActive"
    """Drafts go with the parent, an activated record holds it back (contracts and orders of an account)."""


_CASCADES: Final = frozenset({DeleteConstraint.CASCADE, DeleteConstraint.CASCADE_UNLESS_ACTIVE})
_RESTRICTS: Final = frozenset({DeleteConstraint.RESTRICT, DeleteConstraint.CASCADE_UNLESS_ACTIVE})


@dataclass(frozen=True, slots=True)
class PicklistValue:
    value: str
    label: str
    active: bool = True
    default: bool = False
    valid_for: tuple[str, ...] = ()
    """Values of the controlling field for which this one is offered (dependent picklists)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `length` in characters, or 0; `precision`, `scale`, `digits` as in describes."""

    name: str
    label: str
    type: FieldType
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    custom: bool = False
    name_field: bool = False
    auto_number: bool = False
    display_format: str | None = None
    starting_number: int = 1
    calculated: bool = False
    formula: str | None = None
    blanks_as_zero: bool = False
    unique: bool = False
    case_sensitive: bool = False
    external_id: bool = False
    id_lookup: bool = False
    defaulted_on_create: bool = False
    default_value: str | None = None
    """The default as metadata gives it: a literal or a formula, as text."""
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    """How this record's parent is called in a path: `Account`, `Parent__r`."""
    child_relationship_name: str | None = None
    """How the parent calls these records: `Contacts`, `Children__r`; None: not queryable as children."""
    master_detail: bool = False
    relationship_order: int | None = None
    reparentable: bool = False
    write_requires_master_read: bool = False
    delete_constraint: DeleteConstraint = DeleteConstraint.SET_NULL
    reference_target_field: str | None = None
    picklist: tuple[PicklistValue, ...] = ()
    restricted_picklist: bool = False
    controlling_field: str | None = None
    value_set: str | None = None
    compound: str | None = None
    """The compound field this one is part of: `BillingAddress`, `Name`, `Place__c`."""
    extra_type_info: str | None = None
    html: bool = False
    encrypted: bool = False
    mask: str | None = None
    mask_type: str | None = None
    permissionable: bool = False
    help_text: str | None = None
    display_location_in_decimal: bool = False
    external_name: str | None = None
    exceptions: frozenset[tuple[str, bool]] = frozenset()
    """Where filterable, sortable, groupable or aggregatable differ from what the type gives."""
    encryption: Encryption | None = None
    """How its values are encrypted at rest."""
    cipher: FieldCipher | None = field(default=None, compare=False, repr=False)
    """What closes and opens its column's values: given to it when the schema comes into force."""

    @property
    def polymorphic(self) -> bool:
        return len(self.reference_to) > 1

    @property
    def long_text(self) -> bool:
        return self.type is FieldType.TEXTAREA and (self.length >= LONG_TEXT or self.html)

    # What a query may do with the field. Source: measured over nine describes of real orgs, some 520 fields.

    # Of an encrypted one: Salesforce Help, General Shield Platform Encryption Considerations (SOQL).

    @property
    def filterable(self) -> bool:
        if self.encryption is not None:
            return self.encryption.deterministic
        hidden = self.type in _NOWHERE or self.type is FieldType.ENCRYPTED or self.long_text
        return self._unless_excepted("filterable", not hidden)

    @property
    def sortable(self) -> bool:
        if self.encryption is not None:
            return False
        return self._unless_excepted("sortable", self.filterable and self.type not in _FILTER_ONLY)

    @property
    def groupable(self) -> bool:
        if self.encryption is not None:
            return self.encryption.deterministic
        usual = self.filterable and self.type not in _FILTER_ONLY and self.type not in _NOT_GROUPABLE
        return self._unless_excepted("groupable", usual)

    @property
    def aggregatable(self) -> bool:
        if self.encryption is not None:
            return False
        usual = self.filterable and self.type not in _FILTER_ONLY and self.type is not FieldType.BOOLEAN
        return self._unless_excepted("aggregatable", usual)

    def _unless_excepted(self, flag: str, usual: bool) -> bool:
        if not self.exceptions:
            return usual
        return next((value for name, value in self.exceptions if name == flag), usual)


@dataclass(frozen=True, slots=True)
class ChildRelationship:
    """A parent's view of a lookup: `child.field` refers to it.

    Where both flags are set, the child goes with the parent unless it is active: then it holds it back.
    """

    child: str
    field: str
    name: str | None
    cascade_delete: bool
    restricted_delete: bool


CALCULATED: Final = frozenset({"RecentlyViewed", "UserRecordAccess"})
"""Objects whose records follow from others: they are worked out when a query asks for them."""


class ObjectKind(Enum):
    STANDARD = "standard"
    CUSTOM = "custom"
    CUSTOM_SETTING = "custom setting"
    PLATFORM_EVENT = "platform event"
    CUSTOM_METADATA = "custom metadata type"
    EXTERNAL = "external object"
    BIG = "big object"


@dataclass(frozen=True, slots=True)
class RecordType:
    developer_name: str
    label: str
    active: bool = True
    description: str | None = None
    picklists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values that are offered per picklist field; a field that is absent offers all of its values."""
    picklist_defaults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SObjectType:
    """One object. `fields` in describe order."""

    name: str
    label: str
    label_plural: str
    key_prefix: str | None
    fields: tuple[Field, ...]
    kind: ObjectKind = ObjectKind.STANDARD
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    queryable: bool = True
    retrieveable: bool = True
    searchable: bool = False
    undeletable: bool = True
    mergeable: bool = False
    replicateable: bool = True
    triggerable: bool = True
    layoutable: bool = True
    feed_enabled: bool = False
    record_types: tuple[RecordType, ...] = ()
    required_on_create: tuple[tuple[str, ...], ...] = ()
    """Beyond what the fields say: of each group, one field at least must have a value."""
    associate_entity_type: str | None = None
    associate_parent: str | None = None
    publish_behavior: str | None = None
    event_type: str | None = None
    custom_settings_type: str | None = None
    sharing_model: str | None = None
    sharing_reasons: tuple[PicklistValue, ...] = ()
    """Why programs share its records, beside the platform's own causes."""
    external_data_source: str | None = None

    @property
    def custom(self) -> bool:
        return self.name.endswith(("__c", "__e", "__mdt", "__x", "__b"))

    @property
    def stored(self) -> bool:
        """Whether its records lie in a table of ours (not events, external objects, what is calculated)."""
        return self.kind not in (ObjectKind.PLATFORM_EVENT, ObjectKind.EXTERNAL) and not self.calculated

    @property
    def calculated(self) -> bool:
        """Whether its records are worked out when they are asked for."""
        return self.name in CALCULATED

    @property
    def published(self) -> bool:
        """Whether its records are events: they are published, and lie in the journal."""
        return self.kind is ObjectKind.PLATFORM_EVENT

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {each.name.lower(): each for each in self.fields}

    @cached_property
    def _by_relationship(self) -> dict[str, Field]:
        return {each.relationship_name.lower(): each for each in self.fields if each.relationship_name}

    @cached_property
    def name_field(self) -> Field | None:
        return next((each for each in self.fields if each.name_field), None)

    def field(self, name: str) -> Field | None:
        """The field of that name, in any case."""
        return self._by_name.get(name.lower())

    def parent_field(self, relationship: str) -> Field | None:
        """The lookup whose parent is called `relationship` in a path, in any case."""
        return self._by_relationship.get(relationship.lower())


class Schema:
    """Every object of an org, at one version. Two schemas are the same schema if their versions are equal."""

    def __init__(
        self,
        objects: Iterable[SObjectType],
        version: int = 1,
        metadata_records: Mapping[str, tuple[Mapping[str, object], ...]] | None = None,
    ) -> None:
        self.version = version
        self.metadata_records = metadata_records or {}
        """Records that the project declares (custom metadata), as wire values by object name."""
        self._by_name = {each.name.lower(): each for each in objects}

    def __iter__(self) -> Iterator[SObjectType]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, name: str) -> SObjectType | None:
        """The object of that name, in any case."""
        return self._by_name.get(name.lower())

    def __getitem__(self, name: str) -> SObjectType:
        """The object of that name, in any case. Raises KeyError."""
        return self._by_name[name.lower()]

    @cached_property
    def _by_prefix(self) -> dict[str, tuple[SObjectType, ...]]:
        owners: dict[str, list[SObjectType]] = {}
        for each in self:
            if each.key_prefix:
                owners.setdefault(each.key_prefix, []).append(each)
        return {prefix: tuple(objects) for prefix, objects in owners.items()}

    def with_prefix(self, record_id: str) -> tuple[SObjectType, ...]:
        """The objects whose ids begin as `record_id` does (a few standard objects share a prefix)."""
        return self._by_prefix.get(record_id[:3], ())

    @cached_property
    def _children(self) -> dict[str, tuple[ChildRelationship, ...]]:
        children: dict[str, list[ChildRelationship]] = {}
        for child in self:
            for each in child.fields:
                for parent in each.reference_to:
                    children.setdefault(parent.lower(), []).append(
                        ChildRelationship(
                            child=child.name,
                            field=each.name,
                            name=each.child_relationship_name,
                            cascade_delete=each.delete_constraint in _CASCADES,
                            restricted_delete=each.delete_constraint in _RESTRICTS,
                        )
                    )
        return {parent: tuple(relationships) for parent, relationships in children.items()}

    def children(self, parent: str) -> tuple[ChildRelationship, ...]:
        """Every lookup, of any object, that may refer to `parent`."""
        return self._children.get(parent.lower(), ())
