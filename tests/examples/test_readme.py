"""Do the examples of README.md and docs/start.md run? As they are written, against an org that is served.

Ports and what an org prints at its first start are put in; everything else is left as a reader would type it.
Blocks of `console` are not run: they serve until they are stopped, or ask another org.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from tests.conformance.local_org import LocalOrg, running_org
from tests.examples.pages import Example, examples

PASSWORD = "start-1"
TIMEOUT_SECONDS = 120
README = examples("README.md")
START = examples("docs/start.md")
SHELL = [each.text for each in START if each.language == "sh"]


def of(language: str) -> list[object]:
    found = [each for each in (*README, *START) if each.language == language]
    return [pytest.param(each, id=each.name) for each in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the reader is: the first step is done, and the org keeps its data where it does by default."""
    folder = tmp_path_factory.mktemp("walk")
    shell(SHELL[0], folder, {})
    (folder / ".isthmus").symlink_to("data")
    return folder


@pytest.fixture(scope="module")
def org(folder: Path) -> Iterator[LocalOrg]:
    with running_org(folder, project=None, org_password=PASSWORD) as org:
        yield org


def shell(text: str, folder: Path, environment: Mapping[str, str]) -> str:
    return run(["bash", "-euo", "pipefail", "-c", text], folder, environment)


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """What the command prints. Fails the test, with all that it said, where the command fails."""
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    done = subprocess.run(
        command,
        cwd=folder,
        env={**clean, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def as_typed(example: str, org: LocalOrg) -> str:
    """The example with this org's addresses, and what it printed, in their places."""
    for shown, here in (
        ("http://localhost:8080", org.http),
        ("https://localhost:8443", org.https),
        ("http://127.0.0.1:8089", org.gateway),
        ('password="…", security_token="…"', f'password="{org.password}", security_token=""'),
        ("CLIENT_ID='…'", f"CLIENT_ID='{org.client_id}'"),
        ("CLIENT_SECRET='…'", f"CLIENT_SECRET='{org.client_secret}'"),
    ):
        example = example.replace(shown, here)
    assert "…" not in example, "the example leaves something out that this test does not know"
    return example


@pytest.mark.parametrize("example", of("python"))
def test_a_python_example_runs(example: Example, org: LocalOrg, folder: Path) -> None:
    assert run([sys.executable, "-c", as_typed(example.text, org)], folder, {})


@pytest.mark.parametrize("example", of("js"))
def test_a_javascript_example_runs(example: Example, org: LocalOrg, folder: Path) -> None:
    node = shutil.which("node")
    if (
        node is None
        or subprocess.run([node, "-e", "require('jsforce')"], check=False, capture_output=True).returncode
    ):
        pytest.skip("Node, or jsforce in its NODE_PATH, is not installed")
    assert "Babbage" in run([node, "-e", as_typed(example.text, org)], folder, {})


@pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="bash and curl are not installed"
)
def test_the_shell_examples_run_in_one_session(org: LocalOrg, folder: Path) -> None:
    said = shell(as_typed("\n".join(SHELL[1:]), org), folder, {})
    assert '"errorCode":"INVALID_SESSION_ID"' in said
    assert '"Name":"INV-' in said
    assert '"totalSize":0,' in said.splitlines()[-1]


def status(url: str) -> int:
    try:
        with urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_paths_are_answered_as_the_sf_cli_writes_them(org: LocalOrg) -> None:
    """It keeps the org's address with a slash at the end, and begins its paths with one."""
    assert status(f"{org.http}//services/data") == 200


def test_every_page_has_examples() -> None:
    assert README
    assert SHELL
