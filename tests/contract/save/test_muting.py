"""Muting: what a group's sets give is taken away by records that ask for no other right."""

from pathlib import Path

from tests.contract.save.test_grants import PART, add, run
from tests.unit.org.api.serving import Served


def test_a_right_is_muted_alone(tmp_path: Path) -> None:
    file = tmp_path / "app/objects/Part__c/Part__c.object-meta.xml"
    file.parent.mkdir(parents=True)
    file.write_text(PART)

    async def work(served: Served, extra: str) -> None:
        muting = await served.create("MutingPermissionSet", DeveloperName="Less", MasterLabel="Less")
        assert await add(
            served,
            "ObjectPermissions",
            {"ParentId": muting, "SobjectType": "Account", "PermissionsDelete": True},
            {"ParentId": muting, "SobjectType": "Contact", "PermissionsRead": True},
            {"ParentId": muting, "SobjectType": "Part__c", "PermissionsRead": True},
        ) == ["ok", "ok", "ok"]
        field = {"SobjectType": "Account", "Field": "Account.Fax", "PermissionsEdit": True}
        assert await add(served, "FieldPermissions", {"ParentId": muting, **field}) == ["ok"]

    run(tmp_path, work)
