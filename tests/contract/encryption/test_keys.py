"""Keys: is every value found across versions, is a rotation complete, and what if secrets are lost?"""

import asyncio
import stat
from urllib.parse import quote

import pytest
from structlog.testing import capture_logs
from tests.contract.encryption.world import Patients, Storage, patients

from isthmus.assembly import OrgRefused
from isthmus.org.org.rotation import EncryptionStatus, KeyRotation
from isthmus.org.schema.schemes import UNREADABLE_TEXT


def rotation(org: Patients) -> KeyRotation:
    assert org.opened.org.rotation is not None
    return org.opened.org.rotation


async def status(org: Patients) -> EncryptionStatus:
    return await rotation(org).status()


def secrets(kept: Storage) -> list[str]:
    """The versions and secrets in the key file."""
    return [line for line in kept.key_file.read_text().splitlines() if not line.startswith("#")]


def test_values_are_found_under_every_version_and_then_under_the_newest(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            old = await org.create(
                "Patient__c", Exact__c="Anna", Folded__c="Anna", Key__c="K-1", Hidden__c="h"
            )
            assert stat.S_IMODE(kept.key_file.stat().st_mode) == 0o600
            assert await rotation(org).rotate() == 2
            new = await org.create("Patient__c", Exact__c="Anna", Folded__c="ANNA", Key__c="K-2")
            await both_are_found(org, old, new)
            assert await org.query("SELECT Display FROM SetupAuditTrail WHERE Action LIKE 'tenant%'") == [
                {"Display": "Generated tenant secret version 2"}
            ]
            assert (await status(org)).values == {1: 4, 2: 3}
            await rotation(org).renew()
            assert (await status(org)).values == {1: 0, 2: 7}
            await both_are_found(org, old, new)
            assert (await org.read("Patient__c", old))["Hidden__c"] == "h"
        assert len(secrets(kept)) == 2

    asyncio.run(scenario())


def test_equal_values_under_several_keys_are_not_told_apart(kept: Storage) -> None:
    groups = "SELECT Folded__c, COUNT(Id) n FROM Patient__c GROUP BY Folded__c LIMIT 1"

    async def scenario() -> None:
        async with patients(kept) as org:
            await org.create("Patient__c", Folded__c="Anna")
            await rotation(org).rotate()
            await org.create("Patient__c", Folded__c="ANNA")
            code, told = await org.ask("GET", f"/query?q={quote(groups)}")
            assert (code, told[0]["errorCode"]) == (503, "SERVER_UNAVAILABLE")
            assert await org.query("SELECT Open__c, COUNT(Id) n FROM Patient__c GROUP BY Open__c")
            await rotation(org).renew()
            assert [each["n"] for each in await org.query(groups)] == [2]

    asyncio.run(scenario())


async def both_are_found(org: Patients, old: str, new: str) -> None:
    for condition in (
        "Exact__c = 'Anna'",
        "Folded__c = 'anna'",
        "Folded__c IN ('x', 'aNNa')",
        "Exact__c != 'anna'",
        "Key__c IN ('k-1', 'k-2')",
        "NOT Key__c = 'k-3'",
    ):
        found = await org.query(f"SELECT Id FROM Patient__c WHERE {condition} ORDER BY Id")
        assert found == [{"Id": old}, {"Id": new}], condition
    assert await org.query("SELECT Id FROM Patient__c WHERE Exact__c = 'ANNA'") == []
    code, told = await org.ask("POST", "/sobjects/Patient__c", {"Key__c": "k-1"})
    assert (code, told[0]["errorCode"]) == (400, "DUPLICATE_VALUE")
    assert (await org.ask("PATCH", "/sobjects/Patient__c/Key__c/K-1", {"Open__c": "upserted"}))[0] == 200
    status_code, told = await org.ask("GET", "/sobjects/Patient__c/Key__c/k-1")
    assert (status_code, told["Id"]) == (200, old)


def test_the_registry_of_names_and_kept_values_are_renewed_too(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            contact = await org.create("Contact", FirstName="Ada", LastName="Quixadafield")
            await org.create("Task", Subject="Call", WhoId=contact)
            before = await status(org)
            await rotation(org).rotate()
            await rotation(org).renew()
            after = await status(org)
            assert (after.active, after.values) == (2, {1: 0, 2: before.values[1]})
            assert before.values[1] > 3, "first name, last name, name, and what the registry knows of them"
            [task] = await org.query("SELECT Who.Name FROM Task")
            assert task["Who"]["Name"] == "Ada Quixadafield"

    asyncio.run(scenario())


def test_a_missing_secret_is_named_and_its_values_are_question_marks(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            old = await org.create("Patient__c", Hidden__c="h", Key__c="K-1", Born__c="1952-03-11")
        aside = kept.key_file.read_bytes()
        kept.key_file.unlink()
        with capture_logs() as logs:
            async with patients(kept) as org:
                [problem] = (await status(org)).problems
                assert problem.startswith(f"tenant secret 1 is missing ({kept.key_file})")
                assert problem in [each["event"] for each in logs]
                await reads_question_marks(org, old)
                code, told = await org.ask("POST", "/sobjects/Patient__c", {"Hidden__c": "new"})
                assert (code, told[0]["errorCode"]) == (500, "UNKNOWN_EXCEPTION")
                assert "Patient__c.Hidden__c can't be encrypted" in told[0]["message"]
                await org.create("Patient__c", Open__c="what is open can be written")
                assert not kept.key_file.exists(), "no secret takes the lost one's place unasked"
                assert await rotation(org).rotate() == 2
                new = await org.create("Patient__c", Hidden__c="new", Key__c="K-2")
                assert (await org.read("Patient__c", new))["Hidden__c"] == "new"
                await rotation(org).renew()
                assert (await status(org)).values == {1: 3, 2: 2}, "what can't be opened stays as it is"
        kept.key_file.write_bytes(aside + kept.key_file.read_bytes())
        async with patients(kept) as org:
            assert (await status(org)).problems == ()
            read = await org.read("Patient__c", old)
            assert (read["Hidden__c"], read["Key__c"], read["Born__c"]) == ("h", "K-1", "1952-03-11")

    asyncio.run(scenario())


async def reads_question_marks(org: Patients, record_id: str) -> None:
    read = await org.read("Patient__c", record_id)
    assert (read["Hidden__c"], read["Key__c"], read["Born__c"]) == (
        UNREADABLE_TEXT,
        UNREADABLE_TEXT,
        "1888-08-08",
    )
    assert await org.query("SELECT Id FROM Patient__c WHERE Key__c = 'K-1'") == []
    code, told = await org.ask("PATCH", f"/sobjects/Patient__c/{record_id}", {"Open__c": "x"})
    assert (code, told[0]["errorCode"]) == (500, "UNKNOWN_EXCEPTION")
    assert "the encrypted values of Born__c, Hidden__c, Key__c can't be read" in told[0]["message"]


def test_a_secret_that_goes_while_the_org_runs_is_held_and_written_again(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            old = await org.create("Patient__c", Hidden__c="h", Key__c="K-1")
            before = secrets(kept)
            kept.key_file.unlink()
            [problem] = (await status(org)).problems
            assert problem.startswith(f"tenant secret 1 is no longer in {kept.key_file}")
            assert (await org.read("Patient__c", old))["Hidden__c"] == "h"
            assert await rotation(org).rotate() == 2
            assert (await status(org)).problems == ()
            assert (await org.read("Patient__c", old))["Hidden__c"] == "h"
            assert secrets(kept)[:1] == before
        async with patients(kept) as org:
            assert (await org.read("Patient__c", old))["Key__c"] == "K-1"

    asyncio.run(scenario())


def test_a_file_that_is_put_back_while_the_org_runs_is_taken_over(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            old = await org.create("Patient__c", Hidden__c="h", Key__c="K-1", Born__c="1952-03-11")
        aside = kept.key_file.read_bytes()
        kept.key_file.unlink()
        async with patients(kept) as org:
            await reads_question_marks(org, old)
            kept.key_file.write_bytes(aside)
            assert (await status(org)).problems == ()
            assert (await org.read("Patient__c", old))["Hidden__c"] == "h"

    asyncio.run(scenario())


def test_another_orgs_secret_is_told_from_the_right_one(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            old = await org.create("Patient__c", Hidden__c="h", Key__c="K-1", Born__c="1952-03-11")
        right = kept.key_file.read_text()
        [line] = secrets(kept)
        kept.key_file.write_text(right.replace(line, f"1 {'A' * 43}="))
        async with patients(kept) as org:
            [problem] = (await status(org)).problems
            assert problem.startswith("tenant secret 1 is not the one that this org's fields")
            await reads_question_marks(org, old)
        kept.key_file.write_text("1 not base64")
        with pytest.raises(OrgRefused, match=r"encryption\.keys, line 1: expected a version and 32 bytes"):
            async with patients(kept):
                pass
        kept.key_file.write_text(right)
        async with patients(kept) as org:
            assert (await org.read("Patient__c", old))["Hidden__c"] == "h"

    asyncio.run(scenario())


def test_what_was_changed_in_the_database_does_not_open(kept: Storage) -> None:
    async def scenario() -> None:
        async with patients(kept) as org:
            record_id = await org.create("Patient__c", Hidden__c="h", Exact__c="e", Folded__c="f")
        kept.execute(
            'UPDATE "Patient__c" SET "Hidden__c" = "Exact__c", "Folded__c" = replace("Folded__c", \'0001.\', '
            "'0001.AAAA')"
        )
        with capture_logs() as logs:
            async with patients(kept) as org:
                read = await org.read("Patient__c", record_id)
                assert (read["Hidden__c"], read["Exact__c"], read["Folded__c"]) == (
                    UNREADABLE_TEXT,
                    "e",
                    UNREADABLE_TEXT,
                )
                path = f"/sobjects/Patient__c/{record_id}"
                assert (await org.ask("PATCH", path, {"Open__c": "x"}))[0] == 500
                assert (await org.ask("PATCH", path, {"Hidden__c": "h2", "Folded__c": "f2"}))[0] == 204
                assert (await org.read("Patient__c", record_id))["Hidden__c"] == "h2"
        told = [each for each in logs if each["event"] == "an encrypted value can't be read"]
        assert {(each["field"], each["reason"]) for each in told} == {
            ("Patient__c.Hidden__c", "it was changed after it was encrypted"),
            ("Patient__c.Folded__c", "it was changed after it was encrypted"),
        }

    asyncio.run(scenario())
