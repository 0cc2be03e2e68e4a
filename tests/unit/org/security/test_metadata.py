"""Is a project's security metadata read as it is written, and what is wrong said by file and line?"""

from pathlib import Path

import pytest
from tests.unit.org.schema.sfdx.conftest import ProjectFolder

from isthmus.definition import of_project
from isthmus.org.schema.sfdx.filter_logic import All, Any
from isthmus.org.schema.sfdx.project import ProjectBroken
from isthmus.org.security.metadata.loader import LoadedSecurity, load_security
from isthmus.org.security.metadata.principals import (
    Member,
    MemberKind,
    ParentAccess,
    PublicGroup,
    Queue,
    Role,
)
from isthmus.org.security.metadata.rights import (
    CustomPermission,
    Day,
    FieldRights,
    LoginHours,
    LoginIpRange,
    ObjectRights,
    PermissionSetGroup,
)
from isthmus.org.security.metadata.sharing_rules import (
    AccountSettings,
    CriteriaItem,
    CriteriaRule,
    OwnerRule,
    ShareLevel,
    SharingRules,
)

LABEL = "<label>Set</label>"
ALL_RIGHTS = "".join(
    f"<{each}>true</{each}>"
    for each in ("allowCreate", "allowDelete", "allowEdit", "allowRead", "viewAllRecords", "modifyAllRecords")
)


@pytest.fixture
def folder(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder(tmp_path)
    made.object("Thing__c")
    made.field("Thing__c", "Size__c", "<label>Size</label><length>9</length><type>Text</type>")
    made.field(
        "Thing__c", "Key__c", "<label>Key</label><length>9</length><required>true</required><type>Text</type>"
    )
    made.object("Part__c")
    made.field(
        "Part__c",
        "Whole__c",
        "<label>Whole</label><referenceTo>Thing__c</referenceTo><relationshipName>Parts</relationshipName>"
        "<relationshipOrder>0</relationshipOrder><type>MasterDetail</type>",
    )
    return made


def profile(folder: ProjectFolder, body: str, name: str = "Clerk") -> str:
    return folder.xml(f"profiles/{name}.profile-meta.xml", "Profile", body)


def permission_set(folder: ProjectFolder, body: str, name: str = "Set") -> str:
    return folder.xml(f"permissionsets/{name}.permissionset-meta.xml", "PermissionSet", body)


def role(folder: ProjectFolder, name: str, parent: str | None = None) -> str:
    above = f"<parentRole>{parent}</parentRole>" if parent else ""
    return folder.xml(f"roles/{name}.role-meta.xml", "Role", f"<name>{name} role</name>\n{above}")


def rules(folder: ProjectFolder, body: str, sobject: str = "Account") -> str:
    return folder.xml(f"sharingRules/{sobject}.sharingRules-meta.xml", "SharingRules", body)


def load(folder: ProjectFolder) -> LoadedSecurity:
    project = folder.load()
    assert not project.errors
    return load_security(project)


def clean(folder: ProjectFolder) -> LoadedSecurity:
    loaded = load(folder)
    assert not loaded.errors, "\n".join(map(str, loaded.errors))
    return loaded


def errors(folder: ProjectFolder) -> list[str]:
    return [f"{each.line}: {each.message}" for each in load(folder).errors]


def test_a_profile(folder: ProjectFolder) -> None:
    profile(
        folder,
        """<custom>true</custom><description>The books</description><userLicense>Salesforce</userLicense>
        <objectPermissions><allowEdit>true</allowEdit><allowRead>true</allowRead><object>thing__c</object>
        </objectPermissions>
        <fieldPermissions><editable>true</editable><field>Thing__c.Size__c</field><readable>true</readable>
        </fieldPermissions>
        <userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>
        <userPermissions><enabled>false</enabled><name>RunReports</name></userPermissions>
        <loginIpRanges><startAddress>10.0.0.1</startAddress><endAddress>10.0.0.9</endAddress></loginIpRanges>
        <loginHours><mondayStart>60</mondayStart><mondayEnd>1440</mondayEnd></loginHours>""",
    )
    [found] = clean(folder).profiles
    assert (found.name, found.custom, found.user_license) == ("Clerk", True, "Salesforce")
    assert found.rights.objects == {"Thing__c": ObjectRights(read=True, edit=True)}
    assert found.rights.fields == {"Thing__c.Size__c": FieldRights(read=True, edit=True)}
    assert found.rights.permissions == {"ApiEnabled": True, "RunReports": False}
    assert found.login_ip_ranges == (LoginIpRange("10.0.0.1", "10.0.0.9"),)
    assert found.login_hours == LoginHours({Day.MONDAY: (60, 1440)})


@pytest.mark.parametrize(
    ("file", "name"),
    [("Admin", "System Administrator"), ("ReadOnly", "Read Only"), ("Custom%3A Sales", "Custom: Sales")],
)
def test_profiles_are_named_as_records_name_them(folder: ProjectFolder, file: str, name: str) -> None:
    profile(folder, "<custom>false</custom>", file)
    [found] = clean(folder).profiles
    assert found.name == name
    assert found.login_hours is None


def test_permission_sets_and_their_groups(folder: ProjectFolder) -> None:
    folder.xml(
        "customPermissions/Discount.customPermission-meta.xml",
        "CustomPermission",
        "<isLicensed>false</isLicensed><label>Give discounts</label>",
    )
    permission_set(
        folder,
        f"""{LABEL}<hasActivationRequired>true</hasActivationRequired><license>Salesforce</license>
        <objectPermissions>{ALL_RIGHTS}<object>Thing__c</object></objectPermissions>
        <customPermissions><enabled>true</enabled><name>Discount</name></customPermissions>""",
    )
    folder.xml(
        "mutingpermissionsets/Mute.mutingpermissionset-meta.xml",
        "MutingPermissionSet",
        "<label>Mute</label><objectPermissions><allowDelete>true</allowDelete><object>Thing__c</object>"
        "</objectPermissions>",
    )
    folder.xml(
        "permissionsetgroups/Both.permissionsetgroup-meta.xml",
        "PermissionSetGroup",
        "<label>Both</label><mutingPermissionSets>Mute</mutingPermissionSets>"
        "<permissionSets>Set</permissionSets>",
    )
    found = clean(folder)
    [made] = found.permission_sets
    assert (made.name, made.label, made.license, made.activation_required) == (
        "Set",
        "Set",
        "Salesforce",
        True,
    )
    assert made.rights.objects == {"Thing__c": ObjectRights(True, True, True, True, True, True)}
    assert made.rights.custom_permissions == {"Discount": True}
    [muting] = found.muting_permission_sets
    assert muting.rights.objects == {"Thing__c": ObjectRights(delete=True)}
    assert found.permission_set_groups == (PermissionSetGroup("Both", "Both", ("Set",), ("Mute",)),)
    assert found.custom_permissions == (CustomPermission("Discount", "Give discounts"),)


def test_roles_groups_and_queues(folder: ProjectFolder) -> None:
    role(folder, "Adviser", "Manager")
    folder.xml(
        "roles/Manager.role-meta.xml",
        "Role",
        "<caseAccessLevel>Edit</caseAccessLevel><contactAccessLevel>Read</contactAccessLevel>"
        "<mayForecastManagerShare>true</mayForecastManagerShare><name>The manager</name>",
    )
    folder.xml(
        "groups/Sellers.group-meta.xml",
        "Group",
        "<doesIncludeBosses>true</doesIncludeBosses><name>All sellers</name>",
    )
    folder.xml(
        "queues/Inbox.queue-meta.xml",
        "Queue",
        """<doesSendEmailToMembers>true</doesSendEmailToMembers><email>in@box.example</email>
        <name>In box</name>
        <queueMembers><publicGroups><publicGroup>Sellers</publicGroup></publicGroups>
        <roleAndSubordinates><roleAndSubordinate>manager</roleAndSubordinate></roleAndSubordinates>
        <roles><role>Adviser</role></roles><users><user>ada@box.example</user></users></queueMembers>
        <queueSobject><sobjectType>Lead</sobjectType></queueSobject>
        <queueSobject><sobjectType>Thing__c</sobjectType></queueSobject>""",
    )
    found = clean(folder)
    assert found.roles == (
        Role(
            "Manager",
            "The manager",
            None,
            ParentAccess.EDIT,
            ParentAccess.READ,
            ParentAccess.NONE,
            forecast_manager_may_share=True,
        ),
        Role("Adviser", "Adviser role", "Manager"),
    )
    assert found.public_groups == (PublicGroup("Sellers", "All sellers", include_bosses=True),)
    members = (
        Member(MemberKind.USER, "ada@box.example"),
        Member(MemberKind.GROUP, "Sellers"),
        Member(MemberKind.ROLE, "Adviser"),
        Member(MemberKind.ROLE_AND_SUBORDINATES, "Manager"),
    )
    assert found.queues == (
        Queue("Inbox", "In box", ("Lead", "Thing__c"), members, "in@box.example", send_email_to_members=True),
    )


def test_sharing_rules(folder: ProjectFolder) -> None:
    role(folder, "Manager")
    settings = (
        "<accountSettings><caseAccessLevel>None</caseAccessLevel><contactAccessLevel>Read</contactAccessLevel>"
        "<opportunityAccessLevel>Edit</opportunityAccessLevel></accountSettings>"
    )
    rules(
        folder,
        f"""<sharingCriteriaRules><fullName>Banks</fullName><accessLevel>Edit</accessLevel>{settings}
        <label>Banks</label><sharedTo><allInternalUsers></allInternalUsers></sharedTo>
        <booleanFilter>1 AND (2 OR 3)</booleanFilter>
        <criteriaItems><field>industry</field><operation>equals</operation><value>Banking</value></criteriaItems>
        <criteriaItems><field>Account.Name</field><operation>startsWith</operation><value>A,B</value>
        </criteriaItems>
        <criteriaItems><field>Phone</field><operation>notEqual</operation><value></value></criteriaItems>
        <includeRecordsOwnedByAll>false</includeRecordsOwnedByAll></sharingCriteriaRules>
        <sharingOwnerRules><fullName>Down</fullName><accessLevel>Read</accessLevel><label>Down</label>
        <sharedFrom><role>Manager</role></sharedFrom>
        <sharedTo><roleAndSubordinatesInternal>Manager</roleAndSubordinatesInternal></sharedTo>
        </sharingOwnerRules>""",
    )
    assert clean(folder).sharing_rules == (
        SharingRules(
            "Account",
            (
                OwnerRule(
                    "Down",
                    "Down",
                    Member(MemberKind.ROLE, "Manager"),
                    Member(MemberKind.ROLE_AND_SUBORDINATES, "Manager"),
                    ShareLevel.READ,
                ),
            ),
            (
                CriteriaRule(
                    "Banks",
                    "Banks",
                    Member(MemberKind.ALL_INTERNAL_USERS),
                    ShareLevel.EDIT,
                    (
                        CriteriaItem("Industry", "equals", "Banking"),
                        CriteriaItem("Name", "startsWith", "A,B"),
                        CriteriaItem("Phone", "notEqual", None),
                    ),
                    All((1, Any((2, 3)))),
                    include_owned_by_all=False,
                    account_settings=AccountSettings(ParentAccess.NONE, ParentAccess.READ, ParentAccess.EDIT),
                ),
            ),
        ),
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<objectPermissions><object>Thin__c</object></objectPermissions>", "no object Thin__c; is Thing__c"),
        ("<objectPermissions><allowRead>true</allowRead></objectPermissions>", "<object> is missing"),
        (
            "<objectPermissions><allowEdit>true</allowEdit><object>Thing__c</object></objectPermissions>",
            "what is given of Thing__c needs <allowRead> too",
        ),
        (
            "<objectPermissions><modifyAllRecords>true</modifyAllRecords><allowRead>true</allowRead>"
            "<object>Thing__c</object></objectPermissions>",
            "what is given of Thing__c needs <allowEdit> and <allowDelete> and <viewAllRecords> too",
        ),
        (
            "<objectPermissions><allowRead>true</allowRead><object>Part__c</object></objectPermissions>",
            "Permission Read Part__c depends on permission(s): Read Thing__c",
        ),
        (
            "<userPermissions><enabled>true</enabled><name>ModifyAllData</name></userPermissions>",
            "Permission ModifyAllData depends on permission(s): ViewAllData",
        ),
        (
            "<objectPermissions><object>Case</object></objectPermissions>" * 2,
            "rights to Case stand more than",
        ),
        (
            "<fieldPermissions><editable>true</editable><field>Thing__c.Siz__c</field></fieldPermissions>",
            "there is no field Thing__c.Siz__c; is Size__c meant?",
        ),
        (
            "<fieldPermissions><editable>true</editable><field>Thing__c.Size__c</field></fieldPermissions>",
            "Thing__c.Size__c: <editable> needs <readable> too",
        ),
        (
            "<fieldPermissions><readable>true</readable><field>Thing__c.Key__c</field></fieldPermissions>",
            "Thing__c.Key__c is required",
        ),
        ("<fieldPermissions><field>Size__c</field></fieldPermissions>", "must name an object and a field"),
        (
            "<fieldPermissions><field>Case.Subject</field></fieldPermissions>" * 2,
            "rights to Case.Subject stand more than once",
        ),
        (
            "<customPermissions><enabled>true</enabled><name>None_Such</name></customPermissions>",
            "there is no custom permission None_Such",
        ),
    ],
)
def test_what_is_wrong_with_rights(folder: ProjectFolder, body: str, said: str) -> None:
    permission_set(folder, f"{LABEL}\n{body}")
    [error] = errors(folder)
    assert error.startswith("4: ")
    assert said in error


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "<loginIpRanges><startAddress>x</startAddress><endAddress>10.0.0.9</endAddress></loginIpRanges>",
            "'x' is no IP address",
        ),
        (
            "<loginIpRanges><startAddress>10.0.0.9</startAddress><endAddress>10.0.0.1</endAddress>"
            "</loginIpRanges>",
            "ends before it starts",
        ),
        (
            "<loginIpRanges><startAddress>10.0.0.9</startAddress><endAddress>::1</endAddress></loginIpRanges>",
            "both ends must be of one version",
        ),
        ("<loginIpRanges><startAddress>10.0.0.9</startAddress></loginIpRanges>", "<endAddress> is missing"),
        ("<loginHours><mondayStart>60</mondayStart></loginHours>", "<mondayStart> and <mondayEnd> belong"),
        (
            "<loginHours><mondayStart>61</mondayStart><mondayEnd>60</mondayEnd></loginHours>",
            "monday ends before it starts",
        ),
        (
            "<loginHours><mondayStart>60</mondayStart><mondayEnd>1441</mondayEnd></loginHours>",
            "<mondayEnd> must be from 0 to 1440",
        ),
    ],
)
def test_what_is_wrong_with_logins(folder: ProjectFolder, body: str, said: str) -> None:
    profile(folder, f"<custom>true</custom>\n{body}")
    assert said in errors(folder)[0]
    assert errors(folder)[0].startswith("4: ")


def test_two_files_of_one_profile(folder: ProjectFolder) -> None:
    profile(folder, "<custom>false</custom>", "Admin")
    profile(folder, "<custom>false</custom>", "System Administrator")
    assert errors(folder) == ["2: there are two files of the profile System Administrator"]


def test_groups_of_sets_that_are_not_there(folder: ProjectFolder) -> None:
    folder.xml(
        "permissionsetgroups/Both.permissionsetgroup-meta.xml",
        "PermissionSetGroup",
        "<label>Both</label>\n<mutingPermissionSets>Mute</mutingPermissionSets>\n"
        "<permissionSets>Set</permissionSets>",
    )
    assert errors(folder) == [
        "4: there is no muting permission set Mute",
        "5: there is no permission set Set",
    ]


def test_roles_that_go_in_circles_or_nowhere(folder: ProjectFolder) -> None:
    role(folder, "A", "B")
    role(folder, "B", "C")
    role(folder, "C", "A")
    role(folder, "D", "Nobody")
    assert errors(folder) == ["4: A is above itself: A under B under C under A", "4: there is no role Nobody"]


def test_queues_of_what_is_not_there(folder: ProjectFolder) -> None:
    folder.xml(
        "queues/Inbox.queue-meta.xml",
        "Queue",
        "<name>In box</name>\n<queueMembers><publicGroups><publicGroup>Nobody</publicGroup></publicGroups>\n"
        "<roles><role>Nothing</role></roles></queueMembers>\n"
        "<queueSobject><sobjectType>Nope__c</sobjectType></queueSobject>",
    )
    assert errors(folder) == [
        "4: there is no public group Nobody",
        "5: there is no role Nothing",
        "6: there is no object Nope__c",
    ]


def rule(**parts: str) -> str:
    given = {
        "accessLevel": "<accessLevel>Read</accessLevel>",
        "criteria": "<criteriaItems><field>Name</field><operation>equals</operation></criteriaItems>",
        "sharedTo": "<sharedTo><allInternalUsers/></sharedTo>",
        **parts,
    }
    return f"<fullName>R</fullName><label>R</label>{''.join(given.values())}"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (rule(accessLevel=""), "<accessLevel> is missing"),
        (rule(accessLevel="<accessLevel>All</accessLevel>"), "<accessLevel> must be one of Edit, Read"),
        (rule(sharedTo=""), "<sharedTo> is missing"),
        (rule(sharedTo="<sharedTo/>"), "<sharedTo> must name one group or role"),
        (rule(sharedTo="<sharedTo><role>Nobody</role></sharedTo>"), "there is no role Nobody"),
        (rule(sharedTo="<sharedTo><queue>Nobody</queue></sharedTo>"), "there is no queue Nobody"),
        (rule(sharedTo="<sharedTo><rols>X</rols></sharedTo>"), "<rols> is no kind of group"),
        (rule(criteria=""), "<criteriaItems> is missing"),
        (
            rule(criteria="<criteriaItems><field>X__c</field><operation>equals</operation></criteriaItems>"),
            "there is no field Account.X__c",
        ),
        (
            rule(
                criteria="<criteriaItems><field>Case.Subject</field><operation>equals</operation></criteriaItems>"
            ),
            "Case.Subject is no field of Account",
        ),
        (
            rule(criteria="<criteriaItems><field>Name</field><operation>is</operation></criteriaItems>"),
            "<operation> must be one of",
        ),
        (rule(booleanFilter="<booleanFilter>1 AND 2</booleanFilter>"), "<booleanFilter> names condition 2"),
    ],
)
def test_what_is_wrong_with_sharing_rules(folder: ProjectFolder, body: str, said: str) -> None:
    rules(folder, f"\n<sharingCriteriaRules>{body}</sharingCriteriaRules>")
    loaded = load(folder)
    [error] = loaded.errors
    assert error.line == 4
    assert said in error.message
    assert loaded.sharing_rules[0].criteria_rules == ()


@pytest.mark.parametrize(
    "field",
    [
        "<label>Iban</label><type>Text</type><length>34</length>"
        "<encryptionScheme>CaseSensitiveDeterministicEncryption</encryptionScheme>",
        "<label>Pin</label><type>EncryptedText</type><length>20</length>"
        "<maskChar>X</maskChar><maskType>all</maskType>",
    ],
    ids=["by a scheme", "classic"],
)
def test_a_rule_can_not_go_by_an_encrypted_field(folder: ProjectFolder, field: str) -> None:
    folder.field("Thing__c", "Secret__c", field)
    criterion = "<criteriaItems><field>Secret__c</field><operation>equals</operation></criteriaItems>"
    body = f"<sharingCriteriaRules>{rule(criteria=criterion)}</sharingCriteriaRules>"
    rules(folder, body, "Thing__c")
    [said] = errors(folder)
    assert said.endswith("Thing__c.Secret__c is encrypted: a rule can't go by it")


def test_two_rules_of_one_name(folder: ProjectFolder) -> None:
    rules(folder, f"<sharingCriteriaRules>{rule()}</sharingCriteriaRules>" * 2)
    assert errors(folder) == ["3: there are two rules R"]


def test_account_settings_belong_to_accounts(folder: ProjectFolder) -> None:
    settings = "<accountSettings><caseAccessLevel>None</caseAccessLevel></accountSettings>"
    rules(folder, f"<sharingCriteriaRules>{rule(settings=settings)}</sharingCriteriaRules>", "Lead")
    assert errors(folder) == ["3: <accountSettings> belong to rules on accounts"]


def test_what_belongs_to_the_platform_or_a_package_is_left_out(folder: ProjectFolder) -> None:
    permission_set(
        folder,
        f"""{LABEL}
        <objectPermissions><allowRead>true</allowRead><object>WorkOrder</object></objectPermissions>
        <objectPermissions><allowRead>true</allowRead><object>pkg__Odd__c</object></objectPermissions>
        <userPermissions><enabled>true</enabled><name>FlyToTheMoon</name></userPermissions>""",
    )
    loaded = clean(folder)
    assert loaded.permission_sets[0].rights.objects == {}
    assert loaded.permission_sets[0].rights.permissions == {}
    said = [each.message for each in loaded.findings]
    assert "not known here, and left out: FlyToTheMoon, WorkOrder, pkg__Odd__c" in said


def test_rules_for_users_that_are_not_here_are_left_out(folder: ProjectFolder) -> None:
    portal = "<sharedTo><allPartnerUsers/></sharedTo>"
    rules(folder, f"<sharingCriteriaRules>{rule(sharedTo=portal)}</sharingCriteriaRules>")
    loaded = clean(folder)
    assert loaded.sharing_rules == (SharingRules("Account"),)
    assert any("there are no such users here" in each.message for each in loaded.findings)


def test_elements_that_are_not_known(folder: ProjectFolder) -> None:
    profile(folder, "<custom>true</custom><userLicence>Salesforce</userLicence>")
    [said] = [each.message for each in clean(folder).findings if "userLicence" in each.message]
    assert said == "<userLicence> is not known in a Profile; is <userLicense> meant?"


def test_a_project_with_errors_in_it_is_not_loaded(folder: ProjectFolder) -> None:
    role(folder, "A", "A")
    with pytest.raises(ProjectBroken, match="A is above itself"):
        of_project(folder.load())
