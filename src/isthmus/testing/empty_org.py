"""An empty org for a test: a copy of one that this process has founded before.

Tables, first records and hashed passwords take a fifth of a second to make, and are the same for every test.
"""

import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

from isthmus.assembly import Opened, open_org
from isthmus.kernel.clock import Clock
from isthmus.org.provision import Credentials
from isthmus.settings import OrgSettings, Settings

TEMPLATES_MAX: Final = 8
"""How many founded orgs are kept to be copied; the one whose last use is longest ago goes first."""
_FOUNDING: Final = ("organization", "edition", "username", "password", "time_zone", "locale", "seed")
"""The settings that the first records are made of; the others take effect when a copy is opened."""

_Key: TypeAlias = tuple[tuple[object, ...], int | None]


@dataclass(frozen=True, slots=True)
class _Template:
    """A founded org without a project, closed. Its folder goes when nothing refers to it any more."""

    folder: tempfile.TemporaryDirectory[str]
    credentials: Credentials | None

    @property
    def data(self) -> Path:
        return Path(self.folder.name) / "data"


_templates: Final = OrderedDict[_Key, _Template]()
_guard: Final = threading.Lock()


@asynccontextmanager
async def empty_org(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Opened]:
    """The org of `settings`, new, in a data folder that is not there yet; closed at the end.

    Orgs of the same settings are copies: they have the same ids and passwords, unless their `org.seed`s
    differ. What the project and the overlay add is added to the copy. An org over PostgreSQL, or in a file
    that the settings name, is founded. Raises FileExistsError where there is a data folder, and what
    `open_org` raises.
    """
    if settings.org.storage is not None:
        async with open_org(settings, clock=clock) as opened:
            yield opened
        return
    template = await _template(settings, clock)
    shutil.copytree(template.data, settings.data)
    async with open_org(settings, clock=clock) as opened:
        yield replace(opened, credentials=template.credentials)


async def _template(settings: Settings, clock: Clock | None) -> _Template:
    """The template for `settings`, founded where there is none. With a clock of the test's own, its records
    were made when that clock says it is.
    """
    founding = {name: getattr(settings.org, name) for name in _FOUNDING}
    key = (tuple(founding.values()), clock.now() if clock else None)
    with _guard:
        if known := _templates.get(key):
            _templates.move_to_end(key)
            return known
    folder = tempfile.TemporaryDirectory(prefix="isthmus-template-")
    root = Path(folder.name)
    org = OrgSettings(**founding)
    async with open_org(Settings(org=org, root=root, data=root / "data"), clock=clock) as opened:
        made = _Template(folder, opened.credentials)
    with _guard:
        _templates[key] = made
        if len(_templates) > TEMPLATES_MAX:
            _templates.popitem(last=False)
    return made
