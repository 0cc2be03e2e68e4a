"""Records that say who may do what: none twice, and no right without those that it depends on."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.unit.org.api.serving import Served, serving

PART = """<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
    <label>Part</label><pluralLabel>Parts</pluralLabel>
    <nameField><label>Part Name</label><type>Text</type></nameField>
    <deploymentStatus>Deployed</deploymentStatus><sharingModel>ControlledByParent</sharingModel>
    <fields><fullName>Whole__c</fullName><label>Whole</label><referenceTo>Order__c</referenceTo>
    <relationshipName>Parts</relationshipName><relationshipOrder>0</relationshipOrder>
    <type>MasterDetail</type></fields>
</CustomObject>"""


def run(folder: Path, work: Callable[[Served, str], Awaitable[None]]) -> None:
    """`work` with an org that has one more permission set, whose id it is given."""

    async def whole() -> None:
        async with serving(folder) as served:
            await work(served, await served.create("PermissionSet", Name="Extra", Label="Extra"))

    asyncio.run(whole())


async def add(served: Served, sobject: str, *records: dict[str, Any]) -> list[str]:
    """Insert records in one batch; the message of each, `ok` where there is none."""
    user = await served.org.identity.authenticate(served.token)
    results = await served.org.insert(user, sobject, records)
    return ["ok" if each.success else f"{each.errors[0].code}: {each.errors[0].message}" for each in results]


async def count(served: Served, sobject: str, parent: str) -> int:
    answer = await served.get(f"/query?q=SELECT+Id+FROM+{sobject}+WHERE+{parent}")
    return int(answer.json["totalSize"])


def test_a_set_is_assigned_once(tmp_path: Path) -> None:
    async def work(served: Served, extra: str) -> None:
        record = {"AssigneeId": served.user_id, "PermissionSetId": extra}
        twice = (
            f"DUPLICATE_VALUE: Duplicate PermissionSetAssignment. Assignee: {served.user_id[:15]}; "
            f"Permission Set: {extra[:15]}"
        )
        assert await add(served, "PermissionSetAssignment", record, record) == ["ok", twice]
        assert await add(served, "PermissionSetAssignment", record) == [twice]
        other = {**record, "PermissionSetId": await served.create("PermissionSet", Name="B", Label="B")}
        answers = await asyncio.gather(*(add(served, "PermissionSetAssignment", other) for _ in range(8)))
        assert sorted(each == ["ok"] for each in answers) == [False] * 7 + [True]

    run(tmp_path, work)


def test_what_a_profile_grants_is_not_assigned(tmp_path: Path) -> None:
    async def work(served: Served, extra: str) -> None:
        found = await served.get("/query?q=SELECT+Id+FROM+PermissionSet+WHERE+IsOwnedByProfile=true+LIMIT+1")
        owned = found.json["records"][0]["Id"]
        [said] = await add(
            served, "PermissionSetAssignment", {"AssigneeId": served.user_id, "PermissionSetId": owned}
        )
        assert said.startswith("FIELD_INTEGRITY_EXCEPTION: A permission set that is owned by a profile")

    run(tmp_path, work)


def test_rights_to_objects(tmp_path: Path) -> None:
    async def work(served: Served, extra: str) -> None:
        def of(name: str, *rights: str) -> dict[str, object]:
            flags = {f"Permissions{each}": True for each in rights}
            return {"ParentId": extra, "SobjectType": name, **flags}

        said = await add(
            served,
            "ObjectPermissions",
            of("account", "Read"),
            of("Account", "Read", "Edit"),
            of("Order__c", "Delete"),
            of("Contact", "Read", "ModifyAllRecords"),
            of("Case"),
            of("Nothing__c", "Read"),
        )
        assert said == [
            "ok",
            "DUPLICATE_VALUE: duplicate value found: <unknown> duplicates value on record with id: <unknown>",
            "FIELD_INTEGRITY_EXCEPTION: Permission Delete Order__c depends on permission(s): "
            "Edit Order__c, Read Order__c",
            "FIELD_INTEGRITY_EXCEPTION: Permission Modify All Contact depends on permission(s): "
            "Delete Contact, Edit Contact, View All Contact",
            "FIELD_INTEGRITY_EXCEPTION: ObjectPermissions: at least one permission must be given",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: Sobject Type: bad value for restricted picklist "
            "field: Nothing__c",
        ]
        found = await served.get(
            f"/query?q=SELECT+Id,SobjectType+FROM+ObjectPermissions+WHERE+ParentId='{extra}'"
        )
        [record] = found.json["records"]
        assert record["SobjectType"] == "Account"
        one = f"/sobjects/ObjectPermissions/{record['Id']}"
        refused = await served.ask("PATCH", one, {"PermissionsDelete": True})
        assert refused.message == "Permission Delete Account depends on permission(s): Edit Account"
        assert (await served.ask("PATCH", one, {"PermissionsRead": False})).status == 204
        assert await count(served, "ObjectPermissions", f"ParentId='{extra}'") == 0

    run(tmp_path, work)


def test_rights_to_fields(tmp_path: Path) -> None:
    async def work(served: Served, extra: str) -> None:
        def of(name: str, *rights: str) -> dict[str, object]:
            flags = {f"Permissions{each}": True for each in rights}
            return {"ParentId": extra, "SobjectType": name.partition(".")[0], "Field": name, **flags}

        said = await add(
            served,
            "FieldPermissions",
            of("Account.Phone", "Read"),
            of("Account.phone", "Read"),
            of("Account.Fax", "Edit"),
            of("Account.Nothing", "Read"),
        )
        assert [each.partition(":")[0] for each in said] == [
            "ok",
            "DUPLICATE_VALUE",
            "FIELD_INTEGRITY_EXCEPTION",
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        ]
        assert said[2].endswith("Permission Edit Account.Fax depends on permission(s): Read Account.Fax")

    run(tmp_path, work)


def test_modify_all_data_asks_for_view_all_data(tmp_path: Path) -> None:
    async def work(served: Served, extra: str) -> None:
        one = f"/sobjects/PermissionSet/{extra}"
        refused = await served.ask("PATCH", one, {"PermissionsModifyAllData": True})
        assert refused.message == "Permission ModifyAllData depends on permission(s): ViewAllData"
        both = {"PermissionsModifyAllData": True, "PermissionsViewAllData": True}
        assert (await served.ask("PATCH", one, both)).status == 204
        assert (await served.ask("PATCH", one, {"PermissionsViewAllData": False})).status == 400

    run(tmp_path, work)


def test_who_reads_a_detail_reads_its_master(tmp_path: Path) -> None:
    file = tmp_path / "app/objects/Part__c/Part__c.object-meta.xml"
    file.parent.mkdir(parents=True)
    file.write_text(PART)

    async def work(served: Served, extra: str) -> None:
        part = {"ParentId": extra, "SobjectType": "Part__c", "PermissionsRead": True}
        order = {**part, "SobjectType": "Order__c"}
        said = "FIELD_INTEGRITY_EXCEPTION: Permission Read Part__c depends on permission(s): Read Order__c"
        assert await add(served, "ObjectPermissions", part) == [said]
        assert await add(served, "ObjectPermissions", part, order) == ["ok", "ok"]
        found = await served.get(
            f"/query?q=SELECT+Id+FROM+ObjectPermissions+WHERE+SobjectType='Order__c'+AND+ParentId='{extra}'"
        )
        one = f"/sobjects/ObjectPermissions/{found.json['records'][0]['Id']}"
        for answer in (
            await served.ask("PATCH", one, {"PermissionsRead": False}),
            await served.ask("DELETE", one),
        ):
            assert f"{answer.code}: {answer.message}" == said

    run(tmp_path, work)


def test_developer_names_are_well_formed(tmp_path: Path) -> None:
    async def work(served: Served, _: str) -> None:
        for name in ("bad name!", "1bad", "_bad", "bad_", "b__d", "b\u00e4d"):
            for sobject, given in (
                ("PermissionSet", {"Name": name, "Label": "x"}),
                ("UserRole", {"DeveloperName": name, "Name": "x"}),
                ("Group", {"DeveloperName": name, "Name": "x", "Type": "Queue"}),
            ):
                [said] = await add(served, sobject, given)
                assert said.startswith("FIELD_INTEGRITY_EXCEPTION: The "), (sobject, name, said)
                assert "API Name can only contain underscores" in said
        assert await add(served, "PermissionSet", {"Name": "B_2_c", "Label": "x"}) == ["ok"]

    run(tmp_path, work)


def test_developer_names_follow_and_are_free(tmp_path: Path) -> None:
    async def work(served: Served, extra: str) -> None:
        async def names(sobject: str, where: str) -> list[str]:
            found = await served.get(
                f"/query?q=SELECT+DeveloperName+FROM+{sobject}+WHERE+{where}+ORDER+BY+Id"
            )
            return [each["DeveloperName"] for each in found.json["records"]]

        roles = [{"Name": "2nd Level: Support"}, {"Name": "2nd level Support"}]
        assert await add(served, "UserRole", *roles) == ["ok", "ok"]
        assert await names("UserRole", "Id!=null") == ["X2nd_Level_Support", "X2nd_level_Support1"]
        queue = {"Name": "Help", "Type": "Queue"}
        said = await add(served, "Group", queue, queue, {**queue, "DeveloperName": "help1"})
        taken = "DUPLICATE_DEVELOPER_NAME: The developer name help1 is already in use by another Group"
        assert said == ["ok", "ok", taken]
        assert await names("Group", "Type='Queue'") == ["Help", "Help1"]
        one_more = {"Name": "extra", "Label": "One more"}
        [said_of_set] = await add(served, "PermissionSet", one_more)
        assert said_of_set.startswith("DUPLICATE_DEVELOPER_NAME: The developer name extra is already in use")
        found = await served.get("/query?q=SELECT+UserLicenseId+FROM+Profile+LIMIT+1")
        profile = {"Name": "read only", "UserLicenseId": found.json["records"][0]["UserLicenseId"]}
        [said_of_profile] = await add(served, "Profile", profile)
        assert said_of_profile == "DUPLICATE_VALUE: The profile name is already in use"
        [missing] = await add(served, "UserRole", {"DeveloperName": "Nameless"})
        assert missing == "REQUIRED_FIELD_MISSING: Required fields are missing: [Name]"

    run(tmp_path, work)
