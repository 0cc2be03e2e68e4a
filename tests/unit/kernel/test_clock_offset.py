"""The clock's offset: kept before it is in force, and a time that is too late said at the start."""

from pathlib import Path

import pytest

from isthmus.kernel.clock import DAY, END, SystemClock
from isthmus.kernel.clock_offset import MIGRATIONS, kept_clock
from isthmus.kernel.database import Database, DatabaseFailed
from isthmus.kernel.database.migrations import migrate
from isthmus.kernel.database.sqlite import SqliteDatabase


def opened(folder: Path) -> Database:
    database = SqliteDatabase(folder / "org.db")
    migrate(database, "clock", MIGRATIONS)
    return database


def test_org_time_goes_on_from_where_it_was(tmp_path: Path) -> None:
    database = opened(tmp_path)
    clock = kept_clock(database)
    assert clock.offset == 0
    clock.advance(DAY)
    clock.advance(2 * DAY)
    database.close()
    again = opened(tmp_path)
    assert kept_clock(again).offset == 3 * DAY
    again.close()


def test_a_time_beyond_the_platforms_is_not_kept(tmp_path: Path) -> None:
    database = opened(tmp_path)
    clock = kept_clock(database)
    with pytest.raises(ValueError, match="org time ends"):
        clock.advance(END)
    assert kept_clock(database).offset == clock.offset == 0
    clock.advance(END - clock.now() - DAY)
    assert kept_clock(database).offset == clock.offset
    database.close()


def test_a_time_that_was_kept_too_late_is_said(tmp_path: Path) -> None:
    database = opened(tmp_path)
    too_late = END + 366 * DAY - SystemClock().now()
    database.write(lambda tx: tx.execute('INSERT INTO "isthmus_clock" VALUES (?)', (too_late,))).result()
    with pytest.raises(DatabaseFailed, match="beyond the year 4000"):
        kept_clock(database)
    database.close()
