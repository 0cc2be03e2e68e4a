"""References: ids exist and are of a permitted object; parents that were given by an external id become
ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as with_factory

from isthmus.kernel.database import Value
from isthmus.kernel.errors import RowError, row_error
from isthmus.org.save.batch import Save
from isthmus.org.save.columns import refusal
from isthmus.org.save.external_ids import is_external_id, key_value
from isthmus.org.save.layout import Layout
from isthmus.org.save.objects import find_matches
from isthmus.org.save.operation import Moment, Operation
from isthmus.org.save.plan import Plan
from isthmus.org.save.referring import permitted_targets
from isthmus.org.save.row import Row
from isthmus.org.save.statements import in_parts
from isthmus.org.save.step import step
from isthmus.org.save.steps.share import no_access_to_reference, reached
from isthmus.org.schema.model import Field, SObjectType
from isthmus.org.schema.system_fields import MASTER_RECORD_TYPE_ID
from isthmus.org.schema.tables import quoted
from isthmus.org.schema.values import BadValue, Stored


@dataclass(slots=True)
class _Wanted:
    """Rows that give the parent in `lookup` by a field of `target`."""

    lookup: Field
    target: SObjectType
    key: Field
    rows: list[tuple[Row, Stored, object]] = with_factory(default_factory=list)


@step(Operation.INSERT, Operation.UPDATE)
def resolve_parents(save: Save) -> None:
    """Turn `{"Parent__r": {"Ext__c": "v"}}` into the parent's id, one query for each relationship of the
    batch.
    """
    wanted: dict[tuple[str, str, str], _Wanted] = {}
    for row in save.live():
        assert row.layout is not None
        for key, column in row.layout.parents:
            error = _collect(save, row, column.field, row.given[key], wanted)
            if error is not None:
                row.errors.append(error)
    for each in wanted.values():
        _resolve(save, each)


def _collect(
    save: Save, row: Row, lookup: Field, given: object, wanted: dict[tuple[str, str, str], _Wanted]
) -> RowError | None:
    if given is None:
        row.values[lookup.name] = None
        return None
    relationship = lookup.relationship_name or lookup.name
    if row.layout is not None and lookup.name in row.layout.direct:
        return row_error("reference_given_twice", relationship=relationship, field=lookup.name)
    if not isinstance(given, Mapping):
        return row_error("wrong_type", label=lookup.label, value=given)
    target = _target(save, lookup, given)
    keys = [name for name in given if name.lower() not in ("attributes", "type")]
    if target is None or len(keys) != 1:
        return row_error("foreign_key_without_type", relationship=relationship)
    key = target.field(keys[0])
    if key is None or not is_external_id(key) or not save.unit.access.may_read(target.name, key.name):
        return row_error("foreign_key_not_external_id", field=keys[0], sobject=target.name)
    try:
        value = key_value(key, given[keys[0]])
    except BadValue as bad:
        return refusal(key, bad)
    if value is None:
        row.values[lookup.name] = None
        return None
    place = (lookup.name, target.name, key.name)
    each = wanted.setdefault(place, _Wanted(lookup, target, key))
    each.rows.append((row, value, given[keys[0]]))
    return None


def _target(save: Save, lookup: Field, given: Mapping[str, object]) -> SObjectType | None:
    """The object that is meant: the lookup's only one, or the one that `attributes` names."""
    attributes = given.get("attributes")
    named = attributes.get("type") if isinstance(attributes, Mapping) else given.get("type")
    if named is None and not lookup.polymorphic and lookup.reference_to:
        named = lookup.reference_to[0]
    permitted = {name.lower() for name in lookup.reference_to}
    if not isinstance(named, str) or named.lower() not in permitted:
        return None
    return save.unit.schema.find(named)


def _resolve(save: Save, wanted: _Wanted) -> None:
    values = [value for _, value, _ in wanted.rows if value is not None]
    found = find_matches(save.unit, wanted.target, wanted.key, values)
    for row, value, raw in wanted.rows:
        ids = found.get(value, ())
        if len(ids) == 1:
            row.values[wanted.lookup.name] = ids[0]
        elif not ids:
            row.errors.append(
                row_error(
                    "foreign_key_not_found",
                    value=raw,
                    field=wanted.key.name,
                    sobject=wanted.target.name,
                )
            )
        else:
            row.errors.append(
                row_error(
                    "duplicate_external_id", wanted.key.name, label=wanted.key.label, ids=", ".join(ids)
                )
            )


def _has_references(plan: Plan) -> bool:
    return bool(plan.references)


@step(Operation.INSERT, Operation.UPDATE, needed=_has_references)
def check_references(save: Save) -> None:
    """The records that are referred to exist and aren't deleted: one query for each object that is
    referred to.
    """
    lookups = save.plan.lookups
    told = [(row, _told(save.plan, row.layout)) for row in save.live() if row.layout is not None]
    _check(save, [each for each in told if not each[1].isdisjoint(lookups)], by_automation=False)


def _told(plan: Plan, layout: Layout) -> frozenset[str]:
    """The lookups of a record to be looked at: those of which it gives the id; and those of which it gives a
    parent's external id, where the parent may be one that must not be referred to.
    """
    if not (plan.guarded and layout.parents):
        return layout.direct
    return layout.direct | plan.guarded.intersection(column.name for _, column in layout.parents)


def _may_be_assigned(plan: Plan) -> bool:
    moments = (Moment.BEFORE_SAVE_FLOWS, Moment.BEFORE_HANDLERS)
    return any(each in plan.moments for each in moments)


@step(Operation.INSERT, Operation.UPDATE, needed=_may_be_assigned)
def check_references_again(save: Save) -> None:
    """The same for what automation has set since; `Save.assign` has checked everything else.

    Rights to objects are not asked for: automation has every one.
    """
    assigned = [(row, frozenset(row.assigned)) for row in save.live() if row.assigned]
    _check(save, assigned, by_automation=True)


def _check(save: Save, rows: list[tuple[Row, frozenset[str]]], *, by_automation: bool) -> None:
    asked: dict[str, list[tuple[Row, Field, str]]] = {}
    own = save.unit.principal.user_id
    for field in save.plan.references:
        name = field.name
        for row, names in rows:
            value = row.values.get(name) if name in names else None
            if not isinstance(value, str) or value in (own, MASTER_RECORD_TYPE_ID) or not row.changed(name):
                continue
            target = _owner_of(save, field, value)
            if target is not None:
                asked.setdefault(target.name, []).append((row, field, value))
            elif not save.plan.system:
                row.errors.append(row_error("reference_not_found"))
    for target_name, references in asked.items():
        if not (by_automation or save.plan.may_refer_to(target_name)):
            for row, _, value in references:
                row.errors.append(no_access_to_reference(value))
            continue
        states = _states(save, target_name, {value for _, _, value in references})
        within = _within(save, target_name, references) if save.plan.guarded else {}
        for row, field, value in references:
            error = _refusal(save, field, value, states.get(value))
            reached = within.get(field.name)
            if error is None and reached is not None and value not in reached:
                error = no_access_to_reference(value)
            if error is not None:
                row.errors.append(error)


def _within(save: Save, sobject: str, references: list[tuple[Row, Field, str]]) -> dict[str, set[str]]:
    """By lookup: the records that the principal may refer to by it, where that are not all."""
    target = save.unit.schema[sobject]
    found: dict[str, set[str]] = {}
    for field in {each.name: each for _, each, _ in references}.values():
        condition = save.plan.sharing.to_refer(target, field)
        if condition is not None:
            ids = {value for _, each, value in references if each is field}
            found[field.name] = reached(save, sobject, condition, ids)
    return found


def _owner_of(save: Save, field: Field, value: str) -> SObjectType | None:
    """The object of the record that is referred to: of those that share the prefix, one the field permits."""
    owners = [each for each in save.unit.schema.with_prefix(value) if each.stored]
    permitted = [each for each in owners if each.name in permitted_targets(field)]
    return permitted[0] if permitted else None


def _states(save: Save, sobject: str, ids: set[str]) -> dict[str, tuple[Value, ...]]:
    """By id: whether the record is deleted, and of a record type also its object."""
    columns = '"Id", "IsDeleted"' + (', "SobjectType"' if sobject == "RecordType" else "")
    sql = f'SELECT {columns} FROM {quoted(sobject)} WHERE "Id" IN ({{}})'
    return {str(row[0]): row[1:] for row in in_parts(save.unit.tx, sql, ids)}


def _refusal(save: Save, field: Field, value: str, state: tuple[Value, ...] | None) -> RowError | None:
    if field.name == "RecordTypeId":
        if state is None or (len(state) > 1 and state[1] != save.plan.sobject.name):
            return row_error("record_type_not_valid", field.name, value=value)
        return None
    if state is None:
        return None if save.plan.system else row_error("reference_not_found")
    return row_error("reference_is_deleted") if state[0] else None
