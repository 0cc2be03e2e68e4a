"""Org: the same random records in a SQLite and a PostgreSQL database, told to the evaluator once.

The records are saved by the product; what the evaluator reads are the rows that lie in the tables then, which
have to be the same in both databases. Who sees what, the oracle of the sharing suite says.
"""

import random
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from shutil import copyfile

from tests.contract.places import Place, postgresql_place, sqlite_place
from tests.contract.sharing.random_org import REQUIRED
from tests.contract.sharing.world import INSTANCE, LIMITED, World
from tests.fuzz import people
from tests.fuzz.data import ANCHORS, COUNTS, Values, is_filled
from tests.fuzz.days import Fiscal
from tests.fuzz.people import ADMIN, Narrow, People
from tests.fuzz.schema import objects_of_all_types
from tests.fuzz.tables import SEEN, Asked, Breadth, Record, Tables, Who
from tests.fuzz.values import Val, from_stored

from isthmus.kernel.clock import SECOND
from isthmus.kernel.database import Connection
from isthmus.kernel.ids import Ids, record_id
from isthmus.org.org import recent
from isthmus.org.query.breadths import Breadths, Sample
from isthmus.org.query.engine import QueryEngine
from isthmus.org.query.result import QueryResult
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.tables import is_stored, quoted
from isthmus.org.security.access import EVERYTHING
from isthmus.org.security.encryption.vault import Vault
from isthmus.org.security.principal import Principal

READ = (*COUNTS, "User", "Group", "UserRole", "Name")
"""The objects that queries go to."""
ROUNDS = 12
_DELETED = {"Opportunity": 4, "Task": 4, "Lead": 3, "Gem__c": 6, "Contact": 4}
_ORGANIZATION = record_id("00D", INSTANCE, 1)


class StandingClock:
    """A clock that shows whatever it is set to."""

    def __init__(self) -> None:
        self.instant = ANCHORS[0]

    def now(self) -> int:
        return int(self.instant.timestamp()) * SECOND

    def real_now(self) -> int:
        return self.now()

    async def sleep_until(self, due: int) -> None:
        raise NotImplementedError("queries don't sleep")

    def advance(self, milliseconds: int) -> int:
        self.instant += timedelta(milliseconds=milliseconds)
        return self.now()


class ToldBreadths(Breadths):
    """How much callers see, as it is told: so few records decide nothing by themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Breadth.MEASURED

    def is_narrow(self, connection: Connection, probe: str, user_id: str, now: int) -> bool:
        if self.told is Breadth.MEASURED:
            return super().is_narrow(connection, probe, user_id, now)
        return self.told is Breadth.NARROW

    def is_wide(self, connection: Connection, sample: Sample, user_id: str, now: int) -> bool:
        if self.told is Breadth.MEASURED:
            return super().is_wide(connection, sample, user_id, now)
        return self.told is Breadth.WIDE


class Side:
    """One of the two databases, and an engine that queries it."""

    def __init__(self, place: Place, keys: Path, seed: int) -> None:
        self.world = World(
            place.open(), place.open_immediate(), objects_of_all_types(), Vault(keys, _ORGANIZATION)
        )
        self.name = self.world.database.dialect.name
        self.clock = StandingClock()
        self.breadths = ToldBreadths()
        self.engine = self.new_engine()
        chance = random.Random(seed)
        self.people = people.settle(self.world)
        fiscal = Fiscal(chance.choice((1, 2, 4, 10)), chance.random() < 0.5)
        _found(self.world, fiscal)
        _fill(self.world, self.people, chance)
        self.tables = tables_of(self.world, fiscal)
        people.share(self.world, self.people, self.tables, chance)
        self.tables.seen_at = _looked_at(self.world, self.people, self.tables, chance)

    def new_engine(self) -> QueryEngine:
        """One that has planned nothing yet."""
        return QueryEngine(self.clock, Ids(seed=1), rights=lambda *_: LIMITED, breadths=self.breadths)

    def ask(self, soql: str, asked: Asked) -> list[QueryResult]:
        """The pages that the engine answers. Raises Fault."""
        self.clock.instant, self.breadths.told = asked.now, asked.breadth
        principal = _principal(asked.who)
        schema = self.world.schema
        engine = self.engine

        def first(connection: Connection) -> QueryResult:
            return engine.run(
                connection, schema, principal, soql, all_rows=asked.all_rows, batch_size=asked.batch
            )

        pages = [self._kept(self.world.database.read(first).result())]
        while (locator := pages[-1].locator) is not None:
            named = str(locator)

            def more(connection: Connection, named: str = named) -> QueryResult:
                return engine.more(connection, schema, principal, named, batch_size=asked.batch)

            pages.append(self._kept(self.world.database.read(more).result()))
        return pages

    def _kept(self, result: QueryResult) -> QueryResult:
        if result.pending:
            self.world.database.write(lambda tx: self.engine.store_cursors(tx, result.pending)).result()
        return result


@dataclass(frozen=True)
class Org:
    """Both databases, what lies in them, and who may be asking."""

    sides: tuple[Side, ...]
    tables: Tables
    users: tuple[Who, ...]

    @property
    def schema(self) -> Schema:
        return self.tables.schema


@contextmanager
def random_org(seed: int, folder: Path) -> Iterator[Org]:
    """The org of a seed. Skips the test where there is no PostgreSQL."""
    with ExitStack() as closing:
        places = (closing.enter_context(sqlite_place(folder)), closing.enter_context(postgresql_place()))
        keys = [folder / f"{number}.keys" for number in range(len(places))]
        sides = []
        for place, file in zip(places, keys, strict=True):
            if file is not keys[0]:
                copyfile(keys[0], file)  # so that groups of encrypted values have one order
            sides.append(Side(place, file, seed))
        tables = sides[0].tables
        for other in sides[1:]:
            assert other.tables.records == tables.records, "both databases hold the same"
        known = sides[0].people
        known.learn(tables)
        yield Org(tuple(sides), tables, known.all())


def _principal(who: Who) -> Principal:
    access = EVERYTHING if who is ADMIN else Narrow() if who.unreadable else LIMITED
    return Principal(
        who.user_id,
        f"{who.name}@example.com",
        _ORGANIZATION,
        "",
        time_zone=who.zone,
        locale=who.locale,
        access=access,
    )


def _found(world: World, fiscal: Fiscal) -> None:
    """Make the org's own record, which says when its fiscal years begin."""
    world.new(
        "Organization",
        Name="Gems",
        FiscalYearStartMonth=fiscal.starts,
        UsesStartDateAsFiscalYearName=fiscal.named_by_start,
        LanguageLocaleKey="en_US",
    )


def _fill(world: World, known: People, chance: random.Random) -> None:
    """Make records, a few of each object at a time, and delete some."""
    ids: dict[str, list[str]] = {"User": sorted(known.users.values()), "Group": [known.queue]}
    values = Values(chance, ids)
    for instant in _rounds():
        world.clock.advance(max(int(instant.timestamp()) * SECOND - world.clock.now(), 0))
        for name, count in COUNTS.items():
            made = [_record(world.schema[name], values) for _ in range(-(-count // ROUNDS))]
            for result in world.insert(name, *made):
                assert result.success, (name, result.errors)
                ids.setdefault(name, []).append(str(result.id))
    for name, count in _DELETED.items():
        for each in chance.sample(ids[name], count):
            world.delete(each)


def _looked_at(
    world: World, known: People, tables: Tables, chance: random.Random
) -> dict[tuple[str, str], Mapping[str, Val]]:
    """Let everybody have viewed some records, and come across some; tells when."""
    ids = sorted(each for name in COUNTS for each in tables.records[name])
    found: dict[tuple[str, str], dict[str, Val]] = {}
    for user in (ADMIN.user_id, *known.users.values()):
        for field in SEEN:
            some, at = chance.sample(ids, 60), Values(chance, {}).instant()
            note = partial(
                recent.note,
                user_id=user,
                ids=some,
                now=int(at.timestamp()) * SECOND,
                viewed=field == SEEN[0],
                referenced=field == SEEN[1],
            )
            world.database.write(note).result()
            for each in some:
                found.setdefault((user, each), {})[field] = at
    return dict(found)


def _rounds() -> list[datetime]:
    """When records are made: about each of the anchors of the year."""
    year = sorted(each for each in ANCHORS if each.year == 2026)
    around = (timedelta(hours=-25), timedelta(), timedelta(hours=23))
    return sorted(each + away for each in year for away in around)[:ROUNDS]


def _record(sobject: SObjectType, values: Values) -> dict[str, object]:
    found = {each.name: values.of(each) for each in sobject.fields if is_filled(sobject, each)}
    for latitude in [each for each in found if "Latitude" in each]:
        other = latitude.replace("Latitude", "Longitude")
        if found[latitude] is None or found[other] is None:
            found[latitude] = found[other] = None
    return {
        **REQUIRED.get(sobject.name, {}),
        **{name: each for name, each in found.items() if each is not None},
    }


def tables_of(world: World, fiscal: Fiscal) -> Tables:
    """What lies in the tables, encrypted values opened."""
    return Tables(world.schema, {name: dict(_rows(world, world.schema[name])) for name in READ}, fiscal)


def _rows(world: World, sobject: SObjectType) -> Iterator[tuple[str, Record]]:
    fields = [each for each in sobject.fields if is_stored(each)]
    columns = ", ".join(quoted(each.name) for each in fields)
    for row in world.rows(f"SELECT {columns} FROM {quoted(sobject.name)}"):
        values: Mapping[str, object] = dict(zip((each.name for each in fields), row, strict=True))
        opened = {
            each.name: from_stored(
                each, values[each.name] if each.cipher is None else each.cipher.open(row[place])
            )
            for place, each in enumerate(fields)
        }
        yield str(values["Id"]), {"IsDeleted": False, **opened}
