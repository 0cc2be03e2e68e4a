"""The Salesforce CLI: logged in as `isthmus login` says, then its commands for records and objects."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from tests.conformance.local_org import LocalOrg, running_org

SF: Final = shutil.which("sf")
_TIMEOUT_SECONDS: Final = 120
_QUIET: Final = {
    "SF_DISABLE_TELEMETRY": "true",
    "SF_AUTOUPDATE_DISABLE": "true",
    "SF_SKIP_NEW_VERSION_CHECK": "true",
    "SF_USE_GENERIC_UNIX_KEYCHAIN": "true",
}
pytestmark = pytest.mark.skipif(SF is None, reason="the sf CLI (npm: @salesforce/cli) is not on PATH")

Sf = Callable[..., Any]


class Refused(Exception):
    """The command failed; the message is the CLI's."""


def _sf(home: Path, environment: Mapping[str, str]) -> Sf:
    def sf(*arguments: str, stdin: str | None = None) -> Any:
        """The `result` of a command. Raises Refused."""
        done = subprocess.run(
            [str(SF), *arguments[:-1], "--json", arguments[-1]]
            if arguments[-1] == "--sfdx-url-stdin"
            else [str(SF), *arguments, "--json"],
            cwd=home,
            env=os.environ | _QUIET | {"HOME": str(home)} | dict(environment),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout)
        if done.returncode:
            raise Refused(answer["message"])
        return answer["result"]

    return sf


@pytest.fixture(scope="module")
def sf(org: LocalOrg, tmp_path_factory: pytest.TempPathFactory) -> Sf:
    """The CLI, logged in by an access token."""
    home = tmp_path_factory.mktemp("sf")
    sf = _sf(home, {"SF_ACCESS_TOKEN": org.token})
    done = sf("org", "login", "access-token", "--instance-url", org.http, "--set-default", "--no-prompt")
    assert done["username"] == org.username
    return _sf(home, {})


def test_a_record_made_read_changed_and_deleted(sf: Sf) -> None:
    values = "Name='Analytical Engines' Industry=Energy"
    made = sf("data", "create", "record", "--sobject", "Account", "--values", values)["id"]
    this = ("--sobject", "Account", "--record-id", made)
    assert sf("data", "get", "record", *this)["Industry"] == "Energy"
    sf("data", "update", "record", *this, "--values", "Name='Difference Engines'")
    query = (
        "data",
        "query",
        "--query",
        f"SELECT Name, (SELECT Id FROM Contacts) FROM Account WHERE Id = '{made}'",
    )
    assert [each["Name"] for each in sf(*query)["records"]] == ["Difference Engines"]
    sf("data", "delete", "record", *this)
    assert sf(*query)["totalSize"] == 0


def test_a_record_found_by_its_text(sf: Sf) -> None:
    values = "Name='Zephyrine Engines' Industry=Energy"
    made = sf("data", "create", "record", "--sobject", "Account", "--values", values)["id"]
    search = ("data", "search", "--query", "FIND {zephyr* AND engines} RETURNING Account(Id, Industry)")
    assert [(each["Id"], each["Industry"]) for each in sf(*search)["searchRecords"]] == [(made, "Energy")]
    sf("data", "delete", "record", "--sobject", "Account", "--record-id", made)
    assert sf(*search)["searchRecords"] == []
    with pytest.raises(Refused, match="The search term must be enclosed in braces"):
        sf("data", "search", "--query", "FIND 'Jones' IN ALL FIELDS")


def test_objects_described_and_limits_listed(sf: Sf) -> None:
    assert {"Account", "Contact"} <= set(sf("sobject", "list"))
    fields = sf("sobject", "describe", "--sobject", "Account")["fields"]
    assert "Industry" in {each["name"] for each in fields}
    limits = {each["name"]: each["max"] for each in sf("org", "list", "limits")}
    assert limits["DailyApiRequests"] == 15_000


def test_what_is_not_there_is_refused_in_the_platforms_words(sf: Sf) -> None:
    with pytest.raises(Refused, match="The requested resource does not exist"):
        sf("data", "query", "--use-tooling-api", "--query", "SELECT Id FROM ApexClass")


def test_a_login_by_auth_url_outlives_its_session(tmp_path: Path) -> None:
    with running_org(tmp_path) as org:  # of its own, for its clock is moved
        isthmus = [sys.executable, "-m", "isthmus"]
        data = ["--data", str(Path(org.ca_bundle).parents[1])]
        url = subprocess.check_output([*isthmus, "login", "--sfdx-url", *data], text=True)
        trusting = {"NODE_EXTRA_CA_CERTS": str(Path(org.ca_bundle).with_name("ca.pem"))}
        sf = _sf(tmp_path, trusting)
        done = sf("org", "login", "sfdx-url", "--set-default", "--sfdx-url-stdin", stdin=url)
        assert done["instanceUrl"].rstrip("/") == org.https
        subprocess.check_call([*isthmus, "clock", "advance", "3h", *data])
        query = ("data", "query", "--query", "SELECT Username FROM User LIMIT 1")
        assert sf(*query)["records"][0]["Username"] == org.username
