"""Differential: do queries and saves decide over every record as the documented rules do, in random orgs?

A failure names its seed; `ISTHMUS_SHARING_SEEDS=7,8` runs these.
"""

import os
from collections.abc import Callable, Iterator

import pytest
from tests.contract.places import Place
from tests.contract.sharing.oracle import EDIT, READ
from tests.contract.sharing.random_org import RandomOrg
from tests.contract.sharing.world import ADMIN_ID, INSTANCE, LIMITED

from isthmus.kernel.database import Database, Row, Transaction
from isthmus.org.query.result import Column
from isthmus.org.security.sharing.model import Level, sharing_model
from isthmus.org.security.sharing.predicate import Form, RecordAccess
from isthmus.org.security.sharing.upkeep import Upkeep

SEEDS = [int(each) for each in os.environ.get("ISTHMUS_SHARING_SEEDS", "1,2,3").split(",")]
CHANGES = 60
NAMES = ["None", "Read", "Edit", "Transfer", "All"]
"""By the oracle's levels: who may do all may delete, and nobody else."""


def answers(org: RandomOrg, user: str, sobject: str) -> tuple[set[str], set[str]]:
    """The records that the org lets a user read, as a query answers, and edit, as a save asks."""
    schema = org.world.schema
    condition = RecordAccess(schema, LIMITED).condition(schema[sobject], "t", Level.EDIT) or "1 = 1"
    rows = org.world.rows(
        f'SELECT t."Id" FROM "{sobject}" AS t WHERE t."IsDeleted" = 0 AND {condition}',
        *[user] * condition.count("?"),
    )
    seen = org.world.seen(user, sobject)
    if org.world.database.dialect.name == "sqlite":
        assert swept(org, user, sobject) == seen
    return seen, {str(row[0]) for row in rows}


def swept(org: RandomOrg, user: str, sobject: str) -> set[str]:
    """The records that a user reads, in the form for who sees most: queries of so few don't use it."""
    schema = org.world.schema
    condition = RecordAccess(schema, LIMITED, Form.SWEPT).condition(schema[sobject], "t") or "1 = 1"
    rows = org.world.rows(
        f'SELECT t."Id" FROM "{sobject}" AS t WHERE t."IsDeleted" = 0 AND {condition}',
        *[user] * condition.count("?"),
    )
    return {str(row[0]) for row in rows}


def compare(org: RandomOrg, seed: int) -> int:
    """Ask both about every user and record; returns how many answers were compared."""
    compared = 0
    by_object: dict[str, list[str]] = {}
    for record_id, record in org.oracle.records.items():
        if not record.deleted:
            by_object.setdefault(record.sobject, []).append(record_id)
    for user in org.oracle.users:
        for sobject, records in by_object.items():
            levels = {each: org.oracle.level(user, each) for each in records}
            seen, edited = answers(org, user, sobject)
            wanted = {each for each, level in levels.items() if level >= READ}
            assert seen == wanted, f"seed {seed}: {user} reads {sobject}: {seen ^ wanted}"
            wanted = {each for each, level in levels.items() if level >= EDIT}
            assert edited == wanted, f"seed {seed}: {user} edits {sobject}: {edited ^ wanted}"
            compared += 2 * len(records)
    return compared


def told(org: RandomOrg, asker: str, user: str, records: list[str]) -> dict[str, str]:
    """What one user is told of another's highest level with each of the records."""
    found: dict[str, str] = {}
    for start in range(0, len(records), 200):
        ids = ", ".join(f"'{each}'" for each in records[start : start + 200])
        result = org.world.ask(
            asker,
            "SELECT RecordId, MaxAccessLevel FROM UserRecordAccess "
            f"WHERE UserId = '{user}' AND RecordId IN ({ids})",
        )
        record, level = (each.index for each in result.shape.items if isinstance(each, Column))
        found |= {str(row[record]): str(row[level]) for row in result.rows}
    return found


def compare_told(org: RandomOrg, seed: int) -> int:
    """Ask users about each other; returns how many answers were compared."""
    records = [each for each, record in org.oracle.records.items() if not record.deleted]
    users = list(org.oracle.users)
    for asker, user in zip(users, users[1:] + users[:1], strict=True):
        levels = {
            each: NAMES[org.oracle.level(user, each)]
            for each in records
            if org.oracle.level(asker, each) >= READ
        }
        found = told(org, asker, user, records)
        different = {each for each in levels.keys() | found.keys() if levels.get(each) != found.get(each)}
        assert not different, f"seed {seed}: {asker} of {user}: {different}"
    return len(users) * len(records)


def everything_kept(org: RandomOrg) -> Iterator[tuple[str, set[Row]]]:
    """Whom users stand for, and every share but its id."""
    yield "grantees", set(org.world.rows('SELECT "user_id", "grantee_id", "own" FROM "isthmus_grantees"'))
    for table in sharing_model(org.world.schema).kept.values():
        fields = ", ".join(f'"{each}"' for each in (table.record, "UserOrGroupId", "RowCause", *table.levels))
        yield table.name, set(org.world.rows(f'SELECT {fields} FROM "{table.name}"'))


def from_nothing(org: RandomOrg) -> None:
    """Forget what can be calculated, and calculate it."""
    schema = org.world.schema

    def work(tx: Transaction) -> None:
        tx.execute('DELETE FROM "isthmus_grantees"')
        tx.execute('DELETE FROM "isthmus_sharing_state"')
        for table in sharing_model(schema).kept.values():
            tx.execute(f'DELETE FROM "{table.name}" WHERE "RowCause" <> ?', ("Manual",))
        Upkeep(tx, schema, instance=INSTANCE, now=org.world.clock.now(), user_id=ADMIN_ID).reconcile()

    org.world.database.write(work).result()
    org.world.settle()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_org_decides_as_the_rules_say(
    seed: int, database: Database, place: Place, record_property: Callable[[str, object], None]
) -> None:
    org = RandomOrg(seed, database, place.open_immediate())
    compared = compare(org, seed)
    for _ in range(CHANGES):
        org.change()
    compared += compare(org, seed)
    compared += compare_told(org, seed)
    kept = dict(everything_kept(org))
    from_nothing(org)
    assert dict(everything_kept(org)) == kept, f"seed {seed}"
    size = f"{compared:,} answers of {len(org.oracle.users)} users"
    record_property("says", f"sharing, seed {seed}, {database.dialect.name}: {size}")
    assert compared >= 5_000
