"""Are parameters of searches and suggestions taken, and refused, as the guide says?"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.unit.org.api.serving import Served, serving


def run(folder: Path, test: Callable[[Served], Awaitable[None]]) -> None:
    async def served() -> None:
        async with asyncio.timeout(60), serving(folder) as org:
            await test(org)

    asyncio.run(served())


REFUSED = [
    ("sobject=Account", "ILLEGAL_QUERY_PARAMETER_VALUE", "q must be given"),
    ("q=acme&fields=Id", "ILLEGAL_QUERY_PARAMETER_VALUE", "sobject must be given"),
    ("q=acme&offset=1", "ILLEGAL_QUERY_PARAMETER_VALUE", "offset must be given with a single object"),
    ("q=acme&in=WHERE", "ILLEGAL_QUERY_PARAMETER_VALUE", "in must be one of ALL, NAME, EMAIL"),
    ("q=acme&overallLimit=2001", "ILLEGAL_QUERY_PARAMETER_VALUE", "overallLimit must be a number from 0"),
    ("q=acme&overallLimit=x", "ILLEGAL_QUERY_PARAMETER_VALUE", "overallLimit must be a number"),
    ("q=acme&sobject=Account&Account.limit=-1", "ILLEGAL_QUERY_PARAMETER_VALUE", "limit must be a number"),
    ("q=acme&metadata=ALL", "ILLEGAL_QUERY_PARAMETER_VALUE", "metadata must be LABELS"),
    ("q=acme&spellCorrection=maybe", "ILLEGAL_QUERY_PARAMETER_VALUE", "spellCorrection must be true"),
    ("q=acme&snippet=100", "FUNCTIONALITY_NOT_ENABLED", "parameter snippet"),
    ("q=acme&updateTracking=true", "FUNCTIONALITY_NOT_ENABLED", "parameter updateTracking"),
    ("q=acme&Contact.fields=Id&sobject=Account", "FUNCTIONALITY_NOT_ENABLED", "parameter Contact.fields"),
    ("q=acme&sobject=Account&Account.where=Name", "MALFORMED_SEARCH", "unexpected token"),
    ("q=acme&sobject=Account&Account.where=Name='x'), Contact(Id", "MALFORMED_SEARCH", "unexpected token"),
    ("q=acme&sobject=Account&sobject=account", "MALFORMED_SEARCH", "duplicate object type"),
    ("q=acme&sobject=AccountShare", "INVALID_TYPE", "does not support search"),
    ("q=acme&sobject=Account&offset=2001", "MALFORMED_SEARCH", "between 0 to 2000"),
    ("q=(acme", "MALFORMED_SEARCH", "unexpected token"),
    ("q=a", "INVALID_SEARCH", "longer than one character"),
]


def test_parameters_that_are_wrong_are_named(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for query, code, message in REFUSED:
            answer = await org.get(f"/parameterizedSearch?{query}")
            assert (answer.status, answer.code) == (400, code), query
            assert message in answer.message, query

    run(tmp_path, test)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"q": 7}, "q must be given"),
        ({"q": "acme", "in": 7}, "in must be a text"),
        ({"q": "acme", "fields": 7}, "fields must be a list"),
        ({"q": "acme", "fields": [7]}, "fields must be names of fields"),
        ({"q": "acme", "sobjects": {"name": "Account"}}, "sobjects must be a list"),
        ({"q": "acme", "sobjects": ["Account"]}, "sobjects must be a list of objects with a name"),
        ({"q": "acme", "sobjects": [{"name": "Account", "limit": True}]}, "limit must be a number"),
        ({"q": "acme", "dataCategories": []}, "parameter dataCategories"),
        ({"q": "acme", "netWorkIds": ["0DB"]}, "parameter netWorkIds"),
        ({"q": "acme", "sobjects": [{"name": "Account", "having": "x"}]}, "parameter having"),
    ],
)
def test_a_body_whose_members_are_wrong_is_refused(
    tmp_path: Path, body: dict[str, object], message: str
) -> None:
    async def test(org: Served) -> None:
        answer = await org.ask("POST", "/parameterizedSearch", body)
        assert answer.status == 400
        assert message in answer.message

    run(tmp_path, test)


def test_suggestions_say_what_they_can_not_suggest(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for query, code, message in (
            ("q=acme", "ILLEGAL_QUERY_PARAMETER_VALUE", "sobject must be one to 10 objects"),
            ("sobject=Account", "ILLEGAL_QUERY_PARAMETER_VALUE", "q must be given"),
            ("q=acme&sobject=Account&limit=x", "ILLEGAL_QUERY_PARAMETER_VALUE", "limit must be a number"),
            (f"q={'x' * 256}&sobject=Account", "ILLEGAL_QUERY_PARAMETER_VALUE", "at most 255 characters"),
            ("q=acme&sobject=Task", "INVALID_TYPE", "entity type Task does not support suggestions"),
            ("q=acme&sobject=Foo", "INVALID_TYPE", "sObject type 'Foo' is not supported"),
            ("q=acme&sobject=Account&type=question", "FUNCTIONALITY_NOT_ENABLED", "parameter type"),
            ("q=acme&sobject=Account&where=Foo = 1", "INVALID_FIELD", "No such column 'Foo'"),
        ):
            answer = await org.get(f"/search/suggestions?{query}")
            assert (answer.status, answer.code) == (400, code), query
            assert message in answer.message, query
        passed_over = "/search/suggestions?q=acme&sobject=Task,Foo&ignoreUnsupportedSObjects=true"
        assert (await org.get(passed_over)).json["autoSuggestResults"] == []
        for resource in ("suggestTitleMatches", "suggestSearchQueries"):
            answer = await org.get(f"/search/{resource}?q=acme&language=en_US")
            assert (answer.status, answer.code) == (403, "FUNCTIONALITY_NOT_ENABLED")

    run(tmp_path, test)


def test_suggestions_look_into_names_alone(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        made = await org.ask("POST", "/sobjects/Account", {"Name": "Acme"})
        await org.ask("POST", "/sobjects/Account", {"Name": "Other", "Site": "acme"})
        found = (await org.get("/search/suggestions?q=acm&sobject=Account")).json["autoSuggestResults"]
        assert [each["Id"] for each in found] == [made.json["id"]]

    run(tmp_path, test)


def test_layouts_name_their_objects(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        [order] = (await org.get("/search/layout?q=Order__c")).json
        assert [each["name"] for each in order["searchColumns"]] == ["Name"]
        [layout] = (await org.get("/search/layout?q=opportunity")).json
        stage, closing, owner = layout["searchColumns"][-3:]
        assert (stage["field"], stage["format"]) == ("Opportunity.StageName", None)
        assert (closing["field"], closing["format"]) == ("Opportunity.CloseDate", "date")
        assert (owner["name"], owner["label"]) == ("Owner.Alias", "Opportunity Owner Alias")
        for query, code in (("", "ILLEGAL_QUERY_PARAMETER_VALUE"), ("q=Foo", "INVALID_TYPE")):
            assert (await org.get(f"/search/layout?{query}")).code == code
        many = ",".join(["Account"] * 101)
        assert (await org.get(f"/search/layout?q={many}")).code == "ILLEGAL_QUERY_PARAMETER_VALUE"

    run(tmp_path, test)


def test_the_scope_begins_with_what_the_user_works_with(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        names = [each["type"] for each in (await org.get("/search/scopeOrder")).json]
        assert names == sorted(names)
        assert "Order__c" not in names
        update = {"Sforce-Mru": "updateMru=true"}
        answer = await org.ask("POST", "/sobjects/Lead", {"LastName": "x", "Company": "y"}, update)
        assert answer.status == 201
        again = [each["type"] for each in (await org.get("/search/scopeOrder")).json]
        assert again[0] == "Lead"
        assert sorted(again) == names

    run(tmp_path, test)


def test_upkeep_waits_for_a_pause(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        while await org.org.settle_search():
            pass
        await org.create("Account", Name="acme")
        assert await org.org.settle_search(patient=True) == 0
        await org.create("Account", Name="acme")
        assert await org.org.settle_search(patient=True) == 0
        assert await org.org.settle_search(patient=True) == 1
        assert await org.org.settle_search(patient=True) == 0
        await org.create("Account", Name="acme")
        assert await org.org.settle_search() == 1

    run(tmp_path, test)


def test_much_that_was_saved_is_indexed_before_a_search(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        user = await org.org.identity.authenticate(org.token)
        for start in range(0, 600, 200):
            rows = [{"Name": f"acme {start + n}"} for n in range(200)]
            assert all(each.success for each in await org.org.insert(user, "Account", rows))
        found = (await org.get("/search?q=FIND {acme} RETURNING Account(Id ORDER BY Name)")).json
        assert len(found["searchRecords"]) == 600
        assert await org.org.settle_search() == 1
        assert await org.org.settle_search() == 0
        again = await org.get("/search?q=FIND {acme} RETURNING Account(Id ORDER BY Name)")
        assert again.json == found

    run(tmp_path, test)


def test_a_search_does_not_wait_until_others_have_saved(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        user = await org.org.identity.authenticate(org.token)
        rows = [{"Name": f"acme {n}"} for n in range(200)]

        async def save(times: int) -> None:
            for _ in range(times):
                await org.org.insert(user, "Account", rows)

        await save(5)
        search = asyncio.ensure_future(org.org.search(user, "FIND {acme} RETURNING Account(Id)"))
        saving = asyncio.gather(*(save(15) for _ in range(8)))
        await asyncio.wait((search, saving), return_when=asyncio.FIRST_COMPLETED)
        assert search.done()
        await saving

    run(tmp_path, test)
