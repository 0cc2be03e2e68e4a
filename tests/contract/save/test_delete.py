"""Delete and undelete: what goes along, what holds back, what comes back?"""

import pytest
from tests.contract.save.saves import Saves
from tests.contract.save.world import INSTANCE, USER_ID, codes, messages

from isthmus.kernel.clock import DAY
from isthmus.kernel.ids import record_id
from isthmus.org.save import deletion


def test_details_go_with_their_master_and_come_back_with_it(saves: Saves) -> None:
    order = saves.new("Order__c")
    line = saves.new("Line__c", Quantity__c=1, Order__c=order)
    assert codes(saves.delete("Order__c", order)) == ["ok"]
    assert (saves.exists(order), saves.exists(line)) == (False, False)
    [alone] = saves.undelete(line)
    assert messages(alone) == ["Entity is not in the recycle bin"]
    assert codes(saves.undelete(order)) == ["ok"]
    assert (saves.exists(order), saves.exists(line)) == (True, True)


def test_a_detail_that_was_deleted_before_stays_deleted(saves: Saves) -> None:
    order = saves.new("Order__c")
    line = saves.new("Line__c", Quantity__c=1, Order__c=order)
    saves.delete(None, line)
    saves.delete(None, order)
    assert codes(saves.undelete(line)) == ["ENTITY_IS_DELETED"]
    saves.undelete(order)
    assert (saves.exists(order), saves.exists(line)) == (True, False)
    assert codes(saves.undelete(line)) == ["ok"]


def test_lookups_are_cleared_and_set_again_where_still_empty(saves: Saves) -> None:
    parent = saves.new("Order__c")
    children = [saves.new("Order__c", Parent__c=parent) for _ in range(2)]
    saves.delete(None, parent)
    assert [saves.value(each, "Parent__c") for each in children] == [None, None]
    other = saves.new("Order__c")
    saves.update("Order__c", {"Id": children[1], "Parent__c": other})
    saves.undelete(parent)
    assert [saves.value(each, "Parent__c") for each in children] == [parent, other]


def test_a_restricting_lookup_holds_the_record_back(saves: Saves) -> None:
    place = saves.new("Place__c", Name="Here")
    free = saves.new("Place__c")
    saves.new("Order__c", Name="One", Place__c=place)
    saves.new("Order__c", Name="Two", Place__c=place)
    results = saves.delete("Place__c", place, free)
    assert codes(results) == ["DELETE_FAILED", "ok"]
    assert messages(results[0]) == [
        "Your attempt to delete Here could not be completed because it is associated with the following "
        "orders.: One, Two\n"
    ]
    assert (saves.exists(place), saves.exists(free)) == (True, False)


def test_a_required_lookup_that_restricts_holds_the_record_back_too(saves: Saves) -> None:
    place = saves.new("Place__c", Name="Here")
    visit = saves.new("Visit__c", Name="One", Place__c=place)
    [result] = saves.delete("Place__c", place)
    assert messages(result) == [
        "Your attempt to delete Here could not be completed because it is associated with the following "
        "visits.: One\n"
    ]
    assert (saves.exists(place), saves.exists(visit)) == (True, True)


def test_what_holds_a_record_back_in_two_ways_is_named_once(saves: Saves) -> None:
    place = saves.new("Place__c", Name="Here")
    saves.new("Visit__c", Name="One", Place__c=place, Next__c=place)
    assert messages(saves.delete("Place__c", place)[0])[0].endswith("the following visits.: One\n")


def test_what_cannot_be_deleted_says_why(saves: Saves) -> None:
    gone = saves.new("Order__c")
    saves.delete(None, gone)
    results = saves.delete(None, gone, "abc", record_id("a00", INSTANCE, 999), USER_ID)
    assert codes(results) == [
        "ENTITY_IS_DELETED",
        "MALFORMED_ID",
        "INVALID_CROSS_REFERENCE_KEY",
        "DELETE_NOT_ALLOWED",
    ]
    assert messages(results[1]) == ["malformed id abc"]


def test_objects_without_a_deleted_flag_are_removed_at_once(saves: Saves) -> None:
    order = saves.new("Order__c")
    share = saves.new("Order__Share", ParentId=order)
    saves.delete(None, order)
    assert saves.rows('SELECT "Id" FROM "Order__Share" WHERE "Id" = ?', share) == []


def test_a_unique_value_is_free_while_its_record_is_in_the_bin(saves: Saves) -> None:
    first = saves.new("Order__c", Ext__c="a")
    saves.delete(None, first)
    second = saves.new("Order__c", Ext__c="a")
    [result] = saves.undelete(first)
    assert messages(result) == [
        f"duplicate value found: Ext__c duplicates value on record with id: {second[:15]}"
    ]
    saves.delete(None, second)
    assert codes(saves.undelete(first)) == ["ok"]


def test_records_leave_the_bin_after_fifteen_days(saves: Saves) -> None:
    order = saves.new("Order__c")
    saves.delete(None, order)
    saves.clock.advance(15 * DAY - 1)
    assert saves.purge() == 0
    saves.clock.advance(1)
    assert saves.purge() == 1
    assert saves.count("Order__c") == 0
    assert saves.rows('SELECT 1 FROM "Name" WHERE "Id" = ?', order) == []
    assert codes(saves.undelete(order)) == ["UNDELETE_FAILED"]


def test_what_was_given_up_is_still_there_for_query_all_until_the_purge(saves: Saves) -> None:
    order = saves.new("Order__c")
    line = saves.new("Line__c", Quantity__c=1, Order__c=order)
    saves.delete(None, order)
    results = saves.empty_recycle_bin(line, order[:15])
    assert codes(results) == ["INVALID_ID_FIELD", "ok"]
    assert messages(results[0]) == ["invalid record id; no recycle bin entry found"]
    assert codes(saves.undelete(order)) == ["UNDELETE_FAILED"]
    assert saves.count("Order__c") == 1
    assert saves.purge() == 2
    assert saves.count("Order__c") == 0


def test_a_record_can_go_and_come_more_than_once(saves: Saves) -> None:
    order = saves.new("Order__c")
    for _ in range(2):
        assert codes(saves.delete(None, order)) == ["ok"]
        assert codes(saves.undelete(order)) == ["ok"]
    assert codes(saves.undelete(order)) == ["UNDELETE_FAILED"]


def test_a_detail_does_not_come_back_without_its_master(saves: Saves) -> None:
    order = saves.new("Order__c")
    line = saves.new("Line__c", Quantity__c=1, Order__c=order)
    saves.delete(None, line)
    saves.delete(None, order)
    saves.empty_recycle_bin(order)
    assert saves.purge() == 1
    assert codes(saves.undelete(line)) == ["ENTITY_IS_DELETED"]
    assert not saves.exists(line)


def test_a_record_does_not_come_back_without_a_parent_that_it_requires(saves: Saves) -> None:
    place = saves.new("Place__c")
    visit = saves.new("Visit__c", Place__c=place)
    saves.delete(None, visit)
    saves.delete(None, place)
    assert codes(saves.undelete(visit)) == ["ENTITY_IS_DELETED"]
    saves.undelete(place)
    assert codes(saves.undelete(visit)) == ["ok"]


def test_a_lookup_to_a_record_that_is_gone_comes_back_empty(saves: Saves) -> None:
    parent, kept = saves.new("Order__c"), saves.new("Order__c")
    child = saves.new("Order__c", Parent__c=parent, Related__c=kept)
    saves.delete(None, child)
    saves.delete(None, parent)
    saves.empty_recycle_bin(parent)
    assert saves.purge() == 1
    assert codes(saves.undelete(child)) == ["ok"]
    assert [saves.value(child, name) for name in ("Parent__c", "Related__c")] == [None, kept]


def test_what_lacks_its_other_master_stays_in_the_bin_on_its_own(saves: Saves) -> None:
    order, place = saves.new("Order__c"), saves.new("Place__c")
    stop = saves.new("Stop__c", Order__c=order, Place__c=place)
    saves.delete(None, order)
    saves.delete(None, place)
    assert codes(saves.undelete(order)) == ["ok"]
    assert (saves.exists(order), saves.exists(stop)) == (True, False)
    assert codes(saves.undelete(stop)) == ["ENTITY_IS_DELETED"]
    assert codes(saves.undelete(place)) == ["ok"]
    assert codes(saves.undelete(stop)) == ["ok"]
    assert saves.exists(stop)


def test_a_record_stays_in_the_bin_where_what_went_with_it_is_not_free_any_more(saves: Saves) -> None:
    first, second, third = saves.new("Order__c"), saves.new("Order__c"), saves.new("Order__c")
    saves.new("Line__c", Quantity__c=1, Order__c=first, Serial__c="S")
    innocent = saves.new("Line__c", Quantity__c=1, Order__c=second, Serial__c="T")
    saves.delete(None, first, second)
    holder = saves.new("Line__c", Quantity__c=1, Order__c=third, Serial__c="s")
    held, back = saves.undelete(first, second)
    assert messages(held) == [
        f"duplicate value found: Serial__c duplicates value on record with id: {holder[:15]}"
    ]
    assert (saves.exists(first), back.success, saves.exists(innocent)) == (False, True, True)


def test_of_two_that_would_bring_one_value_back_the_first_has_its_way(saves: Saves) -> None:
    orders, lines = [], []
    for _ in range(2):
        orders.append(saves.new("Order__c"))
        lines.append(saves.new("Line__c", Quantity__c=1, Order__c=orders[-1], Serial__c="S"))
        saves.delete(None, orders[-1])
    results = saves.undelete(*orders)
    assert codes(results) == ["ok", "DUPLICATE_VALUE"]
    assert messages(results[1])[0].endswith(lines[0][:15])


@pytest.mark.parametrize(("most", "expected"), [(3, "ok"), (2, "DELETE_OPERATION_TOO_LARGE")])
def test_a_delete_that_takes_too_much_with_it_is_refused_whole(
    saves: Saves, monkeypatch: pytest.MonkeyPatch, most: int, expected: str
) -> None:
    monkeypatch.setattr(deletion, "CASCADE_MAX", most)
    order = saves.new("Order__c")
    lines = [saves.new("Line__c", Quantity__c=1, Order__c=order) for _ in range(2)]
    saves.new("Order__c", Parent__c=order)
    assert codes(saves.delete("Order__c", order)) == [expected]
    assert [saves.exists(each) for each in (order, *lines)] == [expected != "ok"] * 3


def test_more_than_may_go_can_hold_a_record_back(saves: Saves, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "CASCADE_MAX", 1)
    place = saves.new("Place__c", Name="Here")
    for _ in range(3):
        saves.new("Order__c", Place__c=place)
    assert codes(saves.delete("Place__c", place)) == ["DELETE_FAILED"]
