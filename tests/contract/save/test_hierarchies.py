"""Hierarchies: is no record its own parent, at whatever remove?"""

from tests.contract.save.saves import Saves
from tests.contract.save.world import codes, messages


def user(saves: Saves, name: str, manager: str | None = None) -> str:
    return saves.new("User", LastName=name, Username=f"{name}@example.com", ManagerId=manager)


def test_a_record_is_not_its_own_parent(saves: Saves) -> None:
    order = saves.new("Order__c", Name="one")
    [result] = saves.update("Order__c", {"Id": order, "Parent__c": order})
    assert codes([result]) == ["CIRCULAR_DEPENDENCY"]
    assert messages(result) == ["attempt to violate hierarchy constraints"]
    assert result.errors[0].fields == ("Parent__c",)
    assert saves.value(order, "Parent__c") is None


def test_a_custom_lookup_may_lead_back_by_way_of_another_record(saves: Saves) -> None:
    first = saves.new("Order__c")
    second = saves.new("Order__c", Parent__c=first)
    assert codes(saves.update("Order__c", {"Id": first, "Parent__c": second})) == ["ok"]


def test_a_hierarchy_never_leads_back(saves: Saves) -> None:
    top = user(saves, "top")
    middle = user(saves, "middle", top)
    bottom = user(saves, "bottom", middle)
    assert codes(saves.update("User", {"Id": top, "ManagerId": bottom})) == ["CIRCULAR_DEPENDENCY"]
    assert codes(saves.update("User", {"Id": top, "ManagerId": top})) == ["CIRCULAR_DEPENDENCY"]
    assert codes(saves.update("User", {"Id": middle, "ManagerId": None})) == ["ok"]
    assert codes(saves.update("User", {"Id": top, "ManagerId": bottom})) == ["ok"]


def test_of_two_records_of_a_batch_that_would_close_a_circle_the_first_has_its_way(saves: Saves) -> None:
    one, two, three = (user(saves, each) for each in ("one", "two", "three"))
    results = saves.update(
        "User",
        {"Id": one, "ManagerId": two},
        {"Id": two, "ManagerId": three},
        {"Id": three, "ManagerId": one},
    )
    assert codes(results) == ["ok", "ok", "CIRCULAR_DEPENDENCY"]


def test_a_circle_that_is_there_already_is_no_endless_way(saves: Saves) -> None:
    one, two, three = (user(saves, each) for each in ("one", "two", "three"))
    pairs = [(two, one), (one, two)]
    saves.database.write(
        lambda tx: tx.execute_many('UPDATE "User" SET "ManagerId" = ? WHERE "Id" = ?', pairs)
    ).result()
    assert codes(saves.update("User", {"Id": three, "ManagerId": one})) == ["ok"]
