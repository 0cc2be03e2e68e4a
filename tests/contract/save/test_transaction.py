"""Transactions: partial success, all or none, automation, and what is left when something fails?"""

from collections.abc import Callable

import pytest
from tests.contract.save.saves import Saves
from tests.contract.save.world import codes

from isthmus.kernel.errors import Fault, row_error
from isthmus.org.save import requests
from isthmus.org.save.batch import Save
from isthmus.org.save.operation import CommitMoment, Moment, Operation
from isthmus.org.save.ports import CommitRunner, Runner
from isthmus.org.save.requests import RolledBack, whole
from isthmus.org.save.unit_of_work import Change, UnitOfWork
from isthmus.org.schema.model import SObjectType


class Scripted:
    """Automation that is written down per moment, and notes when it ran over how many rows."""

    version = 1

    def __init__(self, **scripts: Callable[[Save], None]) -> None:
        self.scripts = {Moment[name]: script for name, script in scripts.items()}
        self.ran: list[tuple[str, Operation, int]] = []
        self.committed: list[list[Change]] = []

    def at(self, moment: Moment, sobject: SObjectType, operation: Operation) -> Runner | None:
        script = self.scripts.get(moment) if sobject.name == "Order__c" else None
        if script is None:
            return None

        def run(save: Save) -> None:
            self.ran.append((moment.value, save.operation, len(save.live())))
            script(save)

        return run

    def at_commit(self, moment: CommitMoment) -> CommitRunner | None:
        if moment is not CommitMoment.CHANGE_EVENTS:
            return None
        return lambda unit: self.committed.append(list(unit.merged_changes().values()))


def nothing(save: Save) -> None:
    return None


def refuse(name: str) -> Callable[[Save], None]:
    def script(save: Save) -> None:
        for row in save.live():
            if row.values["Name"] == name:
                row.errors.append(row_error("no_access_to_record"))

    return script


def test_all_or_none_undoes_the_whole_request(saves: Saves) -> None:
    def work(unit: UnitOfWork) -> None:
        whole(requests.insert(unit, "Order__c", [{"Name": "good"}, {"Foo": 1}]))

    with pytest.raises(RolledBack) as undone:
        saves.run(work)
    assert codes(undone.value.results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_FIELD"]
    assert undone.value.results[0].id is None
    assert saves.count("Order__c") == 0


def test_the_saves_of_a_transaction_see_and_share_each_others_fate(saves: Saves) -> None:
    def work(unit: UnitOfWork) -> None:
        [order] = requests.insert(unit, "Order__c", [{}])
        [line] = requests.insert(unit, "Line__c", [{"Order__c": order.id, "Quantity__c": 1}])
        assert line.success
        raise LookupError

    with pytest.raises(LookupError):
        saves.run(work)
    assert (saves.count("Order__c"), saves.count("Line__c")) == (0, 0)


def test_before_handlers_fill_required_fields_and_are_checked(saves: Saves) -> None:
    def script(save: Save) -> None:
        for row in save.live():
            assert "Id" not in row.values
            save.assign(row, "amount__c", "12.345")
            if row.values["Name"] == "bad":
                save.assign(row, "Email__c", "foo")
            if row.values["Name"] == "lost":
                save.assign(row, "Place__c", "a02000000000999")

    saves.automate(Scripted(BEFORE_HANDLERS=script))
    results = saves.insert("Order__c", {"Name": "good"}, {"Name": "bad"}, {"Name": "lost"})
    assert codes(results) == ["ok", "INVALID_EMAIL_ADDRESS", "INVALID_CROSS_REFERENCE_KEY"]
    assert saves.value(str(results[0].id), "Amount__c") == 12.35


def test_a_row_that_fails_late_is_undone_and_the_others_run_again(saves: Saves) -> None:
    automation = Scripted(BEFORE_HANDLERS=nothing, AFTER_HANDLERS=refuse("bad"))
    saves.automate(automation)
    results = saves.insert("Order__c", {"Name": "good"}, {"Name": "bad"}, {"Foo": 1})
    assert codes(results) == ["ok", "INSUFFICIENT_ACCESS_OR_READONLY", "INVALID_FIELD"]
    assert automation.ran == [
        ("before handlers", Operation.INSERT, 2),
        ("after handlers", Operation.INSERT, 2),
        ("before handlers", Operation.INSERT, 1),
        ("after handlers", Operation.INSERT, 1),
    ]
    assert saves.rows('SELECT "Name" FROM "Order__c"') == [("good",)]
    assert [len(each) for each in automation.committed] == [1]


def test_a_row_that_fails_before_anything_lasting_just_drops_out(saves: Saves) -> None:
    automation = Scripted(AFTER_HANDLERS=nothing)
    saves.automate(automation)
    assert codes(saves.insert("Line__c", {}, {"Quantity__c": 1})) == ["REQUIRED_FIELD_MISSING"] * 2
    saves.insert("Order__c", {"Name": "good"}, {"Name": "x" * 99})
    assert automation.ran == [("after handlers", Operation.INSERT, 1)]


def test_changes_are_merged_per_record_for_the_commit(saves: Saves) -> None:
    automation = Scripted()
    saves.automate(automation)

    def work(unit: UnitOfWork) -> None:
        [order, brief] = requests.insert(unit, "Order__c", [{"Name": "one"}, {"Name": "brief"}])
        requests.update(unit, "Order__c", [{"Id": order.id, "Name": "two"}])
        requests.delete(unit, None, [str(brief.id)])

    saves.run(work)
    [[change]] = automation.committed
    assert (change.operation, change.before) == (Operation.INSERT, None)
    assert change.after is not None
    assert change.after["Name"] == "two"


def test_a_delete_and_what_went_with_it_are_changes(saves: Saves) -> None:
    order = saves.new("Order__c", Name="one")
    line = saves.new("Line__c", Quantity__c=1, Order__c=order)
    automation = Scripted()
    saves.automate(automation)
    saves.delete(None, order)
    [changes] = automation.committed
    assert [(each.id, each.operation) for each in changes] == [
        (order, Operation.DELETE),
        (line, Operation.DELETE),
    ]
    assert changes[0].before is not None
    assert changes[0].before["Name"] == "one"


def test_saves_that_call_each_other_end_at_sixteen(saves: Saves) -> None:
    def script(save: Save) -> None:
        requests.insert(save.unit, "Order__c", [{"Name": "again"}])

    saves.automate(Scripted(AFTER_HANDLERS=script))
    with pytest.raises(Fault) as deep:
        saves.insert("Order__c", {"Name": "first"})
    assert deep.value.entry.name == "trigger_depth_exceeded"
    assert deep.value.message == "Order__c: maximum trigger depth exceeded"
    assert saves.count("Order__c") == 0


def test_a_nested_save_that_is_undone_leaves_no_change_behind(saves: Saves) -> None:
    def script(save: Save) -> None:
        if any(row.values["Name"] == "bad" for row in save.live()):
            requests.insert(save.unit, "Place__c", [{"Name": "side effect"}])
        refuse("bad")(save)

    automation = Scripted(AFTER_HANDLERS=script)
    saves.automate(automation)
    assert codes(saves.insert("Order__c", {"Name": "good"}, {"Name": "bad"}))[0] == "ok"
    assert saves.count("Place__c") == 0
    assert [[each.sobject for each in changes] for changes in automation.committed] == [["Order__c"]]
