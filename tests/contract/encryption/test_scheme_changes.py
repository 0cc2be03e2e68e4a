"""Scheme changes: is what is stored converted when a project says something else of a field?"""

import asyncio
from itertools import pairwise

import pytest
from tests.contract.encryption.world import (
    EXACT,
    FIELDS,
    FOLDED,
    PROBABILISTIC,
    Storage,
    patients,
    write_project,
)

from isthmus.assembly import OrgRefused

SECRET = "Changeling-4711"
COURSE = (None, PROBABILISTIC, None, FOLDED, EXACT, PROBABILISTIC, FOLDED, None)


def with_scheme(kept: Storage, scheme: str | None, name: str = "Open__c") -> None:
    write_project(kept.folder, {**FIELDS, name: (FIELDS[name][0], scheme)})


def test_values_follow_from_every_scheme_to_the_next(kept: Storage) -> None:
    async def scenario() -> None:
        with_scheme(kept, COURSE[0])
        async with patients(kept) as org:
            record_id = await org.create("Patient__c", Open__c=SECRET)
        for before, scheme in pairwise(COURSE):
            with_scheme(kept, scheme)
            async with patients(kept) as org:
                assert (await org.read("Patient__c", record_id))["Open__c"] == SECRET, (before, scheme)
                soql = "SELECT Id FROM Patient__c WHERE Open__c = '{}'"
                if scheme == PROBABILISTIC:
                    assert "can not be filtered" in await org.refusal(soql.format(SECRET))
                else:
                    assert await org.query(soql.format(SECRET)) == [{"Id": record_id}], (before, scheme)
                    found = await org.query(soql.format(SECRET.upper()))
                    assert found == ([] if scheme == EXACT else [{"Id": record_id}])
            assert kept.holds(SECRET) == (scheme is None), (before, scheme)

    asyncio.run(scenario())


def test_names_in_the_registry_follow(kept: Storage) -> None:
    async def scenario() -> None:
        (kept.folder / "app/objects/Contact/fields/Name.field-meta.xml").unlink()
        (kept.folder / "app/objects/Contact/fields/Email.field-meta.xml").unlink()
        async with patients(kept) as org:
            contact = await org.create("Contact", LastName=SECRET, Email="changeling@example.com")
            await org.create("Task", Subject="Call", WhoId=contact)
        assert kept.holds(SECRET)
        write_project(kept.folder)
        async with patients(kept) as org:
            [task] = await org.query("SELECT Who.Name, Who.Email FROM Task")
            assert (task["Who"]["Name"], task["Who"]["Email"]) == (SECRET, "changeling@example.com")
        assert not kept.holds(SECRET)
        assert not kept.holds("changeling@example.com")

    asyncio.run(scenario())


def test_a_change_that_would_lose_values_whose_secret_is_missing_is_refused(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            record_id = await org.create("Patient__c", Hidden__c=SECRET)
        aside = kept.key_file.read_bytes()
        kept.key_file.unlink()
        with_scheme(kept, None, "Hidden__c")
        with pytest.raises(OrgRefused, match=r"Patient__c\.Hidden__c has another type or encryption now"):
            async with patients(kept):
                pass
        kept.key_file.write_bytes(aside)
        async with patients(kept) as org:
            assert (await org.read("Patient__c", record_id))["Hidden__c"] == SECRET

    asyncio.run(scenario())
