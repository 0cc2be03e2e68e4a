"""Watching: edits are loaded once they have come to rest; broken ones are said, and change nothing."""

import asyncio

import pytest
from tests.unit.org.schema.sfdx.conftest import ProjectFolder

from isthmus.kernel.clock import SECOND, ManualClock
from isthmus.org.schema.sfdx.findings import Finding
from isthmus.org.schema.sfdx.project import Project
from isthmus.org.schema.sfdx.watch import ProjectWatch, take_stamp
from isthmus.org.schema.standard import standard_objects

pytestmark = pytest.mark.anyio
FIELD = "<label>X</label><type>Date</type>"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Heard:
    """What a watch has told."""

    def __init__(self, folder: ProjectFolder, clock: ManualClock) -> None:
        self.projects: list[Project] = []
        self.errors: list[tuple[Finding, ...]] = []
        self.told = asyncio.Event()
        self.watch = ProjectWatch(
            folder.root, standard_objects(), clock, changed=self._changed, broken=self._broken
        )

    async def _changed(self, project: Project) -> None:
        self.projects.append(project)
        self.told.set()

    async def _broken(self, errors: tuple[Finding, ...]) -> None:
        self.errors.append(errors)
        self.told.set()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def heard(folder: ProjectFolder, clock: ManualClock) -> Heard:
    folder.object("Thing__c")
    return Heard(folder, clock)


async def test_an_edit_is_loaded_when_it_has_come_to_rest(folder: ProjectFolder, heard: Heard) -> None:
    assert [await heard.watch.look() for _ in range(2)] == [False, False]
    folder.field("Thing__c", "X__c", FIELD)
    assert await heard.watch.look() is False, "it may be going on"
    folder.field("Thing__c", "Y__c", FIELD)
    assert await heard.watch.look() is False, "it was going on"
    assert await heard.watch.look() is True
    [project] = heard.projects
    thing = next(each for each in project.objects if each.name == "Thing__c")
    assert thing.field("X__c")
    assert thing.field("Y__c")
    assert await heard.watch.look() is False, "once is enough"


async def test_a_broken_edit_is_said_once_and_then_its_repair(folder: ProjectFolder, heard: Heard) -> None:
    folder.field("Thing__c", "X__c", "<type>Date</type>")
    assert [await heard.watch.look() for _ in range(3)] == [False, True, False]
    [[error]] = heard.errors
    assert (error.line, error.message) == (2, "<label> is missing")
    assert not heard.projects
    folder.field("Thing__c", "X__c", FIELD)
    assert [await heard.watch.look() for _ in range(2)] == [False, True]
    assert len(heard.projects) == 1


async def test_what_is_taken_away_and_what_is_left_out(folder: ProjectFolder, heard: Heard) -> None:
    file = folder.field("Thing__c", "X__c", FIELD)
    assert [await heard.watch.look() for _ in range(2)] == [False, True]
    (folder.root / file).unlink()
    assert [await heard.watch.look() for _ in range(2)] == [False, True]
    folder.put("/.forceignore", "**/objects/**")
    assert [await heard.watch.look() for _ in range(2)] == [False, True]
    assert [bool(each.declared) for each in heard.projects] == [True, True, False]


async def test_the_project_file_too_is_watched(folder: ProjectFolder, heard: Heard) -> None:
    text = (folder.root / "sfdx-project.json").read_text("utf-8")
    (folder.root / "sfdx-project.json").unlink()
    assert [await heard.watch.look() for _ in range(2)] == [False, True]
    assert "not an SFDX project" in heard.errors[0][0].message
    folder.put("/sfdx-project.json", text)
    assert [await heard.watch.look() for _ in range(2)] == [False, True]


async def test_it_looks_by_the_clock(folder: ProjectFolder, heard: Heard, clock: ManualClock) -> None:
    running = asyncio.create_task(heard.watch.run())
    folder.field("Thing__c", "X__c", FIELD)
    begun = clock.now()
    async with asyncio.timeout(30):
        while not heard.told.is_set():
            clock.advance(SECOND)
            await asyncio.sleep(0)
    running.cancel()
    assert len(heard.projects) == 1
    assert clock.now() - begun >= 2 * SECOND


def test_a_stamp_leaves_out_what_is_no_metadata(folder: ProjectFolder) -> None:
    folder.put("lwc/node_modules/x.js", "")
    folder.put(".git/HEAD", "")
    folder.put("lwc/.x.swp", "")
    assert list(take_stamp(folder.root)) == ["sfdx-project.json"]
