"""curl: the shell's client, as documentation shows it."""

import json
import shutil
import subprocess
from typing import Any

import pytest
from tests.conformance.local_org import LocalOrg

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def curl(*arguments: str) -> Any:
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "60", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout) if done.stdout else None


def test_a_token_by_password_then_a_query(org: LocalOrg) -> None:
    token = curl(
        f"{org.http}/services/oauth2/token",
        *("-d", "grant_type=password", "-d", f"client_id={org.client_id}"),
        *("-d", f"client_secret={org.client_secret}", "-d", f"username={org.username}"),
        *("--data-urlencode", f"password={org.password}"),
    )
    assert token["instance_url"] == org.http
    answer = curl(
        f"{org.http}/services/data/v65.0/query/?q=SELECT+Username+FROM+User+LIMIT+1",
        *("-H", f"Authorization: Bearer {token['access_token']}"),
    )
    assert answer["records"][0]["Username"] == org.username


def test_a_record_created_as_the_guide_shows(org: LocalOrg) -> None:
    made = curl(
        f"{org.http}/services/data/v65.0/sobjects/Account/",
        *("-H", f"Authorization: Bearer {org.token}", "-H", "Content-Type: application/json"),
        *("-d", '{"Name": "Express Logistics and Transport"}'),
    )
    assert (made["success"], made["errors"]) == (True, [])


def test_https_is_trusted_by_the_local_authority(org: LocalOrg) -> None:
    versions = curl("--cacert", org.ca_bundle, f"{org.https}/services/data/")
    assert versions[-1] == {"label": "Winter '26", "url": "/services/data/v65.0", "version": "65.0"}


def test_login_salesforce_com_leads_to_the_local_org(org: LocalOrg) -> None:
    token = curl(
        *("--cacert", org.ca_bundle, "--proxy", org.gateway),
        "https://login.salesforce.com/services/oauth2/token",
        *("-d", "grant_type=password", "-d", f"client_id={org.client_id}"),
        *("-d", f"client_secret={org.client_secret}", "-d", f"username={org.username}"),
        *("--data-urlencode", f"password={org.password}"),
    )
    assert token["instance_url"].endswith(".my.salesforce.com")
