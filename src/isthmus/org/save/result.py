"""Result: what became of one record of a save."""

from dataclasses import dataclass

from isthmus.kernel.errors import RowError


@dataclass(frozen=True, slots=True)
class SaveResult:
    """One row's outcome, in the order of the request. `id` is given on success, and on failure where it was known.

    `created` tells an upsert's insert from its update.
    """

    id: str | None
    errors: tuple[RowError, ...] = ()
    created: bool = False

    @property
    def success(self) -> bool:
        return not self.errors
