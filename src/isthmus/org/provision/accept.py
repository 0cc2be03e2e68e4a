"""Accept: a record that the org needs must be saved."""

from collections.abc import Sequence

from isthmus.org.org import SaveResult


class ProvisionFailed(Exception):
    """A record that the org needs was refused; the message says which, and why."""


def accept(sobject: str, results: Sequence[SaveResult]) -> list[str]:
    """The ids of records that were all saved. Raises ProvisionFailed."""
    for place, result in enumerate(results, start=1):
        if result.errors:
            reasons = "; ".join(f"{error.code}: {error.message}" for error in result.errors)
            raise ProvisionFailed(f"{sobject}, record {place}: {reasons}")
    return [result.id for result in results if result.id]
