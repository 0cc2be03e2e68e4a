"""Pages: a result in parts, and the cursors that remember the rest."""

from dataclasses import replace

import pytest
from tests.contract.query.world import A1, A2, BEFORE, BOB, C2, USER, World, drawn

from isthmus.kernel.clock import DAY
from isthmus.kernel.database import Database, Value
from isthmus.kernel.errors import Fault
from isthmus.kernel.ids import record_id
from isthmus.org.query.result import ChildRows, ResultRow

LEADS = 4500


def lead_id(number: int) -> str:
    return record_id("00Q", "7Ab", number)


@pytest.fixture
def leads(world: World) -> World:
    """The world, and 4,500 leads whose names count backwards."""
    world.insert(
        "Lead", [{"Id": lead_id(n), "LastName": f"Lead {LEADS - n:05}"} for n in range(1, LEADS + 1)]
    )
    return world


def contacts(world: World, count: int, account: str = A1) -> None:
    """More contacts of an account, `P00000` and so on."""
    world.insert(
        "Contact",
        [
            {
                "Id": record_id("003", "8Cd", n),
                "LastName": f"P{n:05}",
                "AccountId": account,
                "CreatedDate": BEFORE,
            }
            for n in range(count)
        ],
    )


def child_rows(row: ResultRow, place: int) -> ChildRows:
    """The children in that place of a row."""
    found = row[place]
    assert isinstance(found, ChildRows)
    return found


def refused(world: World, locator: object, **how: object) -> bool:
    with pytest.raises(Fault) as caught:
        world.more(locator, **how)  # type: ignore[arg-type] # `more`'s own keywords
    return caught.value.code == "INVALID_QUERY_LOCATOR" and caught.value.message == "invalid query locator"


def test_a_large_result_comes_in_pages(leads: World) -> None:
    first = leads.ask("SELECT LastName FROM Lead ORDER BY LastName")
    assert (first.total_size, first.locator is None, len(first.rows)) == (LEADS, False, 2000)
    assert first.locator is not None
    assert str(first.locator).startswith("01g")
    assert str(first.locator).endswith("-2000")
    second = leads.more(first.locator)
    assert second.locator is not None
    third = leads.more(second.locator)
    assert (second.total_size, third.total_size, third.locator is None) == (LEADS, LEADS, True)
    assert [*drawn(first), *drawn(second), *drawn(third)] == [f"Lead {n:05}" for n in range(LEADS)]
    assert drawn(leads.more(first.locator)) == drawn(second), "a page may be asked for again"


def test_the_page_size_is_asked_for_within_bounds(leads: World) -> None:
    assert len(leads.ask("SELECT Id FROM Lead", batch_size=1).rows) == 200
    assert len(leads.ask("SELECT Id FROM Lead", batch_size=9999).rows) == 2000
    first = leads.ask("SELECT Id FROM Lead", batch_size=500)
    assert first.locator is not None
    second = leads.more(first.locator, batch_size=1700)
    assert [row[0] for row in second.rows] == [lead_id(n) for n in range(501, 2201)]


@pytest.mark.parametrize(("limit", "pages"), [(1999, 1), (2000, 1), (2001, 2)])
def test_a_limit_bounds_all_pages(leads: World, limit: int, pages: int) -> None:
    first = leads.ask(f"SELECT Id FROM Lead LIMIT {limit}")
    assert first.total_size == limit
    assert (first.locator is None) == (pages == 1)
    if first.locator is not None:
        assert [row[0] for row in leads.more(first.locator).rows] == [lead_id(2001)]


def test_a_query_with_an_offset_has_one_page(leads: World) -> None:
    result = leads.ask("SELECT Id FROM Lead OFFSET 100")
    assert (result.total_size, result.locator is None, result.rows[0][0]) == (2000, True, lead_id(101))


def test_a_result_stays_what_it_was(leads: World) -> None:
    first = leads.ask("SELECT Id, LastName FROM Lead WHERE LastName LIKE 'lead%'")
    leads.insert("Lead", [{"Id": lead_id(LEADS + 1), "LastName": "Lead late"}])
    leads.change('UPDATE "Lead" SET "LastName" = \'Other\' WHERE "Id" = ?', (lead_id(2001),))
    leads.change('UPDATE "Lead" SET "IsDeleted" = 1 WHERE "Id" = ?', (lead_id(2002),))
    leads.change('DELETE FROM "Lead" WHERE "Id" = ?', (lead_id(2003),))
    assert first.locator is not None
    second = leads.more(first.locator)
    assert second.total_size == LEADS
    assert [row[0] for row in second.rows[:2]] == [lead_id(2001), lead_id(2004)]
    assert drawn(second)[0].endswith("Other"), "rows are as they are now"


def test_query_all_pages_hold_deleted_rows(leads: World) -> None:
    leads.change('UPDATE "Lead" SET "IsDeleted" = 1')
    assert leads.ask("SELECT Id FROM Lead").total_size == 0
    first = leads.ask("SELECT Id FROM Lead", all_rows=True)
    assert first.locator is not None
    assert len(leads.more(first.locator).rows) == 2000


def test_a_locator_lives_for_two_days_of_org_time(leads: World) -> None:
    locator = leads.ask("SELECT Id FROM Lead").locator
    leads.clock.advance(2 * DAY - 1)
    leads.more(locator)
    leads.clock.advance(1)
    assert refused(leads, locator)


def test_a_locator_serves_its_own_user_alone(leads: World) -> None:
    locator = leads.ask("SELECT Id FROM Lead").locator
    assert refused(leads, locator, user=replace(USER, user_id=BOB))


@pytest.mark.parametrize(
    "text", ["", "x", "01g7Ab000000001QAA", "01g7Ab000000001QAA-2000", "01g-1", "' OR 1-1"]
)
def test_an_unknown_locator_is_refused(world: World, text: str) -> None:
    assert refused(world, text)


def test_a_locator_does_not_reach_beyond_its_result(leads: World) -> None:
    locator = leads.ask("SELECT Id FROM Lead").locator
    assert locator is not None
    assert len(leads.more(replace(locator, offset=LEADS - 1)).rows) == 1
    assert refused(leads, replace(locator, offset=LEADS))


def test_what_the_caller_may_not_read_any_more_is_unknown(leads: World) -> None:
    locator = leads.ask("SELECT LastName FROM Lead").locator

    class NoLeads:
        shape = "no leads"

        def may_read(self, sobject: str, field: str | None = None) -> bool:
            return sobject != "Lead"

        may_create = may_edit = may_read

        def may_delete(self, sobject: str) -> bool:
            return False

        may_view_all = may_modify_all = may_delete

        def has(self, permission: str) -> bool:
            return True

    with pytest.raises(Fault) as caught:
        leads.more(locator, user=replace(USER, access=NoLeads()))
    assert caught.value.code == "INVALID_TYPE"


def test_ended_cursors_are_purged(leads: World) -> None:
    leads.ask("SELECT Id FROM Lead")
    leads.clock.advance(DAY)
    kept = leads.ask("SELECT Id FROM Lead").locator
    leads.clock.advance(DAY)
    assert leads.database.write(leads.engine.purge_cursors).result() == 1
    assert leads.database.write(leads.engine.purge_cursors).result() == 0
    leads.more(kept)
    rows = leads.database.read(
        lambda connection: connection.rows("SELECT DISTINCT cursor_id FROM isthmus_cursor_chunks")
    ).result()
    assert kept is not None
    assert rows == [(kept.cursor_id,)]


@pytest.mark.parametrize(("limited", "left"), [(False, 12), (True, 10)])
def test_ten_cursors_stay_open_where_they_are_limited(database: Database, limited: bool, left: int) -> None:
    world = World(database, limit_cursors=limited)
    world.insert("Lead", [{"Id": lead_id(n), "LastName": "x"} for n in range(300)])
    locators = []
    for _ in range(12):
        locators.append(world.ask("SELECT Id FROM Lead", batch_size=200).locator)
        world.clock.advance(1)
    assert sum(not _gone(world, locator) for locator in locators) == left
    world.more(locators[-1])


def _gone(world: World, locator: object) -> bool:
    try:
        world.more(locator)
    except Fault:
        return True
    return False


def test_many_children_have_pages_of_their_own(world: World) -> None:
    contacts(world, 450)
    soql = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account"
    result = world.ask(soql)
    children = result.rows[0][2]
    assert isinstance(children, ChildRows)
    assert (children.total_size, len(children.rows)) == (452, 200)
    assert children.locator is not None
    assert children.locator.offset == 200
    assert result.locator is None, "the parents are all there"
    following = world.more(children.locator)
    assert following.locator is None
    assert following.total_size == 452
    assert [row[2] for row in children.rows] + [row[2] for row in following.rows] == [
        "Alpha", "Beta", *(f"P{n:05}" for n in range(450))
    ]  # fmt: skip
    assert [item.key for item in following.shape.items] == ["LastName"]


def test_a_limit_of_children_holds_for_each_parent(world: World) -> None:
    contacts(world, 300)
    contacts_of_labs = record_id("003", "9Ef", 1)
    world.insert(
        "Contact", [{"Id": contacts_of_labs, "LastName": "Z", "AccountId": A2, "CreatedDate": BEFORE}]
    )
    result = world.ask("SELECT Id, (SELECT Id FROM Contacts LIMIT 250) FROM Account WHERE Name LIKE 'Acme%'")
    first, second = (row[1] for row in result.rows)
    assert isinstance(first, ChildRows)
    assert isinstance(second, ChildRows)
    assert (first.total_size, len(first.rows), second.total_size, second.locator) == (250, 200, 1, None)
    assert len(world.more(first.locator).rows) == 50


def tasks(world: World, count: int, contact: str) -> None:
    """Tasks of a contact, `T0000` and so on."""
    world.insert(
        "Task",
        [{"Id": record_id("00T", "8Cd", n), "Subject": f"T{n:04}", "WhoId": contact} for n in range(count)],
    )


def test_children_of_children_have_pages_of_their_own(world: World) -> None:
    tasks(world, 250, C2)
    soql = (
        "SELECT Name, (SELECT LastName, (SELECT Subject FROM Tasks ORDER BY Subject DESC) FROM Contacts"
        " ORDER BY LastName DESC) FROM Account WHERE Name = 'Acme'"
    )
    [contact, other] = child_rows(world.ask(soql).rows[0], -1).rows
    below = child_rows(contact, -1)
    assert (contact[2], below.total_size, len(below.rows)) == ("Beta", 250, 200)
    assert [row[2] for row in below.rows[:2]] == ["T0249", "T0248"]
    assert [row[2] for row in child_rows(other, -1).rows] == ["Call"]
    following = world.more(below.locator)
    assert (following.total_size, following.locator is None, len(following.rows)) == (250, True, 50)
    assert drawn(following)[0] == "T0049"


def test_pages_of_children_have_their_children(world: World) -> None:
    contacts(world, 300)
    last = record_id("003", "8Cd", 299)
    tasks(world, 201, last)
    soql = (
        "SELECT Name, (SELECT LastName, (SELECT Subject FROM Tasks) FROM Contacts ORDER BY LastName)"
        " FROM Account WHERE Name = 'Acme'"
    )
    first = child_rows(world.ask(soql).rows[0], -1)
    second = world.more(first.locator)
    assert (first.total_size, len(second.rows)) == (302, 102)
    below = child_rows(second.rows[-1], -1)
    assert (second.rows[-1][0], below.total_size, len(below.rows)) == (last, 201, 200)
    assert drawn(world.more(below.locator)) == ["T0200"]


def test_a_limit_of_children_of_children_holds_for_each_parent(world: World) -> None:
    tasks(world, 3, C2)
    soql = (
        "SELECT Name, (SELECT LastName, (SELECT Subject FROM Tasks WHERE Subject != 'T0000' LIMIT 1)"
        " FROM Contacts LIMIT 2) FROM Account WHERE Name = 'Acme'"
    )
    assert drawn(world.ask(soql)) == ["Acme | [Alpha | [Call]; Beta | [T0001]]"]


def test_deleted_children_of_children_are_seen_by_query_all_alone(world: World) -> None:
    world.change('UPDATE "Task" SET "IsDeleted" = 1')
    soql = (
        "SELECT Name, (SELECT LastName, (SELECT Subject FROM Tasks) FROM Contacts WHERE LastName = 'Alpha')"
        " FROM Account WHERE Name = 'Acme'"
    )
    assert drawn(world.ask(soql)) == ["Acme | [Alpha | []]"]
    assert drawn(world.ask(soql, all_rows=True)) == ["Acme | [Alpha | [Call]]"]


def test_pages_of_parents_have_their_children(leads: World) -> None:
    accounts: list[dict[str, Value]] = [
        {"Id": record_id("001", "8Cd", n), "Name": f"N{n:05}", "CreatedDate": BEFORE} for n in range(300)
    ]
    leads.insert("Account", accounts)
    contacts(leads, 205, account=str(accounts[-1]["Id"]))
    first = leads.ask("SELECT Name, (SELECT Id FROM Contacts) FROM Account ORDER BY Name", batch_size=250)
    second = leads.more(first.locator)
    children = next(row[2] for row in second.rows if row[1] == "N00299")
    assert isinstance(children, ChildRows)
    assert children.total_size == 205
    assert len(leads.more(children.locator).rows) == 5


def test_children_of_children_locators_do_not_count_as_open_cursors(database: Database) -> None:
    world = World(database, limit_cursors=True)
    world.insert("Lead", [{"Id": lead_id(n), "LastName": "x"} for n in range(300)])
    contacts(world, 250)
    query = world.ask("SELECT Id FROM Lead", batch_size=200).locator
    for _ in range(12):
        world.ask("SELECT Id, (SELECT Id FROM Contacts) FROM Account")
    world.more(query)


def test_deleted_children_are_seen_by_query_all_alone(world: World) -> None:
    soql = "SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Industry = 'Media'"
    assert drawn(world.ask(soql)) == ["Acme | [Alpha; Beta]"]
    assert drawn(world.ask(soql, all_rows=True)) == ["Acme | [Alpha; Beta; Eve]", "Gone | [Dee]"]


@pytest.mark.parametrize(
    ("soql", "size"),
    [
        ("SELECT COUNT() FROM Account", 4),
        ("SELECT COUNT() FROM Account WHERE Industry = 'Media'", 1),
        ("SELECT COUNT() FROM Account LIMIT 3", 3),
        ("SELECT COUNT() FROM Account LIMIT 3 OFFSET 2", 2),
        ("SELECT COUNT() FROM Account WHERE Owner.Name = 'nobody'", 0),
    ],
)
def test_count_has_a_size_and_no_rows(world: World, soql: str, size: int) -> None:
    result = world.ask(soql)
    assert (result.total_size, result.rows, result.locator is None) == (size, [], True)


def test_count_of_all_rows(world: World) -> None:
    assert world.ask("SELECT COUNT() FROM Account", all_rows=True).total_size == 5


def test_a_unit_of_work_sees_its_own_writes(world: World) -> None:
    def work(tx) -> int:  # type: ignore[no-untyped-def] # a transaction
        tx.execute('DELETE FROM "Account" WHERE "Name~" = \'acme\'')
        return world.engine.run(tx, world.schema, USER, "SELECT Id FROM Account").total_size

    assert world.database.write(work).result() == 3


@pytest.mark.parametrize("limit", ["", " LIMIT 201"])
def test_all_fields_are_asked_of_few_records(world: World, limit: str) -> None:
    with pytest.raises(Fault) as caught:
        world.ask(f"SELECT FIELDS(ALL) FROM Account{limit}")
    assert caught.value.entry.name == "fields_need_limit"
    assert world.ask("SELECT FIELDS(ALL) FROM Account LIMIT 200").rows
    assert world.ask(f"SELECT FIELDS(ALL) FROM Account WHERE Id IN ('{A1}', '{A2}')").total_size == 2
    assert world.ask(f"SELECT FIELDS(ALL) FROM Account WHERE Id = '{A1}' OR Id = '{A2}'").total_size == 2
