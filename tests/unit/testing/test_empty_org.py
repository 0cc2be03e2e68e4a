"""Are the empty orgs of tests as good as founded ones, and apart from each other?"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import pytest
from tests.unit.org.api.serving import write_project

from isthmus.assembly import Opened, open_org
from isthmus.kernel.clock import ManualClock
from isthmus.org.security.principal import Principal
from isthmus.settings import Settings, load
from isthmus.testing import empty_org

_PASSWORD: Final = "Correct-horse-7"
"""Each template costs a foundation; these tests share one."""


def _settings(folder: Path, **overrides: object) -> Settings:
    folder.mkdir(exist_ok=True)
    return load(folder, environment={}, overrides={"org_password": _PASSWORD, **overrides})


def _in_an_org(settings: Settings, work: Callable[[Opened], Awaitable[Any]], opening: Any = empty_org) -> Any:
    async def run() -> Any:
        async with opening(settings, clock=ManualClock()) as opened:
            return await work(opened)

    return asyncio.run(run())


def _administrator(opened: Opened) -> Principal:
    founding = opened.founding
    return Principal(founding.user_id, "", founding.organization_id, founding.profile_id)


async def _names(opened: Opened, sobject: str) -> list[object]:
    """The names of an object's records, in order."""
    result = await opened.org.query(_administrator(opened), f"SELECT Name FROM {sobject} ORDER BY Name")
    return [row[result.shape.items[0].index] for row in result.rows]  # type: ignore[union-attr]  # a column


async def _create(opened: Opened) -> None:
    [saved] = await opened.org.insert(_administrator(opened), "Account", [{"Name": "Acme"}])
    assert saved.id, saved.errors


@pytest.mark.parametrize("sobject", ["Organization", "Profile", "User", "UserLicense", "Pricebook2"])
def test_a_copy_has_the_records_of_a_founded_org(tmp_path: Path, sobject: str) -> None:
    copied, founded = (
        _in_an_org(_settings(tmp_path / name), lambda opened: _names(opened, sobject), opening)
        for name, opening in (("copied", empty_org), ("founded", open_org))
    )
    assert copied == founded != []


def test_what_one_test_writes_no_other_sees(tmp_path: Path) -> None:
    async def write_and_read(opened: Opened) -> list[object]:
        await _create(opened)
        return await _names(opened, "Account")

    assert _in_an_org(_settings(tmp_path / "one"), write_and_read) == ["Acme"]
    assert _in_an_org(_settings(tmp_path / "other"), write_and_read) == ["Acme"]


def test_the_told_password_lets_in(tmp_path: Path) -> None:
    async def logged_in(opened: Opened) -> str:
        told = opened.credentials
        assert told is not None
        assert told.password == _PASSWORD
        session = await opened.org.identity.login_with_password(told.username, told.password)
        return session.user.username

    settings = _settings(tmp_path / "org")
    assert _in_an_org(settings, logged_in) == settings.org.username


def test_what_a_project_declares_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    write_project(folder)

    async def declared(opened: Opened) -> bool:
        return opened.schemas.current.find("Order__c") is not None

    assert _in_an_org(_settings(folder), declared)
    assert not _in_an_org(_settings(tmp_path / "plain"), declared)


def test_a_seed_of_its_own_makes_an_org_of_its_own(tmp_path: Path) -> None:
    async def organization(opened: Opened) -> str:
        return opened.founding.organization_id

    ids = [_in_an_org(_settings(tmp_path / str(seed), org_seed=seed), organization) for seed in (1, 2)]
    assert ids[0] != ids[1]


def test_a_folder_with_an_org_is_left_alone(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "org")
    _in_an_org(settings, _create)
    with pytest.raises(FileExistsError):
        _in_an_org(settings, _create)
    assert _in_an_org(settings, lambda opened: _names(opened, "Account"), open_org) == ["Acme"]


def test_an_org_that_starts_as_it_ended_puts_nothing_on_disk(tmp_path: Path) -> None:
    async def written(opened: Opened) -> int:
        return (settings.data / "org.db-wal").stat().st_size

    settings = _settings(tmp_path / "org")
    assert _in_an_org(settings, written) == 0
    assert _in_an_org(settings, written, open_org) == 0
