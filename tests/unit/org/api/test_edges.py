"""At each limit: is what just keeps to it served, and one more refused, in the platform's words?

The edges of queries (100,000 characters), of pages and of events published are with their modules' tests.
"""

import asyncio
from pathlib import Path

import pytest
from tests.contract.places import sqlite_place
from tests.unit.org.api.doors import doors
from tests.unit.org.api.serving import serving
from tests.unit.org.api.test_logins import PARTNER, soap_fault

from isthmus.kernel.clock import HOUR, SECOND, ManualClock
from isthmus.kernel.errors import Fault
from isthmus.kernel.http import HEAD_BYTES_MAX
from isthmus.org.api import bodies
from isthmus.org.api.rest import ADAPTER
from isthmus.org.api.routing import Auth
from isthmus.org.limits.editions import maxima
from isthmus.org.limits.long_requests import LONG, LongRequests
from isthmus.org.limits.maxima import LONG_REQUESTS
from isthmus.org.security.login_rate import LOGINS_PER_HOUR, LoginRate
from isthmus.wire.login import LoginRequest, write_login

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (10_240, "INVALID_LOGIN: Invalid username, password, security token; or user locked out."),
        (10_241, "LIMIT_EXCEEDED: The login request has more than 10240 bytes"),
    ],
)
def test_a_login_of_ten_kilobytes(tmp_path: Path, size: int, said: str) -> None:
    body = write_login(LoginRequest("nobody@example.com", ""))
    password = "x" * (size - len(body))
    body = write_login(LoginRequest("nobody@example.com", password))
    assert len(body) == size
    with sqlite_place(tmp_path) as place, doors(place) as door:
        assert soap_fault(door.ask("POST", PARTNER, body)) == said


def test_3600_logins_an_hour() -> None:
    clock = ManualClock()
    rate = LoginRate(clock)
    for _ in range(3_600):
        rate.count("ada@example.com")
    with pytest.raises(Fault) as refused:
        rate.count("ada@example.com")
    assert refused.value.entry.name == "login_rate_exceeded"
    assert LOGINS_PER_HOUR == 3_600
    rate.count("bob@example.com")
    clock.advance(HOUR - 1)
    with pytest.raises(Fault):
        rate.count("ada@example.com")
    clock.advance(1)
    rate.count("ada@example.com")


@pytest.mark.parametrize(("edition", "maximum"), [("Developer Edition", 5), ("Enterprise Edition", 25)])
def test_long_requests_at_the_same_time(edition: str, maximum: int) -> None:
    clock = ManualClock()
    requests = LongRequests(clock, maxima({}, edition)[LONG_REQUESTS])
    numbers = [requests.begin() for _ in range(maximum - 1)]
    clock.advance(LONG)
    requests.check()
    numbers.append(requests.begin())
    clock.advance(20 * SECOND - 1)
    requests.check()
    clock.advance(1)
    with pytest.raises(Fault) as refused:
        requests.check()
    assert (refused.value.code, refused.value.status) == ("REQUEST_LIMIT_EXCEEDED", 403)
    requests.end(numbers[0])
    requests.check()


def test_the_last_call_of_a_day(tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path, limits={"DailyApiRequests": 3}) as org:
            answers = [await org.get("/limits") for _ in range(4)]
            assert [each.status for each in answers] == [200, 200, 200, 403]
            assert answers[2].headers["Sforce-Limit-Info"] == "api-usage=3/3"
            assert (answers[3].code, answers[3].message) == (
                "REQUEST_LIMIT_EXCEEDED",
                "TotalRequests Limit exceeded.",
            )

    asyncio.run(test())


def test_fifty_megabytes() -> None:
    sizes = {each.body_limit for each in ADAPTER.routes if each.auth is Auth.SESSION}
    assert sizes == {50 * MEGABYTE}

    async def read(size: int) -> int:
        return len(
            await bodies.read(bodies.giving(bytes(size)), {b"transfer-encoding": b"chunked"}, max(sizes))
        )

    assert asyncio.run(read(50 * MEGABYTE)) == 50 * MEGABYTE
    with pytest.raises(Fault) as refused:
        asyncio.run(read(50 * MEGABYTE + 1))
    assert refused.value.entry.name == "body_too_large"


@pytest.mark.parametrize(
    ("url", "header", "status"),
    [
        (HEAD_BYTES_MAX - 17, 0, b"404"),
        (HEAD_BYTES_MAX - 16, 0, b"431"),
        (HEAD_BYTES_MAX + 1, 0, b"414"),
        (100, HEAD_BYTES_MAX - 122, b"404"),
        (100, HEAD_BYTES_MAX - 121, b"431"),
    ],
)
def test_a_uri_with_its_headers(tmp_path: Path, url: int, header: int, status: bytes) -> None:
    """What counts is the URI, and each header with its name, its value and four bytes between and behind."""
    more = b"x: %s\r\n" % (b"y" * header) if header else b""

    async def test() -> bytes:
        async with serving(tmp_path) as org:
            port = int(org.url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /%s HTTP/1.1\r\nhost: localhost\r\n%s\r\n" % (b"z" * (url - 1), more))
            answer = await reader.readline()
            writer.close()
            return answer

    assert asyncio.run(test()).split()[1] == status
