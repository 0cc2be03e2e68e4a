"""aiohttp: many requests at once on few connections, and a certificate that it checks."""

import asyncio
import ssl

import aiohttp
from tests.conformance.local_org import LocalOrg

AT_ONCE = 64


def test_many_creates_at_once_are_all_there(org: LocalOrg) -> None:
    created = asyncio.run(_create_at_once(org))
    assert len(set(created)) == AT_ONCE
    assert asyncio.run(_count(org)) == AT_ONCE


def test_https_is_trusted_by_the_local_authority(org: LocalOrg) -> None:
    async def versions() -> int:
        context = ssl.create_default_context(cafile=org.ca_bundle)
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{org.https}/services/data/", ssl=context) as answer,
        ):
            return len(await answer.json())

    assert asyncio.run(versions()) == 35


def _session(org: LocalOrg) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(headers={"Authorization": f"Bearer {org.token}"})


async def _create_at_once(org: LocalOrg) -> list[str]:
    async def create(session: aiohttp.ClientSession, number: int) -> str:
        record = {"LastName": f"At once {number}", "Department": "At once"}
        async with session.post(f"{org.http}/services/data/v65.0/sobjects/Contact", json=record) as answer:
            assert answer.status == 201
            return str((await answer.json())["id"])

    async with _session(org) as session:
        return await asyncio.gather(*(create(session, number) for number in range(AT_ONCE)))


async def _count(org: LocalOrg) -> int:
    query = {"q": "SELECT COUNT() FROM Contact WHERE Department = 'At once'"}
    async with (
        _session(org) as session,
        session.get(f"{org.http}/services/data/v65.0/query", params=query) as answer,
    ):
        return int((await answer.json())["totalSize"])
