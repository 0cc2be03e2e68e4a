"""Two processes of one database name or grant the same at once: does each thing stand once?"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.contract.encryption.world import Storage, storage
from tests.unit.org.api.serving import USERNAME

from isthmus.assembly import open_org
from isthmus.org.org import Org, Running
from isthmus.org.security.principal import Principal
from isthmus.settings import load

_OVERLAP = 0.5
"""Seconds in which the other has its chance to come in between. Without it they go one after the other."""


@asynccontextmanager
async def process(kept: Storage) -> AsyncIterator[tuple[Org, Principal]]:
    """One of the processes, and its administrator."""
    place = {"org_username": USERNAME, "org_storage": kept.url}
    async with open_org(load(kept.folder, environment={}, overrides=place)) as opened:
        yield opened.org, (await opened.org.identity.open_session(USERNAME)).user


def meeting(barrier: threading.Barrier, sobject: str, record: dict[str, Any]) -> Callable[[Running], str]:
    """Inserts the record, and goes on to its commit when the other has inserted too, in its first run."""
    met: list[bool] = []

    def work(running: Running) -> str:
        [result] = running.insert(sobject, [record])
        if not met:
            met.append(True)
            with suppress(threading.BrokenBarrierError):
                barrier.wait(_OVERLAP)
        return "ok" if result.success else result.errors[0].code

    return work


async def at_once(
    one: tuple[Org, Principal], other: tuple[Org, Principal], sobject: str, record: dict[str, Any]
) -> list[str]:
    """What comes of the same insert in both: `ok`, or an error's code."""
    barrier = threading.Barrier(2)
    inserts = (org.transaction(who, meeting(barrier, sobject, record)) for org, who in (one, other))
    return sorted(await asyncio.gather(*inserts))


async def names(org: Org, who: Principal, soql: str) -> list[object]:
    result = await org.query(who, soql)
    return [row[-1] for row in result.rows]


def test_names_and_assignments_stand_once(tmp_path: Path) -> None:
    async def scenario(kept: Storage) -> None:
        async with process(kept) as one, process(kept) as other:
            for sobject, record, code in (
                ("PermissionSet", {"Name": "Twin", "Label": "Twin"}, "DUPLICATE_DEVELOPER_NAME"),
                ("UserRole", {"Name": "R", "DeveloperName": "Twin"}, "DUPLICATE_DEVELOPER_NAME"),
                (
                    "Group",
                    {"Name": "G", "DeveloperName": "Twin", "Type": "Queue"},
                    "DUPLICATE_DEVELOPER_NAME",
                ),
                ("Profile", {"Name": "Twin", "UserLicenseId": await licence(*one)}, "DUPLICATE_VALUE"),
            ):
                assert await at_once(one, other, sobject, record) == [code, "ok"], sobject
            [twin] = await names(*one, "SELECT Id FROM PermissionSet WHERE Name = 'Twin'")
            assignment = {"AssigneeId": one[1].user_id, "PermissionSetId": twin}
            given = await at_once(one, other, "PermissionSetAssignment", assignment)
            assert given == ["DUPLICATE_VALUE", "ok"]
            rights = {"ParentId": twin, "SobjectType": "Account", "PermissionsRead": True}
            assert await at_once(one, other, "ObjectPermissions", rights) == ["DUPLICATE_VALUE", "ok"]
            assert await at_once(one, other, "UserRole", {"Name": "Sales"}) == ["ok", "ok"]
            roles = "SELECT DeveloperName FROM UserRole WHERE Name = 'Sales' ORDER BY DeveloperName"
            assert await names(*other, roles) == ["Sales", "Sales1"]

    with storage("postgresql", tmp_path) as kept:
        asyncio.run(scenario(kept))


async def licence(org: Org, who: Principal) -> object:
    [found] = await names(org, who, "SELECT Id FROM UserLicense LIMIT 1")
    return found
