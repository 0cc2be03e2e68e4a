"""Is the same intent the same on every wire: same outcomes, same records?

An intent is a list of writes; `{0}` in a value is the id that the first of them gave. It runs once through
the façade and once over the wire, each on an org of its own whose ids and clock are the same, and must come
to the same.

Both sides end in the same method of the façade: what is proved is that a wire adds nothing to an intent and
loses nothing of it or of its outcome, not that the rules are right. Those have `tests/contract/save` and the
conformance cases. There is one wire so far; with each further one, the wires are compared with each other.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from tests.parity.wires import REFERENCE, WIRES, Outcome, Wire
from tests.unit.org.api.serving import Served, serving


@dataclass(frozen=True, slots=True)
class Write:
    """One write. `key` is the record's id or, for an upsert, its external id field and value."""

    kind: Literal["insert", "update", "upsert", "delete"]
    sobject: str
    record: Mapping[str, object] = field(default_factory=dict)
    key: tuple[str, ...] = ()


NEW = Write("insert", "Account", {"Name": "Acme"})
INTENTS: Mapping[str, Sequence[Write]] = {
    "a record with a child": [NEW, Write("insert", "Contact", {"LastName": "Lovelace", "AccountId": "{0}"})],
    "names in any case": [Write("insert", "account", {"NAME": "Acme", "billingCITY": "Zürich"})],
    "an update": [NEW, Write("update", "Account", {"Name": "Other", "Phone": None}, ("{0}",))],
    "a delete": [NEW, Write("delete", "Account", key=("{0}",))],
    "a delete twice": [NEW, *[Write("delete", "Account", key=("{0}",))] * 2],
    "an update of what is gone": [
        NEW,
        Write("delete", "Account", key=("{0}",)),
        Write("update", "Account", {"Name": "x"}, ("{0}",)),
    ],
    "an update of what never was": [Write("update", "Account", {"Name": "x"}, ("0017Ab000000zzzAAA",))],
    "a missing required field": [Write("insert", "Contact", {"FirstName": "Ada"})],
    "several missing required fields": [Write("insert", "Opportunity", {})],
    "an unknown field": [Write("insert", "Account", {"Name": "x", "Nope__c": 1})],
    "a field that nobody writes": [Write("insert", "Account", {"Name": "x", "CreatedDate": None})],
    "text that is too long": [Write("insert", "Account", {"Name": "x" * 256})],
    "no e-mail address": [Write("insert", "Contact", {"LastName": "x", "Email": "foo"})],
    "a number that is too large": [Write("insert", "Order__c", {"Amount__c": 1e12})],
    "a reference to another object": [
        NEW,
        Write("insert", "Contact", {"LastName": "x", "ReportsToId": "{0}"}),
    ],
    "a reference to nothing": [
        Write("insert", "Contact", {"LastName": "x", "AccountId": "0017Ab000000zzzAAA"})
    ],
    "no id at all": [Write("insert", "Contact", {"LastName": "x", "AccountId": "abc"})],
    "a unique value": [
        Write("insert", "Order__c", {"Ext__c": "A-1"}),
        Write("insert", "Order__c", {"Ext__c": "a-1"}),
    ],
    "a parent by its external id": [
        Write("insert", "Contact", {"LastName": "x", "Account": {"Nope": 1}}),
    ],
    "an upsert that creates, then updates": [
        Write("upsert", "Order__c", {"Amount__c": 1}, ("Ext__c", "A/1 ü")),
        Write("upsert", "Order__c", {"Amount__c": 2}, ("ext__c", "a/1 Ü")),
    ],
    "an upsert by no external id": [Write("upsert", "Order__c", {}, ("Amount__c", "1"))],
    "an opportunity's stage": [
        Write("insert", "Opportunity", {"Name": "x", "StageName": "Closed Won", "CloseDate": "2026-02-03"})
    ],
    "a master that is held back": [
        NEW,
        Write("insert", "Case", {"AccountId": "{0}"}),
        Write("delete", "Account", key=("{0}",)),
    ],
}


async def perform(served: Served, wire: Wire, writes: Sequence[Write]) -> tuple[list[Outcome], list[object]]:
    """The outcomes of an intent, and every record that it made, with all of its fields."""
    outcomes: list[Outcome] = []
    for write in writes:
        outcomes.append(await _perform(served, wire, write, [each.id or "" for each in outcomes]))
    records: list[object] = []
    for write, outcome in zip(writes, outcomes, strict=True):
        if outcome.created and outcome.id:
            who = await served.org.identity.authenticate(served.token)
            found, _ = await served.org.retrieve_many(who, write.sobject, [outcome.id])
            records += found.rows
    return outcomes, records


async def _perform(served: Served, wire: Wire, write: Write, ids: Sequence[str]) -> Outcome:
    record = {
        name: value.format(*ids) if isinstance(value, str) else value for name, value in write.record.items()
    }
    key = [each.format(*ids) for each in write.key]
    match write.kind:
        case "insert":
            return await wire.insert(served, write.sobject, record)
        case "update":
            return await wire.update(served, write.sobject, key[0], record)
        case "upsert":
            return await wire.upsert(served, write.sobject, key[0], key[1], record)
        case "delete":
            return await wire.delete(served, write.sobject, key[0])


@pytest.mark.parametrize("wire", WIRES.values(), ids=list(WIRES))
@pytest.mark.parametrize("intent", INTENTS.values(), ids=list(INTENTS))
def test_an_intent_comes_to_the_same_on_every_wire(
    tmp_path: Path, wire: Wire, intent: Sequence[Write]
) -> None:
    async def compare() -> None:
        results = []
        for name, way in (("façade", REFERENCE), ("wire", wire)):
            folder = tmp_path / name
            folder.mkdir()
            async with serving(folder) as served:
                results.append(await perform(served, way, intent))
        expected, got = results
        assert got == expected

    asyncio.run(compare())
