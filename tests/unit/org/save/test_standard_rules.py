"""Standard rules: what the platform refuses of its own objects' records, beyond what their fields say."""

import pytest
from tests.contract.save.saves import USER_VALUES, Saves
from tests.contract.save.world import PRINCIPAL, USER_ID, codes, messages

from isthmus.org.save import requests

LICENSE = {
    "Name": "Salesforce",
    "MasterLabel": "Salesforce",
    "LicenseDefinitionKey": "SFDC",
    "Status": "Active",
    "TotalLicenses": 2,
    "UsedLicenses": 1,
}
PLACE = {"Latitude": 47.4, "Longitude": 8.5}


@pytest.fixture(scope="module", autouse=True)
def standard_profile(saves: Saves) -> str:
    """The profile of a user who is no administrator; the administrators' is there too."""
    [made] = saves.run(lambda unit: requests.insert(unit, "UserLicense", [LICENSE]), system=True)
    profiles = [{"Id": PRINCIPAL.profile_id, "Name": "System Administrator"}, {"Name": "Standard User"}]
    profiles = [{**each, "UserType": "Standard", "UserLicenseId": str(made.id)} for each in profiles]
    results = saves.run(lambda unit: requests.insert(unit, "Profile", profiles), system=True)
    assert codes(results) == ["ok", "ok"]
    return str(results[1].id)


def lead(saves: Saves, **given: object) -> list[tuple[str, tuple[str, ...]]]:
    """What is wrong with a new lead of these values."""
    [result] = saves.insert("Lead", {"LastName": "Byron", "Company": "Acme", **given})
    return [(each.message, each.fields) for each in result.errors]


@pytest.mark.parametrize("given", [{}, PLACE, {"Latitude": -90, "Longitude": 180}])
def test_a_place_on_earth_is_taken(saves: Saves, given: dict[str, object]) -> None:
    assert lead(saves, **given) == []


@pytest.mark.parametrize(("part", "degrees"), [("Latitude", 90.1), ("Latitude", -91), ("Longitude", 180.5)])
def test_degrees_beyond_the_earth_are_refused(saves: Saves, part: str, degrees: float) -> None:
    [(message, fields)] = lead(saves, **{**PLACE, part: degrees})
    assert message == f"{part}: value outside of valid range on numeric field: {degrees}"
    assert fields == (part,)


@pytest.mark.parametrize("part", PLACE)
def test_half_a_place_is_none(saves: Saves, part: str) -> None:
    given = {name: value for name, value in PLACE.items() if name != part}
    assert lead(saves, **given) == [(f"{part} value is missing : {part}", (part,))]


def test_half_a_place_that_was_there_does_not_matter_to_other_changes(saves: Saves) -> None:
    made = saves.new("Lead", LastName="Byron", Company="Acme", **PLACE)
    assert codes(saves.update("Lead", {"Id": made, "Latitude": 46.9})) == ["ok"]
    assert codes(saves.update("Lead", {"Id": made, "Latitude": None})) == ["FIELD_INTEGRITY_EXCEPTION"]
    assert codes(saves.update("Lead", {"Id": made, "Latitude": None, "Longitude": None})) == ["ok"]


def test_a_username_is_taken_once(saves: Saves) -> None:
    ada = {**USER_VALUES, "Username": "twice@example.com"}
    del ada["Id"]
    assert codes(saves.insert("User", ada)) == ["ok"]
    assert codes(saves.update("User", {"Id": USER_ID, "Username": "TWICE@example.com"})) == [
        "DUPLICATE_USERNAME"
    ]
    first, second = saves.insert(
        "User", {**ada, "Username": "new@example.com"}, {**ada, "Username": "New@Example.com"}
    )
    assert codes([first, second]) == ["ok", "DUPLICATE_USERNAME"]
    assert messages(second)[0].startswith("Duplicate Username.<br>The username already exists")
    assert second.errors[0].fields == ("Username",)
    assert codes(saves.update("User", {"Id": first.id, "Username": "NEW@example.com"})) == ["ok"]


def test_a_user_has_a_time_zone_that_there_is(saves: Saves) -> None:
    [result] = saves.update("User", {"Id": USER_ID, "TimeZoneSidKey": "Nowhere/None"})
    assert codes([result]) == ["INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]
    assert messages(result) == ["Time Zone: bad value for restricted picklist field: Nowhere/None"]
    for wrong in ("America", "../etc/passwd", "/etc/passwd"):
        assert not saves.update("User", {"Id": USER_ID, "TimeZoneSidKey": wrong})[0].success
    assert codes(saves.update("User", {"Id": USER_ID, "TimeZoneSidKey": "Europe/Berlin"})) == ["ok"]


def test_one_administrator_stays_active(saves: Saves, standard_profile: str) -> None:
    others = saves.rows('SELECT "Id" FROM "User" WHERE "Id" <> ?', USER_ID)
    saves.update("User", *({"Id": row[0], "IsActive": False} for row in others))
    switched_off = {"Id": USER_ID, "IsActive": False}
    [result] = saves.update("User", switched_off)
    assert codes([result]) == ["CANNOT_DISABLE_LAST_ADMIN"]
    assert messages(result) == ["You must have at least one active administrator user"]
    demoted = {"Id": USER_ID, "ProfileId": standard_profile}
    assert codes(saves.update("User", demoted)) == ["CANNOT_DISABLE_LAST_ADMIN"]
    second = {**USER_VALUES, "Username": "second@example.com"}
    del second["Id"]
    [made] = saves.insert("User", second)
    both = saves.update("User", switched_off, {"Id": made.id, "IsActive": False})
    assert codes(both) == ["ok", "CANNOT_DISABLE_LAST_ADMIN"]
    again = saves.update("User", {"Id": USER_ID, "IsActive": True}, {"Id": made.id, "IsActive": False})
    assert codes(again) == ["ok", "ok"]


@pytest.mark.parametrize("sobject", ["Attachment", "ContentVersion", "Document"])
def test_files_are_not_taken_before_they_can_be_read_back(saves: Saves, sobject: str) -> None:
    [result] = saves.insert(sobject, {"Name": "a.txt"})
    assert codes([result]) == ["FUNCTIONALITY_NOT_ENABLED"]
    assert (result.errors[0].entry.status, messages(result)[0].split(": ")[1]) == (
        501,
        "this org does not keep files yet",
    )


def test_a_file_from_before_does_not_change_its_content(saves: Saves) -> None:
    old = {"Title": "a", "ContentUrl": "https://example.com/a"}
    [made] = saves.run(lambda unit: requests.insert(unit, "ContentVersion", [old]), system=True)
    [result] = saves.update("ContentVersion", {"Id": made.id, "VersionData": "aGVsbG8="})
    assert messages(result) == ["Version Data: this org does not keep files yet"]
    assert codes(saves.update("ContentVersion", {"Id": made.id, "Title": "b"})) == ["ok"]


@pytest.mark.parametrize("months", [120_000, -120_000])
def test_a_contract_does_not_end_beyond_time(saves: Saves, months: int) -> None:
    account = saves.new("Account", Name="Acme")
    contract = {"AccountId": account, "StartDate": "2026-01-01", "ContractTerm": months}
    [result] = saves.insert("Contract", contract)
    assert messages(result) == [f"Contract Term: value outside of valid range on numeric field: {months}"]


@pytest.mark.parametrize("minutes", [2_000_000_000, -2_000_000_000])
def test_an_event_does_not_end_beyond_time(saves: Saves, minutes: int) -> None:
    event = {"Subject": "x", "ActivityDateTime": "2026-01-01T00:00:00Z", "DurationInMinutes": minutes}
    [result] = saves.insert("Event", event)
    assert messages(result) == [f"Duration: value outside of valid range on numeric field: {minutes}"]
