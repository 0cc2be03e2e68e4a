"""Encryption: the scheme that a CustomField element gives its field.

Source: Metadata API Developer Guide, CustomField (`encryptionScheme`).
"""

from dataclasses import replace
from typing import Final

from isthmus.org.schema.encrypted import reason_against
from isthmus.org.schema.model import Field, ObjectKind
from isthmus.org.schema.schemes import Encryption
from isthmus.org.schema.sfdx.document import Node

_ELEMENT: Final = "encryptionScheme"
_NONE: Final = "None"
_SCHEMES: Final = {each.value: each for each in Encryption}


def encrypted(node: Node, sobject: str, field: Field, kind: ObjectKind = ObjectKind.STANDARD) -> Field:
    """The field, of an object of that kind, with the scheme that `node` gives it; an error where it can't
    have it.
    """
    if node.text(_ELEMENT) is None:
        return field
    scheme = _SCHEMES.get(node.choice(_ELEMENT, (_NONE, *_SCHEMES)) or _NONE)
    if scheme is None:
        return field
    reason = reason_against(sobject, field, scheme)
    if kind not in (ObjectKind.STANDARD, ObjectKind.CUSTOM):
        reason = f"a {kind.value} can't have encrypted fields"
    if reason is not None:
        node.error(reason, _ELEMENT)
        return field
    return replace(field, encryption=scheme, encrypted=True)
