"""SQLite's sequences: after a crash they go on at their bound, not where they were."""

from pathlib import Path

import apsw

from isthmus.kernel.database.sqlite.sequences import AHEAD, Sequences


def opened(path: Path) -> tuple[apsw.Connection, Sequences]:
    connection = apsw.Connection(str(path))
    return connection, Sequences(connection)


def commit(connection: apsw.Connection, sequences: Sequences) -> None:
    connection.execute("BEGIN")
    bounds = sequences.store(connection.cursor())
    connection.execute("COMMIT")
    sequences.stored(bounds)


def test_after_a_crash_a_sequence_goes_on_at_its_bound(tmp_path: Path) -> None:
    connection, sequences = opened(tmp_path / "x")
    assert sequences.take("a", 3) == 1
    commit(connection, sequences)
    assert sequences.take("a", 1) == 4
    _, again = opened(tmp_path / "x")
    assert again.take("a", 1) == 4 + AHEAD


def test_a_bound_is_written_only_when_it_is_reached(tmp_path: Path) -> None:
    connection, sequences = opened(tmp_path / "x")
    sequences.take("a", 1)
    commit(connection, sequences)
    changes = connection.total_changes()
    for _ in range(AHEAD):
        sequences.take("a", 1)
        commit(connection, sequences)
    assert connection.total_changes() == changes
    sequences.take("a", 1)
    commit(connection, sequences)
    assert connection.total_changes() > changes


def test_a_bound_that_was_rolled_back_is_written_with_the_next_commit(tmp_path: Path) -> None:
    connection, sequences = opened(tmp_path / "x")
    sequences.take("a", 5)
    connection.execute("BEGIN")
    assert sequences.store(connection.cursor()) == {"a": 6 + AHEAD}
    connection.execute("ROLLBACK")
    assert sequences.take("a", 1) == 6
    commit(connection, sequences)
    _, again = opened(tmp_path / "x")
    assert again.take("a", 1) > 6


def test_an_orderly_end_leaves_no_gap(tmp_path: Path) -> None:
    connection, sequences = opened(tmp_path / "x")
    sequences.take("a", 3)
    commit(connection, sequences)
    sequences.settle(connection.cursor())
    _, again = opened(tmp_path / "x")
    assert again.take("a", 1) == 4
