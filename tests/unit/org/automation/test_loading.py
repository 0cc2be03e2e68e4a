"""Is a flow run as it is written, or not at all, with a word by line on why?"""

import pytest
from tests.contract.save.world import SCHEMA
from tests.unit.org.automation.flow_xml import (
    FlowWorld,
    assign,
    create,
    decision,
    goes,
    resource,
    start,
    update,
    variable,
    when,
)

from isthmus.definition import of_project
from isthmus.org.schema.sfdx.project import ProjectBroken, load_project

MADE = create("Make", "Place__c", Name="x")
BEFORE = "RecordBeforeSave"


@pytest.mark.parametrize(
    ("elements", "line", "said"),
    [
        ((start("Make"),), 6, "there is no element Make"),
        ((start("Make", on="Nothing__c"), MADE), 6, "there is no object Nothing__c"),
        ((start("Make", events="Sometimes"), MADE), 6, "<recordTriggerType> must be one of Create"),
        ((start("Make", events="Delete"), MADE), 6, "RecordAfterSave does not go with"),
        ((start("Make", when("Nope__c", "EqualTo", "x")), MADE), 6, "there is no field Nope__c of Order__c"),
        ((start("Make", when("Name", "Equals", "x")), MADE), 6, "<operator> must be one of"),
        (
            (start("Make", when("Amount__c", "EqualTo", "x")), MADE),
            6,
            "a text value can't be used where a number",
        ),
        ((start("Make", when("Name", "IsNull", "x")), MADE), 6, "IsNull needs true or false"),
        ((start("Make", when("Name", "EqualTo", "x"), logic="1 AND 2"), MADE), 6, "names condition 2"),
        (
            (start("Make", when("Name", "EqualTo", "x"), logic="1 AND"), MADE),
            6,
            "<filterLogic> ends too early",
        ),
        ((start("Make", when("Name", "EqualTo", "x"), logic="1 % 2"), MADE), 6, "has ' % 2', where"),
        ((start("Make", when("Name", "EqualTo", "x"), logic="(1"), MADE), 6, "ends too early"),
        ((start("Make", when("Name", "EqualTo", "x"), logic="(" * 999), MADE), 6, "more than 50 conditions"),
        ((start("Make", when("Name", "EqualTo", "x"), logic="1 1"), MADE), 6, "has '1' too many"),
        (
            (start("Make", *(when("Name", "EqualTo", each) for each in "abc"), logic="1 AND 2 OR 3"), MADE),
            6,
            "needs brackets where AND and OR meet",
        ),
        (
            (start("Make", *(when("Name", "EqualTo", each) for each in "ab"), logic="1 OR 1"), MADE),
            6,
            "leaves out condition 2",
        ),
        (
            (start("Make"), create("Make", "Place__c", Nope__c="x")),
            7,
            "there is no field Nope__c of Place__c",
        ),
        (
            (start("Make"), create("Make", "Place__c", CreatedDate="ref:$Record.CreatedDate")),
            7,
            "can't be set",
        ),
        ((start("Make"), create("Make", "Place__c", Name="ref:missing")), 7, "there is no resource missing"),
        (
            (start("Make"), create("Make", "Place__c", Name="a {!$Record.Nope__c}")),
            7,
            "there is no field Nope__c",
        ),
        ((start("Make"), create("Make", "Line__c", Quantity__c="x")), 7, "a text value can't be used where"),
        ((start("Make"), create("Make", "Place__c", Name="num:many")), 7, "<numberValue> can't be 'many'"),
        ((start("Make"), MADE, MADE), 8, "the name Make is taken"),
        ((start("Make", trigger=BEFORE), MADE), 7, "before a save can't create records"),
        (
            (start("Set"), assign("Set", "$Record.Number__c", "Assign", "x")),
            7,
            "Order__c.Number__c can't be set",
        ),
        ((start("Set"), assign("Set", "$User.LastName", "Assign", "x")), 7, "can't be assigned to"),
        ((start("Set"), assign("Set", "v", "Put", "x"), variable("v")), 7, "<operator> must be one of"),
        (
            (start("Set"), assign("Set", "v", "Subtract", "x"), variable("v")),
            7,
            "nothing can be taken from a text",
        ),
        (
            (start("Ask"), decision("Ask", "v.X", "EqualTo", "x", "Make"), MADE, variable("v")),
            7,
            "v is no record",
        ),
        ((start("Make"), MADE, variable("v", "Word")), 8, "<dataType> must be one of"),
        ((start("Make"), MADE, variable("v", "SObject")), 8, "<objectType> is missing"),
        (
            (
                start("Make"),
                MADE,
                resource("formulas", "a", "<expression>{!b}</expression>"),
                resource("formulas", "b", "<expression>{!a}</expression>"),
            ),
            8,
            "a directly or indirectly refers to itself",
        ),
        (
            (start("Make"), MADE, resource("formulas", "f", "<expression>TEXT(1) &amp; 2</expression>")),
            8,
            "Expected Text, received Number",
        ),
    ],
)
def test_what_the_platform_would_not_take_is_an_error(
    world: FlowWorld, elements: tuple[str, ...], line: int, said: str
) -> None:
    found = world.said(*elements)
    assert any(each.startswith(f"{line}: error: Flow Win: ") and said in each for each in found), found
    assert not world.load().flows


@pytest.mark.parametrize(
    ("elements", "line", "said"),
    [
        (("<screens><name>S</name></screens>", start("S")), 6, "<screens> in <Flow>"),
        (
            (
                "<loops><name>L</name></loops>",
                start("Make"),
                MADE,
                "<recordLookups><name>G</name></recordLookups>",
            ),
            9,
            "<recordLookups> in <Flow>",
        ),
        ((start("Make", trigger="Scheduled"), MADE), 6, "flows that are started by Scheduled"),
        (("<start/>",), 6, "a flow without a trigger"),
        (("<startElementReference>Make</startElementReference>", MADE), 2, "a flow without a <start>"),
        (
            ("<runInMode>SystemModeWithSharing</runInMode>", start("Make"), MADE),
            6,
            "the mode SystemModeWithSharing",
        ),
        (
            (start("Make").replace("<object>", "<scheduledPaths/><object>"), MADE),
            6,
            "<scheduledPaths> in <start>",
        ),
        ((start("Make", when("Name", "In", "x")), MADE), 6, "the operator In is not run"),
        (
            (start("Make", when("Total__c", "IsNull", "bool:true")), MADE),
            6,
            "Order__c.Total__c has no stored value",
        ),
        ((start("Make", on="Contract"), MADE), 6, "there is no object Contract here"),
        ((start("Make"), create("Make", "Place__c", Name="{!$Label.X}")), 7, "$Label.X has no value here"),
        (
            (start("Make"), create("Make", "Place__c", "<doesUpsert>true</doesUpsert>", Name="x")),
            7,
            "<doesUpsert>",
        ),
        (
            (start("Make"), create("Make", "Place__c", "<faultConector/>", Name="x")),
            7,
            "flows have no element of that name, perhaps <faultConnector> is meant",
        ),
        ((start("Make"), MADE, "<blub/>"), 8, "<blub> in <Flow>: flows have no element of that name"),
        ((start("Make"), MADE, variable("v", "Apex")), 8, "the data type Apex"),
        (
            (start("Make"), MADE, variable("v", "String", "<isCollection>true</isCollection>")),
            8,
            "collections",
        ),
        (
            (start("Make"), MADE, resource("formulas", "f", "<expression>IF(TRUE, 1, 2)</expression>")),
            8,
            "formulas beyond references",
        ),
        (
            (start("Set"), update("Set", when("Name", "EqualTo", "x"), Name="y")),
            7,
            "an update of a record on",
        ),
    ],
)
def test_what_is_not_run_here_is_said_and_nothing_of_the_flow_runs(
    world: FlowWorld, elements: tuple[str, ...], line: int, said: str
) -> None:
    found = world.said(*elements)
    assert any(each.startswith(f"{line}: warning: Flow Win: not run: ") and said in each for each in found), (
        found
    )
    assert not any(": error: " in each for each in found)
    assert not world.load().flows


def test_a_screen_flow_is_not_run(world: FlowWorld) -> None:
    world.put(start("Make"), MADE)
    file = world.root / "app/flows/Win.flow-meta.xml"
    file.write_text(file.read_text().replace("AutoLaunchedFlow", "Flow"))
    [found] = world.load().findings
    assert (found.line, found.message) == (4, "not run: flows of the type Flow")


def test_a_draft_is_read_and_its_mistakes_do_not_matter(world: FlowWorld) -> None:
    assert world.said(start("Nowhere"), status="Draft") == [
        "5: note: Flow Win: not active: its status is Draft"
    ]


def test_a_problem_is_said_once_and_where_it_is(world: FlowWorld) -> None:
    found = world.said(
        start("Make"),
        create("Make", "Place__c", goes("Also"), Name="ref:f"),
        create("Also", "Place__c", Name="{!f}"),
        resource("formulas", "f", "<expression>TODAY() + 1</expression>"),
    )
    assert [each.partition(":")[0] for each in found] == ["9"]


def test_a_project_with_a_broken_flow_is_not_loaded(world: FlowWorld) -> None:
    world.put(start("Nowhere"))
    project = load_project(world.root, SCHEMA)
    assert not project.errors
    with pytest.raises(ProjectBroken, match=r"app/flows/Win\.flow-meta\.xml:6: error: Flow Win: there is no"):
        of_project(project)
