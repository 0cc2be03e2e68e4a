"""Does the index follow what is saved, undone and removed, and what the schema says?"""

from dataclasses import replace

import pytest
from tests.contract.places import undo
from tests.contract.save.world import TEXT
from tests.contract.search.world import OBJECTS, PAPER, PLAIN, Library

from isthmus.kernel.clock import DAY
from isthmus.kernel.database import Transaction
from isthmus.org.save import requests
from isthmus.org.save.reset import reset
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.model import Field
from isthmus.org.search import changes, upkeep


def indexed(library: Library) -> int:
    """How many records the index knows."""
    [(count,)] = library.rows('SELECT COUNT(*) FROM "isthmus_search"')
    return int(str(count))


@pytest.mark.parametrize("settled", [True, False])
def test_a_change_is_found_at_once_and_what_it_replaced_is_not(library: Library, settled: bool) -> None:
    record_id = library.paper("first", Note__c="alpha")
    if settled:
        library.settle()
    library.update("Paper__c", {"Id": record_id, "Note__c": "beta"})
    assert library.either_way(lambda: library.found("alpha")) == []
    assert library.found("beta") == ["first"]
    library.update("Paper__c", {"Id": record_id, "Note__c": None})
    assert library.either_way(lambda: library.found("beta")) == []
    assert library.found("first") == ["first"]


def test_nothing_is_noted_where_no_searched_text_changes(library: Library) -> None:
    record_id = library.paper("first", Note__c="alpha")
    library.settle()
    library.update("Paper__c", {"Id": record_id, "Pages__c": 7, "Kind__c": "Novel", "Note__c": "alpha"})
    library.new("Plain__c", Name="plain", Note__c="alpha")
    assert library.noted() == 0
    library.update("Paper__c", {"Id": record_id, "Note__c": "beta"})
    assert library.noted() == 1


@pytest.mark.parametrize("settled", [True, False])
def test_deleted_records_are_not_found_until_they_are_back(library: Library, settled: bool) -> None:
    record_id = library.paper("first")
    if settled:
        library.settle()
    library.delete("Paper__c", record_id)
    assert library.either_way(lambda: library.found("first")) == []
    library.undelete(record_id)
    assert library.either_way(lambda: library.found("first")) == ["first"]


def test_the_index_forgets_what_is_gone_for_good(library: Library) -> None:
    gone, stays = library.paper("first"), library.paper("second")
    library.settle()
    assert indexed(library) == 2
    library.delete("Paper__c", gone)
    library.settle()
    assert indexed(library) == 2
    library.clock.advance(15 * DAY)
    assert library.purge() == 1
    library.settle()
    assert indexed(library) == 1
    assert library.found("second") == ["second"]
    library.delete("Paper__c", stays)
    library.empty_recycle_bin(stays)
    library.purge()
    library.settle()
    assert indexed(library) == 0


def test_what_is_undone_leaves_nothing(library: Library) -> None:
    class Stop(Exception):
        pass

    def work(unit: UnitOfWork) -> None:
        requests.insert(unit, "Paper__c", [{"Name": "undone"}])
        raise Stop

    with pytest.raises(Stop):
        library.run(work)
    assert library.noted() == 0
    assert library.either_way(lambda: library.found("undone")) == []


def test_a_part_of_the_index_that_is_undone_is_done_again(library: Library) -> None:
    library.paper("first")

    def work(tx: Transaction) -> None:
        undo(tx, lambda: upkeep.advance(tx, library.schema))

    library.database.write(work).result()
    assert library.noted() == 1
    assert indexed(library) == 0
    assert library.either_way(lambda: library.found("first")) == ["first"]
    assert indexed(library) == 1


def test_many_changes_are_indexed_in_parts(library: Library) -> None:
    for start in range(0, 1_200, 200):
        library.insert("Paper__c", *({"Name": f"n{start + n}"} for n in range(200)))
    newest = library.database.read(changes.newest).result()
    assert library.database.read(lambda connection: upkeep.behind(connection, newest)).result()
    assert not library.database.read(lambda connection: upkeep.behind(connection, newest - 700)).result()
    assert library.settle() == 3
    assert not library.database.read(upkeep.waiting).result()
    assert library.found("n1199") == ["n1199"]


def test_a_reset_forgets_data_and_keeps_what_sets_up(library: Library) -> None:
    users = replace(next(each for each in OBJECTS if each.name == "User"), searchable=True)
    library.define([users if each.name == "User" else each for each in OBJECTS])
    library.paper("first")
    library.settle()
    assert library.found("lovelace", sobject="User") == ["Lovelace"]
    library.database.write(lambda tx: reset(tx, library.schema)).result()
    assert library.either_way(lambda: library.found("lovelace", sobject="User")) == ["Lovelace"]
    assert library.found("first") == []
    assert indexed(library) == 1


def test_a_new_field_and_a_new_object_are_indexed_while_the_org_runs(library: Library) -> None:
    library.new("Plain__c", Name="plain", Note__c="alpha")
    more = Field("More__c", "More", TEXT, length=80, default_value=None, custom=True)
    paper = replace(PAPER, fields=(*PAPER.fields, more))
    library.define([*(each for each in OBJECTS if each not in (PAPER, PLAIN)), paper, PLAIN])
    record_id = library.paper("first", More__c="omega")
    assert library.either_way(lambda: library.found("omega")) == ["first"]
    assert library.found("alpha", sobject="Plain__c") == []
    others = [each for each in OBJECTS if each not in (PAPER, PLAIN)]
    library.define([*others, paper, replace(PLAIN, searchable=True)])
    assert library.either_way(lambda: library.found("alpha", sobject="Plain__c")) == ["plain"]
    assert library.value(record_id, "Name") == "first"


def test_a_large_object_is_indexed_record_by_record(library: Library) -> None:
    for start in range(0, 1_000, 200):
        library.insert("Plain__c", *({"Name": f"n{start + n}"} for n in range(200)))
    plain = replace(PLAIN, searchable=True)
    library.define([*(each for each in OBJECTS if each != PLAIN), plain])
    assert library.noted() == 0
    assert library.database.read(upkeep.waiting).result()
    late = library.new("Plain__c", Name="late")
    library.update("Plain__c", {"Id": late, "Name": "later"})
    assert library.found("later", sobject="Plain__c") == ["later"]
    library.settle()
    assert indexed(library) == 1_001
    assert library.found("n999", sobject="Plain__c") == ["n999"]


def test_an_object_that_is_searched_no_more_is_forgotten(library: Library) -> None:
    library.paper("first")
    library.settle()
    library.define([*(each for each in OBJECTS if each != PAPER), replace(PAPER, searchable=False)])
    library.settle()
    assert indexed(library) == 0
    library.define(OBJECTS)
    assert library.either_way(lambda: library.found("first")) == ["first"]


def test_an_org_from_before_the_index_is_indexed_when_it_starts(library: Library) -> None:
    library.paper("first")
    library.settle()
    library.database.write(lambda tx: tx.execute('DELETE FROM "isthmus_search_state"')).result()
    library.database.write(lambda tx: tx.execute('DELETE FROM "isthmus_search_changed"')).result()
    library.define(OBJECTS)
    assert library.noted() == 1
    library.settle()
    assert library.noted() == 0
    library.define(OBJECTS)
    assert library.noted() == 0
