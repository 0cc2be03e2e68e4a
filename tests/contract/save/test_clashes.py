"""What becomes of a save that the database refuses in its middle, because another writer was quicker?"""

import pytest
from tests.contract.save.saves import Saves
from tests.contract.save.world import INSTANCE, codes

from isthmus.kernel.database import Transaction, UniqueViolation
from isthmus.kernel.ids import record_id
from isthmus.org.save import requests
from isthmus.org.save.result import SaveResult
from isthmus.org.save.unit_of_work import UnitOfWork


def take_an_id_ahead(saves: Saves) -> None:
    """Enter a name under the id of the group after next: that group is written, and then refused."""

    def take(tx: Transaction) -> None:
        number = tx.next_in_sequence("id:00G") + 2
        tx.execute(
            'INSERT INTO "Name" ("Id", "IsDeleted", "Type", "Name", "IsActive") VALUES (?, 0, ?, ?, 0)',
            (record_id("00G", INSTANCE, number), "Group", "Quicker"),
        )

    saves.database.write(take).result()


def save_two(saves: Saves, *, last_try: bool) -> list[SaveResult]:
    """One transaction, in which two groups are saved, each by itself."""

    def work(unit: UnitOfWork) -> list[SaveResult]:
        return [each for name in ("A", "B") for each in requests.insert(unit, "Group", [{"Name": name}])]

    return saves.database.write(
        lambda tx: saves.engine.transaction(tx, saves.schema, saves.principal, work, last_try=last_try)
    ).result()


def groups(saves: Saves) -> list[object]:
    return [
        row[0] for row in saves.database.read_now(lambda reader: reader.rows('SELECT "Name" FROM "Group"'))
    ]


def test_before_the_last_try_a_clash_ends_the_transaction(saves: Saves) -> None:
    take_an_id_ahead(saves)
    with pytest.raises(UniqueViolation):
        save_two(saves, last_try=False)
    assert groups(saves) == []
    assert [each.success for each in save_two(saves, last_try=False)] == [True, True]
    assert groups(saves) == ["A", "B"]


def test_at_the_last_try_a_clash_is_the_rows_own(saves: Saves) -> None:
    take_an_id_ahead(saves)
    assert codes(save_two(saves, last_try=True)) == ["ok", "DUPLICATE_VALUE"]
    assert groups(saves) == ["A"]
