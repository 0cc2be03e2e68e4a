"""Collections: what is refused as a whole, and what in the results?"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.org.api.serving import Served, serving


def run(folder: Path, test: Callable[[Served], Awaitable[None]]) -> None:
    async def served() -> None:
        async with asyncio.timeout(60), serving(folder) as org:
            await test(org)

    asyncio.run(served())


def account(**values: object) -> dict[str, object]:
    return {"attributes": {"type": "Account"}, **values}


def contact(**values: object) -> dict[str, object]:
    return {"attributes": {"type": "Contact"}, **values}


REFUSED: list[tuple[str, str, Any, str, str]] = [
    ("POST", "", {"records": [account(Name="x")] * 201}, "EXCEEDED_ID_LIMIT", "more than 200 records"),
    ("PATCH", "", {"records": [account(Name="x")] * 201}, "EXCEEDED_ID_LIMIT", "more than 200 records"),
    ("POST", "", {"records": {"Name": "x"}}, "JSON_PARSER_ERROR", "list of sobjects"),
    ("POST", "", {"records": ["x"]}, "JSON_PARSER_ERROR", "list of sobjects"),
    ("POST", "", {"allOrNone": True}, "JSON_PARSER_ERROR", "list of sobjects"),
    ("DELETE", "?allOrNone=true", None, "MISSING_ARGUMENT", "ids"),
    ("DELETE", f"?ids={','.join(['001000000000000AAA'] * 201)}", None, "EXCEEDED_ID_LIMIT", "200"),
    ("GET", "/Account?fields=Id", None, "MISSING_ARGUMENT", "ids"),
    ("GET", "/Account?ids=001000000000000AAA", None, "MISSING_ARGUMENT", "fields"),
    (
        "POST",
        "/Account",
        {"ids": ["001000000000000AAA"] * 2_001, "fields": ["Id"]},
        "EXCEEDED_ID_LIMIT",
        "2000",
    ),
    (
        "POST",
        "/Account",
        {"ids": "001000000000000AAA", "fields": ["Id"]},
        "JSON_PARSER_ERROR",
        "list of texts",
    ),
    ("POST", "", {"records": [account(Name="x"), contact(LastName="x")] * 6}, "LIMIT_EXCEEDED", "10 chunks"),
]


@pytest.mark.parametrize(("method", "path", "body", "code", "message"), REFUSED)
def test_what_is_no_collection_is_refused(
    tmp_path: Path, method: str, path: str, body: Any, code: str, message: str
) -> None:
    async def test(org: Served) -> None:
        answer = await org.ask(method, f"/composite/sobjects{path}", body)
        assert (answer.status, answer.code) == (400, code)
        assert message in answer.message
        assert (await org.get("/query?q=SELECT+COUNT()+FROM+Account")).json["totalSize"] == 0

    run(tmp_path, test)


def test_two_hundred_records_pass_and_ten_runs_of_objects(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        answer = await org.ask("POST", "/composite/sobjects", {"records": [account(Name="x")] * 200})
        assert [each["success"] for each in answer.json] == [True] * 200
        mixed = {"records": [account(Name="x"), contact(LastName="x")] * 5}
        answer = await org.ask("POST", "/composite/sobjects", mixed)
        assert [each["id"][:3] for each in answer.json] == ["001", "003"] * 5

    run(tmp_path, test)


def test_all_or_none_spans_objects(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        records = [account(Name="kept?"), contact(FirstName="no last name"), account(Name="nor this")]
        body = {"allOrNone": True, "records": records}
        answer = await org.ask("POST", "/composite/sobjects", body)
        codes = [each["errors"][0]["statusCode"] for each in answer.json]
        undone = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
        assert codes == [undone, "REQUIRED_FIELD_MISSING", undone]
        assert not any("id" in each for each in answer.json)
        assert (await org.get("/query?q=SELECT+COUNT()+FROM+Account")).json["totalSize"] == 0

    run(tmp_path, test)


def test_an_upsert_may_only_update(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        body = {"records": [{"attributes": {"type": "Order__c"}, "Ext__c": "A-1", "Amount__c": 1}]}
        path = "/composite/sobjects/Order__c/Ext__c"
        [refused] = (await org.ask("PATCH", f"{path}?updateOnly=true", body)).json
        assert refused["success"] is False
        [created] = (await org.ask("PATCH", path, body)).json
        [changed] = (await org.ask("PATCH", f"{path}?updateOnly=true", body)).json
        assert (created["created"], changed["created"]) == (True, False)
        assert created["id"] == changed["id"]

    run(tmp_path, test)


def test_an_object_that_there_is_not_is_told_in_its_result(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        records = [{"attributes": {"type": "Nope__c"}, "Name": "x"}, account(Name="x"), {"Name": "x"}]
        results = (await org.ask("POST", "/composite/sobjects", {"records": records})).json
        assert [each["success"] for each in results] == [False, True, False]
        assert results[0]["errors"][0]["statusCode"] == "INVALID_TYPE"

    run(tmp_path, test)
