"""Fiscal dates follow the fiscal year of the org, as its record says it when a query is asked."""

from tests.contract.query.world import World, drawn
from tests.unit.org.query.objects import OBJECTS, plain, sobject

from isthmus.kernel.database import Database
from isthmus.kernel.ids import record_id
from isthmus.org.schema.model import FieldType

ORGANIZATION = sobject(
    "Organization",
    "00D",
    plain("FiscalYearStartMonth", FieldType.INT, digits=9),
    plain("UsesStartDateAsFiscalYearName", FieldType.BOOLEAN, nillable=False),
)
THIS_YEAR = "SELECT Name FROM Thing__c WHERE Due__c = THIS_FISCAL_YEAR ORDER BY Name"
THIS_QUARTER = "SELECT Name FROM Thing__c WHERE Due__c = THIS_FISCAL_QUARTER ORDER BY Name"


def of_org(database: Database) -> World:
    """The world, of an org that says its fiscal year. One thing is due on 2026-01-09, two on 2025-12-31."""
    return World(database, objects=(*OBJECTS, ORGANIZATION))


def begin_in(world: World, month: int) -> None:
    world.change('UPDATE "Organization" SET "FiscalYearStartMonth" = ?', (month,))


def test_a_fiscal_year_is_the_orgs(database: Database) -> None:
    world = of_org(database)
    assert drawn(world.ask(THIS_YEAR)) == ["one"]
    world.insert("Organization", [{"Id": record_id("00D", "7Ab", 1), "FiscalYearStartMonth": 10}])
    assert drawn(world.ask(THIS_YEAR)) == ["one", "two"]
    assert drawn(world.ask(THIS_QUARTER)) == ["one"]
    begin_in(world, 12)
    assert drawn(world.ask(THIS_QUARTER)) == ["one", "two"]
    begin_in(world, 1)
    assert drawn(world.ask(THIS_YEAR)) == ["one"]


def test_further_pages_keep_to_it(database: Database) -> None:
    world = of_org(database)
    world.insert("Organization", [{"Id": record_id("00D", "7Ab", 1), "FiscalYearStartMonth": 10}])
    inner = "(SELECT Name FROM Things__r WHERE Due__c = THIS_FISCAL_YEAR ORDER BY Name)"
    world.insert("Account", [{"Id": record_id("001", "7Ab", 100 + n), "Name": f"a{n}"} for n in range(300)])
    first = world.ask(f"SELECT Name, {inner} FROM Account ORDER BY Name", batch_size=200)
    later = drawn(world.more(first.locator, batch_size=200))
    assert "Acme | [one; two]" in later


def test_a_query_that_needs_no_fiscal_year_asks_for_none(database: Database) -> None:
    world = of_org(database)
    world.change('DROP TABLE "Organization"')
    assert drawn(world.ask("SELECT Name FROM Thing__c WHERE Due__c = TODAY OR Due__c = THIS_YEAR")) == ["one"]
