"""simple-salesforce, unmodified: log-ins through the hostname gateway, then a day's work.

Each test's work is a function that runs in a child: the client reads HTTPS_PROXY and REQUESTS_CA_BUNDLE.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from tests.clients.child import apart
from tests.clients.conftest import MANY
from tests.conformance.local_org import LocalOrg

pytestmark = pytest.mark.skipif(
    find_spec("simple_salesforce") is None, reason="simple-salesforce is not installed"
)


def _client(**login: str) -> Any:
    return import_module("simple_salesforce").Salesforce(**login)


def who_am_i(login: Mapping[str, str]) -> dict[str, str]:
    sf = _client(**login)
    user = sf.query("SELECT Id, Username FROM User WHERE IsActive = true LIMIT 1")["records"][0]
    return {"host": sf.sf_instance, "username": user["Username"], "version": sf.sf_version}


def refused(login: Mapping[str, str]) -> dict[str, Any]:
    error_type = import_module("simple_salesforce.exceptions").SalesforceAuthenticationFailed
    try:
        _client(**login)
    except error_type as error:
        return {"code": error.code, "said": error.auth_message}
    return {}


def a_days_work(login: Mapping[str, str]) -> dict[str, Any]:
    sf = _client(**login)
    seen: dict[str, Any] = {}
    account = sf.Account.create({"Name": "Day's Work", "Industry": "Energy", "BillingCity": "Rome"})
    seen["created"] = account
    seen["read"] = sf.Account.get(account["id"])
    ada = sf.Contact.create({"LastName": "Lovelace", "FirstName": "Ada", "AccountId": account["id"]})["id"]
    sf.Contact.create({"LastName": "Babbage", "AccountId": account["id"]})
    seen["updated"] = sf.Contact.update(ada, {"Title": "Countess", "Email": "ada@example.com"})
    parent = "SELECT Id, Title, Account.Name, Account.BillingAddress FROM Contact WHERE LastName = 'Lovelace'"
    seen["parent path"] = sf.query(parent)
    children = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account WHERE Id = '{}'"
    seen["children"] = sf.query(children.format(account["id"]))
    seen["upserts"] = [
        sf.Conformance_Item__c.upsert("Key__c/day-1", {"Name": "first", "Account__c": account["id"]}),
        sf.Conformance_Item__c.upsert("Key__c/day-1", {"Name": "second"}),
    ]
    seen["by key"] = sf.Conformance_Item__c.get_by_custom_id("Key__c", "day-1")["Name"]
    seen["described"] = sf.Account.describe()["keyPrefix"]
    seen["basics"] = sf.Account.metadata()["objectDescribe"]["name"]
    seen["objects"] = len(sf.describe()["sobjects"])
    seen["limits"] = sf.limits()["DailyApiRequests"]
    seen["deleted"] = sf.Contact.delete(ada)
    left = sf.query_all("SELECT Id FROM Contact WHERE LastName = 'Lovelace'")
    kept = sf.query_all("SELECT Id FROM Contact WHERE LastName = 'Lovelace'", include_deleted=True)
    seen["left"], seen["kept"] = left["totalSize"], kept["totalSize"]
    seen["usage"] = sf.api_usage["api-usage"].used
    seen["sandbox"] = sf.is_sandbox()
    return seen


def searches(login: Mapping[str, str]) -> dict[str, Any]:
    sf = _client(**login)
    made = sf.Account.create({"Name": "Quillworth Engines", "Site": "Turin"})["id"]
    found = sf.search("FIND {turin} IN NAME FIELDS RETURNING Account(Id, Name), Contact")
    quickly = sf.quick_search("Quillworth")
    sf.Account.delete(made)
    return {
        "found": [[each["attributes"]["type"], each["Name"]] for each in found["searchRecords"]],
        "quickly": [each["Id"] == made for each in quickly["searchRecords"]],
        "gone": sf.quick_search("Quillworth")["searchRecords"],
    }


def mistakes(login: Mapping[str, str]) -> dict[str, Any]:
    error_type = import_module("simple_salesforce.exceptions").SalesforceError
    sf = _client(**login)
    told: dict[str, Any] = {}
    attempts: dict[str, Callable[[], Any]] = {
        "no such record": lambda: sf.Account.get("001zzzzzzzzzzzz"),
        "no such field": lambda: sf.Account.create({"Name": "x", "Foo__c": 1}),
        "missing field": lambda: sf.Contact.create({}),
        "broken query": lambda: sf.query("SELECT FROM"),
    }
    for name, attempt in attempts.items():
        try:
            attempt()
        except error_type as error:
            told[name] = [type(error).__name__, error.status, error.content[0]["errorCode"]]
    sf.session_id = "not a session"
    sf.headers["Authorization"] = "Bearer not a session"
    try:
        sf.limits()
    except error_type as error:
        told["no session"] = [type(error).__name__, error.status, error.content[0]["errorCode"]]
    return told


def pages(login: Mapping[str, str], company: str) -> dict[str, Any]:
    sf = _client(**login)
    soql = f"SELECT NumberOfEmployees FROM Lead WHERE Company = '{company}' ORDER BY NumberOfEmployees"
    first = sf.query(soql)
    whole = sf.query_all(soql)
    lazily = [row["NumberOfEmployees"] for row in sf.query_all_iter(soql)]
    return {
        "first": [first["totalSize"], first["done"], len(first["records"])],
        "whole": [whole["totalSize"], whole["done"], len(whole["records"])],
        "same": [row["NumberOfEmployees"] for row in whole["records"]] == lazily == list(range(len(lazily))),
        "lazily": len(lazily),
    }


@pytest.fixture
def by_password(org: LocalOrg) -> dict[str, str]:
    return {"username": org.username, "password": org.password, "security_token": ""}


@pytest.fixture
def by_session(org: LocalOrg) -> dict[str, str]:
    return {"session_id": org.token, "instance_url": org.https, "version": "65.0"}


def test_it_logs_in_by_password_through_the_gateway(
    org: LocalOrg, through_gateway: Mapping[str, str], by_password: dict[str, str]
) -> None:
    seen = apart(who_am_i, through_gateway, login=by_password)
    assert seen["host"].endswith(".my.salesforce.com")
    assert seen["username"] == org.username


def test_it_logs_in_at_a_host_that_it_is_given(
    org: LocalOrg, through_gateway: Mapping[str, str], by_password: dict[str, str]
) -> None:
    seen = apart(who_am_i, through_gateway, login=by_password | {"domain": "test"})
    assert seen["username"] == org.username


def test_it_logs_in_by_oauth_with_user_name_and_password(
    org: LocalOrg, through_gateway: Mapping[str, str]
) -> None:
    login = {
        "username": org.username,
        "password": org.password,
        "consumer_key": org.client_id,
        "consumer_secret": org.client_secret,
    }
    assert apart(who_am_i, through_gateway, login=login)["username"] == org.username


def test_it_logs_in_by_client_credentials(org: LocalOrg, through_gateway: Mapping[str, str]) -> None:
    login = {
        "consumer_key": org.client_id,
        "consumer_secret": org.client_secret,
        "domain": "isthmus-dev-ed.my",
    }
    assert apart(who_am_i, through_gateway, login=login)["username"] == org.username


def test_it_logs_in_by_a_session_on_localhost(
    org: LocalOrg, on_localhost: Mapping[str, str], by_session: dict[str, str]
) -> None:
    seen = apart(who_am_i, on_localhost, login=by_session)
    assert seen == {"host": org.https.removeprefix("https://"), "username": org.username, "version": "65.0"}


def test_a_wrong_password_is_told_as_the_platform_tells_it(
    through_gateway: Mapping[str, str], by_password: dict[str, str]
) -> None:
    assert apart(refused, through_gateway, login=by_password | {"password": "not it"}) == {
        "code": "INVALID_LOGIN",
        "said": "Invalid username, password, security token; or user locked out.",
    }


def test_it_does_a_days_work(through_gateway: Mapping[str, str], by_password: dict[str, str]) -> None:
    seen = apart(a_days_work, through_gateway, login=by_password)
    account = seen["created"]["id"]
    assert seen["created"] == {"id": account, "success": True, "errors": []}
    assert seen["read"]["Name"] == "Day's Work"
    assert seen["read"]["BillingAddress"]["city"] == "Rome"
    [lovelace] = seen["parent path"]["records"]
    assert (lovelace["Title"], lovelace["Account"]["Name"]) == ("Countess", "Day's Work")
    [row] = seen["children"]["records"]
    assert [child["LastName"] for child in row["Contacts"]["records"]] == ["Babbage", "Lovelace"]
    assert (seen["updated"], seen["upserts"], seen["deleted"]) == (204, [201, 200], 204)
    assert seen["by key"] == "second"
    assert (seen["described"], seen["basics"]) == ("001", "Account")
    assert seen["objects"] > 100
    assert seen["limits"]["Max"] >= seen["limits"]["Remaining"] > 0
    assert (seen["left"], seen["kept"]) == (0, 1)
    assert seen["usage"] > 0
    assert seen["sandbox"] is False


def test_it_finds_records_by_their_text(on_localhost: Mapping[str, str], by_session: dict[str, str]) -> None:
    assert apart(searches, on_localhost, login=by_session) == {
        "found": [["Account", "Quillworth Engines"]],
        "quickly": [True],
        "gone": [],
    }


def test_its_exceptions_are_the_ones_that_it_knows(
    on_localhost: Mapping[str, str], by_session: dict[str, str]
) -> None:
    assert apart(mistakes, on_localhost, login=by_session) == {
        "no such record": ["SalesforceResourceNotFound", 404, "NOT_FOUND"],
        "no such field": ["SalesforceMalformedRequest", 400, "INVALID_FIELD"],
        "missing field": ["SalesforceMalformedRequest", 400, "REQUIRED_FIELD_MISSING"],
        "broken query": ["SalesforceMalformedRequest", 400, "MALFORMED_QUERY"],
        "no session": ["SalesforceExpiredSession", 401, "INVALID_SESSION_ID"],
    }


def test_it_pages_through_many_rows(
    through_gateway: Mapping[str, str], by_password: dict[str, str], many_leads: str
) -> None:
    assert apart(pages, through_gateway, login=by_password, company=many_leads) == {
        "first": [MANY, False, 2000],
        "whole": [MANY, True, MANY],
        "same": True,
        "lazily": MANY,
    }
