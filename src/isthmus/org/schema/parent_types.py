"""Parent types: what lookups to several objects call their parents' kind, in the registry of names.

It is the object's name, but for queues, which are groups of their own kind. Source: SOQL and SOSL Reference,
Understanding Relationship Fields and Polymorphic Fields.
"""

from collections.abc import Mapping
from typing import Final

_GROUP: Final = "Group"
_QUEUE: Final = "Queue"
OBJECTS: Final[Mapping[str, str]] = {_QUEUE: _GROUP}
"""The objects of those types that are no object's name."""


def type_of(sobject: str, values: Mapping[str, object]) -> str:
    """The type of a record of an object."""
    return _QUEUE if sobject == _GROUP and values.get("Type") == _QUEUE else sobject


def object_of(kind: str) -> str:
    """The object of the records of a type."""
    return OBJECTS.get(kind, kind)


def types_of(sobject: str) -> tuple[str, ...]:
    """All types that records of an object may have."""
    return (sobject, *(kind for kind, name in OBJECTS.items() if name == sobject))
