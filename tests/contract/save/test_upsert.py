"""Upsert: does one value name one record?"""

import pytest
from tests.contract.save.saves import Saves
from tests.contract.save.world import INSTANCE, codes, messages

from isthmus.kernel.errors import Fault
from isthmus.kernel.ids import record_id


def test_no_match_is_an_insert_and_one_match_an_update(saves: Saves) -> None:
    [made] = saves.upsert("order__c", "EXT__C", {"Ext__c": "A-1", "Name": "one"})
    [changed] = saves.upsert("Order__c", "Ext__c", {"ext__c": "a-1", "Name": "two"})
    assert (made.created, changed.created) == (True, False)
    assert made.id == changed.id
    assert saves.value(str(made.id), "Name") == "two"
    assert saves.value(str(made.id), "Ext__c") == "A-1"


def test_several_matches_are_an_error_that_names_them(saves: Saves) -> None:
    ids = tuple(saves.new("Order__c", Key__c="k") for _ in range(2))
    [result] = saves.upsert("Order__c", "Key__c", {"Key__c": "K"})
    assert codes([result]) == ["DUPLICATE_EXTERNAL_ID"]
    assert result.matches == ids
    assert messages(result) == [
        f"Key: more than one record found for external id field: [{ids[0]}, {ids[1]}]"
    ]


def test_records_that_share_a_value_all_fail(saves: Saves) -> None:
    results = saves.upsert("Order__c", "Ext__c", {"Ext__c": "a"}, {"Ext__c": "A"}, {"Ext__c": "b"})
    assert codes(results) == ["DUPLICATE_VALUE", "DUPLICATE_VALUE", "ok"]
    assert messages(results[1]) == ["Duplicate external id specified: A"]


def test_a_record_without_its_value_is_refused(saves: Saves) -> None:
    results = saves.upsert("Order__c", "Ext__c", {"Name": "x"}, {"Ext__c": ""}, {"Ext__c": "a\0"})
    assert codes(results) == ["MISSING_ARGUMENT", "MISSING_ARGUMENT", "TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET"]
    assert messages(results[0]) == ["Ext__c not specified"]


def test_updates_and_inserts_of_one_request_keep_their_order(saves: Saves) -> None:
    saves.new("Order__c", Ext__c="b")
    results = saves.upsert("Order__c", "Ext__c", *({"Ext__c": each} for each in "abc"))
    assert [each.created for each in results] == [True, False, True]


def test_update_only_never_creates(saves: Saves) -> None:
    [result] = saves.upsert("Order__c", "Ext__c", {"Ext__c": "a"}, update_only=True)
    assert codes([result]) == ["NOT_FOUND"]
    assert result.errors[0].entry.name == "record_to_update_not_found"


def test_by_id(saves: Saves) -> None:
    order = saves.new("Order__c")
    results = saves.upsert(
        "Order__c",
        "Id",
        {"Id": order[:15], "Name": "x"},
        {"Name": "new"},
        {"Id": record_id("a00", INSTANCE, 999)},
        {"Id": "abc"},
    )
    assert codes(results) == ["ok", "ok", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"]
    assert [each.created for each in results] == [False, True, False, False]


@pytest.mark.parametrize("field", ["Amount__c", "Nope__c"])
def test_only_external_ids_name_records(saves: Saves, field: str) -> None:
    with pytest.raises(Fault) as refused:
        saves.upsert("Order__c", field, {field: 1})
    assert (refused.value.code, refused.value.status) == ("NOT_FOUND", 404)
    assert refused.value.message == (
        f"Provided external ID field does not exist or is not accessible: {field}"
    )


def test_there_has_to_be_such_an_object(saves: Saves) -> None:
    with pytest.raises(Fault) as missing:
        saves.upsert("Nope__c", "Id", {})
    assert missing.value.entry.name == "resource_not_found"
    with pytest.raises(Fault) as elsewhere:
        saves.insert("Remote__x", {})
    assert elsewhere.value.entry.name == "cannot_save_here"


def test_a_deleted_record_has_no_value_any_more(saves: Saves) -> None:
    saves.delete(None, saves.new("Order__c", Ext__c="a"))
    [result] = saves.upsert("Order__c", "Ext__c", {"Ext__c": "a"})
    assert result.created
