"""SOAP calls against the org's limits: what counts, and how large one may be."""

import asyncio
import gzip
from pathlib import Path

import pytest
from tests.contract.places import sqlite_place
from tests.unit.org.api.doors import Answer, Doors, doors
from tests.unit.org.security.people import ADA, ADAS_NAME, PASSWORD

from isthmus.org.api.soap.adapter import REQUEST_BYTES_MAX
from isthmus.org.api.soap.operations import OPERATIONS, Open
from isthmus.wire.login import PARTNER, LoginRequest, write_login
from isthmus.wire.soap import SoapFault, parse_envelope, read_fault, write_envelope

PARTNER_64 = "/services/Soap/u/64.0"
FOR_A_SESSION = [name for name, each in OPERATIONS.items() if not isinstance(each, Open)]


def call(door: Doors, operation: str, token: str) -> Answer:
    header = f"<SessionHeader><sessionId>{token}</sessionId></SessionHeader>"
    return door.ask("POST", PARTNER_64, write_envelope(f"<{operation}/>", PARTNER, header))


def open_session(door: Doors) -> str:
    return asyncio.run(door.people.identity.open_session(ADAS_NAME)).token


def fault_of(answer: Answer) -> SoapFault:
    fault = read_fault(parse_envelope(answer.body, 100_000))
    assert fault is not None
    return fault


@pytest.mark.parametrize("operation", FOR_A_SESSION)
def test_what_a_session_asks_is_counted(door: Doors, operation: str) -> None:
    usage = door.org.usage
    assert call(door, operation, "nonsense").status == 500
    assert usage().used == 0
    assert call(door, operation, open_session(door)).status == 200
    assert usage().used == 1


def test_a_login_is_not_counted(door: Doors) -> None:
    assert door.ask("POST", PARTNER_64, write_login(LoginRequest(ADAS_NAME, PASSWORD))).status == 200
    assert door.org.usage().used == 0


def test_who_has_used_the_limit_up_is_refused(tmp_path: Path) -> None:
    limits = {"DailyApiRequests": 2}
    with sqlite_place(tmp_path) as place, doors(place, limits=limits) as door:
        token = open_session(door)
        assert [call(door, "getServerTimestamp", token).status for _ in range(3)] == [200, 200, 500]
        fault = fault_of(call(door, "getUserInfo", token))
    assert (fault.faultcode, fault.message) == ("sf:REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_request_of_nobody_is_small(door: Doors, packed: bool) -> None:
    body = b" " * (REQUEST_BYTES_MAX + 1)
    if packed:
        answer = door.ask("POST", PARTNER_64, gzip.compress(body), content_encoding="gzip")
    else:
        answer = door.ask("POST", PARTNER_64, body)
    assert fault_of(answer).faultcode == "sf:EXCEEDED_MAX_SIZE_REQUEST"
    assert REQUEST_BYTES_MAX <= 256 * 1024


def test_a_session_whose_user_is_gone_meanwhile(door: Doors) -> None:
    token = open_session(door)
    assert call(door, "getUserInfo", token).status == 200
    door.people.change_user(ADA, "IsDeleted", 1)
    assert fault_of(call(door, "getUserInfo", token)).code == "INVALID_SESSION_ID"
