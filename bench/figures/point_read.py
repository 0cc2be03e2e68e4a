"""One record by its id over REST, ten fields and the whole account, against an HTTP server's least answer."""

from bench.account import API, FIELDS, make_accounts
from bench.driver import busiest, drive, request
from bench.figure import Measured, Size, in_turn
from bench.load import Load
from bench.rows import ids_of_accounts
from bench.servers import our_org, peer

CONNECTIONS = 32


def ten_fields(size: Size) -> Measured:
    """`GET sobjects/Account/id?fields=…` with ten fields."""
    return _read(size, f"?fields={','.join(FIELDS)}", "10 fields of an Account")


def whole_account(size: Size) -> Measured:
    """`GET sobjects/Account/id`: every field."""
    return _read(size, "", "every field of an Account")


def _read(size: Size, query: str, what: str) -> Measured:
    loads: list[Load] = []

    def rate(port: int, requests: list[bytes]) -> float:
        loads.append(drive(port, requests, size.seconds, CONNECTIONS))
        return loads[-1].rate

    with our_org() as org, peer("bare") as bare:
        make_accounts(org, 500)
        reads = [
            request("GET", f"{API}/sobjects/Account/{record_id}{query}", org.token)
            for record_id in ids_of_accounts(org, 500)
        ]
        ours, theirs = in_turn(size, lambda: rate(org.port, reads), lambda: rate(bare, reads))
    notes = (f"GET {what}, an administrator, {CONNECTIONS} connections", busiest(loads))
    return Measured("/s", True, ours, theirs, notes)
