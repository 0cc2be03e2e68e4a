"""Does the runner tell a right answer from a wrong one? Against a stand-in that answers as it is told to."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.__main__ import main, select
from tests.conformance.corpus import Area, CorpusError, load_area
from tests.conformance.runner import AreaRun, Outcome, Session, Verdict
from tests.conformance.target import Org, OrgError

MADE = "001D000000IqhSLIAZ"
CASES = """
about = "the stand-in"

[[given]]
create = "Account"
name = "acme"
body = '{"Name": "{{tag}}"}'

[[case]]
name = "right"
source = "the stand-in below"
confidence = "known"
request = "GET sobjects/Account/{{acme}}"
status = 200
headers = { X-Said = "~h.*" }
json = '{"Id": "{{acme}}", "Name": "Acme"}'

[[case]]
name = "wrong"
source = "the stand-in below"
confidence = "recorded"
request = "GET sobjects/Account/{{acme}}"
status = 201
headers = { X-Said = "bye" }
json = '{"Id": "<id 003>", "Site": null}'

[[case]]
name = "wrong afterwards"
source = "the stand-in below"
confidence = "known"
request = "PATCH sobjects/Account/{{acme}}"
body = '{}'
status = 204
[[case.then]]
request = "GET sobjects/Account/{{acme}}"
subset = '{"Name": "Changed"}'

[[case]]
name = "elsewhere"
source = "the stand-in below"
confidence = "known"
needs = ["custom"]
request = "GET nowhere"
status = 200

[[case]]
name = "later"
source = "the stand-in below"
confidence = "known"
min_api = 66.0
request = "GET nowhere"
status = 200
"""


class StandIn(BaseHTTPRequestHandler):
    """Answers like an org with one account, and remembers what was asked of it."""

    protocol_version = "HTTP/1.1"
    asked: list[str]
    token_works = True
    calls_left: int | None = None

    def answer(self, status: int, value: Any) -> None:
        body = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("X-Said", "hello")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        type(self).asked.append(f"{self.command} {self.path}")
        record = f"/services/data/v65.0/sobjects/Account/{MADE}"
        if self.calls_left is not None and len(self.asked) > self.calls_left:
            refusal = {"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}
            self.answer(403, [refusal])
        elif self.path == "/services/data/":
            self.answer(200, [{"label": "Winter '26", "url": "/services/data/v65.0", "version": "65.0"}])
        elif not self.token_works:
            self.answer(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        elif self.path == "/services/data/v65.0/":
            self.answer(200, {})
        elif self.command == "POST":
            self.answer(201, {"id": MADE, "success": True, "errors": []})
        elif self.command in ("PATCH", "DELETE"):
            self.answer(204, None)
        elif self.path == record:
            self.answer(200, {"Id": MADE, "Name": "Acme"})
        else:
            self.answer(404, [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}])

    def do_GET(self) -> None:
        self.handle_any()

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, *_: object) -> None:
        """Say nothing: the test's own output matters."""


@pytest.fixture
def stand_in() -> Iterator[str]:
    StandIn.asked = []
    StandIn.token_works = True
    StandIn.calls_left = None
    with ThreadingHTTPServer(("127.0.0.1", 0), StandIn) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def area(tmp_path: Path) -> Area:
    file = tmp_path / "area.toml"
    file.write_text(CASES)
    return load_area(file)


def run(url: str, area: Area) -> dict[str, Outcome]:
    org = Org(url, "token")
    with AreaRun(Session(org), area) as running:
        outcomes = {case.name: running.outcome(case) for case in area.cases}
    org.close()
    return outcomes


def test_a_right_answer_passes(stand_in: str, area: Area) -> None:
    outcome = run(stand_in, area)["right"]
    assert (outcome.verdict, outcome.details) == (Verdict.PASSED, ())


def test_a_wrong_answer_is_told_difference_by_difference(stand_in: str, area: Area) -> None:
    outcome = run(stand_in, area)["wrong"]
    assert outcome.verdict is Verdict.FAILED
    assert outcome.details == (
        f"sent GET /services/data/v65.0/sobjects/Account/{MADE}",
        "status: expected 201, got 200",
        'header X-Said: expected "bye", got "hello"',
        f'$.Id: expected "<id 003>", got "{MADE}"',
        "$.Site: expected null, got nothing",
        '$.Name: not expected, got "Acme"',
    )


def test_a_wrong_effect_is_told_too(stand_in: str, area: Area) -> None:
    outcome = run(stand_in, area)["wrong afterwards"]
    assert outcome.verdict is Verdict.FAILED
    assert outcome.details[1] == 'then: $.Name: expected "Changed", got "Acme"'


def test_what_does_not_apply_is_skipped_with_the_reason(stand_in: str, area: Area) -> None:
    outcomes = run(stand_in, area)
    assert outcomes["elsewhere"].details == ("needs custom",)
    assert outcomes["later"].details == ("holds from 66 to 1000, not for 65.0",)


def test_what_was_made_is_removed_though_cases_fail(stand_in: str, area: Area) -> None:
    run(stand_in, area)
    assert StandIn.asked[-1] == f"DELETE /services/data/v65.0/sobjects/Account/{MADE}"


def test_shared_records_that_cannot_be_made_fail_every_case(stand_in: str, area: Area) -> None:
    StandIn.token_works = False
    outcomes = run(stand_in, area)
    assert outcomes["right"].verdict is Verdict.FAILED
    assert outcomes["right"].details[1] == "given, for the whole file: status: expected 201, got 401"


def test_an_org_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(OrgError, match=r"cannot reach http://127\.0\.0\.1:1: Connection refused"):
        Org("http://127.0.0.1:1", "token").check("65.0")


def test_a_refused_token_is_named(stand_in: str) -> None:
    StandIn.token_works = False
    org = Org(stand_in, "token")
    with pytest.raises(OrgError, match=r"refuses the token: HTTP 401 .*INVALID_SESSION_ID"):
        org.check("65.0")
    org.close()


def test_a_version_that_the_org_lacks_is_named(stand_in: str) -> None:
    org = Org(stand_in, "token")
    with pytest.raises(OrgError, match=r"has no API version 99\.0"):
        org.check("99.0")
    org.close()


def test_what_is_no_org_is_named(stand_in: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--org", "nonsense://", "--token", "x"]) == 2
    assert "nonsense:// is not a URL" in capsys.readouterr().err


def test_a_glob_that_matches_nothing_is_an_error(area: Area) -> None:
    with pytest.raises(CorpusError, match="no case matches nonesuch"):
        select([area], ["nonesuch"])
    assert [case.name for _, cases in select([area], ["area: wrong*"]) for case in cases] == [
        "wrong",
        "wrong afterwards",
    ]


def test_the_report_ends_with_the_count(stand_in: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--org", stand_in, "--token", "x", "--only", "versions: the list*no token"])
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "0 passed, 1 failed, 0 skipped"
    assert said[-3].startswith("productions of SOQL: 0 of ")
    assert said[-2].startswith("operators by field type: 0 of ")
    assert said[0].startswith("FAILED   versions: ")
    assert 'source: REST API Developer Guide, "Versions" (documented)' in said[1]
    assert code == 1


def test_an_org_without_calls_left_ends_the_run(stand_in: str, capsys: pytest.CaptureFixture[str]) -> None:
    StandIn.calls_left = 9
    assert main(["--org", stand_in, "--token", "x", "--lacks", "en_US"]) == 2
    said = capsys.readouterr()
    assert re.fullmatch(r"\d passed, \d failed, \d+ skipped", said.out.splitlines()[-1])
    assert "REQUEST_LIMIT_EXCEEDED" not in said.out
    assert "has answered all the calls that it allows in 24 hours" in said.err


def test_a_token_comes_by_the_environment(
    stand_in: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--org", stand_in, "--only", "versions: the list*no token"]
    monkeypatch.setenv("TOKEN", "x")
    assert main(arguments) == 1
    monkeypatch.delenv("TOKEN")
    with pytest.raises(SystemExit):
        main(arguments)
    assert "give a token" in capsys.readouterr().err
