"""Sharing reasons: why programs share the records of a custom object. Each is a row cause of its shares.

Source: Metadata API Developer Guide, SharingReason; Apex Developer Guide, Understanding Sharing.
"""

from typing import Final

from isthmus.org.schema.model import ObjectKind, PicklistValue, SObjectType
from isthmus.org.schema.sfdx.drafts import ObjectDraft
from isthmus.org.schema.sfdx.elements import check_elements

_SUFFIX: Final = "__c"
_LABEL_MAX: Final = 40


def sharing_reasons(draft: ObjectDraft, built: SObjectType) -> tuple[PicklistValue, ...]:
    """The reasons that `draft` declares; their values end in `__c`, whether their names do or not."""
    found: list[PicklistValue] = []
    for node in draft.reasons:
        check_elements(node, "SharingReason")
        name, label = node.text("fullName") or "", node.needed("label")
        if built.kind is not ObjectKind.CUSTOM:
            node.error(f"{built.name} is no custom object: it has no sharing reasons")
        elif label is not None and len(label) > _LABEL_MAX:
            node.error(f"the label is longer than {_LABEL_MAX} characters", "label")
        elif label is not None:
            found.append(PicklistValue(name if name.endswith(_SUFFIX) else name + _SUFFIX, label))
    return tuple(found)
