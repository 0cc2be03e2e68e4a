"""Do flows do what their elements say, for one record and for many?"""

from dataclasses import replace

import pytest
from tests.contract.save.world import USER_ID, codes, messages
from tests.unit.org.automation.flow_xml import (
    FlowWorld,
    assign,
    create,
    decision,
    goes,
    resource,
    start,
    update,
    value,
    variable,
    when,
)

from isthmus.kernel.errors import Fault
from isthmus.org.save.operation import Moment, Operation
from isthmus.org.save.requests import insert
from isthmus.org.save.result import SaveOptions

KEEP = "<assignRecordIdToReference>made</assignRecordIdToReference>"
TEXT = "<dataType>String</dataType>"


def placed(world: FlowWorld) -> list[object]:
    """The names of the places that flows have made."""
    return [name for (name,) in world.values("Place__c", "Name")]


def test_a_created_record_follows_in_the_same_transaction(world: FlowWorld) -> None:
    world.run(
        start("Make"),
        create("Make", "Place__c", goes("Tell"), KEEP, Name="for {!$Record.Name}",
               Note__c="ref:$Record.Email__c"),
        update("Tell", Place__c="ref:made"),
        variable("made"),
    )  # fmt: skip
    order = world.saves.new("Order__c", Name="O-1", Email__c="a@b.example")
    [(place, name, note)] = world.values("Place__c", "Id", "Name", "Note__c")
    assert (name, note) == ("for O-1", "a@b.example")
    assert world.saves.value(order, "Place__c") == place
    assert world.saves.value(order, "CreatedById") == USER_ID


def test_an_event_is_published_with_the_commit(world: FlowWorld) -> None:
    world.run(start("Publish"), create("Publish", "Ping__e", Must__c="ref:$Record.Name", Flag__c="bool:true"))
    world.saves.new("Order__c", Name="O-1")
    with pytest.raises(ZeroDivisionError):
        world.saves.run(lambda unit: (insert(unit, "Order__c", [{"Name": "O-2"}]), 1 // 0))
    [entry] = world.saves.journal.read(0)
    assert b"O-1" in entry.fact.body


@pytest.mark.parametrize(
    ("logic", "made"),
    [("and", ["c"]), ("or", ["a", "b", "c"]), ("1 AND NOT 2", ["a"]), ("(1 OR 2) AND 1", ["a", "c"])],
)
def test_entry_conditions_hold_together_as_their_logic_says(
    world: FlowWorld, logic: str, made: list[str]
) -> None:
    conditions = when("Status__c", "EqualTo", "open"), when("Amount__c", "GreaterThan", "num:10")
    world.run(start("Make", *conditions, logic=logic), create("Make", "Place__c", Name="ref:$Record.Name"))
    world.saves.insert(
        "Order__c",
        {"Name": "a", "Status__c": "Open", "Amount__c": 10},
        {"Name": "b", "Status__c": "Done", "Amount__c": 11},
        {"Name": "c", "Status__c": "Open", "Amount__c": 11},
        {"Name": "d", "Status__c": "Done"},
    )
    assert placed(world) == made


@pytest.mark.parametrize(
    ("operator", "wanted", "made"),
    [
        ("EqualTo", "ALPHA", ["alpha"]),
        ("NotEqualTo", "alpha", ["beta", "-"]),
        ("StartsWith", "al", ["alpha"]),
        ("EndsWith", "A", ["alpha", "beta"]),
        ("Contains", "et", ["beta"]),
        ("IsNull", "bool:true", ["-"]),
        ("IsNull", "bool:false", ["alpha", "beta"]),
        ("GreaterThanOrEqualTo", "beta", ["beta"]),
        ("LessThan", "beta", ["alpha"]),
    ],
)
def test_operators(world: FlowWorld, operator: str, wanted: str, made: list[str]) -> None:
    world.run(
        start("Make", when("Key__c", operator, wanted)), create("Make", "Place__c", Name="ref:$Record.Name")
    )
    world.saves.insert(
        "Order__c",
        {"Name": "alpha", "Key__c": "alpha"},
        {"Name": "beta", "Key__c": "beta"},
        {"Name": "-"},
    )
    assert placed(world) == made


def test_a_record_enters_once_when_it_comes_to_meet_the_criteria(world: FlowWorld) -> None:
    world.run(
        start("Make", when("Status__c", "EqualTo", "Done"), events="CreateAndUpdate", newly=True),
        create("Make", "Place__c", Name="{!$Record.Name} was {!$Record__Prior.Status__c}"),
    )
    world.saves.new("Order__c", Name="new", Status__c="Done")
    order = world.saves.new("Order__c", Name="old", Status__c="Open")
    for values in ({"Status__c": "Done"}, {"Name": "again"}, {"Status__c": "Open"}, {"Status__c": "Done"}):
        world.saves.update("Order__c", {"Id": order, **values})
    assert placed(world) == ["new was", "old was Open", "again was Open"]


def test_a_change_of_a_field_lets_a_record_in(world: FlowWorld) -> None:
    changed = when("Amount__c", "IsChanged", "bool:true")
    world.run(
        start("Make", changed, events="CreateAndUpdate"),
        create("Make", "Place__c", Name="{!$Record__Prior.Amount__c} to {!$Record.Amount__c}"),
    )
    order = world.saves.new("Order__c", Amount__c=1)
    world.saves.update("Order__c", {"Id": order, "Amount__c": 2.5})
    world.saves.update("Order__c", {"Id": order, "Amount__c": 2.5, "Name": "x"})
    assert placed(world) == ["1 to 2.5"]


def test_a_decision_takes_the_first_outcome_that_is_met(world: FlowWorld) -> None:
    world.run(
        start("Large"),
        decision("Large", "$Record.Amount__c", "GreaterThan", "num:100", "Make_Large",
                 goes("Known", "defaultConnector"), "<defaultConnectorLabel>else</defaultConnectorLabel>"),
        decision("Known", "$Record.Parent__r.Name", "EqualTo", "Root", "Make_Child"),
        create("Make_Large", "Place__c", Name="large"),
        create("Make_Child", "Place__c", Name="child of {!$Record.Parent__r.Name}"),
    )  # fmt: skip
    root = world.saves.new("Order__c", Name="Root", Amount__c=1)
    world.saves.insert(
        "Order__c", {"Amount__c": 101}, {"Amount__c": 100, "Parent__c": root}, {"Amount__c": None}
    )
    assert placed(world) == ["large", "child of Root"]


def test_values_of_every_kind(world: FlowWorld) -> None:
    world.saves.options = SaveOptions(session_id="00D!secret")
    world.run(
        start("Sum"),
        assign("Sum", "sum", "Add", "ref:$Record.Amount__c", goes("Less")),
        assign("Less", "sum", "Subtract", "ref:ONE", goes("Later")),
        assign("Later", "day", "Add", "num:2", goes("Make")),
        create("Make", "Place__c", Name="ref:line", Note__c="ref:text"),
        variable("sum", "Number", f"<value>{value('num:1.5')}</value>"),
        variable("day", "Date", f"<value>{value('date:2026-02-27')}</value>"),
        resource("constants", "ONE", f"<dataType>Number</dataType><value>{value('num:1')}</value>"),
        resource("formulas", "line", "<dataType>String</dataType>"
                 "<expression>{!$Record.Name} &amp; \"/\" &amp; TEXT({!sum})</expression>"),
        resource("formulas", "session", f"{TEXT}<expression>{{!$Api.Session_ID}}</expression>"),
        resource("textTemplates", "text", "<isViewedAsPlainText>true</isViewedAsPlainText>"
                 "<text>{!day} {!$User.LastName} {!session} {!$Record.Paid__c} "
                 "{!$GlobalConstant.EmptyString}|</text>"),
    )  # fmt: skip
    world.saves.new("Order__c", Name="O", Amount__c=0.25, Paid__c=True)
    assert world.values("Place__c", "Name", "Note__c") == [
        ("O/0.75", "3/1/2026 Lovelace 00D!secret true |"),
    ]
    assert "secret" not in repr(world.saves.options)


def test_record_variables_are_filled_field_by_field(world: FlowWorld) -> None:
    world.run(
        start("Name_It"),
        assign("Name_It", "place.Name", "Assign", "ref:$Record.Name", goes("Make")),
        "<recordCreates><name>Make</name><label>Make</label><connector><targetReference>Tell</targetReference>"
        "</connector><inputReference>place</inputReference></recordCreates>",
        update("Tell", Place__c="ref:place.Id"),
        variable("place", "SObject", "<objectType>Place__c</objectType>"),
    )
    order = world.saves.new("Order__c", Name="O-1")
    [(place, name)] = world.values("Place__c", "Id", "Name")
    assert name == "O-1"
    assert world.saves.value(order, "Place__c") == place


def test_a_flow_before_the_save_sets_fields_of_the_record_itself(world: FlowWorld) -> None:
    world.run(
        start("Set", trigger="RecordBeforeSave", events="CreateAndUpdate"),
        update("Set", goes("Mark"), Key__c="{!$Record.Name}!"),
        assign("Mark", "$Record.Count__c", "Add", "num:1"),
    )
    order = world.saves.new("Order__c", Name="O", Count__c=1)
    assert (world.saves.value(order, "Key__c"), world.saves.value(order, "Count__c")) == ("O!", 2)
    world.saves.update("Order__c", {"Id": order, "Name": "P"})
    assert (world.saves.value(order, "Key__c"), world.saves.value(order, "Count__c")) == ("P!", 3)
    [result] = world.saves.insert("Order__c", {"Name": "x" * 30})
    assert codes([result]) == ["STRING_TOO_LONG"]


def test_a_flow_before_a_delete(world: FlowWorld) -> None:
    world.run(
        start("Make", trigger="RecordBeforeDelete", events="Delete"),
        create("Make", "Place__c", Name="{!$Record.Name} goes"),
    )
    order = world.saves.new("Order__c", Name="O")
    assert placed(world) == []
    world.saves.delete("Order__c", order)
    world.saves.undelete(order)
    assert placed(world) == ["O goes"]


def test_a_related_record_is_updated_once_for_all_that_name_it(world: FlowWorld) -> None:
    world.run(
        start("Note"),
        "<recordUpdates><name>Note</name><label>Note</label><filterLogic>and</filterLogic>"
        + when("Id", "EqualTo", "ref:$Record.Place__c")
        + f"<inputAssignments><field>Note__c</field><value>{value('ref:$Record.Name')}</value>"
        "</inputAssignments><object>Place__c</object></recordUpdates>",
    )
    place = world.saves.new("Place__c", Name="P")
    results = world.saves.insert(
        "Order__c", {"Name": "a", "Place__c": place}, {"Name": "b"}, {"Name": "c", "Place__c": place}
    )
    assert codes(results) == ["ok"] * 3
    assert world.saves.value(place, "Note__c") == "c"


def test_a_flow_that_fails_fails_its_row_alone(world: FlowWorld) -> None:
    world.run(
        start("Make"),
        create("Make", "Line__c", Order__c="ref:$Record.Id", Quantity__c="ref:$Record.Amount__c"),
        label="Order Line",
    )
    results = world.saves.insert(
        "Order__c", {"Name": "a", "Amount__c": 1}, {"Name": "b"}, {"Name": "c", "Amount__c": 3}
    )
    assert codes(results) == ["ok", "CANNOT_EXECUTE_FLOW_TRIGGER", "ok"]
    assert messages(results[1]) == [
        "We can't save this record because the “Order Line” process failed. Give your Salesforce admin these "
        "details. This error occurred when the flow tried to create records: REQUIRED_FIELD_MISSING: "
        "Required fields are missing: [Quantity__c]. You can look up ExceptionCode values in the SOAP API "
        "Developer Guide."
    ]
    assert world.values("Order__c", "Name") == [("a",), ("c",)]
    assert world.values("Line__c", "Quantity__c") == [(1.0,), (3.0,)]


def test_a_fault_path_keeps_the_record(world: FlowWorld) -> None:
    world.run(
        start("Make"),
        create("Make", "Line__c", goes("Note", "faultConnector"), Order__c="ref:$Record.Id"),
        create("Note", "Place__c", Name="failed", Note__c="ref:$Flow.FaultMessage"),
    )
    assert codes(world.saves.insert("Order__c", {"Name": "a"})) == ["ok"]
    [(note,)] = world.values("Place__c", "Note__c")
    assert str(note).startswith(
        "This error occurred when the flow tried to create records: REQUIRED_FIELD_MISSING: "
    )


def test_interviews_save_together(world: FlowWorld) -> None:
    seen: list[int] = []
    world.run(start("Make"), create("Make", "Place__c", Name="ref:$Record.Name"))
    run = world.saves.engine._save

    def counted(*given: object) -> None:
        seen.append(len(given[3]))  # type: ignore[arg-type]
        run(*given)  # type: ignore[arg-type]

    world.saves.engine._save = counted  # type: ignore[method-assign, assignment]
    world.saves.insert("Order__c", *({"Name": str(each)} for each in range(200)))
    assert seen == [200, 200]


def test_a_flow_that_starts_itself_ends_at_the_depth_of_the_platform(world: FlowWorld) -> None:
    world.run(start("Again"), create("Again", "Order__c", Name="next"))
    [result] = world.saves.insert("Order__c", {"Name": "first"})
    assert codes([result]) == ["CANNOT_EXECUTE_FLOW_TRIGGER"]
    assert "Order__c: maximum trigger depth exceeded" in messages(result)[0]
    assert world.values("Order__c", "Name") == []


def test_a_circle_of_elements_ends(world: FlowWorld) -> None:
    world.run(start("On"), assign("On", "text", "Add", "x", goes("On")), variable("text"))
    [result] = world.saves.insert("Order__c", {"Name": "a"})
    assert "Number of iterations exceeded" in messages(result)[0]


def test_a_circle_of_saves_ends(world: FlowWorld) -> None:
    world.run(start("Make"), create("Make", "Place__c", goes("Make"), Name="x"))
    [result] = world.saves.insert("Order__c", {"Name": "a"})
    assert "LIMIT_EXCEEDED: Too many DML statements: 151" in messages(result)[0]
    assert placed(world) == []


def test_flows_run_in_system_context(world: FlowWorld) -> None:
    class OrdersOnly:
        shape = "orders"

        def may_read(self, sobject: str, field: str | None = None) -> bool:
            return sobject == "Order__c"

        may_create = may_edit = may_read

        def may_delete(self, sobject: str) -> bool:
            return False

        may_view_all = may_modify_all = may_delete

        def has(self, permission: str) -> bool:
            return True

    world.run(start("Make"), create("Make", "Place__c", Name="made"))
    world.saves.principal = replace(world.saves.principal, access=OrdersOnly())
    with pytest.raises(Fault):
        world.saves.insert("Place__c", {"Name": "mine"})
    assert codes(world.saves.insert("Order__c", {"Name": "a"})) == ["ok"]
    assert placed(world) == ["made"]


def test_flows_run_in_their_order(world: FlowWorld) -> None:
    for name, order in (("A", "1500"), ("B", None), ("C", "7"), ("D", "3")):
        more = f"<triggerOrder>{order}</triggerOrder>" if order else ""
        world.put(start("Make"), create("Make", "Place__c", Name=name), more, name=name)
    world.automation.replace(world.load().flows)
    world.saves.new("Order__c", Name="x")
    assert placed(world) == ["D", "C", "B", "A"]


def test_a_new_set_is_in_force_at_once_and_plans_are_compiled_anew(world: FlowWorld) -> None:
    order = world.saves.schema["Order__c"]
    assert world.automation.at(Moment.AFTER_SAVE_FLOWS, order, Operation.INSERT) is None
    world.saves.new("Order__c", Name="before")
    world.run(start("Make"), create("Make", "Place__c", Name="one"))
    world.saves.new("Order__c", Name="x")
    world.run(start("Make"), create("Make", "Place__c", Name="two"))
    world.saves.new("Order__c", Name="y")
    world.automation.replace(())
    world.saves.new("Order__c", Name="z")
    assert placed(world) == ["one", "two"]


def test_what_the_platform_saves_starts_no_flow(world: FlowWorld) -> None:
    world.run(start("Make"), create("Make", "Place__c", Name="one"))
    world.saves.run(lambda unit: insert(unit, "Order__c", [{"Name": "a"}]), system=True)
    assert placed(world) == []
