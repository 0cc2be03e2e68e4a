"""Field level: the fields of an object that field permissions are given for, and what these can say."""

from isthmus.org.schema.model import COMPOUNDS, Field, SObjectType
from isthmus.org.security.rights.governed import granted_name, has_field_permission


def is_granted_by_name(sobject: SObjectType, field: Field) -> bool:
    """Whether field permissions name the field: not where it is part of an address that they name."""
    return has_field_permission(sobject, field) and granted_name(sobject, field) == field.name


def may_be_editable(sobject: SObjectType, field: Field) -> bool:
    """Whether anyone can write the field: formulas, roll-ups and numbers that count up are only read."""
    if field.type in COMPOUNDS:
        parts = (each for each in sobject.fields if each.compound == field.name)
        return any(each.createable or each.updateable for each in parts)
    writable = field.createable or field.updateable
    return writable and not field.calculated and not field.auto_number
