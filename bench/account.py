"""The account that is created and read in every figure about rows."""

import json
from typing import Final

from bench.driver import drive, request
from bench.servers import OurOrg

API: Final = "/services/data/v65.0"
FIELDS: Final = (
    "Name",
    "Industry",
    "AnnualRevenue",
    "NumberOfEmployees",
    "BillingCity",
    "Phone",
    "Website",
    "OwnerId",
    "CreatedDate",
    "LastModifiedDate",
)
"""The ten fields that a point read asks for."""


def create_requests(token: str, count: int = 500) -> list[bytes]:
    """Requests that create accounts, each of another name."""
    return [request("POST", f"{API}/sobjects/Account", token, _body(number)) for number in range(count)]


def _body(number: int) -> bytes:
    return json.dumps(
        {
            "Name": f"Bench {number}",
            "Industry": "Energy",
            "AnnualRevenue": 1_500_000,
            "NumberOfEmployees": number,
            "BillingCity": "Springfield",
            "Phone": "+1 415 555 0100",
            "Website": "www.acme.example",
        }
    ).encode()


def make_accounts(org: OurOrg, at_least: int) -> None:
    """Create accounts until there are `at_least` more."""
    made = 0
    while made < at_least:
        made += drive(org.port, create_requests(org.token), 1.0, 32).count
