"""Are events published, and their schemas shown, over the wire as the REST API does it?"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.unit.org.api.serving import Served, serving

NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
FIELDS = {
    "Printer_Model__c": "<type>Text</type><length>20</length><required>true</required>",
    "Ink_Percentage__c": "<type>Number</type><precision>16</precision><scale>2</scale>",
    "Due__c": "<type>Date</type>",
    "Flag__c": "<type>Checkbox</type><defaultValue>false</defaultValue>",
}
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
REFUSED = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def run(folder: Path, test: Callable[[Served], Awaitable[None]]) -> None:
    """Test an org that has `Low_Ink__e`."""
    event = folder / "app" / "objects" / "Low_Ink__e"
    (event / "fields").mkdir(parents=True)
    (event / "Low_Ink__e.object-meta.xml").write_text(
        f"<CustomObject {NAMESPACE}><deploymentStatus>Deployed</deploymentStatus><eventType>HighVolume"
        "</eventType><label>Low Ink</label><pluralLabel>Low Inks</pluralLabel>"
        "<publishBehavior>PublishAfterCommit</publishBehavior></CustomObject>"
    )
    for name, inner in FIELDS.items():
        (event / "fields" / f"{name}.field-meta.xml").write_text(
            f"<CustomField {NAMESPACE}><fullName>{name}</fullName><label>{name}</label>{inner}</CustomField>"
        )

    async def served() -> None:
        async with asyncio.timeout(30), serving(folder) as org:
            await test(org)

    asyncio.run(served())


def test_an_event_is_published_and_nothing_else_can_be_done_with_it(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        made = await org.ask("POST", "/sobjects/low_ink__E", {"Printer_Model__c": "XZO-5"})
        [told] = made.json["errors"]
        assert made.status == 201
        assert made.json == {"id": made.json["id"], "success": True, "errors": [told]}
        assert made.json["id"].startswith("e00")
        assert told == {"statusCode": "OPERATION_ENQUEUED", "message": told["message"], "fields": []}
        assert re.fullmatch(UUID, told["message"])

        one = f"/sobjects/Low_Ink__e/{made.json['id']}"
        updated = await org.ask("PATCH", one, {"Printer_Model__c": "b"})
        assert (updated.status, updated.code) == (400, REFUSED)
        assert updated.message == "entity type cannot be updated: Low Ink"
        deleted = await org.ask("DELETE", one)
        assert (deleted.status, deleted.code) == (400, "DELETE_NOT_ALLOWED")
        assert (await org.get(one)).status == 404
        found = await org.get("/query?q=SELECT+ReplayId+FROM+Low_Ink__e")
        assert (found.status, found.code) == (400, "INVALID_TYPE_FOR_OPERATION")
        assert found.message.endswith("entity type Low_Ink__e does not support query")
        incomplete = await org.ask("POST", "/sobjects/Low_Ink__e", {"Ink_Percentage__c": 0.2})
        assert (incomplete.status, incomplete.code) == (400, "REQUIRED_FIELD_MISSING")

    run(tmp_path, test)


def test_an_event_is_described(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        described = (await org.get("/sobjects/Low_Ink__e/describe")).json
        can = {name: described[name] for name in ("createable", "updateable", "deletable", "queryable")}
        assert can == {"createable": True, "updateable": False, "deletable": False, "queryable": False}
        assert [each["name"] for each in described["fields"]] == [
            "ReplayId",
            "CreatedDate",
            "CreatedById",
            "EventUuid",
            *sorted(FIELDS),
        ]
        assert (await org.get(described["urls"]["eventSchema"])).json["name"] == "Low_Ink__e"

    run(tmp_path, test)


def test_the_schema_of_an_event_has_two_forms(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        path = "/sobjects/low_ink__e/eventSchema"
        compact = (await org.get(f"{path}?payloadFormat=COMPACT")).json
        assert compact == {
            "name": "Low_Ink__e",
            "namespace": "com.sforce.eventbus",
            "type": "record",
            "fields": [
                {"name": "CreatedDate", "type": "long", "doc": "CreatedDate:DateTime"},
                {"name": "CreatedById", "type": "string", "doc": "CreatedBy:EntityId"},
                {"name": "Due__c", "type": ["null", "long"], "doc": "Data:DateOnly", "default": None},
                {"name": "Flag__c", "type": "boolean", "doc": "Data:Boolean"},
                {
                    "name": "Ink_Percentage__c",
                    "type": ["null", "double"],
                    "doc": "Data:Double",
                    "default": None,
                },
                {"name": "Printer_Model__c", "type": "string", "doc": "Data:Text"},
            ],
            "uuid": compact["uuid"],
        }
        assert re.fullmatch(r"[\w-]{22}", compact["uuid"])
        expanded = (await org.get(path)).json
        assert expanded == (await org.get(f"{path}?payloadFormat=EXPANDED")).json
        assert (expanded["type"], expanded["uuid"]) == ("expanded-record", compact["uuid"])
        [data, channel] = expanded["fields"]
        assert channel == {"name": "channel", "type": "string"}
        [schema, payload, event] = data["type"]["fields"]
        assert schema == {"name": "schema", "type": "string"}
        types = {each["name"]: each["type"] for each in payload["type"]["fields"]}
        assert (types["CreatedDate"], types["Due__c"]) == ("string", ["null", "string"])
        assert event["type"]["fields"] == [{"name": "replayId", "type": "long"}]

        by_id = await org.get(f"/event/eventSchema/{compact['uuid']}?payloadFormat=COMPACT")
        assert by_id.json == compact
        assert (await org.get("/event/eventSchema/dffQ2QLzDNHqwB8_sHMxdA")).status == 404
        assert (await org.get("/sobjects/Account/eventSchema")).status == 404
        old = "/services/data/v42.0" + path
        assert (await org.get(old)).json == compact
        for refused in (f"{path}?payloadFormat=compact", f"{old}?payloadFormat=COMPACT"):
            answer = await org.get(refused)
            assert (answer.status, answer.code) == (400, "INVALID_ARGUMENT")

    run(tmp_path, test)
