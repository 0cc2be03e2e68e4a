"""Sales: makes opportunities and wins them, with simple-salesforce as it is.

    python win.py N     prints a line for each opportunity that is won

Where the org is, it finds as any such script would: at login.salesforce.com. HTTPS_PROXY and
REQUESTS_CA_BUNDLE lead that name to the local org; without them it would be Salesforce's.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from simple_salesforce import Salesforce

SELLERS = 4


def log_in() -> Any:
    return Salesforce(
        username=os.environ["ORG_USERNAME"],
        password=os.environ["ORG_PASSWORD"],
        security_token=os.environ.get("ORG_SECURITY_TOKEN", ""),
    )


def sell(seller: int, count: int) -> None:
    """Win every fourth of `count` opportunities, from the one with the seller's number."""
    org = log_in()
    for number in range(seller, count, SELLERS):
        opportunity = org.Opportunity.create(
            {
                "Name": f"Fibre line {number + 1}",
                "StageName": "Negotiation/Review",
                "CloseDate": "2026-12-31",
                "Amount": 100 + number,
            }
        )
        org.Opportunity.update(opportunity["id"], {"StageName": "Closed Won"})
        print(opportunity["id"], flush=True)


def main() -> None:
    count = int(sys.argv[1])
    with ThreadPoolExecutor(SELLERS) as sellers:
        for done in [sellers.submit(sell, seller, count) for seller in range(SELLERS)]:
            done.result()


if __name__ == "__main__":
    main()
