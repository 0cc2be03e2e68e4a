"""Plan: what one operation on one object needs, compiled once for principals with the same access.

It holds the object's fields as the steps of the save order want them, for one version of the schema and of
the automation. Which steps have something to do for it, its *course*, is asked of them: see `order`.
"""

from collections.abc import Mapping
from typing import Final

from isthmus.org.events.schema import event_type
from isthmus.org.save.columns import Column, locations
from isthmus.org.save.defaults import Preset, fixed_defaults, presets
from isthmus.org.save.external_ids import LOGINS
from isthmus.org.save.following import followed_by, followers_of
from isthmus.org.save.layout import Layout, resolve
from isthmus.org.save.names import registry_of
from isthmus.org.save.operation import Moment, Operation
from isthmus.org.save.own_user import is_of_own_user_alone, is_own_to_change
from isthmus.org.save.reach import EVERYWHERE, reach_of
from isthmus.org.save.refusal import refusal
from isthmus.org.save.statements import Statements
from isthmus.org.schema.model import Field, FieldType, Schema, SObjectType
from isthmus.org.schema.tables import is_stored
from isthmus.org.search.fields import searched_fields
from isthmus.org.security.access import Access

_LAYOUTS_MAX: Final = 512
_MODIFIED: Final = (("LastModifiedDate", False), ("LastModifiedById", True), ("SystemModstamp", False))
_CREATED: Final = (("CreatedDate", False), ("CreatedById", True), *_MODIFIED)
_SYSTEM_MANAGED: Final = frozenset({"Id", "IsDeleted", "SystemModstamp"})


class Plan:
    """`system` plans ask neither for access nor for what the schema lets anyone write: they are the
    platform's own.
    """

    def __init__(
        self,
        schema: Schema,
        sobject: SObjectType,
        operation: Operation,
        access: Access,
        *,
        moments: frozenset[Moment] = frozenset(),
        system: bool = False,
    ) -> None:
        self.schema = schema
        self.sobject = sobject
        self.operation = operation
        self.access = access
        self.moments = moments
        """Those at which automation has something to run."""
        self.system = system
        fields = [each for each in sobject.fields if is_stored(each)]
        self.columns_by_name: Mapping[str, Column] = {
            each.name.lower(): Column(each, schema) for each in fields
        }
        self.references = tuple(
            each for each in fields if each.type is FieldType.REFERENCE and each.reference_to
        )
        self.lookups = frozenset(each.name for each in self.references)
        self.self_lookups = tuple(
            each for each in self.references if each.reference_to == (sobject.name,) and each.updateable
        )
        self.locations = locations(fields)
        self.unique = tuple(each for each in fields if each.unique or (sobject.name, each.name) in LOGINS)
        self.auto_numbers = tuple(each for each in fields if each.auto_number)
        self.encrypted = tuple(each.name for each in fields if each.encryption and each.updateable)
        self.required = tuple(each for each in fields if self._required(each))
        self.defaults = fixed_defaults(sobject) if operation is Operation.INSERT else {}
        self.presets: Mapping[str, Preset] = presets(schema, sobject) if operation is Operation.INSERT else {}
        self.firm_defaults = tuple(
            each.name
            for each in fields
            if not each.nillable and (each.name in self.defaults or each.name in self.presets)
        )
        self.stamps = tuple(
            each for each in (_CREATED if operation is Operation.INSERT else _MODIFIED) if self.has(each[0])
        )
        """The fields that say who and when: (name, whether it is a user)."""
        asked = not system or sobject.published  # that events aren't changed is no matter of rights
        self.refusal = refusal(sobject, operation, access) if asked else None
        self.own_user_alone = not system and is_of_own_user_alone(sobject, operation, access)
        """Whether the refusal is not for the principal's own user."""
        self.sharing = EVERYWHERE if system else reach_of(schema, sobject, operation, access)
        self.guarded = frozenset(each.name for each in self.references if self.sharing.guards(each))
        """The lookups by which not every record may be referred to."""
        self.event = event_type(sobject) if sobject.published else None
        self.follows = followed_by(schema, sobject)
        self.followers = followers_of(schema, sobject)
        self.registry = registry_of(schema, sobject)
        self.searched = tuple(each.name for each in searched_fields(sobject))
        """The fields by whose text records are found; the name first."""
        self.statements = Statements(sobject)
        self._layouts: dict[tuple[str, ...], Layout] = {}

    def layout(self, keys: tuple[str, ...]) -> Layout:
        """The layout of records with these keys."""
        layout = self._layouts.get(keys)
        if layout is None:
            if len(self._layouts) >= _LAYOUTS_MAX:
                self._layouts.clear()
            layout = self._layouts[keys] = resolve(
                self.sobject,
                self.columns_by_name,
                keys,
                may_read=self.may_read,
                may_write=self.may_write,
                may_give_id=self.system or self.operation is not Operation.INSERT,
            )
        return layout

    def has(self, field: str) -> bool:
        """Whether the object has this field, by its canonical name, with a column."""
        column = self.columns_by_name.get(field.lower())
        return column is not None and column.name == field

    def may_read(self, field: Field) -> bool:
        """Whether the field exists as far as the principal can tell."""
        return self.system or self.access.may_read(self.sobject.name, field.name)

    def may_write(self, field: Field) -> bool:
        """Whether the principal may set the field in this operation."""
        if self.system:
            return True
        if field.calculated or field.auto_number:
            return False
        if self.operation is Operation.INSERT:
            return field.createable and self.access.may_create(self.sobject.name, field.name)
        if self.own_user_alone:
            return field.updateable and is_own_to_change(field)
        return field.updateable and self.access.may_edit(self.sobject.name, field.name)

    def may_refer_to(self, sobject: str) -> bool:
        """Whether the principal may read the object, and so name a record of it in a lookup."""
        return self.system or self.access.may_read(sobject)

    def _required(self, field: Field) -> bool:
        """Whether the field must have a value when the record is written.

        Numbers and stamps come by themselves.
        """
        if field.nillable or field.type in (FieldType.BOOLEAN, FieldType.ID) or field.calculated:
            return False
        writable = field.createable if self.operation is Operation.INSERT else field.updateable
        if not writable or field.auto_number or field.name in _SYSTEM_MANAGED:
            return False
        return self.operation is not Operation.INSERT or not field.defaulted_on_create
