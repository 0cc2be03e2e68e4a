"""Insert and update: does a record come out as the platform would have it, on both databases?"""

import pytest
from tests.contract.save.saves import Saves
from tests.contract.save.world import INSTANCE, USER_ID, codes, messages

from isthmus.kernel.clock import HOUR
from isthmus.kernel.ids import record_id
from isthmus.org.save import requests
from isthmus.org.save.result import SaveOptions

NEW_YEAR = 1_767_225_600_000
NOWHERE = record_id("a02", INSTANCE, 999)


def test_a_new_record_has_its_defaults_its_number_and_its_stamps(saves: Saves) -> None:
    order = saves.new("order__C", name="First")
    assert order == record_id("a00", INSTANCE, 1)
    expected = {
        "Name": "First",
        "Count__c": 7,
        "Paid__c": 1,
        "Status__c": "Open",
        "Number__c": "O-2025-0005",
        "OwnerId": USER_ID,
        "CreatedById": USER_ID,
        "LastModifiedById": USER_ID,
        "CreatedDate": NEW_YEAR,
        "SystemModstamp": NEW_YEAR,
        "IsDeleted": 0,
        "Amount__c": None,
    }
    assert {name: saves.value(order, name) for name in expected} == expected
    assert saves.value(order, "Due__c") == NEW_YEAR - 24 * HOUR, "today, where the user lives"


def test_what_was_given_wins_over_defaults_even_null(saves: Saves) -> None:
    order = saves.new("Order__c", Count__c=None, Paid__c=False, Status__c="Done", Due__c="2026-02-01")
    values = [saves.value(order, name) for name in ("Count__c", "Paid__c", "Status__c")]
    assert values == [None, 0, "Done"]


def test_ids_and_numbers_go_on_from_save_to_save(saves: Saves) -> None:
    first = saves.insert("Order__c", {}, {})
    second = saves.insert("Order__c", {})
    assert [each.id for each in first + second] == [record_id("a00", INSTANCE, n) for n in (1, 2, 3)]
    assert saves.value(str(second[0].id), "Number__c") == "O-2025-0007"


def test_text_has_a_folded_shadow(saves: Saves) -> None:
    order = saves.new("Order__c", Name="Straße")
    assert saves.value(order, "Name~") == "strasse"
    saves.update("Order__c", {"Id": order, "Name": "NEU"})
    assert saves.value(order, "Name~") == "neu"


def test_rows_succeed_and_fail_each_for_itself(saves: Saves) -> None:
    results = saves.insert(
        "Order__c",
        {"Name": "good"},
        {"Name": "x" * 81},
        {"Foo": 1},
        {"Amount__c": "much", "Email__c": "foo"},
        {"Name": "also good"},
    )
    assert codes(results) == [
        "ok",
        "STRING_TOO_LONG",
        "INVALID_FIELD",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "ok",
    ]
    assert [each.created for each in results] == [True, False, False, False, True]
    assert results[1].id is None
    assert [each.code for each in results[3].errors] == [
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "INVALID_EMAIL_ADDRESS",
    ]
    assert saves.count("Order__c") == 2


def test_required_fields_are_named_together(saves: Saves) -> None:
    [result] = saves.insert("Line__c", {})
    assert messages(result) == ["Required fields are missing: [Quantity__c, Order__c]"]
    assert result.errors[0].fields == ("Quantity__c", "Order__c")
    line = saves.new("Line__c", Quantity__c=1, Order__c=saves.new("Order__c"))
    assert codes(saves.update("Line__c", {"Id": line, "Quantity__c": None})) == ["REQUIRED_FIELD_MISSING"]
    assert codes(saves.update("Line__c", {"Id": line, "Quantity__c": 2})) == ["ok"]


def test_an_update_changes_what_it_names_and_the_stamps(saves: Saves) -> None:
    order = saves.new("Order__c", Name="Before", Amount__c=1)
    saves.clock.advance(HOUR)
    assert codes(saves.update("Order__c", {"id": order[:15], "name": "After"})) == ["ok"]
    values = [saves.value(order, name) for name in ("Name", "Amount__c", "CreatedDate", "LastModifiedDate")]
    assert values == ["After", 1.0, NEW_YEAR, NEW_YEAR + HOUR]


def test_an_update_has_to_name_a_record_that_there_is(saves: Saves) -> None:
    gone = saves.new("Order__c")
    saves.delete("Order__c", gone)
    kept = saves.new("Order__c")
    results = saves.update(
        "Order__c",
        {"Name": "x"},
        {"Id": "abc"},
        {"Id": USER_ID},
        {"Id": record_id("a00", INSTANCE, 999)},
        {"Id": gone},
        {"Id": kept, "CreatedDate": None},
    )
    assert codes(results) == [
        "MISSING_ARGUMENT",
        "MALFORMED_ID",
        "MALFORMED_ID",
        "INVALID_CROSS_REFERENCE_KEY",
        "ENTITY_IS_DELETED",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
    ]
    assert messages(results[0]) == ["Id not specified in an update call"]
    assert messages(results[1]) == ["Record ID: id value of incorrect type: abc"]
    assert [results[place].errors[0].entry.status for place in (3, 4)] == [404, 404]


def test_one_record_twice_in_a_request_is_refused(saves: Saves) -> None:
    order = saves.new("Order__c")
    results = saves.update("Order__c", {"Id": order, "Name": "a"}, {"Id": order[:15], "Name": "b"})
    assert codes(results) == ["DUPLICATE_VALUE", "DUPLICATE_VALUE"]
    assert messages(results[0]) == [f"duplicate id specified: {order}"]


def test_a_value_that_left_its_picklist_may_stay(saves: Saves) -> None:
    order = saves.new("Order__c")
    saves.database.write(lambda tx: tx.execute('UPDATE "Order__c" SET "Status__c" = \'Old\'')).result()
    assert codes(saves.update("Order__c", {"Id": order, "Status__c": "Old", "Name": "x"})) == ["ok"]


def test_a_reference_leads_to_a_record_that_there_is(saves: Saves) -> None:
    place = saves.new("Place__c")
    gone = saves.new("Place__c")
    saves.delete("Place__c", gone)
    results = saves.insert(
        "Order__c",
        {"Place__c": place[:15]},
        {"Place__c": NOWHERE},
        {"Place__c": gone},
        {"Place__c": USER_ID},
        {"Related__c": place},
        {"OwnerId": record_id("00G", INSTANCE, 9)},
    )
    assert codes(results) == [
        "ok",
        "INVALID_CROSS_REFERENCE_KEY",
        "ENTITY_IS_DELETED",
        "FIELD_INTEGRITY_EXCEPTION",
        "ok",
        "INVALID_CROSS_REFERENCE_KEY",
    ]
    assert saves.value(str(results[0].id), "Place__c") == place


def test_a_parent_is_given_by_its_external_id(saves: Saves) -> None:
    parent = saves.new("Order__c", Ext__c="P-1")
    results = saves.insert(
        "Order__c",
        {"Parent__r": {"ext__c": "p-1"}},
        {"Parent__r": {"Ext__c": "P-2"}},
        {"Parent__r": {"Amount__c": 1}},
        {"Related__r": {"Ext__c": "P-1"}},
        {"Related__r": {"attributes": {"type": "Order__c"}, "Ext__c": "P-1"}},
        {"Parent__r": None},
        {"Parent__r": "P-1"},
    )
    assert codes(results) == [
        "ok",
        "INVALID_FIELD",
        "INVALID_FIELD",
        "INVALID_FIELD",
        "ok",
        "ok",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
    ]
    assert messages(results[1]) == [
        "Foreign key external ID: P-2 not found for field Ext__c in entity Order__c"
    ]
    assert messages(results[3]) == [
        "The external foreign key reference does not reference a valid entity: Related__r"
    ]
    assert [
        saves.value(str(results[place].id), name) for place, name in ((0, "Parent__c"), (4, "Related__c"))
    ] == [
        parent,
        parent,
    ]


def test_a_parent_is_given_in_one_way_only(saves: Saves) -> None:
    parent = saves.new("Order__c", Ext__c="P")
    [result] = saves.insert("Order__c", {"Parent__c": parent, "Parent__r": {"Ext__c": "P"}})
    assert [f"{each.code} {each.message}" for each in result.errors] == [
        "INVALID_FIELD Cannot specify both an external ID reference Parent__r and a salesforce id, Parent__c"
    ]
    child = saves.new("Order__c", Parent__c=parent, Parent__r=None)
    assert saves.value(child, "Parent__c") == parent


def test_a_record_type_is_of_the_records_object(saves: Saves) -> None:
    kinds = saves.run(
        lambda unit: requests.insert(
            unit,
            "RecordType",
            [{"Name": each, "DeveloperName": each, "SobjectType": each} for each in ("Order__c", "Place__c")],
        ),
        system=True,
    )
    own, other = (str(each.id) for each in kinds)
    results = saves.insert(
        "Order__c",
        {"RecordTypeId": own},
        {"RecordTypeId": other},
        {"RecordTypeId": record_id("012", INSTANCE, 99)},
        {"RecordTypeId": "012000000000000AAA"},
    )
    assert codes(results) == ["ok", "INVALID_CROSS_REFERENCE_KEY", "INVALID_CROSS_REFERENCE_KEY", "ok"]
    assert messages(results[1]) == [f"Record Type ID: this ID value isn't valid for the user: {other}"]


def test_a_unique_value_names_who_has_it(saves: Saves) -> None:
    holder = saves.new("Order__c", Ext__c="A-1", Code__c="x")
    results = saves.insert(
        "Order__c", {"Ext__c": "a-1"}, {"Code__c": "X"}, {"Code__c": "x"}, {"Ext__c": "A-2"}
    )
    assert codes(results) == ["DUPLICATE_VALUE", "ok", "DUPLICATE_VALUE", "ok"]
    assert messages(results[0]) == [
        f"duplicate value found: Ext__c duplicates value on record with id: {holder[:15]}"
    ]
    assert codes(saves.update("Order__c", {"Id": holder, "Ext__c": "A-1"})) == ["ok"]
    assert codes(saves.update("Order__c", {"Id": holder, "Ext__c": "A-2"})) == ["DUPLICATE_VALUE"]


def test_of_equal_values_in_a_batch_the_first_wins(saves: Saves) -> None:
    results = saves.insert("Order__c", {"Ext__c": "A"}, {"Ext__c": "a"}, {"Ext__c": "b"})
    assert codes(results) == ["ok", "DUPLICATE_VALUE", "ok"]
    assert str(results[0].id)[:15] in messages(results[1])[0]


def test_two_hundred_and_one_records_are_two_batches(saves: Saves) -> None:
    results = saves.insert("Order__c", *({"Name": str(n)} for n in range(401)))
    assert codes(results) == ["ok"] * 401
    assert saves.count("Order__c") == 401


def test_records_of_several_objects_say_which(saves: Saves) -> None:
    results = saves.insert(
        None,
        {"attributes": {"type": "Order__c"}},
        {"attributes": {"type": "Place__c"}, "Name": "Here"},
        {"attributes": {"type": "Nope__c"}},
        {},
    )
    assert codes(results) == ["ok", "ok", "INVALID_TYPE", "INVALID_TYPE"]
    assert messages(results[2]) == ["sObject type 'Nope__c' is not supported."]
    ids = [str(each.id) for each in results[:2]]
    assert codes(saves.update(None, {"Id": ids[0], "Name": "x"}, {"Id": ids[1], "Name": "y"})) == ["ok", "ok"]


def test_over_long_text_is_cut_where_the_client_allows_it(saves: Saves) -> None:
    saves.options = SaveOptions(truncate=True)
    assert saves.value(saves.new("Order__c", Name="x" * 100), "Name") == "x" * 80


def test_names_are_registered_for_polymorphic_lookups(saves: Saves) -> None:
    order = saves.new("Order__c", Name="First")
    [entry] = saves.rows('SELECT "Type", "Name", "Name~", "IsDeleted" FROM "Name" WHERE "Id" = ?', order)
    assert entry == ("Order__c", "First", "first", 0)
    saves.update("Order__c", {"Id": order, "Name": "Second"})
    assert saves.rows('SELECT "Name" FROM "Name" WHERE "Id" = ?', order) == [("Second",)]
    saves.delete(None, order)
    assert saves.rows('SELECT "IsDeleted" FROM "Name" WHERE "Id" = ?', order) == [(1,)]


def test_a_record_without_a_name_is_called_by_its_id(saves: Saves) -> None:
    order = saves.new("Order__c")
    assert saves.value(order, "Name") == order[:15]
    saves.update("Order__c", {"Id": order, "Name": "named"})
    saves.update("Order__c", {"Id": order, "Name": None})
    assert saves.value(order, "Name") == order[:15]


def test_a_record_that_was_modified_since_is_left_as_it_is(saves: Saves) -> None:
    order = saves.new("Order__c", Name="new")
    saves.options = SaveOptions(unmodified_since=NEW_YEAR - 1)
    results = [*saves.update("Order__c", {"Id": order, "Name": "x"}), *saves.delete(None, order)]
    assert codes(results) == ["ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE"] * 2
    saves.options = SaveOptions(unmodified_since=NEW_YEAR)
    assert codes(saves.update("Order__c", {"Id": order, "Name": "x"})) == ["ok"]


def test_a_person_is_called_by_first_and_last_name(saves: Saves) -> None:
    assert saves.rows('SELECT "Name" FROM "User"') == [("Lovelace",)]
    saves.update("User", {"Id": USER_ID, "FirstName": "Ada"})
    assert saves.rows('SELECT "Name", "FirstName" FROM "Name" WHERE "Id" = ?', USER_ID) == [
        ("Ada Lovelace", "Ada")
    ]


@pytest.mark.parametrize("sobject", ["Order__History"])
def test_what_nobody_may_create_is_refused(saves: Saves, sobject: str) -> None:
    [result] = saves.insert(sobject, {})
    assert messages(result) == ["entity type cannot be inserted: Order History"]
    assert result.errors[0].code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
