"""Are versions, resources, describes, queries, limits and recent items answered as the REST API does it?"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.unit.org.api.serving import Served, serving

from isthmus.kernel.clock import DAY, HOUR, MINUTE

DATA = "/services/data/v65.0"


def run(folder: Path, test: Callable[[Served], Awaitable[None]]) -> None:
    async def served() -> None:
        async with asyncio.timeout(60), serving(folder) as org:
            await test(org)

    asyncio.run(served())


def test_versions_need_no_token_and_are_ascending(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        answer = await org.get("/services/data/", {"Authorization": ""})
        assert answer.json[0] == {"label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0"}
        assert answer.json[-1] == {"label": "Winter '26", "url": "/services/data/v65.0", "version": "65.0"}
        assert len(answer.json) == 35

    run(tmp_path, test)


def test_resources_that_are_listed_are_there(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        resources = (await org.get("/services/data/v65.0/")).json
        assert list(resources) == sorted(resources)
        assert resources.pop("identity") == f"{org.url}/id/{org.org.organization_id}/{org.user_id}"
        for path in resources.values():
            assert (await org.get(path)).status in (200, 400), path
        assert (await org.get(DATA, {"Authorization": ""})).status == 401

    run(tmp_path, test)


def test_describes(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        whole = (await org.get("/sobjects")).json
        assert (whole["encoding"], whole["maxBatchSize"]) == ("UTF-8", 200)
        [order] = [each for each in whole["sobjects"] if each["name"] == "Order__c"]
        assert order["urls"]["rowTemplate"] == DATA + "/sobjects/Order__c/{ID}"
        assert order["custom"] is True

        described = (await org.get("/sobjects/ORDER__c/describe/")).json
        assert described["name"] == "Order__c"
        assert described["urls"]["uiNewRecord"].startswith(org.url)
        assert {"Amount__c", "Ext__c"} <= {each["name"] for each in described["fields"]}
        [master] = described["recordTypeInfos"]
        assert master["recordTypeId"] == "012000000000000AAA"

        basic = (await org.get("/sobjects/order__c")).json
        assert basic == {"objectDescribe": order, "recentItems": []}

    run(tmp_path, test)


def test_a_describe_that_is_known_is_not_sent_again(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for path in ("/sobjects", "/sobjects/Account/describe"):
            first = await org.get(path)
            modified = first.headers["Last-Modified"]
            assert modified == "Thu, 01 Jan 2026 00:00:00 GMT"
            org.clock.advance(1000)
            again = await org.get(path, {"If-Modified-Since": modified})
            assert (again.status, again.body) == (304, b"")
            for older in ("Wed, 31 Dec 2025 23:59:59 GMT", "nonsense"):
                assert (await org.get(path, {"If-Modified-Since": older})).body == first.body

    run(tmp_path, test)


def test_queries(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        account = await org.create("Account", Name="Acme")
        for name in ("A", "B"):
            await org.create("Order__c", Name=name, Account__c=account)
        found = await org.get("/query?q=SELECT+name,Account__r.Name+FROM+order__c+ORDER+BY+Name")
        assert list(found.json) == ["totalSize", "done", "records"]
        assert (found.json["totalSize"], found.json["done"]) == (2, True)
        first = found.json["records"][0]
        assert list(first) == ["attributes", "Name", "Account__r"]
        assert first["Account__r"]["attributes"]["url"] == f"{DATA}/sobjects/Account/{account}"

        nested = (await org.get("/query/?q=SELECT+Id,(SELECT+Name+FROM+Orders__r)+FROM+Account")).json
        [record] = nested["records"]
        assert record["Orders__r"]["totalSize"] == 2
        assert [each["Name"] for each in record["Orders__r"]["records"]] == ["A", "B"]

        count = await org.get("/query?q=SELECT%20COUNT()%20FROM%20Order__c")
        assert count.json == {"totalSize": 2, "done": True, "records": []}

        order = found.json["records"][0]["attributes"]["url"].rsplit("/", 1)[1]
        await org.ask("DELETE", f"/sobjects/Order__c/{order}")
        asked = "?q=SELECT+COUNT()+FROM+Order__c"
        assert (await org.get("/query" + asked)).json["totalSize"] == 1
        assert (await org.get("/queryAll" + asked)).json["totalSize"] == 2

    run(tmp_path, test)


def test_a_query_goes_on_page_by_page(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        user = await org.org.identity.open_session("ada@example.com")
        await org.org.insert(user.user, "Order__c", [{"Name": f"{number:04}"} for number in range(450)])
        options = {"Sforce-Query-Options": "batchSize=200"}
        page = (await org.get("/query?q=SELECT+Name+FROM+Order__c+ORDER+BY+Name", options)).json
        names = [each["Name"] for each in page["records"]]
        assert list(page) == ["totalSize", "done", "nextRecordsUrl", "records"]
        assert (page["totalSize"], page["done"], len(names)) == (450, False, 200)
        second_url = page["nextRecordsUrl"]
        assert second_url.startswith(DATA + "/query/")
        assert second_url.endswith("-200")
        while not page["done"]:
            page = (await org.get(page["nextRecordsUrl"], options)).json
            names += [each["Name"] for each in page["records"]]
        assert names == [f"{number:04}" for number in range(450)]
        assert "nextRecordsUrl" not in page
        whole = (
            await org.get("/query?q=SELECT+Name+FROM+Order__c", {"Sforce-Query-Options": "batchSize=7000"})
        ).json
        assert (len(whole["records"]), whole["done"]) == (450, True)
        small = (
            await org.get("/query?q=SELECT+Name+FROM+Order__c", {"Sforce-Query-Options": "batchSize=1"})
        ).json
        assert len(small["records"]) == 200
        org.clock.advance(3 * DAY)
        session = await org.org.identity.open_session("ada@example.com")
        expired = await org.get(second_url, {"Authorization": f"Bearer {session.token}"})
        assert (expired.status, expired.code, expired.message) == (
            400,
            "INVALID_QUERY_LOCATOR",
            "invalid query locator",
        )

    run(tmp_path, test)


def test_a_query_tells_its_columns(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        asked = "SELECT+Id,Amount__c,Paid__c,Account__r.Name+FROM+Order__c"
        told = (await org.get(f"/query?q={asked}&columns=true")).json
        assert (told["entityName"], told["idSelected"], told["keyPrefix"]) == ("Order__c", True, "a00")
        identifier, amount, paid, account = told["columnMetadata"]
        assert (identifier["columnName"], identifier["apexType"], identifier["textType"]) == (
            "Id",
            "Id",
            False,
        )
        assert (amount["numberType"], amount["custom"], amount["updatable"]) == (True, True, True)
        assert (paid["booleanType"], paid["apexType"]) == (True, "Boolean")
        assert (account["columnName"], account["aggregate"], account["custom"]) == ("Account__r", False, True)
        assert [each["columnName"] for each in account["joinColumns"]] == ["Name"]
        nested = (
            await org.get("/query?q=SELECT+(SELECT+Name+FROM+Orders__r)+FROM+Account&columns=true")
        ).json
        [orders] = nested["columnMetadata"]
        assert (orders["columnName"], orders["aggregate"], nested["idSelected"]) == ("Orders__r", True, False)

    run(tmp_path, test)


def test_queries_that_are_wrong(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for missing in ("/query", "/query?q=", "/queryAll?q=+"):
            answer = await org.get(missing)
            assert (answer.status, answer.code) == (400, "MALFORMED_QUERY")
            assert answer.message == "A query string has to be specified"
        column = await org.get("/query?q=SELECT+Nope+FROM+Account")
        assert (column.status, column.code) == (400, "INVALID_FIELD")
        assert "ERROR at Row:1:Column:8" in column.message
        assert "fields" not in column.json[0]
        assert (await org.get("/query?q=SELECT+Id+FROM+Nope")).code == "INVALID_TYPE"
        assert (await org.get("/query?q=SELECT+Id+FROM+Account+WHERE")).code == "MALFORMED_QUERY"
        explained = await org.get("/query?explain=SELECT+Nope+FROM+Account")
        assert (explained.status, explained.code) == (400, "INVALID_FIELD")
        assert "ERROR at Row:1:Column:8" in explained.message
        assert (await org.get("/query/nonsense")).code == "INVALID_QUERY_LOCATOR"

    run(tmp_path, test)


def test_limits_and_counts(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        limits = (await org.get("/limits")).json
        assert limits["DailyApiRequests"] == {"Max": 15000, "Remaining": 14999}
        assert limits["PermissionSets"]["CreateCustom"] == {"Max": 1000, "Remaining": 1000}
        await org.create("Order__c", Name="A")
        counts = (await org.get("/limits/recordCount?sObjects=order__c,Account,%20Nope")).json
        assert counts == {"sObjects": [{"count": 1, "name": "Order__c"}, {"count": 0, "name": "Account"}]}
        every = (await org.get("/limits/recordCount")).json["sObjects"]
        assert {"count": 1, "name": "Order__c"} in every
        assert all(each["count"] for each in every)

    run(tmp_path, test)


def test_recent_items_are_those_that_were_asked_to_be(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        await org.create("Order__c", Name="unseen")
        answer = await org.ask(
            "POST", "/sobjects/Order__c", {"Name": "seen"}, {"Sforce-Mru": "updateMru=true"}
        )
        record_id = answer.json["id"]
        item = {
            "attributes": {"type": "Order__c", "url": f"{DATA}/sobjects/Order__c/{record_id}"},
            "Id": record_id,
            "Name": "seen",
        }
        assert (await org.get("/recent")).json == [item]
        assert (await org.get("/recent?limit=0")).json == []
        assert (await org.get("/sobjects/Order__c")).json["recentItems"] == [item]
        assert (await org.get("/sobjects/Account")).json["recentItems"] == []

    run(tmp_path, test)


def test_what_was_changed_and_deleted(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        ids = [await org.create("Order__c", Name=name) for name in "ABC"]
        org.clock.advance(HOUR)
        await org.ask("PATCH", f"/sobjects/Order__c/{ids[0]}", {"Name": "changed"})
        await org.ask("DELETE", f"/sobjects/Order__c/{ids[1]}")
        org.clock.advance(45 * MINUTE)
        span = "?start=2026-01-01T00:30:00%2B00:00&end=2026-01-01T01:30:59Z"
        assert (await org.get("/sobjects/order__c/updated/" + span)).json == {
            "ids": [ids[0]],
            "latestDateCovered": "2026-01-01T01:30:00.000+0000",
        }
        assert (await org.get("/sobjects/Order__c/deleted" + span)).json == {
            "deletedRecords": [{"id": ids[1], "deletedDate": "2026-01-01T01:00:00.000+0000"}],
            "earliestDateAvailable": "2025-12-17T01:45:00.000+0000",
            "latestDateCovered": "2026-01-01T01:30:00.000+0000",
        }
        for lenient in (
            "?start=2026-01-01T00%3A00%3A00+00:00&end=2026-01-02T00:00:00.000%2B0000",
            "?start=2026-01-01T00%253A00%253A00Z&end=2026-01-02T00:00:00Z",
        ):
            answer = await org.get("/sobjects/Order__c/updated/" + lenient)
            assert sorted(answer.json["ids"]) == sorted([ids[0], ids[2]])
            assert answer.json["latestDateCovered"] == "2026-01-01T01:45:00.000+0000"
        for wrong, code in (
            ("", "ILLEGAL_QUERY_PARAMETER_VALUE"),
            ("?start=soon&end=2026-01-01T00:00:00Z", "ILLEGAL_QUERY_PARAMETER_VALUE"),
            ("?start=2026-01-01T00:00:00Z&end=2026-01-01T00:00:59Z", "INVALID_REPLICATION_DATE"),
            ("?start=2025-11-01T00:00:00Z&end=2026-01-01T00:00:00Z", "INVALID_REPLICATION_DATE"),
        ):
            answer = await org.get("/sobjects/Order__c/updated" + wrong)
            assert (answer.status, answer.code) == (400, code)
        assert (await org.get("/sobjects/Nope__c/updated" + span)).status == 404

    run(tmp_path, test)


def test_relationships_lead_to_parents_and_children(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        account = await org.create("Account", Name="Acme")
        orders = [await org.create("Order__c", Name=name, Account__c=account) for name in "AB"]
        alone = await org.create("Order__c", Name="alone")
        parent = await org.get(f"/sobjects/Order__c/{orders[0]}/account__R?fields=Name")
        assert parent.json["attributes"]["url"] == f"{DATA}/sobjects/Account/{account}"
        assert parent.json["Name"] == "Acme"
        owner = await org.get(f"/sobjects/Order__c/{orders[0]}/Owner")
        assert (owner.json["attributes"]["type"], owner.json["Id"]) == ("User", org.user_id)
        children = await org.get(f"/sobjects/Account/{account[:15]}/Orders__r?fields=Name")
        assert (children.json["totalSize"], children.json["done"]) == (2, True)
        assert [each["Name"] for each in children.json["records"]] == ["A", "B"]
        whole = (await org.get(f"/sobjects/Account/{account}/Orders__r")).json["records"][0]
        assert whole["Account__c"] == account
        path = f"/sobjects/Order__c/{orders[0]}/Account__r"
        assert (await org.ask("PATCH", path, {"Name": "Renamed"})).status == 204
        assert (await org.get(f"/sobjects/Account/{account}")).json["Name"] == "Renamed"
        assert (await org.ask("PATCH", f"/sobjects/Account/{account}/Orders__r", {})).status == 404
        assert (await org.ask("DELETE", path)).status == 204
        assert (await org.get(f"/sobjects/Account/{account}")).code == "ENTITY_IS_DELETED"
        for nowhere in (
            path,
            f"/sobjects/Order__c/{alone}/Account__r",
            f"/sobjects/Order__c/{orders[0]}/Nope__r",
            "/sobjects/Account/001000000000001AAA/Orders__r",
        ):
            answer = await org.get(nowhere)
            assert (answer.status, answer.code) == (404, "NOT_FOUND")

    run(tmp_path, test)


def test_a_queue_is_a_recent_item_as_the_group_that_it_is(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        queue = {"Name": "Help", "Type": "Queue"}
        made = await org.ask("POST", "/sobjects/Group", queue, {"Sforce-Mru": "updateMru=true"})
        url = f"{DATA}/sobjects/Group/{made.json['id']}"
        item = {"attributes": {"type": "Group", "url": url}, "Id": made.json["id"], "Name": "Help"}
        assert (await org.get("/recent")).json == [item]
        assert (await org.get("/sobjects/Group")).json["recentItems"] == [item]

    run(tmp_path, test)
