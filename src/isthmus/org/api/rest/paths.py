"""Paths: the URLs that REST answers name, relative to the host; and the records that a URL's segments
name.
"""

from typing import Final

from isthmus.kernel.errors import Fault, fault
from isthmus.org.api.routing import Call
from isthmus.org.schema.model import SObjectType

DATA: Final = "/services/data"
VERSION: Final = DATA + "/v{version}"
"""What the routes of versioned resources begin with."""


_RESOURCES: Final = frozenset({"describe", "eventschema", "listviews", "quickactions", "suggestedarticles"})
"""What the platform has below an object, where an external id field's name would stand, and is not here."""


def root(version: int) -> str:
    """`/services/data/v65.0`."""
    return f"{DATA}/v{version}.0"


def record(version: int, sobject: str, record_id: str) -> str:
    """`/services/data/v65.0/sobjects/Account/001…`."""
    return f"{DATA}/v{version}.0/sobjects/{sobject}/{record_id}"


def sobject_of(call: Call) -> SObjectType:
    """The object that the URL names, in any case. Fault: `resource_not_found`."""
    found = call.org.schema.find(call.path["sobject"])
    if found is None or not call.principal.access.may_read(found.name):
        raise fault("resource_not_found")
    return found


def no_such_field(name: str) -> Fault:
    """The fault where `name` stands for an external id field and is none, unless it is a resource's."""
    if name.lower() in _RESOURCES:
        return fault("resource_not_found")
    return fault("external_id_field_not_found", field=name)
