"""Search: is what is encrypted found by no word of it, and does the index keep none?"""

import asyncio
from urllib.parse import quote

from tests.contract.encryption.world import Patients, Storage, patients, write_project

SECRET = "Changeling"
IN_THE_INDEX = "hangeling"
"""What stands there of the word: words share what they begin with."""


async def found(org: Patients, term: str) -> list[str]:
    status, told = await org.ask("GET", f"/search?q={quote(f'FIND {{{term}}} RETURNING Contact(Id)')}")
    assert status == 200, told
    return [each["Id"] for each in told["searchRecords"]]


def test_encrypted_fields_are_not_searched(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            contact = await org.create("Contact", LastName=SECRET, Email="a@example.com", Title="boss")
            for _ in range(2):
                assert await found(org, "changeling") == []
                assert await found(org, "example") == []
                assert await found(org, "boss") == [contact]
                await org.opened.org.settle_search()
        assert not kept.holds(IN_THE_INDEX)

    asyncio.run(scenario())


def test_the_index_forgets_what_is_encrypted_from_now_on(kept: Storage) -> None:
    async def scenario() -> None:
        for name in ("Name", "Email"):
            (kept.folder / f"app/objects/Contact/fields/{name}.field-meta.xml").unlink()
        async with patients(kept) as org:
            contact = await org.create("Contact", LastName=SECRET, Title="boss")
            account = await org.create("Account", Name="Other")
            await org.opened.org.settle_search()
            assert await found(org, "changeling") == [contact]
        assert kept.holds(IN_THE_INDEX)
        write_project(kept.folder)
        async with patients(kept) as org:
            assert await found(org, "changeling") == []
            assert await found(org, "boss") == [contact]
            await org.opened.org.settle_search()
            assert await found(org, "boss") == [contact]
            _, others = await org.ask("GET", f"/search?q={quote('FIND {other} RETURNING Account')}")
            assert [each["Id"] for each in others["searchRecords"]] == [account]
        assert not kept.holds(IN_THE_INDEX)

    asyncio.run(scenario())
