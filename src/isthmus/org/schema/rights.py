"""Rights: what a describe asks of its reader. `isthmus.org.security.access.Access` has them, and more."""

from typing import Protocol


class Rights(Protocol):
    """Object and field rights of one principal."""

    def may_read(self, sobject: str, field: str | None = None) -> bool: ...

    def may_create(self, sobject: str, field: str | None = None) -> bool: ...

    def may_edit(self, sobject: str, field: str | None = None) -> bool: ...

    def may_delete(self, sobject: str) -> bool: ...
