"""SQLite's files: who may open them, and what is said where they can't be opened."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from isthmus.kernel.database import (
    DatabaseBusy,
    DatabaseError,
    DatabaseFailed,
    DatabaseLocked,
    DatabaseReadOnly,
)
from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.kernel.database.sqlite.connection import Opening, SqliteConnection
from isthmus.kernel.database.stopping import Stop

HOLD = """
import sys
from isthmus.kernel.database.sqlite import SqliteDatabase
database = SqliteDatabase(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_kept_out_and_told_by_whom(tmp_path: Path) -> None:
    path = tmp_path / "org.sqlite"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(DatabaseLocked, match=f"process {holder.pid}"):
            SqliteDatabase(path)
        holder.kill()
    SqliteDatabase(path).close()


OTHERS = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    other.execute(statement)
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    "statements",
    [("BEGIN IMMEDIATE",), ("BEGIN EXCLUSIVE",), ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE")],
    ids=["writing", "exclusive", "for good"],
)
def test_a_file_that_another_program_has_locked_is_named_soon(
    tmp_path: Path, statements: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "org.sqlite"
    SqliteDatabase(path).close()
    other = subprocess.Popen(
        [sys.executable, "-c", OTHERS, str(path), *statements], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(DatabaseBusy, match=r"another program keeps .* locked: close it, then try again"):
            SqliteDatabase(path)
        other.kill()
    assert caplog.messages == []
    SqliteDatabase(path).close()


def test_an_end_without_anything_to_write_down_needs_no_lock(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "org.sqlite"
    database = SqliteDatabase(path)
    other = subprocess.Popen(
        [sys.executable, "-c", OTHERS, str(path), "BEGIN IMMEDIATE"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        database.close()
        other.kill()
    assert caplog.messages == []


def test_a_second_opening_in_one_process_is_kept_out_too(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "org.sqlite")
    with pytest.raises(DatabaseLocked, match=f"process {os.getpid()}"):
        SqliteDatabase(tmp_path / "org.sqlite")
    database.close()
    SqliteDatabase(tmp_path / "org.sqlite").close()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseFailed, match="none does not exist: make it"):
        SqliteDatabase(tmp_path / "none" / "org.sqlite")


@pytest.mark.skipif(not os.access("/sys", os.F_OK), reason="no folder here that even root can't write to")
def test_a_folder_that_can_not_be_written_is_named() -> None:
    with pytest.raises(DatabaseReadOnly, match="/sys can't be written"):
        SqliteDatabase("/sys/org.sqlite")


def test_a_file_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "org.sqlite").mkdir()
    with pytest.raises(DatabaseFailed, match=r"org\.sqlite can't be opened"):
        SqliteDatabase(tmp_path / "org.sqlite")


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "org.sqlite"
    text = b"my letter to the editor, which is longer than a page of a database\n" * 100
    path.write_bytes(text)
    with pytest.raises(DatabaseFailed, match="is not a database: move it away"):
        SqliteDatabase(path)
    assert path.read_bytes() == text


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "org.sqlite"
    others = sqlite3.connect(path)
    others.execute("CREATE TABLE letter (text)")
    others.close()
    with pytest.raises(DatabaseFailed, match="another program's database"):
        SqliteDatabase(path)


def test_a_damaged_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "org.sqlite"
    database = SqliteDatabase(path)
    database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("Id" TEXT)')).result()
    database.write(
        lambda tx: tx.execute_many('INSERT INTO "Item" VALUES (?)', (("x" * 900,) for _ in range(99)))
    ).result()
    database.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = b"\xff" * (len(content) - 4096 * 2)
    path.write_bytes(content)
    damaged = SqliteDatabase(path)
    with pytest.raises(DatabaseFailed, match="is damaged: restore it"):
        damaged.read_now(lambda reader: reader.rows('SELECT * FROM "Item"'))
    damaged.close()


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
def test_nobody_else_may_read_the_files(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "org.sqlite")
    database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("Id" TEXT)')).result()
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}
    assert set(modes) == {"org.sqlite", "org.sqlite-wal", "org.sqlite-shm", "org.sqlite.lock"}
    assert set(modes.values()) == {0o600}
    database.close()


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
def test_files_that_others_could_read_are_made_private(tmp_path: Path) -> None:
    path = tmp_path / "org.sqlite"
    database = SqliteDatabase(path)
    database.write(lambda tx: tx.execute('CREATE TABLE "Item" ("Id" TEXT)')).result()
    left = {each.name: each.read_bytes() for each in tmp_path.iterdir() if each.suffix != ".lock"}
    database.close()
    for name, content in left.items():  # as after a crash, in a copy that was made with wider rights
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o644)
    database = SqliteDatabase(path)
    assert {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()} == {0o600}
    assert database.read_now(lambda reader: reader.rows('SELECT * FROM "Item"')) == []
    database.close()


def test_a_reader_finds_the_file_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = SqliteDatabase("org.db")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    try:
        assert database.read(lambda reader: reader.row("SELECT 1")).result() == (1,)
    finally:
        database.close()


def test_a_question_that_could_not_begin_stops_no_other(tmp_path: Path) -> None:
    """What was to end it is gone with it."""
    SqliteDatabase(tmp_path / "org.db").close()
    raw = Opening(tmp_path / "org.db").reader()
    reader, stop = SqliteConnection(raw), Stop()
    stop.end()
    reader.begin()
    with pytest.raises(DatabaseError):
        reader.snapshot(lambda _: None, stop)
    counted = (
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100000) SELECT COUNT(*) FROM c"
    )
    assert reader.snapshot(lambda _: reader.row(counted)) == (100_000,)
    raw.close()
