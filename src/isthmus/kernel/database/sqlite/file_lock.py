"""File lock: keeps a second process away from a database that one process owns.

The lock is the operating system's, so that it ends with its process however that ends. The file stays
behind; it names the process that has, or last had, the lock.
"""

import os
import sys
from pathlib import Path

from isthmus.kernel.database import DatabaseLocked, DatabaseReadOnly

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        # A byte far behind the text: Windows locks out readers too, and the process id must stay readable.
        os.lseek(file, 1 << 30, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """The lock on the database at `path`, held from construction to `release`.

    Raises DatabaseLocked where another holder has it, DatabaseReadOnly where the lock file can't be written.
    """

    def __init__(self, path: Path) -> None:
        place = path.with_name(f"{path.name}.lock")
        try:
            self._file = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as error:
            raise DatabaseReadOnly(
                f"{path.parent} can't be written: choose another data folder, or change its permissions"
            ) from error
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise DatabaseReadOnly(f"{place} can't be written: {error.strerror}") from error
        try:
            _lock(self._file)
        except OSError as error:
            holder = (
                os.pread(self._file, 20, 0).decode("ascii", "replace").strip() if os.name == "posix" else ""
            )
            os.close(self._file)
            by = f"process {holder}" if holder else "another process"
            raise DatabaseLocked(
                f"{path} is in use by {by}: stop that one first, or choose another data folder"
            ) from error
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, str(os.getpid()).encode())

    def release(self) -> None:
        """Let the next one in."""
        os.close(self._file)
