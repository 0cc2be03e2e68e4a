"""Following: does a case show its contact as it is, whoever changes what, on both databases?"""

import threading

import pytest
from tests.contract.places import Place
from tests.contract.save.saves import Saves
from tests.contract.save.world import SCHEMA

from isthmus.kernel.database import Database
from isthmus.org.save import requests
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.standard import standard_objects

CRM = [each for each in standard_objects() if each.name in ("Account", "Contact", "Case")]


@pytest.fixture
def saves(database: Database, place: Place) -> Saves:
    return Saves(database, place.open_immediate(), [*SCHEMA, *CRM])


def shown(saves: Saves) -> list[tuple[object, ...]]:
    return [
        tuple(row) for row in saves.rows('SELECT "ContactEmail", "ContactEmail~" FROM "Case" ORDER BY "Id"')
    ]


def test_a_case_shows_its_contact_as_it_is(saves: Saves) -> None:
    ada = saves.new("Contact", LastName="Ada", Email="Ada@x.org")
    saves.insert("Case", *({"ContactId": ada} for _ in range(3)), {})
    assert shown(saves) == [*[("Ada@x.org", "ada@x.org")] * 3, (None, None)]
    saves.update("Contact", {"Id": ada, "Email": "Lovelace@x.org"})
    assert shown(saves) == [*[("Lovelace@x.org", "lovelace@x.org")] * 3, (None, None)]


def test_a_contact_that_fails_tells_nobody(saves: Saves) -> None:
    ada = saves.new("Contact", LastName="Ada", Email="ada@x.org")
    saves.new("Case", ContactId=ada)
    saves.update("Contact", {"Id": ada, "Email": "new@x.org", "LastName": None})
    assert shown(saves) == [("ada@x.org", "ada@x.org")]


def test_a_case_that_is_made_meanwhile_shows_the_new_address(saves: Saves) -> None:
    """A case is made while its contact changes in another transaction: they agree, whoever commits first."""
    if saves.database.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: there is no meanwhile")
    ada = saves.new("Contact", LastName="Ada", Email="old@x.org")
    both = threading.Barrier(2, timeout=30)
    tries: list[str] = []

    def make_case(unit: UnitOfWork) -> None:
        requests.insert(unit, "Case", [{"ContactId": ada}])
        meet("case")

    def change_contact(unit: UnitOfWork) -> None:
        requests.update(unit, "Contact", [{"Id": ada, "Email": "new@x.org"}])
        meet("contact")

    def meet(who: str) -> None:
        tries.append(who)
        if tries.count(who) == 1:
            both.wait()

    workers = [threading.Thread(target=saves.run, args=(work,)) for work in (make_case, change_contact)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert shown(saves) == [("new@x.org", "new@x.org")]
    assert len(tries) > 2, "one of them ran again"
