"""Do reads in the caller's thread keep their snapshot, and does the WAL stay small all the same?"""

from pathlib import Path

import pytest

from isthmus.kernel.database import DatabaseClosed, Transaction
from isthmus.kernel.database.sqlite import SqliteDatabase

PAGES_BEFORE_A_CHECKPOINT = 1000
PAGE = 4096


def test_reads_between_all_commits_do_not_keep_the_wal_from_being_used_again(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "org.db")
    database.write(lambda tx: tx.execute('CREATE TABLE "T" ("n" INTEGER, "filling" BLOB)')).result()

    def fill(tx: Transaction) -> None:
        tx.execute('INSERT INTO "T" SELECT COUNT(*) + 1, ? FROM "T"', (bytes(10 * PAGE),))

    for number in range(1, 401):
        database.write(fill).result()
        assert database.row('SELECT MAX("n") FROM "T"') == (number,)
    size = (tmp_path / "org.db-wal").stat().st_size
    database.close()
    assert size < 2 * PAGES_BEFORE_A_CHECKPOINT * PAGE


def test_a_closed_database_says_so(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "org.db")
    assert database.row("SELECT 1") == (1,)
    database.close()
    with pytest.raises(DatabaseClosed):
        database.row("SELECT 1")
    with pytest.raises(DatabaseClosed):
        database.read_now(lambda reader: reader.row("SELECT 1"))
