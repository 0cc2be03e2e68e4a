"""Referring: whose ids a lookup may hold, beyond what its describe tells.

What refers to a permission set may name a muting one: permissions that are muted, and the component that a
muting set is of its group. Source: Object Reference, MutingPermissionSet; Metadata API Developer Guide,
PermissionSetGroup.
"""

from collections.abc import Mapping
from typing import Final

from isthmus.org.schema.model import Field

_ALSO: Final[Mapping[str, str]] = {"PermissionSet": "MutingPermissionSet"}


def permitted_targets(field: Field) -> tuple[str, ...]:
    """The objects whose ids the field may hold."""
    also = (_ALSO[each] for each in field.reference_to if each in _ALSO)
    return (*field.reference_to, *also)
