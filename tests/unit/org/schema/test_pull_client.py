"""Pull client: another org over HTTP, and everything that can go wrong on the way."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from isthmus.org.schema.pull_client import AT_ONCE, PullFailed, fetch_describes

pytestmark = pytest.mark.anyio
TOKEN = "00D!secret"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class OtherOrg:
    """An org that lists objects and describes them, or answers as a test wants."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "/services/data": [
                {"version": "9.0"},
                {"version": "64.0"},
                {"version": "65.0"},
                {"version": "x"},
            ],
            "/services/data/v65.0/sobjects": {
                "sobjects": [{"name": n} for n in ("Account", "Contact", "Lead")]
            },
        }
        for name in ("Account", "Contact", "Lead"):
            self.answers[f"/services/data/v65.0/sobjects/{name}/describe"] = {"name": name, "fields": []}
        self.status: dict[str, int] = {}
        self.asked: list[str] = []
        self.at_once = self.most = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            if request.headers["Authorization"] != f"Bearer {TOKEN}":
                error = {"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}
                return web.json_response([error], status=401)
            answer = self.answers.get(request.path)
            status = self.status.get(request.path, 404 if answer is None else 200)
            if isinstance(answer, str):
                headers = {"Location": "https://elsewhere.example"} if status == 302 else {}
                return web.Response(text=answer, status=status, headers=headers)
            return web.json_response(answer, status=status)
        finally:
            self.at_once -= 1


@pytest.fixture
def other() -> OtherOrg:
    return OtherOrg()


@pytest.fixture
async def url(other: OtherOrg) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_get("/{path:.*}", other.handle)
    server = TestServer(application)
    await server.start_server()
    yield str(server.make_url("/")).rstrip("/")
    await server.close()


async def test_everything_the_org_lists(url: str) -> None:
    pulled = await fetch_describes(f"{url}/some/page?x=1", f" {TOKEN}\n")
    assert (pulled.url, pulled.version, pulled.complete) == (url, "65.0", True)
    assert [each["name"] for each in pulled.describes] == ["Account", "Contact", "Lead"]


async def test_some_of_it(url: str, other: OtherOrg) -> None:
    pulled = await fetch_describes(url, TOKEN, ["lead", "Lead"], version="65.0")
    assert [each["name"] for each in pulled.describes] == ["Lead"]
    assert pulled.listed == ("Account", "Contact", "Lead")
    assert not pulled.complete
    assert "/services/data" not in other.asked
    pulled = await fetch_describes(url, TOKEN, only=["Contact", "Widget"])
    assert [each["name"] for each in pulled.describes] == ["Contact"]


async def test_not_everything_at_once(url: str, other: OtherOrg) -> None:
    names = [f"Object{number}" for number in range(5 * AT_ONCE)]
    other.answers["/services/data/v65.0/sobjects"] = {"sobjects": [{"name": name} for name in names]}
    for name in names:
        other.answers[f"/services/data/v65.0/sobjects/{name}/describe"] = {"name": name}
    pulled = await fetch_describes(url, TOKEN)
    assert len(pulled.describes) == len(names)
    assert other.most <= AT_ONCE


async def test_a_name_that_is_not_there(url: str) -> None:
    with pytest.raises(PullFailed, match="the org has no object Widget, or the user may not see it"):
        await fetch_describes(url, TOKEN, ["Account", "Widget"])


async def test_a_token_that_is_refused(url: str) -> None:
    with pytest.raises(
        PullFailed, match=r"refused the token \(INVALID_SESSION_ID: Session exp.*: log in again"
    ):
        await fetch_describes(url, "wrong")


REFUSALS = [
    (403, [{"errorCode": "API_DISABLED_FOR_ORG", "message": "no"}], "the user needs API access"),
    (404, "nothing here", "has no /services/data/v65.0/sobjects/Lead/describe"),
    (500, "<html>", "answered /services/data/v65.0/sobjects/Lead/describe with status 500"),
    (302, "", "use the org's own address"),
    (200, "<html>", "answered without JSON"),
    (200, ["not an object"], "described Lead with something that is no JSON object"),
]


@pytest.mark.parametrize(("status", "answer", "message"), REFUSALS)
async def test_an_answer_that_is_no_describe(
    url: str, other: OtherOrg, status: int, answer: Any, message: str
) -> None:
    path = "/services/data/v65.0/sobjects/Lead/describe"
    other.answers[path], other.status[path] = answer, status
    with pytest.raises(PullFailed, match=message):
        await fetch_describes(url, TOKEN)


@pytest.mark.parametrize(
    ("path", "answer", "message"),
    [
        ("/services/data", {}, "does not list API versions: is it an org's address?"),
        ("/services/data/v65.0/sobjects", [], "has no `sobjects`: is it an org's address?"),
    ],
)
async def test_something_that_is_no_org(
    url: str, other: OtherOrg, path: str, answer: Any, message: str
) -> None:
    other.answers[path] = answer
    with pytest.raises(PullFailed, match=message):
        await fetch_describes(url, TOKEN)


async def test_an_answer_without_end(url: str, other: OtherOrg, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isthmus.org.schema.pull_client.ANSWER_BYTES_MAX", 100)
    other.answers["/services/data"] = "x" * 101
    with pytest.raises(PullFailed, match="answered with more than 100 bytes"):
        await fetch_describes(url, TOKEN)


async def test_an_answer_that_does_not_come_in_time(url: str) -> None:
    with pytest.raises(PullFailed, match="gave no answer in time: try again later"):
        await fetch_describes(url, TOKEN, seconds=1e-6)


async def test_nobody_at_the_address() -> None:
    with pytest.raises(PullFailed, match=r"can't be reached \(.*\): is the address right?"):
        await fetch_describes(f"http://127.0.0.1:{unused_port()}", TOKEN)


@pytest.mark.parametrize(
    ("address", "token", "version", "message"),
    [
        ("acme.my.salesforce.com", TOKEN, None, "is no address: give one like https://"),
        ("ftp://acme", TOKEN, None, "is no address"),
        ("http://localhost", "", None, "the token is empty or holds a space"),
        ("http://localhost", "Bearer x", None, "the token is empty or holds a space"),
        ("http://localhost", TOKEN, "v65", "v65 is no API version: give one like 65.0"),
    ],
)
async def test_what_can_not_be_asked(address: str, token: str, version: str | None, message: str) -> None:
    with pytest.raises(PullFailed, match=message):
        await fetch_describes(address, token, version=version)
