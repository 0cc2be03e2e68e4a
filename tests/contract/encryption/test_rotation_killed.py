"""A rotation that is killed: does the next start complete it, and is nothing lost meanwhile?"""

from contextlib import closing, suppress
from typing import Any

import click
import pytest
from click.testing import CliRunner
from tests.contract.encryption.world import Storage
from tests.simulation.org_client import OrgClient
from tests.simulation.org_in_folder import OrgInFolder

from isthmus.cli import main
from isthmus.cli.control import ask

ROWS = 450
"""Three units of work."""
ASKED_MAX = 5_000


def founded(kept: Storage) -> OrgInFolder:
    org = OrgInFolder(kept.folder)
    if kept.url is not None:
        file = kept.folder / "isthmus.toml"
        file.write_text(f'{file.read_text()}\n[org]\nstorage = "{kept.url}"\n')
    return org


def status(kept: Storage) -> Any:
    return ask(kept.folder / "data", "GET", "encryption")


def plant(org: OrgInFolder) -> None:
    with closing(OrgClient(org.url)) as client:
        client.log_in(org.credentials)
        for number in range(ROWS):
            client.ask(
                "POST",
                "/services/data/v65.0/sobjects/Patient__c",
                f'{{"Hidden__c": "h-{number}", "Key__c": "k-{number}"}}',
            )


def found(org: OrgInFolder, condition: str) -> int:
    with closing(OrgClient(org.url)) as client:
        client.log_in(org.credentials)
        return len(client.query(f"SELECT Id, Hidden__c FROM Patient__c WHERE {condition}"))


@pytest.mark.parametrize(
    ("point", "passes"),
    [("tenant secret written", 1), ("encrypted values renewed", 1), ("encrypted values renewed", 2)],
)
def test_a_killed_rotation_is_completed_by_the_next_start(kept: Storage, point: str, passes: int) -> None:
    org = founded(kept)
    assert org.start(), org.wait()
    credentials = org.credentials
    plant(org)
    assert status(kept) == {"active": 1, "versions": [{"version": 1, "values": 2 * ROWS}], "problems": []}
    org.stop()
    assert org.start(point, passes), org.wait()
    org.credentials = credentials
    with suppress(click.ClickException):
        ask(kept.folder / "data", "POST", "encryption/rotate")
    org.wait()

    assert org.start(), org.wait()
    wanted = [{"version": 1, "values": 0}, {"version": 2, "values": 2 * ROWS}]
    assert found(org, "Key__c IN ('K-0', 'K-449')") == 2, "whatever version they are under"
    for _ in range(ASKED_MAX):
        if (told := status(kept))["versions"] == wanted:
            break
    assert told == {"active": 2, "versions": wanted, "problems": []}
    assert found(org, "Key__c IN ('K-0', 'K-200', 'K-449')") == 3
    org.stop()


def test_the_commands_say_what_there_is(kept: Storage) -> None:
    org = founded(kept)
    assert org.start(), org.wait()

    def command(*arguments: str) -> str:
        told = CliRunner().invoke(main, ["encryption", *arguments, "--data", str(kept.folder / "data")])
        assert told.exit_code == 0, told.output
        return told.output

    assert command("status") == "version 1: 0 values, in use\n"
    assert command("rotate").startswith("Version 2 is in use.")
    assert command("status").endswith("version 2: 0 values, in use\n")
    (kept.folder / "data" / "encryption.keys").write_text("nonsense")
    refused = CliRunner().invoke(main, ["encryption", "rotate", "--data", str(kept.folder / "data")])
    assert refused.exit_code == 1
    assert "encryption.keys, line 1: expected a version and 32 bytes in base64" in refused.output
    org.stop()
