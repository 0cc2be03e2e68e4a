"""Sequences, on each database: a number is handed out once, whatever happens."""

import pytest
from tests.contract.places import Place, Stop, undo

from isthmus.kernel.database import Database, Transaction


def take(database: Database, name: str, count: int = 1) -> int:
    return database.write(lambda tx: tx.next_in_sequence(name, count)).result()


def test_a_sequence_counts_from_one(database: Database) -> None:
    assert [take(database, "id:001") for _ in range(3)] == [1, 2, 3]
    assert take(database, "id:003") == 1


def test_numbers_taken_together_follow_each_other(database: Database) -> None:
    assert [take(database, "id:001", count) for count in (200, 1, 500, 1)] == [1, 201, 202, 702]


def test_none_is_taken_is_a_mistake(database: Database) -> None:
    with pytest.raises(ValueError, match="one number or more"):
        take(database, "id:001", 0)


def test_a_number_that_was_rolled_back_is_not_given_again(database: Database) -> None:
    taken: list[int] = []

    def failing(tx: Transaction) -> None:
        undo(tx, lambda: taken.append(tx.next_in_sequence("id:001", 300)))
        taken.append(tx.next_in_sequence("id:001"))
        raise Stop

    assert isinstance(database.write(failing).exception(), Stop)
    assert taken == [1, 301]
    assert take(database, "id:001") == 302


def test_a_sequence_goes_on_after_an_orderly_end(place: Place, database: Database) -> None:
    take(database, "id:001", 7)
    long = "number:A_Very_Long_Name_Of_An_Object__c.A_Very_Long_Name_Of_Its_Auto_Number_Field__c"
    assert [take(database, long), take(database, f"{long}2")] == [1, 1]
    database.close()
    again = place.open()
    assert take(again, "id:001") == 8
    assert [take(again, long), take(again, f"{long}2")] == [2, 2]


def test_many_takers_get_different_numbers(place: Place, database: Database) -> None:
    databases = [database, place.open()] if place.shared else [database]
    runs = [each.write(lambda tx: tx.next_in_sequence("id:001", 5)) for _ in range(40) for each in databases]
    firsts = [each.result() for each in runs]
    numbers = {number for first in firsts for number in range(first, first + 5)}
    assert len(numbers) == 5 * len(runs)
