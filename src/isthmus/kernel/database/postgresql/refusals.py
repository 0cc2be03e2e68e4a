"""Refusals: PostgreSQL's error codes as the seam's errors, with what to do about them.

Source: PostgreSQL documentation, Appendix A, PostgreSQL Error Codes.
"""

from typing import Final

import psycopg
from psycopg import errors

from isthmus.kernel.database import (
    DatabaseBusy,
    DatabaseError,
    DatabaseFailed,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseStopped,
    StatementRefused,
    UniqueViolation,
)

_BUSY: Final = (errors.TooManyConnections, errors.LockNotAvailable)
_STATEMENT: Final = (
    psycopg.ProgrammingError,
    psycopg.DataError,
    psycopg.IntegrityError,
    psycopg.NotSupportedError,
)
_CONFLICT: Final = (errors.SerializationFailure, errors.DeadlockDetected)


class Conflict(DatabaseBusy):
    """Another transaction was in the way: the unit has to run again, from its beginning."""


class ServerLost(DatabaseFailed):
    """The connection has broken, or is of no more use: the work can be done on another one."""


def is_outdated(error: psycopg.Error) -> bool:
    """Whether a statement that the connection has prepared no longer fits a table that was changed."""
    return isinstance(error, errors.FeatureNotSupported) and "cached plan" in str(error)


def refusal(error: psycopg.Error) -> DatabaseError:
    """The seam's error for PostgreSQL's."""
    text = str(error).strip()
    if isinstance(error, errors.UniqueViolation):
        return UniqueViolation(error.diag.constraint_name or "")
    if isinstance(error, _CONFLICT):
        return Conflict("other work on the same records was in the way each time: try again later")
    if isinstance(error, errors.DiskFull):
        return DatabaseFull("the disk of the PostgreSQL server is full: free some space, then try again")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return DatabaseReadOnly("the PostgreSQL server takes no writes (a standby?): name its primary")
    if isinstance(error, errors.QueryCanceled):
        return DatabaseStopped(f"the statement was ended before it was done ({text})")
    if isinstance(error, _BUSY):
        return DatabaseBusy(f"the PostgreSQL server is busy: try again later ({text})")
    if is_outdated(error):
        return ServerLost(f"a table was changed meanwhile: try again ({text})")
    if isinstance(error, _STATEMENT):
        return StatementRefused(text)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return ServerLost(f"the PostgreSQL server did not answer: check that it runs ({text})")
    return DatabaseFailed(f"the PostgreSQL server has failed: see its log ({text})")
