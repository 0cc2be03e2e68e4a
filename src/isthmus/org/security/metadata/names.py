"""Names: what security metadata refers to, found in the schema, or said to be missing.

What a project itself could have is an error; what belongs to the platform or to an installed package, and is
not in this org, is left out with a warning: one for a file, since profiles name everything that there is.
"""

import difflib
import re
from collections.abc import Iterable
from typing import Final

from isthmus.org.schema.model import Field, Schema, SObjectType
from isthmus.org.schema.sfdx.document import Node

_PACKAGED: Final = re.compile(r"[A-Za-z]\w*?__\w+__(c|e|mdt|x|b|kav)")
_CUSTOM: Final = re.compile(r"\w+__(c|e|mdt|x|b|kav|pc|pr|s)")
_MAX_SHOWN: Final = 12
_SLIP: Final = 0.9
"""How much alike a slip and what was meant are. Names of the platform that aren't here are less so."""


class Names:
    """Look-ups in one schema for one file; `tell` says what was left out."""

    def __init__(self, schema: Schema, root: Node) -> None:
        self._schema = schema
        self._root = root
        self._absent: dict[str, Node] = {}
        self._meant: dict[str, str] = {}
        """For what is absent, a name that is much like it."""

    def sobject(self, node: Node, name: str, child: str) -> SObjectType | None:
        """The object of that name; None, and a finding, where there is none."""
        found = self._schema.find(name)
        if found is None:
            self._say_absent(node, name, child, f"there is no object {name}", self._objects())
        return found

    def known(self, name: str) -> SObjectType | None:
        """The object of that name, if there is one; nothing is said."""
        return self._schema.find(name)

    def field(self, node: Node, path: str, child: str) -> tuple[SObjectType, Field] | None:
        """The field of a path such as `Account.Industry`; None, and a finding, where there is none."""
        owner, dot, name = path.partition(".")
        if not dot:
            node.error(f"<{child}> must name an object and a field, not {path!r}", child)
            return None
        sobject = self.sobject(node, owner, child)
        return None if sobject is None else self.field_of(node, sobject, name, child)

    def field_of(
        self, node: Node, sobject: SObjectType, name: str, child: str
    ) -> tuple[SObjectType, Field] | None:
        """The field of that name of an object."""
        field = sobject.field(name)
        if field is None:
            known = [each.name for each in sobject.fields]
            self._say_absent(
                node, f"{sobject.name}.{name}", child, f"there is no field {sobject.name}.{name}", known
            )
            return None
        return sobject, field

    def permission(self, node: Node, name: str) -> str | None:
        """A system permission's name, as canonical; None, and a finding, where there is none."""
        sets = self._schema.find("PermissionSet")
        field = None if sets is None else sets.field(f"Permissions{name}")
        if field is None:
            names = () if sets is None else (each.name for each in sets.fields)
            self._leave_out(node, name, [each.removeprefix("Permissions") for each in names])
            return None
        return field.name.removeprefix("Permissions")

    def tell(self) -> None:
        """Say what is not in this org, once for the file."""
        if not self._absent:
            return
        first, *more = sorted(self._absent)
        shown = ", ".join(self._shown(each) for each in [first, *more[: _MAX_SHOWN - 1]])
        rest = len(more) + 1 - _MAX_SHOWN
        others = f" and {rest} more" if rest > 0 else ""
        self._absent[first].warn(f"not known here, and left out: {shown}{others}")

    def _leave_out(self, node: Node, name: str, known: Iterable[str]) -> None:
        """What this org hasn't got: told once, with what may be meant where it looks like a slip."""
        if name in self._absent:
            return
        self._absent[name] = node
        last = name.rpartition(".")[2]
        if not _PACKAGED.fullmatch(last) and (near := difflib.get_close_matches(last, list(known), 1, _SLIP)):
            self._meant[name] = near[0]

    def _shown(self, name: str) -> str:
        meant = self._meant.get(name)
        return name if meant is None else f"{name} (is {meant} meant?)"

    def _objects(self) -> Iterable[str]:
        return (each.name for each in self._schema)

    def _say_absent(self, node: Node, name: str, child: str, message: str, known: Iterable[str]) -> None:
        last = name.rpartition(".")[2]
        if _PACKAGED.fullmatch(last) or not _CUSTOM.fullmatch(last):
            self._leave_out(node, name, known)
            return
        meant = difflib.get_close_matches(last, list(known), 1, 0.75)
        node.error(f"{message}; is {meant[0]} meant?" if meant else message, child)
