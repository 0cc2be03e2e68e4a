"""Watching: a project is loaded anew while the org runs, once its files have come to rest after an edit.

Files are looked at (time and size) at an interval of the clock. What differs from what was last loaded is
loaded when two looks in a row agree, so that an editor or a `git checkout` is not caught halfway.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from isthmus.kernel.clock import SECOND, Clock
from isthmus.org.schema.model import SObjectType
from isthmus.org.schema.sfdx.findings import Finding, Findings
from isthmus.org.schema.sfdx.project import Project, load_project
from isthmus.org.schema.sfdx.project_file import NAME, read_project_file
from isthmus.org.schema.sfdx.scan import FILES_MAX

Stamp: TypeAlias = Mapping[str, tuple[int, int]]
"""For each file, when it was changed (nanoseconds since the epoch) and how many bytes it has."""

INTERVAL: Final = SECOND


class ProjectWatch:
    """Watches the project in `root`. Its state at the start counts as loaded, or that of the stamp `loaded`.

    `changed` is awaited with the project, loaded without an error; `broken` with the errors of one that is
    not loaded: what was in force before stays so. Both are awaited one after the other, never at once.
    """

    def __init__(
        self,
        root: Path,
        standard: Iterable[SObjectType],
        clock: Clock,
        *,
        changed: Callable[[Project], Awaitable[None]],
        broken: Callable[[tuple[Finding, ...]], Awaitable[None]],
        loaded: Stamp | None = None,
        interval: int = INTERVAL,
    ) -> None:
        self._root = root
        self._standard = tuple(standard)
        self._clock = clock
        self._changed = changed
        self._broken = broken
        self._interval = interval
        self._loaded = take_stamp(root) if loaded is None else loaded
        self._seen = self._loaded

    async def run(self) -> None:
        """Look at every interval of the clock, until cancelled."""
        while True:
            await self._clock.sleep_until(self._clock.now() + self._interval)
            await self.look()

    async def look(self) -> bool:
        """Look once; load where the files have changed and come to rest. Returns whether it loaded."""
        stamp = await asyncio.to_thread(take_stamp, self._root)
        at_rest = stamp == self._seen
        self._seen = stamp
        if not at_rest or stamp == self._loaded:
            return False
        self._loaded = stamp
        project = await asyncio.to_thread(load_project, self._root, self._standard)
        if project.errors:
            await self._broken(project.errors)
        else:
            await self._changed(project)
        return True


def take_stamp(root: Path) -> Stamp:
    """The stamp of what a load of the project in `root` reads."""
    stamps: dict[str, tuple[int, int]] = {}
    for path in islice(_files(root), FILES_MAX):
        try:
            found = path.stat()
        except OSError:
            continue  # gone since it was listed: the next look will say so
        stamps[path.relative_to(root).as_posix()] = (found.st_mtime_ns, found.st_size)
    return stamps


def _files(root: Path) -> Iterator[Path]:
    yield root / NAME
    yield root / ".forceignore"
    project = read_project_file(root, Findings())
    for directory in project.directories if project is not None else ():
        for folder, folders, names in os.walk(root / directory):
            folders[:] = [each for each in folders if not each.startswith(".") and each != "node_modules"]
            yield from (Path(folder, name) for name in names if not name.startswith("."))
