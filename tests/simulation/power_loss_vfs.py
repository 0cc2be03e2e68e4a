"""A disk that loses power: an SQLite VFS that knows what would be left of its files.

Files are read and written as usual. Beside each, the VFS keeps what is certainly on the disk: what was
there before, and what was synced. When the power goes, of what was written since any part may have reached
the disk, sector by sector and in any order; all later writing fails. `salvage` writes what is left into
another folder.

A file's creation, as SQLite relies on it, is durable with the file's first sync. Its removal is with the
next sync of its folder, which goes with the first sync of a WAL or a journal; until then it may come back.
Source: SQLite documentation, "Atomic Commit In SQLite", and os_unix.c, UNIXFILE_DIRSYNC.
"""

import itertools
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import apsw
from tests.simulation.power import Power

SECTOR: Final = 512
_KEPT: Final = apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL
_numbers = itertools.count()


@dataclass
class _Disk:
    """One file: its bytes that are durable, and what was done to it since; `size` None is a truncation's."""

    durable: bytearray
    exists: bool
    counted: bool = True
    """Whether what is done to it brings the end of the power nearer."""
    removed: bool = False
    """Whether it was removed, and that is not durable yet."""
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.pending:
            self._apply(*change)
        self.pending.clear()
        self.exists = True

    def lose(self, chance: random.Random) -> None:
        """Some of what was not synced reaches the disk, and the rest does not."""
        if self.removed and chance.random() < 0.5:
            self.exists = False
        kept = chance.random() if chance.random() < 0.6 else float(chance.random() < 0.5)
        for offset, data in self.pending:
            if data is None:
                if chance.random() < kept:
                    self._apply(offset, None)
                continue
            for start in range(0, len(data), SECTOR):
                if chance.random() < kept:
                    self._apply(offset + start, data[start : start + SECTOR])
                    self.exists = True
        self.pending.clear()

    def _apply(self, offset: int, data: bytes | None) -> None:
        if data is None:
            del self.durable[offset:]
            return
        if len(self.durable) < offset:
            self.durable.extend(bytes(offset - len(self.durable)))
        self.durable[offset : offset + len(data)] = data


class PowerLossVFS(apsw.VFS):
    """Use it by its `name`, or as the `default`. Writes and syncs count that are of files whose names end in
    `of`.
    """

    def __init__(self, power: Power, *, of: str = "", default: bool = False) -> None:
        self.name = f"power-loss-{next(_numbers)}"
        self._power = power
        self._of = of
        self._disks: dict[str, _Disk] = {}
        self._under = apsw.vfs_names()[0]
        power.at_the_end(self._lose)
        super().__init__(self.name, self._under, default)

    def xOpen(self, name: "str | apsw.URIFilename | None", flags: list[int]) -> apsw.VFSFile:
        if name is None or not flags[0] & _KEPT:
            return apsw.VFSFile(self._under, name, flags)
        path = name if isinstance(name, str) else name.filename()
        existing = Path(path).read_bytes() if Path(path).exists() else None
        with self._power.guarded():
            if path not in self._disks or (existing is None and self._disks[path].removed):
                durable = bytearray(existing or b"")
                self._disks[path] = _Disk(durable, existing is not None, path.endswith(self._of))
        return _File(self, self._under, self._disks[path], name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        with self._power.guarded():
            if not self._power.off and filename in self._disks:
                self._disks[filename].removed = True
                if syncdir:
                    self._sync_folder()

    def write(self, disk: _Disk, offset: int, data: bytes | None) -> None:
        """Note a write, or, without data, a truncation. Raises PowerIsOff."""
        with self._power.operation(counted=disk.counted):
            disk.pending.append((offset, data))

    def sync(self, disk: _Disk, folder: bool) -> None:
        """What was written is durable now. Raises PowerIsOff."""
        with self._power.operation(counted=disk.counted):
            if not self._power.lies:
                disk.sync()
                if folder:
                    self._sync_folder()

    def _sync_folder(self) -> None:
        for disk in self._disks.values():
            if disk.removed:
                disk.exists = disk.removed = False

    def _lose(self) -> None:
        for disk in self._disks.values():
            disk.lose(self._power.chance)

    def knows(self, path: Path) -> bool:
        """Whether it is a file of SQLite's."""
        return str(path) in self._disks

    def salvage(self, folder: Path) -> None:
        """Write what is left of the files into `folder`."""
        for path, disk in self._disks.items():
            if disk.exists:
                (folder / Path(path).name).write_bytes(disk.durable)


class _File(apsw.VFSFile):
    def __init__(
        self,
        vfs: PowerLossVFS,
        under: str,
        disk: _Disk,
        name: "str | apsw.URIFilename",
        flags: list[int],
    ) -> None:
        self._vfs = vfs
        self._disk = disk
        self._folder_too = bool(flags[0] & (apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL))
        super().__init__(under, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._vfs.write(self._disk, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._vfs.write(self._disk, newsize, None)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._vfs.sync(self._disk, self._folder_too)
        self._folder_too = False
