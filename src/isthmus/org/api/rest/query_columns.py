"""Query columns: what `?columns=true` tells of a query instead of its rows; `sf data query` prints by it.

    {"columnMetadata": [{"aggregate": false, "apexType": "Id", …, "columnName": "Id", "joinColumns": [], …}],
     "entityName": "Account", "groupBy": false, "idSelected": true, "keyPrefix": "001"}

A parent's or a child query's columns are its `joinColumns`; an aggregate's `displayName` is how it reads.
Source: driven with the `sf` CLI, which reads columnName, displayName, aggregate, custom and joinColumns; the
other keys are as its own tests have them.
"""

from typing import Any, Final

from isthmus.org.org import Children, Column, Item, Parent, Shape, Typeof
from isthmus.org.schema.model import DECIMALS, INTEGERS, TEXTS, Field, FieldType

_APEX_TYPES: Final = {
    FieldType.ID: "Id",
    FieldType.REFERENCE: "Id",
    FieldType.BOOLEAN: "Boolean",
    FieldType.INT: "Integer",
    FieldType.LONG: "Long",
    FieldType.DOUBLE: "Double",
    FieldType.CURRENCY: "Decimal",
    FieldType.PERCENT: "Decimal",
    FieldType.DATE: "Date",
    FieldType.DATETIME: "Datetime",
    FieldType.TIME: "Time",
    FieldType.BASE64: "Blob",
    FieldType.ADDRESS: "Address",
    FieldType.LOCATION: "Location",
}
"""Every other type is `String`."""


def columns(shape: Shape) -> dict[str, Any]:
    """The columns of a query whose rows have that shape."""
    return {
        "columnMetadata": [_column(each) for each in shape.items],
        "entityName": shape.sobject.name,
        "groupBy": shape.grouped,
        "idSelected": any(each.key == "Id" for each in shape.items),
        "keyPrefix": shape.sobject.key_prefix,
    }


def _column(item: Item) -> dict[str, Any]:
    if isinstance(item, Parent | Typeof | Children):
        kind = None if isinstance(item, Children) else item.shape.sobject.name
        joined = [_column(each) for each in item.shape.items]
        return _described(item.key, kind, joined, None) | {"aggregate": isinstance(item, Children)}
    told = _described(item.key, _APEX_TYPES.get(item.field.type, "String"), [], item.field)
    if isinstance(item, Column) and item.aggregate is not None:
        told |= {"aggregate": True, "displayName": item.aggregate, "custom": False}
        told |= {"insertable": False, "updatable": False, "foreignKeyName": None}
    return told


def _described(
    name: str, apex_type: str | None, joined: list[dict[str, Any]], field: Field | None
) -> dict[str, Any]:
    kind = field.type if field is not None else None
    return {
        "aggregate": False,
        "apexType": apex_type,
        "booleanType": kind is FieldType.BOOLEAN,
        "columnName": name,
        "custom": field.custom if field is not None else name.endswith("__r"),
        "displayName": name,
        "foreignKeyName": field.relationship_name if field is not None else None,
        "insertable": field is not None and field.createable,
        "joinColumns": joined,
        "numberType": kind in INTEGERS or kind in DECIMALS,
        "textType": kind in TEXTS,
        "updatable": field is not None and field.updateable,
    }
