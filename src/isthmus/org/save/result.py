"""Result: what a save is asked besides the records, and what became of one record."""

from dataclasses import dataclass, field

from isthmus.kernel.errors import RowError


@dataclass(frozen=True, slots=True)
class SaveOptions:
    """What a request's headers ask of a save, in the platform's words; the defaults are its defaults.

    Source: REST API Developer Guide, Headers; SOAP API Developer Guide, SOAP API Headers.
    """

    update_recent: bool = False
    """Sforce-Mru, MruHeader `updateMru`: saved records become recent items."""
    truncate: bool = False
    """AllowFieldTruncationHeader: over-long text is cut, not refused."""
    unmodified_since: int | None = None
    """If-Unmodified-Since, in milliseconds since the epoch: records that changed later are left as they
    are.
    """
    session_id: str | None = field(default=None, repr=False)
    """The session in which it is asked: what automation reads as `$Api.Session_ID`. Never logged."""


@dataclass(frozen=True, slots=True)
class SaveResult:
    """One row's outcome, in the order of the request. `id` is given on success, and on failure where it was
    known.

    `created` tells an upsert's insert from its update. `matches` are the records that an external id was
    ambiguous between (REST answers 300 with them).
    """

    id: str | None
    errors: tuple[RowError, ...] = ()
    created: bool = False
    matches: tuple[str, ...] = ()
    infos: tuple[RowError, ...] = ()
    """What is said of a row that succeeded, in the place and the form of errors: `OPERATION_ENQUEUED`, with
    an event's EventUuid.
    """

    @property
    def success(self) -> bool:
        return not self.errors
