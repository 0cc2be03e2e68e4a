"""Are records created, read, changed and deleted over the wire as the REST API does it?"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.unit.org.api.serving import Served, serving

UNKNOWN = "a00000000000001AAA"


def run(folder: Path, test: Callable[[Served], Awaitable[None]]) -> None:
    async def served() -> None:
        async with asyncio.timeout(30), serving(folder) as org:
            await test(org)

    asyncio.run(served())


def test_a_record_s_life(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        made = await org.ask(
            "POST", "/sobjects/ORDER__C/", {"NAME": "One", "amount__c": 1.5, "Paid__c": True}
        )
        record_id = made.json["id"]
        assert (made.status, made.json) == (201, {"id": record_id, "success": True, "errors": []})
        assert made.headers["Location"] == f"/services/data/v65.0/sobjects/Order__c/{record_id}"
        assert made.content_type == "application/json"

        read = (await org.get(f"/sobjects/order__c/{record_id[:15]}")).json
        assert list(read)[:2] == ["attributes", "Id"]
        assert read["attributes"] == {"type": "Order__c", "url": made.headers["Location"]}
        assert (read["Name"], read["Amount__c"], read["Paid__c"], read["Due__c"]) == ("One", 1.5, True, None)
        assert read["CreatedDate"] == "2026-01-01T00:00:00.000+0000"
        assert read["OwnerId"] == org.user_id

        some = await org.get(f"/sobjects/Order__c/{record_id}?fields=amount__c,%20NAME")
        assert list(some.json) == ["attributes", "Amount__c", "Name", "Id"]

        changed = await org.ask(
            "PATCH", f"/sobjects/Order__c/{record_id}", {"Amount__c": None, "Name": "Two"}
        )
        assert (changed.status, changed.body) == (204, b"")
        assert "Content-Length" not in changed.headers
        after = (await org.get(f"/sobjects/Order__c/{record_id}")).json
        assert (after["Name"], after["Amount__c"]) == ("Two", None)

        assert (await org.ask("DELETE", f"/sobjects/Order__c/{record_id}")).status == 204
        for method in ("GET", "PATCH", "DELETE"):
            gone = await org.ask(method, f"/sobjects/Order__c/{record_id}", {} if method == "PATCH" else None)
            assert (gone.status, gone.code, gone.message) == (404, "ENTITY_IS_DELETED", "entity is deleted")

    run(tmp_path, test)


def test_what_does_not_exist(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for method, path in (
            ("GET", f"/sobjects/Order__c/{UNKNOWN}"),
            ("GET", "/sobjects/Nope__c/a00000000000001AAA"),
            ("POST", "/sobjects/Nope__c"),
            ("GET", "/sobjects/Nope__c"),
            ("GET", "/sobjects/Nope__c/describe"),
            ("PATCH", f"/sobjects/Nope__c/{UNKNOWN}"),
        ):
            answer = await org.ask(method, path, None if method == "GET" else {})
            assert (answer.status, answer.code) == (404, "NOT_FOUND"), path
            assert answer.message == "The requested resource does not exist"
            assert "fields" not in answer.json[0]
        for method in ("PATCH", "DELETE"):
            answer = await org.ask(method, f"/sobjects/Order__c/{UNKNOWN}", {} if method == "PATCH" else None)
            assert answer.status == 404
            assert answer.json == [
                {
                    "message": "invalid cross reference id",
                    "errorCode": "INVALID_CROSS_REFERENCE_KEY",
                    "fields": [],
                }
            ]
        for method in ("GET", "PATCH", "DELETE"):  # recorded: a field's name without a value
            answer = await org.ask(method, "/sobjects/Order__c/Namez", {} if method == "PATCH" else None)
            assert answer.status == 404
            assert answer.json == [
                {
                    "message": "Provided external ID field does not exist or is not accessible: Namez",
                    "errorCode": "NOT_FOUND",
                }
            ]

    run(tmp_path, test)


@pytest.mark.parametrize(
    "resource", ["describe/layouts", "describe/compactLayouts", "listviews", "quickActions"]
)
def test_a_resource_of_the_platform_that_is_not_here_is_no_field(tmp_path: Path, resource: str) -> None:
    async def test(org: Served) -> None:
        answer = await org.ask("GET", f"/sobjects/Order__c/{resource}")
        assert answer.status == 404
        assert answer.json == [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]

    run(tmp_path, test)


def unreadable(kind: str, token: str, value: str, column: int) -> dict[str, object]:
    """The error for a value of the wrong JSON type, in the one line of a body."""
    return {
        "message": f"Cannot deserialize instance of {kind} from {token} value {value} "
        f"or request may be missing a required field at [line:1, column:{column}]",
        "errorCode": "JSON_PARSER_ERROR",
    }


WRONG: list[tuple[object, dict[str, object]]] = [
    (
        {"Foo__c": 1},
        {"message": "No such column 'Foo__c' on sobject of type Order__c", "errorCode": "INVALID_FIELD"},
    ),
    ({"Amount__c": "abc"}, unreadable("double", "VALUE_STRING", "abc", 15)),
    ({"Due__c": "soon"}, unreadable("date", "VALUE_STRING", "soon", 12)),
    ({"Paid__c": {"a": 1}}, unreadable("boolean", "START_OBJECT", "{", 13)),
    ({"Name": "x" * 81}, {"errorCode": "STRING_TOO_LONG", "fields": ["Name"]}),
    ({"Amount__c": 1e20}, {"errorCode": "NUMBER_OUTSIDE_VALID_RANGE", "fields": ["Amount__c"]}),
    (
        {"CreatedDate": "2026-01-01"},
        {"errorCode": "INVALID_FIELD_FOR_INSERT_UPDATE", "fields": ["CreatedDate"]},
    ),
    ({"Account__c": "nonsense"}, {"errorCode": "MALFORMED_ID", "fields": ["Account__c"]}),
    (b"{broken", {"errorCode": "JSON_PARSER_ERROR"}),
    (b"[]", {"errorCode": "JSON_PARSER_ERROR"}),
    (
        b"",
        {
            "message": "The HTTP entity body is required, but this request has no entity body.",
            "errorCode": "JSON_PARSER_ERROR",
        },
    ),
    (b" \n", {"errorCode": "JSON_PARSER_ERROR"}),
]


def test_what_is_wrong_with_a_record(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for body, error in WRONG:
            answer = await org.ask("POST", "/sobjects/Order__c", body)
            assert answer.status == 400, (body, answer.body)
            [found] = answer.json
            assert {key: found.get(key) for key in error} == error
            if "message" in error:
                assert found == error
        assert (await org.ask("POST", "/sobjects/Order__c", b"\xef\xbb\xbf{}")).status == 201

    run(tmp_path, test)


def test_an_update_is_refused_alike(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        url = "/sobjects/Order__c/" + await org.create("Order__c", Name="A")
        wrong = await org.ask("PATCH", url, {"Amount__c": [1]})
        assert wrong.code == "JSON_PARSER_ERROR"
        assert "START_ARRAY value [" in wrong.message
        for name in ("Id", "ID"):  # recorded: github.com/jesperfj/force-rest-api issue 69
            answer = await org.ask("PATCH", url, {name: UNKNOWN})
            assert answer.json == [
                {
                    "message": "The Id field should not be specified in the sobject data.",
                    "errorCode": "INVALID_FIELD",
                }
            ]
        wrong_object = await org.ask("PATCH", f"/sobjects/Order__c/{org.user_id}", {"Name": "x"})
        assert (wrong_object.status, wrong_object.code) == (400, "MALFORMED_ID")

    run(tmp_path, test)


def test_preconditions(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        url = "/sobjects/Order__c/" + await org.create("Order__c", Name="A")
        before, now = "Wed, 31 Dec 2025 23:59:59 GMT", "Thu, 01 Jan 2026 00:00:00 GMT"
        for header, status in (
            ({"If-Modified-Since": now}, 304),
            ({"If-Modified-Since": before}, 200),
            ({"If-Unmodified-Since": now}, 200),
            ({"If-Unmodified-Since": before}, 412),
            ({"If-Match": '"0"'}, 412),
            ({"If-Modified-Since": "nonsense"}, 200),
        ):
            assert (await org.get(url, header)).status == status, header
        for refused in ({"If-Unmodified-Since": before}, {"If-Match": '"0"'}):
            for method in ("PATCH", "DELETE"):
                answer = await org.ask(method, url, {"Name": "B"} if method == "PATCH" else None, refused)
                assert (answer.status, answer.code) == (412, "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE")
        assert (await org.get(url)).json["Name"] == "A"
        assert (await org.ask("PATCH", url, {"Name": "B"}, {"If-Unmodified-Since": now})).status == 204
        assert (await org.ask("DELETE", url, None, {"If-Match": "*"})).status == 204
        gone = await org.ask("DELETE", url, None, {"If-Unmodified-Since": now})
        assert (gone.status, gone.code) == (404, "ENTITY_IS_DELETED")

    run(tmp_path, test)


def test_an_account_has_an_entity_tag(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        url = "/sobjects/Account/" + await org.create("Account", Name="A")
        first = (await org.get(url)).headers["ETag"]
        assert (await org.get(url)).headers["ETag"] == first
        assert "ETag" not in (await org.get(url + "?fields=Name")).headers
        for known in (first, f'"x", W/{first}', "*"):
            assert (await org.get(url, {"If-None-Match": known})).status == 304
        assert (await org.get(url, {"If-None-Match": '"x"'})).status == 200
        assert (await org.ask("PATCH", url, {"Site": "HQ"}, {"If-Match": first})).status == 204
        assert (
            await org.ask("PATCH", url, {"Site": "B"}, {"If-Match": first})
        ).status == 412  # the same second
        second = (await org.get(url)).headers["ETag"]
        assert second != first
        assert (await org.ask("DELETE", url, None, {"If-Match": second})).status == 204

    run(tmp_path, test)


def test_odd_content_types(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for lenient in (
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-8",
        ):
            answer = await org.ask("POST", "/sobjects/Order__c", b'{"Name":"x"}', {"Content-Type": lenient})
            assert answer.status == 201, lenient
        for other in ("application/xml", "multipart/related; boundary=x", "text/csv", "text/xml"):
            answer = await org.ask("POST", "/sobjects/Order__c", b'{"Name":"x"}', {"Content-Type": other})
            media_type = other.partition(";")[0]
            assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
            assert answer.message == f"MediaType of '{media_type}' is not supported by this resource"

    run(tmp_path, test)


def test_answers_are_json_only(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for xml in ("application/xml", "text/xml"):
            answer = await org.get("/limits", {"Accept": xml})
            assert (answer.status, answer.code) == (406, "NOT_ACCEPTABLE")
        browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
        for fine in (browser, "application/json, application/xml", "text/plain", ""):
            assert (await org.get("/limits", {"Accept": fine})).status == 200

    run(tmp_path, test)


def test_large_bodies_are_parsed(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        body = b'{"Name":"x",' + b" " * 300_000 + b'"Note__c":"y"}'
        assert (await org.ask("POST", "/sobjects/Order__c", body)).status == 201
        broken = await org.ask("POST", "/sobjects/Order__c", body[:-1])
        assert "Unexpected end-of-input" in broken.message

    run(tmp_path, test)


def test_external_ids(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        url = "/sobjects/order__c/ext__C/E%2F1"
        assert (await org.get(url)).json == [
            {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
        ]
        only_update = await org.ask("PATCH", url + "?updateOnly=true", {"Name": "A"})
        assert (only_update.status, only_update.code) == (404, "NOT_FOUND")
        made = await org.ask("PATCH", url, {"Name": "A"})
        record_id = made.json["id"]
        assert (made.status, made.json) == (
            201,
            {"id": record_id, "success": True, "errors": [], "created": True},
        )
        assert made.headers["Location"] == f"/services/data/v65.0/sobjects/Order__c/{record_id}"
        changed = await org.ask("PATCH", url, {"Name": "B"})
        assert (changed.status, changed.json) == (
            200,
            {"id": record_id, "success": True, "errors": [], "created": False},
        )
        old = await org.ask("PATCH", "/services/data/v45.0" + url, {"Name": "C"})
        assert (old.status, old.body) == (204, b"")
        found = (await org.get(url + "?fields=Ext__c,Name")).json
        assert (found["Ext__c"], found["Name"], found["Id"]) == ("E/1", "C", record_id)
        twice = await org.ask("PATCH", url, {"ext__c": "other"})
        assert twice.message == "The Ext__c field should not be specified in the sobject data."
        wrong = await org.ask("PATCH", url, {"Amount__c": "x"})
        assert wrong.code == "JSON_PARSER_ERROR"
        for path in ("/sobjects/Order__c/Namez/x", "/sobjects/Order__c/Amount__c/1"):
            answer = await org.get(path)
            assert (answer.status, answer.code) == (404, "NOT_FOUND")
            assert answer.message.startswith(
                "Provided external ID field does not exist or is not accessible: "
            )
        assert (await org.ask("DELETE", url)).status == 204
        assert (await org.ask("DELETE", url)).status == 404

    run(tmp_path, test)


def test_a_value_that_several_records_have_is_ambiguous(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        ids = [await org.create("Order__c", Name="A", Key__c="k") for _ in range(2)]
        urls = [f"/services/data/v65.0/sobjects/Order__c/{each}" for each in ids]
        for method in ("GET", "PATCH", "DELETE"):
            answer = await org.ask(method, "/sobjects/Order__c/Key__c/K", {} if method == "PATCH" else None)
            assert (answer.status, answer.json) == (300, urls)

    run(tmp_path, test)


def test_upsert_by_id_and_create_at_id(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        made = await org.ask("POST", "/sobjects/Order__c/Id", {"Name": "A"})
        assert made.status == 201
        changed = await org.ask("PATCH", f"/sobjects/Order__c/Id/{made.json['id']}", {"Name": "B"})
        assert (changed.status, changed.json["created"]) == (200, False)
        assert (await org.get(f"/sobjects/Order__c/{made.json['id']}")).json["Name"] == "B"

    run(tmp_path, test)
