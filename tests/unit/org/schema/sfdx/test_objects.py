"""Objects of every kind, as a project declares them."""

from tests.unit.org.schema.sfdx.conftest import OBJECT, ProjectFolder

from isthmus.org.schema.model import DeleteConstraint, FieldType, ObjectKind, PicklistValue, Schema
from isthmus.org.schema.share_objects import with_share_objects
from isthmus.org.schema.system_fields import custom_object_fields

DATE = "<label>X</label><type>Date</type>"


def test_a_custom_object(folder: ProjectFolder) -> None:
    folder.object("Thing__c", OBJECT + "<enableSearch>true</enableSearch><enableFeeds>true</enableFeeds>")
    folder.field("Thing__c", "B__c", DATE)
    folder.field("Thing__c", "A__c", DATE)
    thing = folder.loaded("Thing__c")
    assert (thing.kind, thing.label, thing.label_plural) == (ObjectKind.CUSTOM, "Thing", "Things")
    assert (thing.key_prefix, thing.searchable, thing.feed_enabled, thing.stored) == (None, True, True, True)
    own = ["A__c", "B__c"]
    assert [each.name for each in thing.fields] == [each.name for each in custom_object_fields()] + own
    assert thing.name_field is not None
    assert (thing.name_field.label, thing.name_field.auto_number) == ("Thing Name", False)
    assert "Thing__c" in folder.load().declared


def test_an_auto_numbered_name(folder: ProjectFolder) -> None:
    name = "<displayFormat>T-{000}</displayFormat><startingNumber>5</startingNumber><type>AutoNumber</type>"
    folder.object("Thing__c", OBJECT.replace("<type>Text</type>", name))
    field = folder.loaded("Thing__c").name_field
    assert field is not None
    assert (field.auto_number, field.display_format, field.starting_number) == (True, "T-{000}", 5)
    assert (field.createable, field.updateable) == (False, False)


def test_a_child_has_its_parents_owner(folder: ProjectFolder) -> None:
    folder.object("Thing__c", OBJECT.replace("<sharingModel>ReadWrite</sharingModel>", ""))
    master = "<label>A</label><referenceTo>Account</referenceTo><relationshipName>Things</relationshipName>"
    folder.field("Thing__c", "Account__c", master + "<type>MasterDetail</type>")
    thing = folder.loaded("Thing__c")
    assert thing.field("OwnerId") is None
    assert thing.sharing_model == "ControlledByParent"
    [child] = [each for each in Schema(folder.load().objects).children("Account") if each.child == "Thing__c"]
    assert (child.field, child.name, child.cascade_delete) == ("Account__c", "Things__r", True)


def test_activities_and_record_types_have_fields(folder: ProjectFolder) -> None:
    folder.object("Thing__c", OBJECT + "<enableActivities>true</enableActivities>")
    body = "<fullName>Big</fullName><active>true</active><label>Big one</label>"
    folder.xml("objects/Thing__c/recordTypes/Big.recordType-meta.xml", "RecordType", body)
    thing = folder.loaded("Thing__c")
    assert thing.field("LastActivityDate")
    assert thing.field("RecordTypeId")
    assert [(each.developer_name, each.label, each.active) for each in thing.record_types] == [
        ("Big", "Big one", True)
    ]


def test_a_platform_event(folder: ProjectFolder) -> None:
    folder.object(
        "Done__e",
        "<deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume</eventType><label>Done</label>"
        "<pluralLabel>Done</pluralLabel><publishBehavior>PublishImmediately</publishBehavior>",
    )
    folder.field("Done__e", "X__c", "<label>X</label><required>true</required><type>DateTime</type>")
    event = folder.loaded("Done__e")
    assert event.kind is ObjectKind.PLATFORM_EVENT
    assert (event.event_type, event.publish_behavior) == ("HighVolume", "PublishImmediately")
    assert (event.createable, event.updateable, event.queryable, event.stored) == (True, False, False, False)
    assert [each.name for each in event.fields] == [
        "ReplayId",
        "CreatedDate",
        "CreatedById",
        "EventUuid",
        "X__c",
    ]
    file = folder.field("Done__e", "Y__c", "<label>Y</label><type>Email</type>")
    assert folder.errors() == [f"{file}:4: a platform event can't have a field of type Email"]


def test_custom_settings(folder: ProjectFolder) -> None:
    body = "<customSettingsType>{}</customSettingsType><label>S</label><visibility>Public</visibility>"
    folder.object("S__c", body.format("Hierarchy"))
    folder.object("L__c", body.format("List"))
    folder.field("S__c", "X__c", "<label>X</label><length>9</length><type>Text</type>")
    setting = folder.loaded("S__c")
    assert (setting.kind, setting.custom_settings_type) == (ObjectKind.CUSTOM_SETTING, "Hierarchy")
    assert setting.field("SetupOwnerId")
    assert folder.loaded("L__c").custom_settings_type == "List"


def test_an_external_object(folder: ProjectFolder) -> None:
    folder.object(
        "Order__x",
        "<externalDataSource>Erp</externalDataSource><externalName>Orders</externalName><label>Order</label>"
        "<pluralLabel>Orders</pluralLabel>",
    )
    number = "<externalDeveloperName>No</externalDeveloperName><isNameField>true</isNameField>"
    number += "<isFilteringDisabled>true</isFilteringDisabled><isSortingDisabled>true</isSortingDisabled>"
    folder.field("Order__x", "No__c", f"<label>No</label>{number}<length>20</length><type>Text</type>")
    key = "<externalId>true</externalId><length>9</length><unique>true</unique><type>Text</type>"
    folder.field("Account", "Key__c", f"<label>K</label>{key}")
    target = "<referenceTargetField>key__c</referenceTargetField><referenceTo>Account</referenceTo>"
    folder.field("Order__x", "Account__c", f"<label>A</label>{target}<type>IndirectLookup</type>")
    folder.field(
        "Contact",
        "Order__c",
        "<label>O</label><referenceTo>Order__x</referenceTo><type>ExternalLookup</type>",
    )
    order = folder.loaded("Order__x")
    assert (order.kind, order.external_data_source, order.stored) == (ObjectKind.EXTERNAL, "Erp", False)
    assert order.name_field is not None
    assert (order.name_field.name, order.name_field.external_name) == ("No__c", "No")
    assert order.name_field.exceptions == {("filterable", False), ("sortable", False)}
    account = order.field("Account__c")
    assert account is not None
    assert (account.reference_target_field, account.extra_type_info) == ("Key__c", "indirectlookup")
    assert folder.loaded_field("Contact", "Order__c").extra_type_info == "externallookup"


def test_an_indirect_lookup_needs_a_unique_key(folder: ProjectFolder) -> None:
    folder.object(
        "O__x", "<externalDataSource>E</externalDataSource><label>O</label><pluralLabel>O</pluralLabel>"
    )
    target = "<referenceTo>Account</referenceTo>\n<referenceTargetField>Phone</referenceTargetField>"
    file = folder.field("O__x", "A__c", f"<label>A</label>{target}<type>IndirectLookup</type>")
    assert folder.errors() == [f"{file}:5: Account.Phone must be a unique external id"]


def test_a_big_object(folder: ProjectFolder) -> None:
    folder.object("Log__b", "<label>Log</label><pluralLabel>Logs</pluralLabel>")
    folder.field("Log__b", "At__c", "<label>At</label><required>true</required><type>DateTime</type>")
    log = folder.loaded("Log__b")
    assert (log.kind, log.stored, log.updateable) == (ObjectKind.BIG, True, False)


def test_a_standard_object_is_extended(folder: ProjectFolder) -> None:
    folder.object("Account", "<enableFeeds>true</enableFeeds><sharingModel>Private</sharingModel>")
    folder.field("Account", "X__c", DATE)
    industry = "<valueSetDefinition><value><fullName>Solar</fullName></value></valueSetDefinition>"
    industry = f"<valueSet>{industry}</valueSet>"
    folder.field(
        "Account", "Industry", industry + "<inlineHelpText>Which?</inlineHelpText><type>Picklist</type>"
    )
    account = folder.loaded("Account")
    assert (account.kind, account.key_prefix, account.sharing_model) == (
        ObjectKind.STANDARD,
        "001",
        "Private",
    )
    assert account.fields[-1].name == "X__c"
    field = account.field("Industry")
    assert field is not None
    assert (field.picklist, field.help_text) == ((PicklistValue("Solar", "Solar"),), "Which?")
    assert field.type is FieldType.PICKLIST
    assert len(folder.load().objects) == len({each.name for each in folder.load().objects})


def test_an_activitys_fields_are_those_of_tasks_and_events(folder: ProjectFolder) -> None:
    folder.field("Activity", "X__c", DATE)
    assert folder.loaded_field("Task", "X__c") == folder.loaded_field("Event", "X__c")


def test_metadata_format(folder: ProjectFolder) -> None:
    folder.xml(
        "objects/Thing__c.object",
        "CustomObject",
        OBJECT + "<fields><fullName>X__c</fullName><label>X</label><type>Phone</type></fields>"
        "<fields><fullName>A__c</fullName><label>A</label><referenceTo>Account</referenceTo><type>Lookup</type>"
        "<deleteConstraint>Restrict</deleteConstraint></fields>"
        "<recordTypes><fullName>R</fullName><active>false</active><label>R</label></recordTypes>"
        "<listViews><fullName>All</fullName></listViews>",
    )
    thing = folder.loaded("Thing__c")
    assert thing.field("X__c")
    assert thing.record_types[0].active is False
    assert folder.loaded_field("Thing__c", "A__c").delete_constraint is DeleteConstraint.RESTRICT


def test_a_custom_object_has_sharing_reasons_of_its_own(folder: ProjectFolder) -> None:
    private = OBJECT.replace("ReadWrite", "Private")
    reason = "<sharingReasons><fullName>{0}</fullName><label>{1}</label></sharingReasons>"
    folder.object(
        "Thing__c", private + reason.format("Recruiter__c", "Recruiter") + reason.format("Boss", "B")
    )
    thing = folder.loaded("Thing__c")
    assert thing.sharing_reasons == (
        PicklistValue("Recruiter__c", "Recruiter"),
        PicklistValue("Boss__c", "B"),
    )
    [share] = [each for each in with_share_objects([thing]) if each is not thing]
    cause = share.field("RowCause")
    assert cause is not None
    assert [each.value for each in cause.picklist] == ["Owner", "Manual", "Rule", "Recruiter__c", "Boss__c"]


def test_a_sharing_reason_may_have_a_file_of_its_own(folder: ProjectFolder) -> None:
    folder.object("Thing__c", OBJECT.replace("ReadWrite", "Private"))
    folder.xml(
        "objects/Thing__c/sharingReasons/Recruiter__c.sharingReason-meta.xml",
        "SharingReason",
        "<fullName>Recruiter__c</fullName><label>Recruiter</label>",
    )
    assert folder.loaded("Thing__c").sharing_reasons == (PicklistValue("Recruiter__c", "Recruiter"),)
