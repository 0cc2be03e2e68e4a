"""At rest: do encrypted values come back as they were, and is none of them ever on disk in clear?"""

import asyncio

import pytest
from tests.contract.encryption.world import Patients, Storage, patients

from isthmus.org.org import SaveOptions
from isthmus.org.query import paging

SECRETS = {
    "Hidden__c": "hidden-Zebra-4711",
    "Exact__c": "exact-Zebra-4711",
    "Folded__c": "folded-Zebra-4711",
    "Key__c": "key-Zebra-4711",
    "Mail__c": "mail-zebra-4711@example.com",
    "Story__c": "story-Zebra-4711\nwith a second line, ümläute and an end",
    "Card__c": "4111222233334444",
}
INSTANTS = {"Born__c": "1952-03-11", "Seen__c": "2026-01-09T18:03:21.000+0000"}
OPEN = "open-Zebra-4711"


async def planted(org: Patients) -> str:
    return await org.create("Patient__c", Name="P", Open__c=OPEN, **SECRETS, **INSTANTS)


def test_values_of_every_scheme_come_back(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            record_id = await planted(org)
            wanted = {**SECRETS, **INSTANTS, "Open__c": OPEN}
            read = await org.read("Patient__c", record_id)
            assert {name: read[name] for name in wanted} == wanted
            [found] = await org.query(f"SELECT {', '.join(wanted)} FROM Patient__c")
            assert found == wanted
            await org.ask(
                "PATCH", f"/sobjects/Patient__c/{record_id}", {"Hidden__c": "other", "Exact__c": None}
            )
            read = await org.read("Patient__c", record_id)
            assert (read["Hidden__c"], read["Exact__c"], read["Folded__c"]) == (
                "other",
                None,
                SECRETS["Folded__c"],
            )
        async with patients(kept) as org:
            assert (await org.read("Patient__c", record_id))["Story__c"] == SECRETS["Story__c"]

    asyncio.run(scenario())


def test_nothing_is_on_disk_in_clear(kept: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in tables, indexes, the name registry and kept queries, nor in the write-ahead log."""
    monkeypatch.setattr(paging, "BATCH_MIN", 1)

    async def scenario() -> None:
        async with patients(kept) as org:
            record_id = await planted(org)
            for number in range(2):
                account = await org.create("Account", Name=f"Acme {number}")
                contact = await org.create(
                    "Contact",
                    AccountId=account,
                    FirstName="Adalbertine",
                    LastName="Quixadafield",
                    Email="quixada@example.com",
                )
            for _ in range(3):
                await org.create("Patient__c", Name="Q", Folded__c="folded-zebra-4711")
            await org.ask(
                "PATCH", f"/sobjects/Patient__c/{record_id}", {"Open__c": OPEN, "Exact__c": "exact2"}
            )
            await cursor(org)
            await org.ask("DELETE", f"/sobjects/Contact/{contact}")
            assert kept.holds(OPEN)
            found = [each for each in (*SECRETS.values(), *NAMES) if kept.holds(each)]
            assert found == []
            assert not any(kept.holds(each.lower()) for each in (*SECRETS.values(), *NAMES))
        assert [each for each in (*SECRETS.values(), *NAMES) if kept.holds(each)] == []

    asyncio.run(scenario())


NAMES = ("Adalbertine", "Quixadafield", "quixada@example.com")


async def cursor(org: Patients) -> None:
    """A query with an encrypted literal that goes on: its text is kept, and its next page comes."""
    principal = await org.opened.org.identity.authenticate(org.token)
    for soql in (
        "SELECT Id FROM Patient__c WHERE Folded__c = 'FOLDED-zebra-4711' AND Open__c != 'x'",
        "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName = 'Quixadafield')",
    ):
        result = await org.opened.org.query(principal, soql, batch_size=1)
        assert result.locator is not None
        more = await org.opened.org.query_more(principal, str(result.locator), batch_size=1)
        assert len(more.rows) == 1


def test_a_persons_name_is_encrypted_with_its_parts(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            record_id = await org.create("Contact", FirstName="Ada", LastName="Quixadafield")
            read = await org.read("Contact", record_id)
            assert (read["FirstName"], read["Name"]) == ("Ada", "Ada Quixadafield")
            found = await org.query("SELECT Id FROM Contact WHERE Name = 'ada QUIXADAFIELD'")
            assert found == [{"Id": record_id}]
            task = await org.create("Task", Subject="Call", WhoId=record_id)
            [named] = await org.query(f"SELECT Who.Name FROM Task WHERE Id = '{task}'")
            assert named["Who"]["Name"] == "Ada Quixadafield"
            principal = await org.opened.org.identity.authenticate(org.token)
            options = SaveOptions(update_recent=True)
            await org.opened.org.update(
                principal, "Contact", [{"Id": record_id, "Title": "Countess"}], options=options
            )
            assert [each.name for each in await org.opened.org.recent(principal)] == ["Ada Quixadafield"]
            await org.ask("PATCH", f"/sobjects/Contact/{record_id}", {"LastName": "Quixadahill"})
            [named] = await org.query(f"SELECT Who.Name FROM Task WHERE Id = '{task}'")
            assert named["Who"]["Name"] == "Ada Quixadahill"

    asyncio.run(scenario())
