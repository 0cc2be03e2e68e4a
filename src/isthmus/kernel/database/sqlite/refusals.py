"""Refusals: SQLite's result codes as the seam's errors, with what to do about them."""

from typing import Final

import apsw

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

_UNIQUE: Final = "UNIQUE constraint failed: "
_STATEMENT: Final = (
    apsw.SQLError,
    apsw.ConstraintError,
    apsw.MismatchError,
    apsw.RangeError,
    apsw.BindingsError,
    apsw.TooBigError,
)


def refusal(error: apsw.Error, connection: apsw.Connection) -> DatabaseError:
    """The seam's error for SQLite's."""
    where = connection.filename
    if isinstance(error, apsw.ConstraintError) and (text := str(error)).startswith(_UNIQUE):
        return UniqueViolation(_violated(text.removeprefix(_UNIQUE), connection))
    if isinstance(error, apsw.FullError):
        return DatabaseFull(f"the disk that holds {where} is full: free some space, then try again")
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError):
        return DatabaseReadOnly(f"{where} can't be written: change its permissions and those of its folder")
    if isinstance(error, apsw.CantOpenError):
        return DatabaseFailed(
            f"{where} can't be opened: check that it and its folder can be read and written"
        )
    if isinstance(error, apsw.NotADBError):
        return DatabaseFailed(f"{where} is not a database: move it away, or name another data folder")
    if isinstance(error, apsw.CorruptError):
        return DatabaseFailed(f"{where} is damaged: restore it from a copy ({error})")
    if isinstance(error, apsw.BusyError | apsw.LockedError):
        return DatabaseBusy(f"another program keeps {where} locked: close it, then try again")
    if isinstance(error, apsw.InterruptError):
        return DatabaseStopped("the statement was ended before it was done")
    if isinstance(error, _STATEMENT):
        return StatementRefused(str(error))
    return DatabaseFailed(f"{where} could not be read or written ({error})")


def _violated(violated: str, connection: apsw.Connection) -> str:
    """The name of the index that SQLite describes by its columns, `T.a, T.b`, or as `index 'name'`."""
    if violated.startswith("index '"):
        return violated[len("index '") : -1]
    pairs = [each.rpartition(".") for each in violated.split(", ")]
    table, columns = pairs[0][0], [column for _, _, column in pairs]
    run = connection.cursor().execute
    for name, origin in run(
        'SELECT name, origin FROM pragma_index_list(?) WHERE "unique"', (table,)
    ).fetchall():
        indexed = run("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (name,)).fetchall()
        if origin == "c" and [column for (column,) in indexed] == columns:
            return str(name)
    # No index of ours: a constraint of the table, named as PostgreSQL would name it.
    keys = run("SELECT name FROM pragma_table_info(?) WHERE pk ORDER BY pk", (table,)).fetchall()
    if [column for (column,) in keys] == columns:
        return f"{table}_pkey"
    return "_".join((table, *columns, "key"))
