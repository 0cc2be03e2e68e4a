"""A disk that refuses: an SQLite VFS whose writes or syncs fail when they are told to."""

import itertools

import apsw

_numbers = itertools.count()


class FailingVFS(apsw.VFS):
    """Use it by its `name`. `failures` are raised one after the other by the next writes, or syncs, of a
    WAL.
    """

    def __init__(self) -> None:
        self.name = f"failing-{next(_numbers)}"
        self.write_failures: list[Exception] = []
        self.sync_failures: list[Exception] = []
        super().__init__(self.name, "")

    def xOpen(self, name: "str | apsw.URIFilename | None", flags: list[int]) -> apsw.VFSFile:
        if name is not None and flags[0] & apsw.SQLITE_OPEN_WAL:
            return _Wal(self, name, flags)
        return apsw.VFSFile("", name, flags)


class _Wal(apsw.VFSFile):
    def __init__(self, vfs: FailingVFS, name: "str | apsw.URIFilename", flags: list[int]) -> None:
        self._vfs = vfs
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._vfs.write_failures:
            raise self._vfs.write_failures.pop(0)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        if self._vfs.sync_failures:
            raise self._vfs.sync_failures.pop(0)
        super().xSync(flags)
