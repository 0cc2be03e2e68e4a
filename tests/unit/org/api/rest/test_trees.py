"""Trees: what is too much, or not where it belongs, leaves nothing behind?"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.org.api.serving import Served, serving

Record = dict[str, Any]


def run(folder: Path, test: Callable[[Served], Awaitable[None]]) -> None:
    async def served() -> None:
        async with asyncio.timeout(60), serving(folder) as org:
            await test(org)

    asyncio.run(served())


def node(kind: str, reference: str, **values: object) -> Record:
    return {"attributes": {"type": kind, "referenceId": reference}, **values}


def below(*records: Record) -> Record:
    return {"records": list(records)}


def chain(levels: int) -> Record:
    """An account that owns an account that …"""
    children = {"ChildAccounts": below(chain(levels - 1))} if levels > 1 else {}
    return node("Account", f"a{levels}", Name=f"level {levels}", **children)


def of_types(count: int) -> Iterator[Record]:
    children = {
        "Contacts": node("Contact", "1", LastName="x"),
        "Opportunities": node("Opportunity", "2", Name="x", StageName="Prospecting", CloseDate="2026-01-01"),
        "Cases": node("Case", "3"),
        "Orders__r": node("Order__c", "4"),
        "Notes": node("Note", "5", Title="x"),
    }
    yield node(
        "Account", "0", Name="x", **{name: below(children[name]) for name in list(children)[: count - 1]}
    )


REFUSED: list[tuple[list[Record], int, str, str]] = [
    ([node("Account", f"r{each}", Name="x") for each in range(201)], 400, "EXCEEDED_ID_LIMIT", "200 records"),
    ([chain(6)], 400, "LIMIT_EXCEEDED", "5 levels"),
    ([*of_types(6)], 400, "LIMIT_EXCEEDED", "5 types"),
    ([{"Name": "x"}], 403, "INVALID_INPUT", "reference ID for each record"),
]


@pytest.mark.parametrize(("records", "status", "code", "message"), REFUSED)
def test_what_is_too_much_is_refused_and_nothing_is_made(
    tmp_path: Path, records: list[Record], status: int, code: str, message: str
) -> None:
    async def test(org: Served) -> None:
        answer = await org.ask("POST", "/composite/tree/Account", {"records": records})
        assert (answer.status, answer.code) == (status, code)
        assert message in answer.message
        assert (await org.get("/query?q=SELECT+COUNT()+FROM+Account")).json["totalSize"] == 0

    run(tmp_path, test)


@pytest.mark.parametrize("body", [{}, {"records": "x"}, {"records": ["x"]}])
def test_a_body_without_records_is_none(tmp_path: Path, body: Record) -> None:
    async def test(org: Served) -> None:
        answer = await org.ask("POST", "/composite/tree/Account", body)
        assert (answer.status, answer.code) == (400, "JSON_PARSER_ERROR")

    run(tmp_path, test)


def test_five_levels_and_five_types_are_made(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        answer = await org.ask("POST", "/composite/tree/Account", {"records": [chain(5)]})
        assert [each["referenceId"] for each in answer.json["results"]] == ["a5", "a4", "a3", "a2", "a1"]
        soql = "SELECT+Parent.Parent.Parent.Parent.Name+FROM+Account+WHERE+Name='level+1'"
        [row] = (await org.get(f"/query?q={soql}")).json["records"]
        assert row["Parent"]["Parent"]["Parent"]["Parent"]["Name"] == "level 5"
        answer = await org.ask("POST", "/composite/tree/Account", {"records": [*of_types(5)]})
        assert answer.status == 201, answer.body
        assert [each["id"][:3] for each in answer.json["results"]][:4] == ["001", "003", "006", "500"]

    run(tmp_path, test)


@pytest.mark.parametrize(
    ("record", "reference", "code"),
    [
        (
            node("Account", "a", Name="x", Nothings=below(node("Contact", "b", LastName="x"))),
            "a",
            "INVALID_FIELD",
        ),
        (node("Account", "a", Name="x", Contacts=below(node("Case", "b"))), "b", "INVALID_TYPE"),
        (node("Contact", "a", LastName="x"), "a", "INVALID_TYPE"),
        (node("Account", "a", Name="x", Contacts=below(node("Contact", "b"))), "b", "REQUIRED_FIELD_MISSING"),
    ],
)
def test_what_does_not_belong_there_is_named(
    tmp_path: Path, record: Record, reference: str, code: str
) -> None:
    async def test(org: Served) -> None:
        answer = await org.ask("POST", "/composite/tree/Account", {"records": [record]})
        assert answer.status == 400
        [result] = answer.json["results"]
        assert (result["referenceId"], result["errors"][0]["statusCode"]) == (reference, code)
        assert (await org.get("/query?q=SELECT+COUNT()+FROM+Account")).json["totalSize"] == 0

    run(tmp_path, test)
