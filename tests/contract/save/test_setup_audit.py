"""The setup audit trail: what is told of changes, by whom, and that nobody writes it."""

import asyncio
from pathlib import Path

import pytest
from tests.unit.org.api.serving import Served, serving

from isthmus.kernel.clock import DAY
from isthmus.org.org import Running
from isthmus.org.org.audit_lines import entries


def test_changes_of_users_are_told_and_nobody_writes_the_trail(tmp_path: Path) -> None:
    async def run() -> tuple[str, list[tuple[str, str]], int, int]:
        async with serving(tmp_path) as served:
            profile = (await served.get("/query?q=SELECT+Id,ProfileId+FROM+User")).json["records"][0][
                "ProfileId"
            ]
            user = await served.create(
                "User", Username="eve@example.com", LastName="Eve", Alias="eve", Email="eve@example.com",
                CommunityNickname="eve", ProfileId=profile, TimeZoneSidKey="UTC", LocaleSidKey="en_US",
                LanguageLocaleKey="en_US", EmailEncodingKey="UTF-8",
            )  # fmt: skip
            await served.ask("PATCH", f"/sobjects/User/{user}", {"IsActive": False})
            found = await served.get(f"/query?q=SELECT+Id+FROM+UserLogin+WHERE+UserId='{user}'")
            login = found.json["records"][0]["Id"]
            assert (
                await served.ask("PATCH", f"/sobjects/UserLogin/{login}", {"IsFrozen": True})
            ).status == 204
            trail = await served.get(
                "/query?q=SELECT+Id,Action,Display,CreatedById+FROM+SetupAuditTrail+ORDER+BY+Id"
            )
            lines = trail.json["records"]
            assert {each["CreatedById"] for each in lines} == {served.user_id}
            one = f"/sobjects/SetupAuditTrail/{lines[0]['Id']}"
            refused = await served.ask("PATCH", one, {"Display": "x"})
            deleted = await served.ask("DELETE", one)
            told = [(each["Action"], each["Display"]) for each in lines]

            served.clock.advance(180 * DAY + 1)
            await served.org.housekeep()
            left = served.org._database.read_now(
                lambda connection: connection.rows('SELECT "Id" FROM "SetupAuditTrail"')
            )
            assert left == []
            return user, told, refused.status, deleted.status

    user, told, changed, deleted = asyncio.run(run())
    assert told == [
        ("createduser", "Created new user Eve"),
        ("deactivateduser", f"Deactivated user Eve (UserID: [{user[:15]}])"),
        ("frozeuser", "Froze user account for Eve"),
    ]
    assert min(changed, deleted) >= 400


async def told_since(served: Served, known: int) -> list[tuple[str, str, str]]:
    """The lines after the first `known`: section, action, display, oldest first."""
    trail = await served.get("/query?q=SELECT+Section,Action,Display+FROM+SetupAuditTrail+ORDER+BY+Id")
    return [(each["Section"], each["Action"], each["Display"]) for each in trail.json["records"]][known:]


def test_changes_of_rights_are_told(tmp_path: Path) -> None:
    async def run() -> list[tuple[str, str, str]]:
        async with serving(tmp_path) as served:
            extra = await served.create("PermissionSet", Name="Sith_Lord", Label="Sith Lord")
            one = f"/sobjects/PermissionSet/{extra}"
            await served.ask("PATCH", one, {"PermissionsEditTask": True})
            rights = await served.create(
                "ObjectPermissions", ParentId=extra, SobjectType="Order__c", PermissionsRead=True
            )
            patch = {"PermissionsEdit": True, "PermissionsDelete": True}
            await served.ask("PATCH", f"/sobjects/ObjectPermissions/{rights}", patch)
            await served.create(
                "FieldPermissions", ParentId=extra, SobjectType="Order__c", Field="Order__c.Due__c",
                PermissionsRead=True, PermissionsEdit=True,
            )  # fmt: skip
            await served.ask("PATCH", one, {"Label": "Emperor"})
            return await told_since(served, 0)

    assert asyncio.run(run()) == [
        ("Manage Users", action, display)
        for action, display in (
            ("PermSetCreateNoLicense", "Created permission set Sith Lord: with no license"),
            (
                "PermSetEnableUserPerm",
                "Changed permission set Sith Lord: Edit Tasks permission was changed from disabled to "
                "enabled",
            ),
            (
                "PermSetEntityPermChanged",
                "Changed permission set Sith Lord: Order object permissions were changed from No Access "
                "to Read",
            ),
            (
                "PermSetEntityPermChanged",
                "Changed permission set Sith Lord: Order object permissions were changed from Read to "
                "Read, Edit, Delete",
            ),
            (
                "PermSetFlsChanged",
                "Changed permission set Sith Lord: field-level security for Order: Due was changed from "
                "No Access to Edit",
            ),
            (
                "PermSetLabelChange",
                "Changed permission set Emperor: Master Label was changed from Sith Lord to Emperor",
            ),
        )
    ]


def test_changes_of_queues_groups_and_sets_in_groups_are_told(tmp_path: Path) -> None:
    async def run() -> list[tuple[str, str, str]]:
        async with serving(tmp_path) as served:
            queue = await served.create("Group", Name="Help", DeveloperName="Help", Type="Queue")
            await served.create("GroupMember", GroupId=queue, UserOrGroupId=served.user_id)
            await served.ask("PATCH", f"/sobjects/Group/{queue}", {"Name": "Escalations"})
            await served.create("Group", Name="Jedi", DeveloperName="Jedi", Type="Regular")
            sith = await served.create("PermissionSetGroup", DeveloperName="Sith", MasterLabel="Sith")
            extra = await served.create("PermissionSet", Name="Star", Label="Death Star")
            part = await served.create(
                "PermissionSetGroupComponent", PermissionSetGroupId=sith, PermissionSetId=extra
            )
            await served.ask("DELETE", f"/sobjects/PermissionSetGroupComponent/{part}")
            return await told_since(served, 0)

    changed = "Changed permission set group Sith: group member Death Star was"
    assert asyncio.run(run()) == [
        ("Data Management", "createdqueue", "Created Queue Help"),
        ("Data Management", "queueMembership", "Changed membership for Queue Help"),
        (
            "Data Management",
            "updatedqueue",
            "Updated Queue Escalations: Changed Name from Help to Escalations",
        ),
        ("Groups", "groupCreate", "Created public group Jedi"),
        ("Permission Set Group", "PermissionSetGroupCreate", "Created permission set group Sith"),
        ("Manage Users", "PermSetCreateNoLicense", "Created permission set Death Star: with no license"),
        ("Permission Set Group", "PermissionSetGroupComponentAdd", f"{changed} added"),
        ("Permission Set Group", "PermissionSetGroupComponentRemoved", f"{changed} removed"),
    ]


def test_a_change_that_is_undone_is_not_told(tmp_path: Path) -> None:
    async def run() -> list[tuple[str, str, str]]:
        async with serving(tmp_path) as served:
            who = await served.org.identity.authenticate(served.token)
            good = {"Name": "Good", "Label": "Good"}
            undone = await served.org.insert(who, "PermissionSet", [good, {}], all_or_none=True)
            assert [each.success for each in undone] == [False, False]

            def fails(running: Running) -> None:
                [made] = running.insert("PermissionSet", [good])
                assert made.success
                raise LookupError

            with pytest.raises(LookupError):
                await served.org.transaction(who, fails)
            return await told_since(served, 0)

    assert asyncio.run(run()) == []


def test_every_line_says_where_it_is_known_from() -> None:
    for name, entry in entries().items():
        assert set(entry) == {"action", "section", "display", "source"}, name
        assert entry["source"].startswith(("recorded", "ours")), name
