"""Is what the request chain refuses refused clearly, before anything is done?"""

import json
from pathlib import Path

import aiohttp
import pytest
from tests.unit.test_assembly import served, settings_in

from isthmus.kernel.errors import catalogue
from isthmus.serving import Serving

QUERY = "/services/data/v65.0/query"
ACCOUNTS = "/services/data/v65.0/sobjects/Account"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", QUERY, {"Host": "evil.example"}, 421, "host_not_allowed"),
        ("POST", ACCOUNTS, {"Content-Encoding": "br"}, 415, "content_encoding_unsupported"),
        ("POST", ACCOUNTS, {"Content-Type": "application/xml"}, 415, "media_type_unsupported"),
        ("GET", QUERY, {"Accept": "application/xml"}, 406, "answer_type_unsupported"),
        ("GET", f"{QUERY}All?explain=x", {}, 400, "query_parameter_unsupported"),
        ("GET", f"{QUERY}?explain=00O000000000001", {}, 400, "stored_query_unexplained"),
        ("GET", f"{QUERY}?explain=00B000000000001AAA", {}, 400, "stored_query_unexplained"),
        ("GET", f"{QUERY}?explain=", {}, 400, "query_missing"),
    ],
)
def test_refused(
    tmp_path: Path, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    settings = settings_in(tmp_path)

    async def ask(serving: Serving, client: aiohttp.ClientSession) -> tuple[int, str]:
        session = await serving.opened.org.identity.open_session(settings.org.username)
        sent = {"Authorization": f"Bearer {session.token}", **headers}
        body = b'{"Name": "Acme"}' if method == "POST" else None
        async with client.request(method, f"{serving.http}{path}", data=body, headers=sent) as response:
            return response.status, await response.text()

    got, text = served(settings, ask)
    assert (got, json.loads(text)[0]["errorCode"]) == (status, catalogue()[code].code)
