"""Do the examples of docs/subscribe.md run, as they are written, against an org that is served?"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.conformance.local_org import LocalOrg, running_org
from tests.examples.pages import ROOT, Example, examples

PAGE = {each.language: each for each in examples("docs/subscribe.md")}
TIMEOUT_SECONDS = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("subscribe")
    (folder / ".isthmus").symlink_to("data")
    return folder


@pytest.fixture(scope="module")
def org(folder: Path) -> Iterator[LocalOrg]:
    with running_org(folder, project=ROOT / "examples" / "solar") as org:
        yield org


def run(command: list[str], example: Example, org: LocalOrg, environment: Mapping[str, str]) -> str:
    """What the example prints. Fails the test, with all that it said, where it fails."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        [*command, example.text.replace("http://localhost:8080", org.http)],
        env={**inherited, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{example.name}:\n{done.stdout}{done.stderr}"
    return done.stdout


def test_curl_hears_of_an_event_and_then_aiosfstream_does(org: LocalOrg, folder: Path) -> None:
    shell = ["env", "-C", str(folder), "bash", "-euo", "pipefail", "-c"]
    said = run(shell, PAGE["sh"], org, {})
    assert '"Installation_Number__c":"I-0001"' in said
    if find_spec("aiosfstream_ng") is None:
        pytest.skip("aiosfstream-ng is not installed")
    login = {
        "ORG_CLIENT_ID": org.client_id,
        "ORG_CLIENT_SECRET": org.client_secret,
        "ORG_USERNAME": org.username,
        "ORG_PASSWORD": org.password,
    }
    assert run([sys.executable, "-c"], PAGE["python"], org, login) == "I-0001\n"
