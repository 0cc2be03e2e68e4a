"""Reading, on each database: by position and topic, and whether a replay id is still good."""

from tests.contract.journal.facts import CHANGE, ORDER, append, fact, names
from tests.contract.places import Place

from isthmus.kernel.database import Database
from isthmus.kernel.journal import Journal
from isthmus.kernel.journal.tables import TOPICS_LOOKED_UP


def test_a_reader_goes_on_after_its_position(database: Database, journal: Journal) -> None:
    append(database, journal, *(fact(f"{n}") for n in range(1, 8)))
    assert names(journal, 0, limit=3) == ["1", "2", "3"]
    assert names(journal, 3, limit=3) == ["4", "5", "6"]
    assert names(journal, 6, limit=3) == ["7"]
    assert names(journal, 7) == []
    assert names(journal, 99) == []


def test_a_reader_may_stand_within_a_run_of_events(database: Database, journal: Journal) -> None:
    append(database, journal, fact("a", count=3), fact("b"))
    assert [names(journal, after) for after in range(5)] == [["a", "b"], ["a", "b"], ["a", "b"], ["b"], []]


def test_topics_are_read_alone_or_together(database: Database, journal: Journal) -> None:
    for n in range(6):
        append(database, journal, fact(f"o{n}", ORDER), fact(f"c{n}", CHANGE), fact(f"x{n}", "/u/x"))
    journal.publish_immediately([fact("o6", ORDER)]).result()
    assert names(journal, 0, [CHANGE], 3) == ["c0", "c1", "c2"]
    assert names(journal, 8, [CHANGE]) == ["c3", "c4", "c5"]
    assert names(journal, 12, [ORDER, CHANGE]) == ["o4", "c4", "o5", "c5", "o6"]
    assert names(journal, 12, [ORDER, "/none"], 2) == ["o4", "o5"]
    assert names(journal, 0, []) == []
    many = [CHANGE, *(f"/topic/{n}" for n in range(TOPICS_LOOKED_UP))]
    assert names(journal, 8, many, 2) == ["c3", "c4"]


def test_the_tip_is_the_last_position(database: Database, journal: Journal) -> None:
    assert journal.tip() == 0
    append(database, journal, fact(count=3))
    assert journal.tip() == 3
    journal.publish_immediately([fact()]).result()
    assert journal.tip() == 4


def test_a_replay_id_is_good_from_before_the_oldest_to_the_tip(database: Database, journal: Journal) -> None:
    assert [journal.valid(each, "standard") for each in (-1, 0, 1)] == [False, True, False]
    append(database, journal, fact(time=10), fact(time=10, retention="high volume"), fact(time=20))
    assert [journal.valid(each, "standard") for each in (-1, 0, 1, 2, 3, 4)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    journal.purge(20, "standard")
    assert journal.oldest("standard") == 3
    assert [journal.valid(each, "standard") for each in (1, 2, 3, 4)] == [False, True, True, False]
    assert [journal.valid(each, "high volume") for each in (0, 1, 2, 3)] == [False, True, True, True]


def test_a_purge_forgets_what_is_older_in_its_class(database: Database, journal: Journal) -> None:
    journal.publish_immediately([fact("immediate", time=0)]).result()
    append(database, journal, fact("other", time=0, retention="high volume"))
    append(database, journal, *(fact(f"{n}", time=n) for n in range(5)))
    assert journal.purge(3, "standard") == 4
    assert names(journal) == ["other", "3", "4"]
    assert journal.purge(3, "standard") == 0


def test_a_purge_of_very_much_takes_several_steps(database: Database, journal: Journal) -> None:
    append(database, journal, *(fact(time=1) for _ in range(2_500)), fact("kept", time=2))
    assert journal.purge(2, "standard") == 2_500
    assert names(journal) == ["kept"]


def test_a_position_is_not_given_again_after_a_purge(database: Database, journal: Journal) -> None:
    append(database, journal, fact(time=1, count=4))
    last = journal.publish_immediately([fact(time=1, count=2)]).result()
    assert last.position == 5
    journal.purge(9, "standard")
    assert journal.read(0) == []
    assert journal.tip() == 6
    assert append(database, journal, fact()).position == 7


def test_a_position_is_not_given_again_after_a_purge_and_a_restart(
    place: Place, database: Database, immediate: Database, journal: Journal
) -> None:
    append(database, journal, fact(time=1, count=4))
    journal.publish_immediately([fact(time=1, count=2)]).result()
    journal.purge(9, "standard")
    database.close()
    immediate.close()
    again = place.open()
    reopened = Journal(again, place.open_immediate())
    assert reopened.tip() == 6
    assert not reopened.valid(3, "standard")
    assert append(again, reopened, fact()).position == 7


def test_what_was_written_is_there_after_a_restart(
    place: Place, database: Database, immediate: Database, journal: Journal
) -> None:
    append(database, journal, fact("a"))
    journal.publish_immediately([fact("b")]).result()
    database.close()
    immediate.close()
    again = place.open()
    reopened = Journal(again, place.open_immediate())
    assert names(reopened) == ["a", "b"]
    assert append(again, reopened, fact("c")).position == 3


def test_positions_are_carried_over_to_a_copy_that_is_restored(database: Database, journal: Journal) -> None:
    """The copy knows of 2 positions; readers of what it replaces have seen 40."""
    append(database, journal, fact("a"), fact("b"))
    assert journal.epoch == 1
    assert journal.begin_epoch(above=40) == 2
    assert journal.tip() == 40
    assert append(database, journal, fact("c")).position == 41
    assert journal.begin_epoch() == 3
    assert append(database, journal, fact("d")).position == 42
    assert names(journal) == ["a", "b", "c", "d"]
