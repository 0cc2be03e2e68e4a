"""Queries: what may be asked of an encrypted field, by its scheme, and what do describes say of it?"""

import asyncio
from dataclasses import replace

from tests.contract.encryption.world import Patients, Storage, patients

from isthmus.org.query.opening import mask
from isthmus.org.save.following import FOLLOWINGS
from isthmus.org.schema.encrypted import SHOWN
from isthmus.org.security.access import FullAccess

NOT_FILTERED = "INVALID_FIELD: field '{}' can not be filtered in a query call"
WRONG_OPERATOR = "INVALID_QUERY_FILTER_OPERATOR: invalid operator on string field"


def test_what_a_scheme_forbids_is_refused(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            for name in ("Hidden__c", "Born__c", "Seen__c", "Card__c", "Story__c"):
                soql = f"SELECT Id FROM Patient__c WHERE {name} = null"
                assert await org.refusal(soql) == NOT_FILTERED.format(name)
            for condition in ("Exact__c LIKE 'A%'", "Folded__c < 'b'", "Folded__c >= 'b'", "Key__c LIKE 'x'"):
                soql = f"SELECT Id FROM Patient__c WHERE {condition}"
                assert await org.refusal(soql) == WRONG_OPERATOR, condition
            for name in ("Hidden__c", "Folded__c", "Born__c"):
                told = await org.refusal(f"SELECT Id FROM Patient__c ORDER BY {name}")
                assert name in told
                told = await org.refusal(f"SELECT MIN({name}) FROM Patient__c")
                assert name in told
            assert "Hidden__c" in await org.refusal("SELECT Hidden__c FROM Patient__c GROUP BY Hidden__c")

    asyncio.run(scenario())


def test_what_a_deterministic_scheme_allows(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            for folded in ("Ann", "ANN", "Bob", None):
                await org.create("Patient__c", Folded__c=folded, Exact__c=folded)
            groups = await org.query("SELECT Folded__c, COUNT(Id) n FROM Patient__c GROUP BY Folded__c")
            assert sorted((str(each["Folded__c"]).lower(), each["n"]) for each in groups) == [
                ("ann", 2),
                ("bob", 1),
                ("none", 1),
            ]
            assert len(await org.query("SELECT Exact__c FROM Patient__c GROUP BY Exact__c")) == 4
            having = "SELECT Folded__c FROM Patient__c GROUP BY Folded__c HAVING Folded__c = 'bob'"
            assert await org.query(having) == [{"Folded__c": "Bob"}]
            assert len(await org.query("SELECT Id FROM Patient__c WHERE Folded__c = null")) == 1
            assert len(await org.query("SELECT Id FROM Patient__c WHERE Folded__c IN ('bob', null)")) == 2
            assert len(await org.query("SELECT Id FROM Patient__c WHERE Folded__c NOT IN ('bob', null)")) == 2
            assert len(await org.query("SELECT Id FROM Patient__c WHERE Folded__c != 'bob'")) == 3

    asyncio.run(scenario())


def test_children_and_parents_are_opened(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            account = await org.create("Account", Name="Acme")
            contact = await org.create("Contact", LastName="Quix", Email="q@example.com", AccountId=account)
            [found] = await org.query("SELECT (SELECT Email, Name FROM Contacts) FROM Account")
            [child] = found["Contacts"]["records"]
            assert (child["Email"], child["Name"]) == ("q@example.com", "Quix")
            case = await org.create("Case", Subject="S", ContactId=contact)
            [found] = await org.query("SELECT Contact.Email FROM Case WHERE Contact.Email = 'Q@example.com'")
            assert found["Contact"]["Email"] == "q@example.com"
            assert await org.query("SELECT Id FROM Case WHERE Contact.Name = 'quix'") == [{"Id": case}]

    asyncio.run(scenario())


def test_what_shows_an_encrypted_field_is_encrypted_too(kept: Storage) -> None:
    """A case shows its contact's address: when it gets the contact, and when the contact changes."""

    async def scenario() -> None:
        async with patients(kept) as org:
            contact = await org.create("Contact", LastName="Quix", Email="quixada-1@example.com")
            case = await org.create("Case", Subject="S", ContactId=contact)
            assert (await org.read("Case", case))["ContactEmail"] == "quixada-1@example.com"
            await org.ask("PATCH", f"/sobjects/Contact/{contact}", {"Email": "quixada-2@example.com"})
            found = await org.query(
                "SELECT ContactEmail FROM Case WHERE ContactEmail = 'Quixada-2@example.com'"
            )
            assert found == [{"ContactEmail": "quixada-2@example.com"}]
            assert not kept.holds("quixada-")

    asyncio.run(scenario())


def test_every_field_that_follows_is_known_to_the_schema() -> None:
    shown = {
        (each.follower, mine): f"{each.leader}.{theirs}" for each in FOLLOWINGS for mine, theirs in each.shown
    }
    assert shown == SHOWN


def test_describes_follow_the_scheme(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            _, told = await org.ask("GET", "/sobjects/Patient__c/describe")
            flags = {
                each["name"]: tuple(
                    each[flag]
                    for flag in ("encrypted", "filterable", "sortable", "groupable", "aggregatable")
                )
                for each in told["fields"]
            }
            hidden = (True, False, False, False, False)
            assert {flags[name] for name in ("Hidden__c", "Story__c", "Born__c", "Seen__c", "Card__c")} == {
                hidden
            }
            assert {flags[name] for name in ("Exact__c", "Folded__c", "Key__c", "Mail__c")} == {
                (True, True, False, True, False)
            }
            assert flags["Open__c"] == (False, True, True, True, True)

    asyncio.run(scenario())


class WithoutViewEncryptedData(FullAccess):
    """Every right but one."""

    def has(self, permission: str) -> bool:
        return permission != "ViewEncryptedData"


def test_classic_encrypted_text_is_masked_for_who_may_not_view_it(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            record_id = await org.create("Patient__c", Card__c="4111222233334444", Hidden__c="h")
            assert (await org.read("Patient__c", record_id))["Card__c"] == "4111222233334444"
            assert await cards(org, record_id) == {"XXXX-XXXX-XXXX-4444"}

    asyncio.run(scenario())


async def cards(org: Patients, record_id: str) -> set[object]:
    """The card, read and queried without the right to see it; what Shield encrypts is not masked."""
    whole = org.opened.org
    principal = await whole.identity.authenticate(org.token)
    restricted = replace(principal, access=WithoutViewEncryptedData(shape="encrypted data masked"))
    read = await whole.retrieve(restricted, "Patient__c", record_id, ["Card__c", "Hidden__c"])
    queried = await whole.query(restricted, "SELECT Id, Card__c, Hidden__c FROM Patient__c")
    assert read.rows[0][2] == queried.rows[0][2] == "h"
    return {read.rows[0][1], queried.rows[0][1]}


def test_masks() -> None:
    """Source: Salesforce Help, Classic Encryption for Custom Fields."""
    assert mask("secret", "all", "*") == "******"
    assert mask("123456", "lastFour", "*") == "**3456"
    assert mask("123", "lastFour", "*") == "123"
    assert mask("123456789", "ssn", "X") == "XXX-XX-6789"
    assert mask("123456789", "sin", "X") == "XXXXX6789"
    assert mask("AB123456C", "nino", "*") == "** ** ** ** *"
