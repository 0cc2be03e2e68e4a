"""Access: which objects and fields a principal may read, create, edit and delete.

A query's plan depends on the *access shape*, never on the user: principals with the same rights share plans.
"""

from dataclasses import dataclass
from typing import Protocol


class Access(Protocol):
    """Object and field rights of one principal."""

    @property
    def shape(self) -> str:
        """Equal exactly for principals with equal rights: part of the plan cache's key."""
        ...

    def may_read(self, sobject: str, field: str | None = None) -> bool: ...

    def may_create(self, sobject: str, field: str | None = None) -> bool: ...

    def may_edit(self, sobject: str, field: str | None = None) -> bool: ...

    def may_delete(self, sobject: str) -> bool: ...

    def may_view_all(self, sobject: str) -> bool:
        """Whether every record of the object may be read, whatever sharing says."""
        ...

    def may_modify_all(self, sobject: str) -> bool:
        """Whether every record of the object may be edited and deleted, whatever sharing says."""
        ...

    def has(self, permission: str) -> bool:
        """Whether a system permission is given, by its name in metadata: `ApiEnabled`, `ViewAllData`."""
        ...


@dataclass(frozen=True, slots=True)
class FullAccess:
    """The rights of an administrator: every object and field that the schema lets anyone touch."""

    shape: str = "full"

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return True

    def may_create(self, sobject: str, field: str | None = None) -> bool:
        return True

    def may_edit(self, sobject: str, field: str | None = None) -> bool:
        return True

    def may_delete(self, sobject: str) -> bool:
        return True

    def may_view_all(self, sobject: str) -> bool:
        return True

    def may_modify_all(self, sobject: str) -> bool:
        return True

    def has(self, permission: str) -> bool:
        return True


EVERYTHING: Access = FullAccess()
