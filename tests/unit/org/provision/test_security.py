"""Do a project's rights, roles, groups and queues come, change and go with it, and what clients made stay?"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.org.provision.test_declared import Project
from tests.unit.test_assembly import settings_in

from isthmus.assembly import open_org
from isthmus.org.org import Column, Org, Parent, Shape
from isthmus.org.provision import ProvisionFailed
from isthmus.org.security.principal import Principal

THING = (
    "<deploymentStatus>Deployed</deploymentStatus><label>Thing</label><nameField><label>Name</label>"
    "<type>Text</type></nameField><pluralLabel>Things</pluralLabel><sharingModel>ReadWrite</sharingModel>"
    "<fields><fullName>Size__c</fullName><label>Size</label><length>9</length><type>Text</type></fields>"
    "<fields><fullName>Twice__c</fullName><formula>Size__c</formula><label>Twice</label><type>Text</type></fields>"
)


def places_of(shape: Shape) -> list[int]:
    """Where a row has what was selected, a parent's fields too."""
    places: list[int] = []
    for each in shape.items:
        if isinstance(each, Column):
            places.append(each.index)
        elif isinstance(each, Parent):
            places += places_of(each.shape)
    return places


class World(Project):
    """A project whose org can be asked, and written to by its administrator."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.write("objects/Thing__c/Thing__c.object-meta.xml", "CustomObject", THING)
        self.options = ""

    def run(self, work: Callable[[Org, Principal], Any]) -> Any:
        """What `work`, a coroutine function, comes to in the org that the project defines, started anew."""

        async def go() -> Any:
            settings = settings_in(self.root)
            async with open_org(settings) as opened:
                session = await opened.org.identity.open_session("admin@isthmus.example")
                return await work(opened.org, session.user)

        return asyncio.run(go())

    def ask(self, soql: str) -> list[tuple[object, ...]]:
        async def work(org: Org, who: Principal) -> list[tuple[object, ...]]:
            result = await org.query(who, soql)
            places = places_of(result.shape)
            return [tuple(row[place] for place in places) for row in result.rows]

        found: list[tuple[object, ...]] = self.run(work)
        return found

    def insert(self, sobject: str, **values: object) -> str:
        async def work(org: Org, who: Principal) -> str:
            [result] = await org.insert(who, sobject, [values])
            assert not result.errors, result.errors
            return str(result.id)

        made: str = self.run(work)
        return made

    def update(self, sobject: str, **values: object) -> None:
        async def work(org: Org, who: Principal) -> None:
            [result] = await org.update(who, sobject, [values])
            assert not result.errors, result.errors

        self.run(work)

    def delete(self, sobject: str, record_id: object) -> list[str]:
        """Delete a record; the codes of what holds it back."""

        async def work(org: Org, who: Principal) -> list[str]:
            [result] = await org.delete(who, sobject, [str(record_id)])
            return [each.code for each in result.errors]

        codes: list[str] = self.run(work)
        return codes

    def permission_set(self, body: str, name: str = "Things") -> None:
        path = f"permissionsets/{name}.permissionset-meta.xml"
        self.write(path, "PermissionSet", f"<label>{name}</label>{body}")

    def role(self, name: str, parent: str | None = None) -> None:
        above = f"<parentRole>{parent}</parentRole>" if parent else ""
        self.write(f"roles/{name}.role-meta.xml", "Role", f"<name>{name} role</name>{above}")

    def remove(self, path: str) -> None:
        (self.root / "app" / path).unlink()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def objects_of(world: World, where: str) -> dict[object, str]:
    """Rights by object, as letters, of the sets that `where` says."""
    columns = ("Create", "Read", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
    names = ", ".join(f"Permissions{each}" for each in columns)
    rows = world.ask(f"SELECT SobjectType, {names} FROM ObjectPermissions WHERE {where}")
    return {name: "".join(letter for letter, on in zip("CREDVM", flags, strict=True) if on)
            for name, *flags in rows}  # fmt: skip


def fields_of(world: World, where: str) -> dict[object, str]:
    soql = f"SELECT Field, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE {where}"
    return {name: "RE"[: bool(read) + bool(edit)] for name, read, edit in world.ask(soql)}


def test_a_new_org_has_the_platforms_profiles_and_their_rights(world: World) -> None:
    assert world.ask("SELECT Name FROM Profile ORDER BY Name") == [
        ("Minimum Access - API Only Integrations",),
        ("Minimum Access - Salesforce",),
        ("Read Only",),
        ("Standard User",),
        ("System Administrator",),
    ]
    assert world.ask(
        "SELECT Profile.Name FROM PermissionSet WHERE IsOwnedByProfile = true "
        "AND PermissionsApiEnabled = true ORDER BY Profile.Name"
    ) == [
        ("Minimum Access - API Only Integrations",),
        ("Read Only",),
        ("Standard User",),
        ("System Administrator",),
    ]
    standard = objects_of(world, "Parent.Profile.Name = 'Standard User'")
    assert (standard["Account"], standard["Case"], standard["Campaign"]) == ("CRED", "CRE", "R")
    assert "Thing__c" not in standard
    assert set(objects_of(world, "Parent.Profile.Name = 'Read Only'").values()) == {"R"}
    assert objects_of(world, "Parent.Profile.Name LIKE 'Minimum%'") == {}
    assert objects_of(world, "Parent.Profile.Name = 'System Administrator'")["Thing__c"] == "CREDVM"


def test_fields_of_the_platforms_profiles(world: World) -> None:
    standard = fields_of(world, "Parent.Profile.Name = 'Standard User'")
    assert standard["Account.Phone"] == "RE"
    assert standard["Account.BillingAddress"] == "RE"
    assert "Account.BillingCity" not in standard
    assert "Account.Name" not in standard
    assert "Thing__c.Size__c" not in standard
    assert set(fields_of(world, "Parent.Profile.Name = 'Read Only'").values()) == {"R"}
    mine = fields_of(world, "Parent.Profile.Name = 'System Administrator' AND SobjectType = 'Thing__c'")
    assert mine == {"Thing__c.Size__c": "RE", "Thing__c.Twice__c": "R"}


def test_with_strict_field_security_a_custom_field_takes_a_permission(world: World) -> None:
    (world.root / "isthmus.toml").write_text("[org]\nstrict_field_security = true\n")
    fields = fields_of(world, "Parent.Profile.Name = 'System Administrator'")
    assert fields["Account.Phone"] == "RE"
    assert "Thing__c.Size__c" not in fields


def test_a_permission_set_comes_changes_and_goes(world: World) -> None:
    rights = "<objectPermissions><allowRead>true</allowRead>{}<object>Thing__c</object></objectPermissions>"
    field = (
        "<fieldPermissions><editable>true</editable><field>Thing__c.Size__c</field><readable>true</readable>"
        "</fieldPermissions>"
    )
    world.permission_set(rights.format("") + field)
    made = "Parent.Name = 'Things'"
    assert objects_of(world, made) == {"Thing__c": "R"}
    assert fields_of(world, made) == {"Thing__c.Size__c": "RE"}
    world.permission_set(
        rights.format("<allowEdit>true</allowEdit>")
        + "<userPermissions><enabled>true</enabled><name>ViewSetup</name></userPermissions>"
    )
    assert objects_of(world, made) == {"Thing__c": "RE"}
    assert fields_of(world, made) == {}
    [(set_id, view)] = world.ask("SELECT Id, PermissionsViewSetup FROM PermissionSet WHERE Name = 'Things'")
    assert view
    [(who,)] = world.ask("SELECT Id FROM User WHERE Username = 'admin@isthmus.example'")
    world.insert("PermissionSetAssignment", AssigneeId=who, PermissionSetId=set_id)
    world.remove("permissionsets/Things.permissionset-meta.xml")
    assert world.ask("SELECT Id FROM PermissionSet WHERE Name = 'Things'") == []
    assert objects_of(world, made) == {}


def test_what_a_client_made_stays(world: World) -> None:
    world.permission_set("")
    set_id = world.insert("PermissionSet", Name="Made", Label="Made")
    world.insert("ObjectPermissions", ParentId=set_id, SobjectType="Thing__c", PermissionsRead=True)
    [(who,)] = world.ask("SELECT Id FROM User WHERE Username = 'admin@isthmus.example'")
    world.insert("PermissionSetAssignment", AssigneeId=who, PermissionSetId=set_id)
    world.remove("permissionsets/Things.permissionset-meta.xml")
    assert world.ask("SELECT Name FROM PermissionSet WHERE IsOwnedByProfile = false") == [("Made",)]
    assert objects_of(world, "Parent.Name = 'Made'") == {"Thing__c": "R"}
    assert len(world.ask("SELECT Id FROM PermissionSetAssignment")) == 1


def test_groups_of_permission_sets_with_what_they_mute(world: World) -> None:
    world.permission_set("")
    world.write(
        "mutingpermissionsets/Mute.mutingpermissionset-meta.xml",
        "MutingPermissionSet",
        "<label>Mute</label><objectPermissions><allowDelete>true</allowDelete><object>Thing__c</object>"
        "</objectPermissions>",
    )
    world.write(
        "permissionsetgroups/Both.permissionsetgroup-meta.xml",
        "PermissionSetGroup",
        "<label>Both</label><mutingPermissionSets>Mute</mutingPermissionSets>"
        "<permissionSets>Things</permissionSets>",
    )
    assert world.ask("SELECT DeveloperName, Status FROM PermissionSetGroup") == [("Both", "Updated")]
    components = world.ask("SELECT PermissionSetId FROM PermissionSetGroupComponent ORDER BY PermissionSetId")
    assert [str(each)[:3] for (each,) in components] == ["0PS", "0QM"]
    assert len(world.ask("SELECT Id FROM ObjectPermissions WHERE PermissionsDelete = true "
                         "AND PermissionsRead = false")) == 1  # fmt: skip


def test_a_profile_of_the_project_and_a_change_of_a_standard_one(world: World) -> None:
    rights = (
        "<objectPermissions><allowRead>true</allowRead><object>{}</object></objectPermissions>"
        "<userPermissions><enabled>{}</enabled><name>ApiEnabled</name></userPermissions>"
    )
    world.write(
        "profiles/Clerk.profile-meta.xml",
        "Profile",
        f"<custom>true</custom>{rights.format('Thing__c', 'true')}",
    )
    world.write(
        "profiles/Standard.profile-meta.xml",
        "Profile",
        f"<custom>false</custom>{rights.format('Account', 'false')}",
    )
    assert objects_of(world, "Parent.Profile.Name = 'Clerk'") == {"Thing__c": "R"}
    standard = objects_of(world, "Parent.Profile.Name = 'Standard User'")
    assert (standard["Account"], standard["Contact"]) == ("R", "CRED")
    enabled = "SELECT PermissionsApiEnabled FROM PermissionSet WHERE Profile.Name = '{}'"
    assert world.ask(enabled.format("Standard User")) == [(0,)]
    [(profile_id,)] = world.ask("SELECT Id FROM Profile WHERE Name = 'Clerk'")
    assert world.ask(f"SELECT Name FROM PermissionSet WHERE ProfileId = '{profile_id}'") == [
        (f"X{profile_id}",)
    ]
    world.remove("profiles/Clerk.profile-meta.xml")
    world.remove("profiles/Standard.profile-meta.xml")
    assert world.ask("SELECT Id FROM Profile WHERE Name = 'Clerk'") == []
    assert world.ask(enabled.format("Clerk")) == []
    assert world.ask(enabled.format("Standard User")) == [(1,)]


def test_roles_with_their_groups(world: World) -> None:
    world.role("Manager")
    world.role("Adviser", "Manager")
    assert world.ask("SELECT DeveloperName, ParentRole.Name FROM UserRole ORDER BY DeveloperName") == [
        ("Adviser", "Manager role"),
        ("Manager", None),
    ]
    assert sorted(world.ask("SELECT Type, DeveloperName FROM Group")) == [
        ("Organization", "AllInternalUsers"),
        ("Role", "Adviser"),
        ("Role", "Manager"),
        ("RoleAndSubordinates", "Adviser"),
        ("RoleAndSubordinates", "Manager"),
    ]
    world.role("Manager", "Adviser")
    world.role("Adviser")
    assert world.ask("SELECT DeveloperName, ParentRole.Name FROM UserRole ORDER BY DeveloperName") == [
        ("Adviser", None),
        ("Manager", "Adviser role"),
    ]
    [(above,)] = world.ask("SELECT Id FROM UserRole WHERE DeveloperName = 'Manager'")
    made = world.insert("UserRole", Name="Below the manager", DeveloperName="Below", ParentRoleId=above)
    groups = world.ask(f"SELECT Type, Name FROM Group WHERE RelatedId = '{made}' ORDER BY Type")
    assert groups == [("Role", "Below the manager"), ("RoleAndSubordinates", "Below the manager")]
    world.remove("roles/Manager.role-meta.xml")
    assert world.ask("SELECT DeveloperName, ParentRoleId FROM UserRole ORDER BY DeveloperName") == [
        ("Adviser", None),
        ("Below", None),
    ]


def test_queues_and_their_members(world: World) -> None:
    world.role("Manager")
    world.write("groups/Sellers.group-meta.xml", "Group", "<name>All sellers</name>")
    members = (
        "<publicGroups><publicGroup>Sellers</publicGroup></publicGroups>"
        "<roleAndSubordinates><roleAndSubordinate>Manager</roleAndSubordinate></roleAndSubordinates>"
        "<users><user>admin@isthmus.example</user></users>"
    )
    body = (
        "<name>In box</name><queueMembers>{}</queueMembers>"
        "<queueSobject><sobjectType>Lead</sobjectType></queueSobject>"
    )
    world.write("queues/Inbox.queue-meta.xml", "Queue", body.format(members))
    assert world.ask("SELECT Queue.Name, SobjectType FROM QueueSobject") == [("In box", "Lead")]
    who = "SELECT UserOrGroupId FROM GroupMember WHERE Group.DeveloperName = 'Inbox'"
    assert sorted(str(each)[:3] for (each,) in world.ask(who)) == ["005", "00G", "00G"]
    world.write("queues/Inbox.queue-meta.xml", "Queue", body.format(""))
    assert world.ask(who) == []
    world.remove("queues/Inbox.queue-meta.xml")
    assert world.ask("SELECT Id FROM Group WHERE Type = 'Queue'") == []
    assert world.ask("SELECT Id FROM QueueSobject") == []


def test_custom_permissions_are_granted_by_sets(world: World) -> None:
    world.write(
        "customPermissions/Discount.customPermission-meta.xml",
        "CustomPermission",
        "<isLicensed>false</isLicensed><label>Give discounts</label>",
    )
    world.permission_set(
        "<customPermissions><enabled>true</enabled><name>Discount</name></customPermissions>"
    )
    assert world.ask("SELECT MasterLabel FROM CustomPermission") == [("Give discounts",)]
    assert world.ask("SELECT Parent.Name, SetupEntityType FROM SetupEntityAccess") == [
        ("Things", "CustomPermission")
    ]


USER = """
[[users]]
username = "ada@solar.example"
role = "Manager"
permission_sets = ["Things"]
permission_set_groups = ["Both"]
groups = ["Sellers"]
password = "correct horse 1"
"""


def group_of_sets(world: World) -> None:
    world.permission_set("")
    world.role("Manager")
    world.write("groups/Sellers.group-meta.xml", "Group", "<name>All sellers</name>")
    world.write(
        "permissionsetgroups/Both.permissionsetgroup-meta.xml",
        "PermissionSetGroup",
        "<label>Both</label><permissionSets>Things</permissionSets>",
    )


def test_users_of_the_settings_come_log_in_and_are_kept_up_to(world: World) -> None:
    group_of_sets(world)
    (world.root / "isthmus.toml").write_text(USER)
    ada = "FROM User WHERE Username = 'ada@solar.example'"
    assert world.ask(f"SELECT LastName, Profile.Name, UserRole.DeveloperName, IsActive {ada}") == [
        ("ada", "Standard User", "Manager", 1)
    ]
    assigned = "SELECT PermissionSet.Name, PermissionSetGroup.DeveloperName FROM PermissionSetAssignment"
    assert sorted(world.ask(assigned), key=str) == [("Things", None), (None, "Both")]
    assert world.ask("SELECT Group.Name FROM GroupMember") == [("All sellers",)]

    async def log_in(org: Org, who: Principal) -> str:
        return (await org.identity.login_with_password("ada@solar.example", "correct horse 1")).user.username

    assert world.run(log_in) == "ada@solar.example"
    (world.root / "isthmus.toml").write_text(
        '[[users]]\nusername = "ada@solar.example"\nprofile = "Read Only"\npassword = "another horse 2"\n'
    )
    assert world.ask(f"SELECT Profile.Name, UserRoleId {ada}") == [("Read Only", None)]
    assert world.ask(assigned) == []
    assert world.ask("SELECT Id FROM GroupMember") == []
    assert world.run(log_in) == "ada@solar.example"
    (world.root / "isthmus.toml").write_text("")
    assert world.ask(f"SELECT IsActive {ada}") == [(0,)]


def test_a_user_with_a_profile_that_is_not_there(world: World) -> None:
    (world.root / "isthmus.toml").write_text(
        '[[users]]\nusername = "ada@solar.example"\nprofile = "Nobody"\n'
    )
    with pytest.raises(ProvisionFailed, match=r"user ada@solar.example: there is no profile Nobody"):
        world.ask("SELECT Id FROM User")


def test_a_role_of_a_client_is_renamed_and_deleted_with_its_groups(world: World) -> None:
    made = world.insert("UserRole", Name="Seller", DeveloperName="Seller")
    below = world.insert("UserRole", Name="Helper", DeveloperName="Helper", ParentRoleId=made)
    world.update("UserRole", Id=made, Name="Buyer", DeveloperName="Buyer")
    groups = f"SELECT Name, DeveloperName FROM Group WHERE RelatedId = '{made}'"
    assert world.ask(groups) == [("Buyer", "Buyer"), ("Buyer", "Buyer")]
    group_id = world.insert("Group", Name="All", DeveloperName="All_of_them")
    [(role_group,)] = world.ask(f"SELECT Id FROM Group WHERE RelatedId = '{below}' AND Type = 'Role'")
    world.insert("GroupMember", GroupId=group_id, UserOrGroupId=role_group)
    assert world.delete("UserRole", made) == ["DELETE_FAILED"]
    assert world.delete("UserRole", below) == []
    assert world.ask(f"SELECT Id FROM Group WHERE RelatedId = '{below}'") == []
    assert world.ask("SELECT Id FROM GroupMember") == []
    assert world.delete("UserRole", made) == []


def test_what_a_profile_is_given_its_permission_set_grants(world: World) -> None:
    [(license_id,)] = world.ask("SELECT Id FROM UserLicense")
    made = world.insert("Profile", Name="Made", UserLicenseId=license_id, PermissionsApiEnabled=True)
    grants = f"SELECT IsOwnedByProfile, PermissionsApiEnabled FROM PermissionSet WHERE ProfileId = '{made}'"
    assert world.ask(grants) == [(1, 1)]
    world.update("Profile", Id=made, PermissionsApiEnabled=False)
    assert world.ask(grants) == [(1, 0)]
    world.permission_set("")
    assert world.ask("SELECT Name FROM Profile WHERE Name = 'Made'") == [("Made",)]
    assert world.delete("Profile", made) == []
    assert world.ask(grants) == []


def test_a_set_that_is_assigned_is_held_back(world: World) -> None:
    made = world.insert("PermissionSet", Name="Made", Label="Made")
    [(who,)] = world.ask("SELECT Id FROM User WHERE Username = 'admin@isthmus.example'")
    world.insert("PermissionSetAssignment", AssigneeId=who, PermissionSetId=made)
    assert world.delete("PermissionSet", made) == ["DELETE_FAILED"]
