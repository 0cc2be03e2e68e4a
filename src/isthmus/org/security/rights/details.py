"""Details: whose right to read rests on the right to read another object."""

from isthmus.org.schema.model import SObjectType


def masters_of(sobject: SObjectType) -> tuple[str, ...]:
    """The objects whose details its records are.

    Source: recorded on deployments of permission sets, of custom objects with master-detail fields.
    """
    masters = (
        each.reference_to[0]
        for each in sobject.fields
        if each.custom and each.master_detail and each.reference_to
    )
    return tuple(dict.fromkeys(each for each in masters if each != sobject.name))
