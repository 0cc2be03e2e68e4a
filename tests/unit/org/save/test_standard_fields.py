"""Standard fields: do the platform's own objects fill in what follows from the rest of a record?"""

from contextlib import suppress
from functools import partial

from tests.contract.save.saves import Saves
from tests.contract.save.world import codes, messages

from isthmus.kernel.clock import HOUR
from isthmus.org.save import requests
from isthmus.org.save.reset import reset
from isthmus.org.save.result import SaveResult
from isthmus.org.save.unit_of_work import UnitOfWork

NEW_YEAR = 1_767_225_600_000


def values(saves: Saves, record_id: str, *names: str) -> list[object]:
    return [saves.value(record_id, each) for each in names]


def opportunity(saves: Saves, **given: object) -> str:
    return saves.new(
        "Opportunity", **{"Name": "x", "StageName": "Prospecting", "CloseDate": "2026-05-09", **given}
    )


def test_an_opportunity_follows_its_stage(saves: Saves) -> None:
    deal = opportunity(saves, Amount=2000)
    names = (
        "IsClosed",
        "IsWon",
        "Probability",
        "ForecastCategory",
        "ForecastCategoryName",
        "ExpectedRevenue",
    )
    assert values(saves, deal, *names) == [0, 0, 10.0, "Pipeline", "Pipeline", 200.0]
    saves.update("Opportunity", {"Id": deal, "StageName": "Closed Won"})
    assert values(saves, deal, *names) == [1, 1, 100.0, "Closed", "Closed", 2000.0]
    saves.update("Opportunity", {"Id": deal, "StageName": "Needs Analysis", "Probability": 33})
    assert values(saves, deal, *names) == [0, 0, 33.0, "Pipeline", "Pipeline", 660.0]
    saves.update("Opportunity", {"Id": deal, "ForecastCategoryName": "Best Case"})
    assert values(saves, deal, *names)[3:5] == ["BestCase", "Best Case"]


def test_an_opportunity_has_a_fiscal_period(saves: Saves) -> None:
    deal = opportunity(saves)
    assert values(saves, deal, "FiscalYear", "FiscalQuarter", "Fiscal") == [2026, 2, "2026 2"]


def test_a_stage_of_ones_own_is_kept_and_says_nothing(saves: Saves) -> None:
    deal = opportunity(saves, StageName="Haggling")
    assert values(saves, deal, "IsClosed", "ForecastCategory", "Probability") == [0, "Pipeline", None]


def test_a_case_has_a_number_and_notes_its_closing(saves: Saves) -> None:
    case = saves.new("Case", Subject="Help")
    names = ("Status", "Priority", "IsClosed", "ClosedDate")
    assert values(saves, case, *names) == ["New", "Medium", 0, None]
    assert str(saves.value(case, "CaseNumber")) == "00001000"
    saves.update("Case", {"Id": case, "Status": "Closed"})
    assert values(saves, case, "IsClosed", "ClosedDate") == [1, NEW_YEAR]
    saves.update("Case", {"Id": case, "Status": "Working"})
    assert values(saves, case, "IsClosed", "ClosedDate") == [0, None]


def test_a_task_is_closed_by_its_status_and_flagged_by_its_priority(saves: Saves) -> None:
    task = saves.new("Task", Subject="Call", Priority="High", Status="Completed")
    assert values(saves, task, "IsClosed", "IsHighPriority") == [1, 1]
    plain = saves.new("Task", Subject="Call")
    assert values(saves, plain, "Status", "Priority", "IsClosed", "IsHighPriority") == [
        "Not Started",
        "Normal",
        0,
        0,
    ]


def test_an_activity_is_about_the_account_behind_what_it_is_about(saves: Saves) -> None:
    account = saves.new("Account", Name="Acme")
    contact = saves.new("Contact", LastName="x", AccountId=account)
    deal = opportunity(saves, AccountId=account)
    lead = saves.new("Lead", LastName="x", Company="y")
    for about in ({"WhatId": account}, {"WhatId": deal}, {"WhoId": contact}):
        assert saves.value(saves.new("Task", **about), "AccountId") == account
    task = saves.new("Task", WhoId=lead)
    assert saves.value(task, "AccountId") is None
    saves.update("Task", {"Id": task, "WhatId": deal, "WhoId": contact})
    assert saves.value(task, "AccountId") == account
    saves.update("Task", {"Id": task, "WhatId": None, "WhoId": None})
    assert saves.value(task, "AccountId") is None


def test_an_event_spans_what_two_of_its_fields_say(saves: Saves) -> None:
    start = "2026-01-01T00:00:00Z"
    timed = saves.new("Event", ActivityDateTime=start, DurationInMinutes=90)
    assert saves.value(timed, "EndDateTime") == NEW_YEAR + 90 * 60_000
    spanned = saves.new("Event", StartDateTime=start, EndDateTime="2026-01-01T01:00:00Z")
    assert values(saves, spanned, "DurationInMinutes", "ActivityDateTime", "ActivityDate") == [
        60,
        NEW_YEAR,
        NEW_YEAR,
    ]


def test_people_are_called_by_their_parts(saves: Saves) -> None:
    contact = saves.new("Contact", FirstName="Ada", LastName="Lovelace")
    lead = saves.new("Lead", LastName="King", Company="Ockham")
    assert saves.value(contact, "Name") == "Ada Lovelace"
    assert values(saves, lead, "Name", "Status", "IsConverted") == ["King", "Open - Not Contacted", 0]
    saves.update("Contact", {"Id": contact, "FirstName": None})
    assert saves.value(contact, "Name") == "Lovelace"


def test_a_contract_ends_before_its_term_is_over(saves: Saves) -> None:
    account = saves.new("Account", Name="Acme")
    contract = saves.new("Contract", AccountId=account, StartDate="2025-12-01", ContractTerm=1)
    assert values(saves, contract, "Status", "StatusCode", "EndDate") == [
        "Draft",
        "Draft",
        NEW_YEAR - 24 * HOUR,
    ]
    assert str(saves.value(contract, "ContractNumber")).endswith("100")


def test_a_contract_of_the_last_of_january_ends_in_february(saves: Saves) -> None:
    account = saves.new("Account", Name="Acme")
    contract = saves.new("Contract", AccountId=account, StartDate="2026-01-31", ContractTerm=1)
    assert saves.rows('SELECT "EndDate" FROM "Contract" WHERE "Id" = ?', contract) == [
        (NEW_YEAR + 57 * 24 * HOUR,)
    ]


def test_a_lines_total_follows_its_price(saves: Saves) -> None:
    deal = opportunity(saves)
    product = saves.new("Product2", Name="Lamp")
    of = {"OpportunityId": deal, "Product2Id": product}
    line = saves.new("OpportunityLineItem", **of, Quantity=3, UnitPrice=1.5)
    assert saves.value(line, "TotalPrice") == 4.5
    priced = saves.new("OpportunityLineItem", **of, Quantity=4, TotalPrice=10)
    assert saves.value(priced, "UnitPrice") == 2.5


def test_an_account_is_held_back_by_cases_won_opportunities_and_active_contracts(saves: Saves) -> None:
    free, cased, won, bound = (saves.new("Account", Name=each) for each in ("Free", "Cased", "Won", "Bound"))
    contact = saves.new("Contact", LastName="x", AccountId=free)
    deal = opportunity(saves, AccountId=free)
    draft = saves.new("Contract", AccountId=free)
    saves.new("Case", AccountId=cased)
    opportunity(saves, AccountId=won, StageName="Closed Won", Name="Big")
    active = saves.new("Contract", AccountId=bound)
    saves.update("Contract", {"Id": active, "Status": "Activated"})
    results = saves.delete("Account", free, cased, won, bound)
    assert codes(results) == ["ok", "DELETE_FAILED", "DELETE_FAILED", "DELETE_FAILED"]
    assert "it is associated with the following cases.: 0000100" in messages(results[1])[0]
    assert messages(results[2]) == [
        "Your attempt to delete Won could not be completed because some opportunities in that account were "
        "closed won. The opportunities that could not be deleted are shown below.: Big\n"
    ]
    assert "following contracts.: " in messages(results[3])[0]
    assert [saves.exists(each) for each in (free, contact, deal, draft)] == [False] * 4
    saves.undelete(free)
    assert [saves.exists(each) for each in (free, contact, deal, draft)] == [True] * 4


def test_a_user_needs_what_the_platform_asks_for(saves: Saves) -> None:
    [result] = saves.insert("User", {"LastName": "x"})
    assert messages(result)[0].startswith("Required fields are missing: [Username, ")
    assert codes([result]) == ["REQUIRED_FIELD_MISSING"]


def test_what_only_the_platform_makes_is_refused(saves: Saves) -> None:
    [made] = saves.insert("OpportunityStage", {"MasterLabel": "x"})
    assert messages(made) == ["entity type cannot be inserted: Opportunity Stage"]
    stage = saves.rows('SELECT "Id" FROM "OpportunityStage"')[0][0]
    [changed] = saves.update("OpportunityStage", {"Id": stage, "Description": "x"})
    assert messages(changed) == ["entity type cannot be updated: Opportunity Stage"]


def test_a_reset_keeps_the_standard_price_book_and_what_sets_the_org_up(saves: Saves) -> None:
    books: list[dict[str, object]] = [{"Name": "Standard", "IsStandard": True}, {"Name": "Ours"}]
    made = saves.run(partial(requests.insert, sobject="Pricebook2", records=books), system=True)
    assert codes(made) == ["ok", "ok"]
    saves.database.write(lambda tx: reset(tx, saves.schema)).result()
    assert saves.rows('SELECT "Name" FROM "Pricebook2"') == [("Standard",)]
    assert saves.rows('SELECT "Name" FROM "Name" WHERE "Type" = \'Pricebook2\'') == [("Standard",)]
    assert [saves.count(each) for each in ("Account", "Case", "User", "TaskPriority")] == [0, 0, 1, 3]


CONTACTS_FIELDS = ("ContactEmail", "ContactPhone", "ContactMobile", "ContactFax")


def reachable(saves: Saves, name: str, **given: object) -> str:
    """A contact whose ways of being reached bear its name."""
    ways = {"Email": f"{name}@example.com", "Phone": f"{name}1", "MobilePhone": f"{name}2", "Fax": f"{name}3"}
    return saves.new("Contact", **{"LastName": name, **ways, **given})


def test_a_case_shows_how_to_reach_its_contact(saves: Saves) -> None:
    ada, bob = reachable(saves, "ada"), reachable(saves, "bob")
    bare, case = saves.new("Case"), saves.new("Case", ContactId=ada)
    assert values(saves, bare, *CONTACTS_FIELDS) == [None] * 4
    assert values(saves, case, *CONTACTS_FIELDS) == ["ada@example.com", "ada1", "ada2", "ada3"]
    saves.update("Case", {"Id": case, "ContactId": bob})
    assert values(saves, case, *CONTACTS_FIELDS) == ["bob@example.com", "bob1", "bob2", "bob3"]
    saves.update("Case", {"Id": case, "ContactId": None})
    assert values(saves, case, *CONTACTS_FIELDS) == [None] * 4


def test_nobody_sets_what_a_case_shows_of_its_contact(saves: Saves) -> None:
    assert codes(saves.insert("Case", {"ContactEmail": "x@example.com"})) == [
        "INVALID_FIELD_FOR_INSERT_UPDATE"
    ]


def test_cases_keep_showing_their_contact_when_it_changes(saves: Saves) -> None:
    ada, bob = reachable(saves, "ada"), reachable(saves, "bob")
    cases = [saves.new("Case", ContactId=each) for each in (ada, ada, bob)]
    saves.delete("Case", cases[1])
    saves.clock.advance(HOUR)
    before = values(saves, cases[0], "SystemModstamp")
    saves.update(
        "Contact",
        {"Id": ada, "Email": "NEW@example.com", "Phone": None},
        {"Id": bob, "LastName": "Bobson"},
        {"Id": reachable(saves, "cy"), "Email": "cy@example.com"},
    )
    for case in cases[:2]:
        assert values(saves, case, *CONTACTS_FIELDS) == ["NEW@example.com", None, "ada2", "ada3"]
    assert values(saves, cases[0], "ContactEmail~", "ContactPhone~") == ["new@example.com", None]
    assert values(saves, cases[2], *CONTACTS_FIELDS)[:2] == ["bob@example.com", "bob1"]
    assert values(saves, cases[0], "SystemModstamp") == before, "that is no change of the case"


def test_a_case_takes_its_contacts_account_where_it_has_none(saves: Saves) -> None:
    acme, other = (saves.new("Account", Name=each) for each in ("Acme", "Other"))
    ada, bob, cy = (reachable(saves, n, AccountId=a) for n, a in (("a", acme), ("b", other), ("c", None)))
    case, stray = saves.new("Case", ContactId=ada), saves.new("Case", ContactId=cy)
    assert values(saves, case, "AccountId") == [acme]
    assert values(saves, stray, "AccountId") == [None]
    assert saves.value(saves.new("Case", ContactId=ada, AccountId=other), "AccountId") == other
    saves.update("Case", {"Id": case, "ContactId": bob}, {"Id": stray, "ContactId": bob})
    assert values(saves, case, "AccountId") == [acme], "an account that is there stays"
    assert values(saves, stray, "AccountId") == [other]
    saves.update("Case", {"Id": case, "AccountId": None})
    assert values(saves, case, "AccountId") == [None], "only another contact brings its account"
    saves.update("Contact", {"Id": bob, "AccountId": acme})
    assert values(saves, stray, "AccountId") == [other], "cases stay where they were"


def test_statuses_that_were_undone_are_read_again(saves: Saves) -> None:
    stage = {
        "MasterLabel": "Signed",
        "ApiName": "Signed",
        "IsActive": True,
        "IsClosed": True,
        "SortOrder": 99,
    }
    deal = {"Name": "x", "StageName": "Signed", "CloseDate": "2026-05-09"}

    def work(unit: UnitOfWork) -> list[SaveResult]:
        with suppress(LookupError), unit.savepoint():
            assert codes(requests.insert(unit, "OpportunityStage", [stage])) == ["ok"]
            assert codes(requests.insert(unit, "Opportunity", [deal])) == ["ok"]
            raise LookupError
        return requests.insert(unit, "Opportunity", [deal])

    [made] = saves.run(work, system=True)
    assert values(saves, str(made.id), "IsClosed") == [0]
