"""Plain files on a disk that loses power: what is left of those in a folder.

On the disk for certain is what a file had when it was synced, and the names that a folder had when that was
synced. Of the names given since, some of the first have reached the disk; of a file that was not synced, some
of its first bytes. So it is on file systems that keep a journal; those that order less would be worse still.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.simulation.power import Power

_SQLITE: Final = (".db", ".db-wal", ".db-shm", ".db-journal", ".lock")


class PowerLossFiles:
    """The files under `folder`, but for SQLite's. While `noticed`, their syncs and new names are."""

    def __init__(self, power: Power, folder: Path) -> None:
        self._power = power
        self._folder = folder
        self._contents: dict[int, bytes] = {}
        """What is durable of each file, by its number."""
        self._names: dict[Path, int] = {}
        """The names that are durable, and whose they are."""
        self._given: list[tuple[Path, int]] = []
        """Names given since."""
        self._left: dict[Path, bytes] = {}
        for path, number in self._there().items():
            self._names[path] = number
            self._contents[number] = path.read_bytes()
        power.at_the_end(self._lose)

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Within the block, the system's calls are seen, and refused when the power is off."""
        sync, replace = os.fsync, os.replace
        os.fsync = self._syncing(sync)  # type: ignore[assignment] # in place of the system's call
        os.replace = self._replacing(replace)  # type: ignore[assignment] # in place of the system's call
        try:
            yield
        finally:
            os.fsync, os.replace = sync, replace

    def _syncing(self, sync: Callable[[int], None]) -> Callable[[int], None]:
        def fsync(descriptor: int) -> None:
            found = os.fstat(descriptor)
            with self._power.operation():
                sync(descriptor)
                if self._power.lies:
                    return
                if stat.S_ISDIR(found.st_mode):
                    self._sync_names(found)
                for path, number in self._there().items():
                    if number == found.st_ino:
                        self._contents[number] = path.read_bytes()

        return fsync

    def _replacing(self, replace: Callable[[Path, Path], None]) -> Callable[[Path, Path], None]:
        def replaced(source: Path, target: Path) -> None:
            with self._power.operation():
                number = Path(source).stat().st_ino
                replace(source, target)
                if Path(target).is_relative_to(self._folder):
                    self._given.append((Path(target), number))

        return replaced

    def _there(self) -> dict[Path, int]:
        """Every file as a program sees it now."""
        return {
            path: path.stat().st_ino
            for path in self._folder.rglob("*")
            if path.is_file() and not path.name.endswith(_SQLITE)
        }

    def _sync_names(self, synced: os.stat_result) -> None:
        def within(path: Path) -> bool:
            return os.path.samestat(path.parent.stat(), synced)

        self._given = [each for each in self._given if not within(each[0])]
        self._names = {path: number for path, number in self._names.items() if not within(path)}
        self._names |= {path: number for path, number in self._there().items() if within(path)}

    def _lose(self) -> None:
        chance = self._power.chance
        names = self._names | dict(self._given[: chance.randint(0, len(self._given))])
        now = {number: path for path, number in self._there().items()}
        for path, number in names.items():
            data = self._contents.get(number)
            if data is None:
                written = now[number].read_bytes() if number in now else b""
                data = written[: chance.randint(0, len(written))]
            self._left[path] = data

    def salvage(self, folder: Path) -> None:
        """Write what is left of the files into `folder`."""
        for path, data in self._left.items():
            place = folder / path.relative_to(self._folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
