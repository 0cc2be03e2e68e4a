"""Value sets, shared and standard ones, dependent picklists and record types."""

from tests.unit.org.schema.sfdx.conftest import OBJECT, ProjectFolder


def values(*names: str, element: str = "value", default: str | None = None) -> str:
    return "\n".join(
        f"<{element}><fullName>{name}</fullName><default>{str(name == default).lower()}</default></{element}>"
        for name in names
    )


def picklist(*names: str, more: str = "", settings: str = "") -> str:
    definition = f"<valueSetDefinition>{values(*names)}</valueSetDefinition>"
    return f"<label>P</label><type>Picklist</type><valueSet>{more}{definition}{settings}</valueSet>"


def test_a_global_value_set(folder: ProjectFolder) -> None:
    body = values("North", "South", element="customValue", default="South")
    body += "<masterLabel>Area</masterLabel><sorted>true</sorted>"
    folder.xml("globalValueSets/Area.globalValueSet-meta.xml", "GlobalValueSet", body)
    named = "<label>P</label><type>Picklist</type><valueSet><valueSetName>Area</valueSetName></valueSet>"
    folder.field("Account", "Area__c", named)
    field = folder.loaded_field("Account", "Area__c")
    assert [(each.value, each.default) for each in field.picklist] == [("North", False), ("South", True)]
    assert (field.restricted_picklist, field.value_set) == (True, "Area")


def test_another_packages_value_set(folder: ProjectFolder) -> None:
    named = "<label>P</label><type>Picklist</type><valueSet><valueSetName>pkg__Area</valueSetName></valueSet>"
    folder.field("Account", "Area__c", named)
    assert folder.loaded_field("Account", "Area__c").picklist == ()
    assert "pkg__Area is another package's" in folder.warnings()[0]


def test_a_standard_value_set_fills_every_field_of_its(folder: ProjectFolder) -> None:
    body = "<sorted>false</sorted>" + values("Fair", "Web", element="standardValue", default="Web")
    folder.xml("standardValueSets/LeadSource.standardValueSet-meta.xml", "StandardValueSet", body)
    fields = (("Lead", "LeadSource"), ("Account", "AccountSource"), ("Opportunity", "LeadSource"))
    for owner, name in fields:
        found = folder.loaded_field(owner, name).picklist
        assert [(each.value, each.default) for each in found] == [("Fair", False), ("Web", True)]


def test_stages_are_records_too(folder: ProjectFolder) -> None:
    stage = """<standardValue><fullName>Won</fullName><label>We won</label><closed>true</closed>
    <forecastCategory>Closed</forecastCategory><probability>100</probability><won>true</won></standardValue>
    <standardValue><fullName>Maybe</fullName><forecastCategory>BestCase</forecastCategory></standardValue>"""
    folder.xml("standardValueSets/OpportunityStage.standardValueSet-meta.xml", "StandardValueSet", stage)
    won, maybe = folder.load().status_records["OpportunityStage"]
    assert won == {
        "MasterLabel": "We won",
        "ApiName": "Won",
        "SortOrder": 1,
        "IsActive": True,
        "IsClosed": True,
        "IsWon": True,
        "DefaultProbability": 100,
        "ForecastCategory": "Closed",
        "ForecastCategoryName": "Closed",
    }
    assert (maybe["SortOrder"], maybe["ForecastCategoryName"]) == (2, "Best Case")


def test_the_other_status_tables(folder: ProjectFolder) -> None:
    for name in ("CaseStatus", "LeadStatus", "TaskStatus", "TaskPriority", "OrderStatus", "ContractStatus"):
        body = values("New", element="standardValue", default="New").replace(
            "<default>", "<closed>true</closed><highPriority>true</highPriority><default>"
        )
        folder.xml(f"standardValueSets/{name}.standardValueSet-meta.xml", "StandardValueSet", body)
    tables = folder.load().status_records
    assert tables["TaskStatus"][0]["IsClosed"] is True
    assert tables["TaskPriority"][0]["IsHighPriority"] is True
    assert tables["OrderStatus"][0]["StatusCode"] == "New"
    assert tables["LeadStatus"][0]["IsConverted"] is False
    assert all(records[0]["IsDefault"] is True for records in tables.values())


def test_a_standard_value_set_of_no_such_name(folder: ProjectFolder) -> None:
    body = values("A", element="standardValue")
    folder.xml("standardValueSets/Nope.standardValueSet-meta.xml", "StandardValueSet", body)
    assert "no standard value set is called Nope" in folder.warnings()[0]


def test_value_sets_that_are_declared_twice(folder: ProjectFolder) -> None:
    body = values("A", element="customValue")
    first = folder.xml("a/globalValueSets/G.globalValueSet-meta.xml", "GlobalValueSet", body)
    second = folder.xml("b/globalValueSets/G.globalValueSet-meta.xml", "GlobalValueSet", body)
    assert folder.errors() == [f"{second}:2: G is declared in {first} too"]


def test_a_dependent_picklist(folder: ProjectFolder) -> None:
    setting = "<valueSettings>{}<valueName>{}</valueName></valueSettings>"
    settings = setting.format("<controllingFieldValue>X</controllingFieldValue>", "A")
    settings += setting.format(
        "<controllingFieldValue>X</controllingFieldValue><controllingFieldValue>Y</controllingFieldValue>",
        "B",
    )
    more = "<controllingField>kind__c</controllingField>"
    folder.object("Thing__c")
    folder.field("Thing__c", "P__c", picklist("A", "B", "C", more=more, settings=settings))
    folder.field("Thing__c", "Kind__c", picklist("X", "Y"))
    field = folder.loaded_field("Thing__c", "P__c")
    assert field.controlling_field == "Kind__c"
    assert {each.value: each.valid_for for each in field.picklist} == {"A": ("X",), "B": ("X", "Y"), "C": ()}


def test_a_dependent_picklist_names_values_that_are_there(folder: ProjectFolder) -> None:
    folder.object("Thing__c")
    more = "<controllingField>Kind__c</controllingField>"
    settings = (
        "\n<valueSettings>\n<controllingFieldValue>Z</controllingFieldValue>\n<valueName>{}</valueName>"
    )
    file = folder.field(
        "Thing__c", "P__c", picklist("A", more=more, settings=settings.format("A") + "</valueSettings>")
    )
    folder.field("Thing__c", "Kind__c", picklist("X"))
    assert folder.errors() == [f"{file}:6: the controlling field Kind__c has no value 'Z'"]
    folder.field(
        "Thing__c", "P__c", picklist("A", more=more, settings=settings.format("D") + "</valueSettings>")
    )
    assert f"{file}:7: the picklist has no value 'D'" in folder.errors()


def record_type(folder: ProjectFolder, owner: str, body: str) -> str:
    path = f"objects/{owner}/recordTypes/R.recordType-meta.xml"
    return folder.xml(
        path, "RecordType", f"<fullName>R</fullName><active>true</active><label>R</label>\n{body}"
    )


def test_a_record_type_offers_some_values(folder: ProjectFolder) -> None:
    folder.object("Thing__c")
    folder.field("Thing__c", "P__c", picklist("A/B", "100%", "C"))
    offered = "<values><fullName>A%2FB</fullName><default>true</default></values>"
    offered += "<values><fullName>100%25</fullName><default>false</default></values>"
    record_type(folder, "Thing__c", f"<picklistValues><picklist>p__c</picklist>{offered}</picklistValues>")
    [found] = folder.loaded("Thing__c").record_types
    assert found.picklists == {"P__c": ("A/B", "100%")}
    assert found.picklist_defaults == {"P__c": "A/B"}


def test_a_record_type_of_what_is_not_there(folder: ProjectFolder) -> None:
    folder.object("Thing__c", OBJECT)
    folder.field("Thing__c", "P__c", picklist("A"))
    file = record_type(
        folder,
        "Thing__c",
        "<picklistValues><picklist>P__c</picklist>\n<values><fullName>Z</fullName></values></picklistValues>\n"
        "<picklistValues>\n<picklist>Q__c</picklist></picklistValues>",
    )
    assert folder.errors() == [
        f"{file}:5: Thing__c.P__c has no value 'Z'",
        f"{file}:7: there is no field Thing__c.Q__c",
    ]


def test_a_business_process_chooses_the_stages(folder: ProjectFolder) -> None:
    process = "<fullName>Short</fullName><isActive>true</isActive>"
    process += "<values><fullName>Prospecting</fullName><default>true</default></values>"
    process += "<values><fullName>Proposal%2FPrice Quote</fullName></values>"
    folder.xml(
        "objects/Opportunity/businessProcesses/Short.businessProcess-meta.xml", "BusinessProcess", process
    )
    file = record_type(folder, "Opportunity", "<businessProcess>Short</businessProcess>")
    opportunity = folder.loaded("Opportunity")
    assert opportunity.record_types[0].picklists == {"StageName": ("Prospecting", "Proposal/Price Quote")}
    assert opportunity.record_types[0].picklist_defaults == {"StageName": "Prospecting"}
    assert opportunity.field("RecordTypeId")
    record_type(folder, "Opportunity", "<businessProcess>Long</businessProcess>")
    assert folder.errors() == [f"{file}:4: there is no business process Opportunity.Long"]
