"""Dependencies: a file gives no right without those that it rests on, as a deployment asks.

A permission set's file is the whole set. A profile's says what it says, and the rest stays as it is in the
org: of a profile only what it denies itself is wrong.
"""

from isthmus.org.schema.sfdx.document import Node
from isthmus.org.security.metadata.names import Names
from isthmus.org.security.metadata.rights import ObjectRights, Rights
from isthmus.org.security.rights.details import masters_of
from isthmus.org.security.rights.grants import SYSTEM_RESTS_ON


def check_what_rights_rest_on(node: Node, names: Names, rights: Rights, *, whole: bool) -> None:
    """Say which system permissions, and which details, are given without what they depend on.

    `whole`: what the file doesn't name isn't given. The words are those of the platform's own error.
    """
    for name, needed in SYSTEM_RESTS_ON.items():
        lacking = sorted(each for each in needed if not rights.permissions.get(each, not whole))
        if rights.permissions.get(name) and lacking:
            _say(
                node,
                "userPermissions",
                "name",
                name,
                f"{name} depends on permission(s): {', '.join(lacking)}",
            )
    unnamed = ObjectRights(read=not whole)
    for name, given in rights.objects.items():
        sobject = names.known(name) if given.read else None
        for master in () if sobject is None else masters_of(sobject):
            if not rights.objects.get(master, unnamed).read:
                said = f"Read {name} depends on permission(s): Read {master}"
                _say(node, "objectPermissions", "object", name, said)


def _say(node: Node, element: str, child: str, name: str, said: str) -> None:
    """At the element that gives it."""
    for each in node.nodes(element):
        if (each.text(child) or "").lower() == name.lower():
            each.error(f"Permission {said}", child)
            return
    node.error(f"Permission {said}")
