"""A local org that unmodified clients meet, and the ways in which they are pointed at it."""

import asyncio
from collections.abc import Iterator, Mapping

import aiohttp
import pytest
from tests.conformance.local_org import LocalOrg, running_org

MANY = 5_000
_LANES = 32


@pytest.fixture(scope="session")
def org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOrg]:
    with running_org(tmp_path_factory.mktemp("clients")) as org:
        yield org


@pytest.fixture(scope="session")
def through_gateway(org: LocalOrg) -> Mapping[str, str]:
    """The environment in which `login.salesforce.com` and the org's own host lead to the local org."""
    return {"HTTPS_PROXY": org.gateway} | _trusting(org)


@pytest.fixture(scope="session")
def on_localhost(org: LocalOrg) -> Mapping[str, str]:
    """The environment in which https://localhost is trusted."""
    return _trusting(org)


def _trusting(org: LocalOrg) -> dict[str, str]:
    return {"REQUESTS_CA_BUNDLE": org.ca_bundle, "SSL_CERT_FILE": org.ca_bundle}


@pytest.fixture(scope="session")
def many_leads(org: LocalOrg) -> str:
    """The company of 5,000 leads, numbered from 0."""
    asyncio.run(_make_leads(org, "Many Inc"))
    return "Many Inc"


async def _make_leads(org: LocalOrg, company: str) -> None:
    url = f"{org.http}/services/data/v65.0/sobjects/Lead"
    numbers = iter(range(MANY))

    async def lane(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            lead = {"LastName": f"Lead {number}", "Company": company, "NumberOfEmployees": number}
            async with session.post(url, json=lead) as answer:
                assert answer.status == 201, await answer.text()

    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {org.token}"}) as session:
        await asyncio.gather(*(lane(session) for _ in range(_LANES)))
