"""Does the request chain let in what it should, refuse what it must, and dress every answer?"""

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from structlog.testing import capture_logs
from tests.unit.org.api.serving import Served, serving

from isthmus.kernel.clock import DAY
from isthmus.kernel.database import DatabaseFailed, DatabaseFull
from isthmus.kernel.errors import Fault
from isthmus.org.api.chain import CHAIN, call_handler
from isthmus.org.api.rest import ADAPTER
from isthmus.org.api.routing import Adapter, Auth, Call, Route
from isthmus.org.org import Org

NOT_FOUND = [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]


async def echo(call: Call) -> Response:
    told = {
        "path": dict(call.path),
        "size": len(call.body),
        "base_url": call.base_url,
        "method": call.scope["method"],
    }
    return PlainTextResponse(json.dumps(told))


async def patched(call: Call) -> Response:
    return PlainTextResponse("patched")


async def fail(call: Call) -> Response:
    raise {"full": DatabaseFull("free some space"), "failed": DatabaseFailed("disk on fire")}.get(
        call.path["how"], ValueError("secret detail")
    )


async def text(call: Call) -> Response:
    return PlainTextResponse("x" * int(call.path["size"]), headers={"cache-control": "max-age=60"})


async def stream(call: Call) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"piece" * 100

    return StreamingResponse(pieces())


def render(call: Call, error: Fault) -> Response:
    return PlainTextResponse(f"odd: {error.code}", status_code=error.status)


ODD = Adapter(
    "odd",
    (
        Route("POST", "/odd/echo/{name}", echo, auth=Auth.NONE, body_limit=1000),
        Route("GET", "/odd/echo/{name}", echo, auth=Auth.NONE),
        Route("PATCH", "/odd/echo/{name}", patched, auth=Auth.NONE),
        Route("GET", "/odd/fail/{how}", fail, auth=Auth.NONE),
        Route("GET", "/odd/text/{size}", text, auth=Auth.NONE),
        Route("GET", "/odd/stream", stream, auth=Auth.NONE),
        Route("GET", "/odd/mine", echo),
    ),
    render,
)


def run(folder: Path, test: Callable[[Served], Awaitable[None]], **how: object) -> None:
    async def served() -> None:
        async with asyncio.timeout(30), serving(folder, (ADAPTER, ODD), **how) as org:  # type: ignore[arg-type]  # options of serving
            await test(org)

    asyncio.run(served())


def test_the_chain_is_one_tuple_of_named_steps() -> None:
    names = [step.__name__ for step in CHAIN]
    assert names[: names.index("call_handler") + 1] == [
        "guard_host",
        "override_method",
        "find_route",
        "check_version",
        "authenticate",
        "admit",
        "read_body",
        "call_handler",
    ]
    assert call_handler in CHAIN


def test_tokens(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        mine = "/services/data/v65.0/limits"
        for good in (
            f"Bearer {org.token}",
            f"bearer {org.token}",
            f"OAuth {org.token}",
            f"oauth  {org.token} ",
        ):
            assert (await org.get(mine, {"Authorization": good})).status == 200
        for bad in (
            "",
            "Bearer 00Dxx!nonsense",
            f"Bearer {org.token}x",
            f"Bearer {org.token[:-1]}",
            "Bearer ü",
        ):
            answer = await org.get(mine, {"Authorization": bad})
            assert (answer.status, answer.code) == (401, "INVALID_SESSION_ID")
            assert answer.message == "Session expired or invalid"
            assert answer.headers["WWW-Authenticate"] == "Token"
            assert "Sforce-Limit-Info" not in answer.headers
        for malformed in ("Basic dXNlcjpwYXNz", org.token, "Bearer", "Bearer "):
            answer = await org.get(mine, {"Authorization": malformed})
            assert (answer.status, answer.code, answer.message) == (
                401,
                "INVALID_AUTH_HEADER",
                "INVALID_HEADER_TYPE",
            )

    run(tmp_path, test)


def test_a_session_ends_by_the_clock(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        assert (await org.get("/limits")).status == 200
        org.clock.advance(DAY)
        assert (await org.get("/limits")).code == "INVALID_SESSION_ID"

    run(tmp_path, test)


def test_hosts(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        port = org.url.rsplit(":", 1)[1]

        async def base_url(host: str) -> str:
            answer = await org.get("/services/data/v65.0", {"Host": host})
            return str(answer.json["identity"]).split("/id/")[0]

        assert await base_url(f"localhost:{port}") == f"http://localhost:{port}"
        assert await base_url("login.salesforce.com") == "http://acme.my.salesforce.com"
        assert await base_url("box.internal") == "http://box.internal"
        refused = await org.get("/services/data", {"Host": "evil.example"})
        assert (refused.status, refused.code) == (421, "HOST_NOT_ALLOWED")
        assert "server.allowed_hosts" in refused.message
        assert "evil.example" in refused.message

    run(tmp_path, test, allowed_hosts=["box.internal"])


def test_paths_and_versions(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for path in (
            "/nothing",
            "/services/data/v65.0/tooling/sobjects/SourceMember/describe",
            "/services/data/v99.0/",
        ):
            answer = await org.get(path)
            assert (answer.status, answer.json) == (404, NOT_FOUND)
        retired = await org.get("/services/data/v30.0/sobjects")
        assert (retired.status, retired.code) == (410, "UNSUPPORTED_API_VERSION")
        assert (await org.get("/Services/Data/V31.0/Limits/")).status == 200

    run(tmp_path, test)


def test_methods(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        answer = await org.ask("PUT", "/sobjects/Account", {})
        assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED")
        assert answer.message == "HTTP Method 'PUT' not allowed. Allowed are HEAD,GET,POST"
        assert answer.headers["Allow"] == "HEAD,GET,POST"
        head = await org.ask("HEAD", "/limits")
        assert (head.status, head.body) == (200, b"")
        assert int(head.headers["Content-Length"]) > 100
        for query in ("?_HttpMethod=PATCH", "?x=1&_HttpMethod=patch"):
            async with org.client.post(f"{org.url}/odd/echo/a{query}") as overridden:
                assert await overridden.text() == "patched"
        async with org.client.post(f"{org.url}/odd/echo/a?_HttpMethod=NONSENSE") as plain:
            assert (await plain.json(content_type=None))["path"] == {"name": "a"}
        async with org.client.get(f"{org.url}/odd/echo/a?_HttpMethod=PATCH") as plain:
            assert (await plain.json(content_type=None))["method"] == "GET"

    run(tmp_path, test)


def test_bodies(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 50

    async def test(org: Served) -> None:
        async def size(body: object, **headers: str) -> tuple[int, object]:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            async with org.client.post(f"{org.url}/odd/echo/a", data=body, headers=named) as answer:
                text = await answer.text()
                return answer.status, json.loads(text)["size"] if answer.status == 200 else text

        assert await size(b"") == (200, 0)
        assert await size(b"x" * 1000) == (200, 1000)
        assert await size(pieces()) == (200, 500)
        assert await size(gzip.compress(b"x" * 999), content_encoding="gzip") == (200, 999)
        too_large = (413, "odd: EXCEEDED_MAX_SIZE_REQUEST")
        assert await size(b"x" * 1001) == too_large
        assert await size(gzip.compress(b"x" * 50_000_000), content_encoding="gzip") == too_large
        assert await size(b"no gzip", content_encoding="gzip") == (400, "odd: INVALID_CONTENT")
        assert await size(b"x", content_encoding="br") == (415, "odd: UNSUPPORTED_MEDIA_TYPE")

    run(tmp_path, test)


def test_a_client_that_goes_in_the_middle_leaves_the_org_well(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", int(org.url.rsplit(":", 1)[1]))
        writer.write(b"POST /odd/echo/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nhalf")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await org.get("/limits")).status == 200

    with capture_logs() as logs:
        run(tmp_path, test)
    assert not logs


def test_every_answer_is_dressed(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        ids = set()
        for path in ("/limits", "/nothing", "/services/data", "/odd/text/5"):
            answer = await org.get(path)
            headers = answer.headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Vary"] == "Accept-Encoding"
            assert headers["Date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
            assert "Strict-Transport-Security" not in headers
            ids.add(headers["X-Request-Id"])
        assert len(ids) == 4
        limits = await org.get("/limits")
        assert limits.headers["Sforce-Limit-Info"] == "api-usage=2/15000"
        assert "no-store" in limits.headers["Cache-Control"]
        async with org.client.get(f"{org.url}/odd/text/5") as own:
            assert own.headers["Cache-Control"] == "max-age=60"

    run(tmp_path, test)


def test_large_answers_are_compressed_where_asked(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        async with aiohttp.ClientSession(auto_decompress=False) as client:

            async def ask(path: str, accept: str) -> tuple[str, bytes]:
                async with client.get(org.url + path, headers={"Accept-Encoding": accept}) as answer:
                    body = await answer.read()
                    if (length := answer.headers.get("Content-Length")) is not None:
                        assert int(length) == len(body)
                    return answer.headers.get("Content-Encoding", ""), body

            for accept in ("gzip", "deflate, GZIP;q=0.5", "*"):
                encoding, body = await ask("/odd/text/5000", accept)
                assert (encoding, gzip.decompress(body)) == ("gzip", b"x" * 5000)
            for accept in ("identity", "gzip;q=0", "br"):
                assert await ask("/odd/text/5000", accept) == ("", b"x" * 5000)
            assert await ask("/odd/text/500", "gzip") == ("", b"x" * 500)
            assert await ask("/odd/stream", "gzip") == ("", b"piece" * 10_000)

    run(tmp_path, test)


def test_json_is_printed_prettily_where_asked(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        plain = await org.get("/services/data")
        pretty = await org.get("/services/data", {"X-PrettyPrint": "1"})
        assert b"\n" not in plain.body
        assert b"\n" in pretty.body
        assert pretty.json == plain.json

    run(tmp_path, test)


def test_what_is_no_fault_gets_an_error_id_and_a_traceback_in_the_log(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        async with org.client.get(f"{org.url}/odd/fail/unexpectedly") as answer:
            assert (answer.status, await answer.text()) == (500, "odd: UNKNOWN_EXCEPTION")
            request_id = answer.headers["X-Request-Id"]
        [logged] = [each for each in logs if each["log_level"] == "error"]
        assert logged["error_id"] == request_id
        assert logged["exc_info"]

    with capture_logs() as logs:
        run(tmp_path, test)


def test_no_log_shows_the_value_of_an_external_id(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Org, *_: object, **__: object) -> None:
        raise ValueError("broken")

    async def test(org: Served) -> None:
        caplog.set_level(logging.DEBUG, "isthmus.org.api.chain")
        await org.get("/sobjects/Order__c/Ext__c/secret")
        monkeypatch.setattr(Org, "find_by_external_id", broken)
        assert (await org.get("/sobjects/Order__c/Ext__c/secret")).status == 500
        told = [each["path"] for each in logs if each["event"] in ("request", "request failed")]
        assert told == ["/services/data/v65.0/sobjects/Order__c/Ext__c/…"] * 3

    with capture_logs() as logs:
        run(tmp_path, test)


def test_requests_are_logged_for_who_asks_without_their_query(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(org: Served) -> None:
        await org.get("/limits?token=secret")
        assert not logs
        caplog.set_level(logging.DEBUG, "isthmus.org.api.chain")
        answer = await org.get("/limits?token=secret")
        [entry] = logs
        assert entry["path"] == "/services/data/v65.0/limits"
        assert (entry["method"], entry["status"], entry["username"]) == ("GET", 200, "ada@example.com")
        assert entry["request_id"] == answer.headers["X-Request-Id"]
        assert "secret" not in repr(logs)

    with capture_logs() as logs:
        run(tmp_path, test)


def test_an_error_id_is_in_the_answer_and_the_detail_is_not(tmp_path: Path) -> None:
    async def broken(call: Call) -> Response:
        raise ValueError("secret detail")

    rest = Adapter("rest", (Route("GET", "/broken", broken, auth=Auth.NONE),), ADAPTER.render_fault)

    async def test() -> None:
        async with serving(tmp_path, (rest,)) as org, org.client.get(f"{org.url}/broken") as failed:
            text = await failed.text()
            assert failed.headers["X-Request-Id"] in text
            assert "An unexpected error occurred" in text
            assert "secret" not in text

    with capture_logs():
        asyncio.run(test())


def test_a_storage_that_refuses_is_said(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for how, status, code in (
            ("full", 400, "STORAGE_LIMIT_EXCEEDED"),
            ("failed", 503, "SERVER_UNAVAILABLE"),
        ):
            async with org.client.get(f"{org.url}/odd/fail/{how}") as answer:
                assert (answer.status, await answer.text()) == (status, f"odd: {code}")

    with capture_logs():
        run(tmp_path, test)


def test_calls_beyond_the_days_limit_are_refused(tmp_path: Path) -> None:
    async def test(org: Served) -> None:
        for _ in range(3):
            assert (await org.get("/limits")).status == 200
        refused = await org.get("/limits")
        assert (refused.status, refused.code) == (403, "REQUEST_LIMIT_EXCEEDED")
        assert refused.headers["Sforce-Limit-Info"] == "api-usage=3/3"
        assert (await org.get("/services/data", {"Authorization": ""})).status == 200

    run(tmp_path, test, limits={"DailyApiRequests": 3})


@pytest.mark.parametrize(
    "request_line", ["OPTIONS * HTTP/1.1", "GET http://localhost/services/data HTTP/1.1"]
)
def test_odd_request_targets_are_answered(tmp_path: Path, request_line: str) -> None:
    async def test(org: Served) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(org.url.rsplit(":", 1)[1]))
        writer.write(f"{request_line}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        status = int((await reader.read()).split(b" ")[1])
        assert status in (200, 400, 404)
        writer.close()

    run(tmp_path, test)
