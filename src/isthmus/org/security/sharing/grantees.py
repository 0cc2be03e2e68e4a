"""Grantees: whom a user stands for.

A user has the shares of themselves, of the groups and queues that they are in through any nesting, of their
role's groups, and of the group of everybody; and all of that of everybody who is below them in the role
hierarchy, save what groups give that leave the bosses out (`DoesIncludeBosses`).

Source: Record-Level Access: Under the Hood (role hierarchy, group membership); Object Reference, Group.
"""

import json
from collections.abc import Collection, Iterable
from typing import Final

from isthmus.kernel.database import Connection, Row, Transaction
from isthmus.org.schema.model import Schema
from isthmus.org.security.sharing.lists import values_of

SOURCES: Final = ("User", "UserRole", "Group", "GroupMember")
"""The objects that say who stands for whom."""

_ABOVE: Final = """above(role, top) AS (
    SELECT "Id", "Id" FROM "UserRole"
    UNION SELECT a.role, r."ParentRoleId" FROM above a JOIN "UserRole" r ON r."Id" = a.top
        WHERE r."ParentRoleId" IS NOT NULL)"""
"""Every role with itself and the roles above it."""

_FOR_SUBORDINATES: Final = "('RoleAndSubordinates', 'RoleAndSubordinatesInternal')"

_HOLDS: Final = f"""holds(member, grp) AS (
    SELECT u."Id", g."Id" FROM people p JOIN "User" u ON u."Id" = p.id
        JOIN above a ON a.role = u."UserRoleId" JOIN "Group" g ON g."RelatedId" = a.top
        WHERE g."Type" IN {_FOR_SUBORDINATES} OR (g."Type" = 'Role' AND a.top = a.role)
    UNION SELECT p.id, g."Id" FROM people p JOIN "Group" g ON g."Type" = 'Organization'
    UNION SELECT p.id, m."GroupId" FROM people p JOIN "GroupMember" m ON m."UserOrGroupId" = p.id
    UNION SELECT h.member, m."GroupId" FROM holds h JOIN "GroupMember" m ON m."UserOrGroupId" = h.grp)"""
"""The groups that each of the people is in."""

_WANTED: Final = f"""WITH RECURSIVE {_ABOVE},
wanted(id, role) AS (SELECT "Id", "UserRoleId" FROM "User" WHERE "Id" IN {{ids}}),
below(boss, id) AS (
    SELECT w.id, u."Id" FROM wanted w JOIN above a ON a.top = w.role AND a.role <> a.top
        JOIN "User" u ON u."UserRoleId" = a.role),
people(id) AS (SELECT id FROM wanted UNION SELECT id FROM below),
{_HOLDS},
grants(member, grantee, bosses) AS (
    SELECT id, id, 1 FROM people
    UNION ALL SELECT h.member, h.grp, CASE WHEN g."Type" IN ('Regular', 'Queue')
        THEN g."DoesIncludeBosses" ELSE 1 END FROM holds h JOIN "Group" g ON g."Id" = h.grp)
SELECT member, grantee, MAX(own) FROM (
    SELECT w.id AS member, g.grantee AS grantee, 1 AS own FROM wanted w JOIN grants g ON g.member = w.id
    UNION ALL SELECT b.boss, g.grantee, 0 FROM below b JOIN grants g ON g.member = b.id AND g.bosses = 1
) AS found GROUP BY member, grantee"""

_CONCERNED: Final = f"""WITH RECURSIVE {_ABOVE},
seeds(id) AS (SELECT "Id" FROM "User" WHERE "Id" IN {{ids}}
    UNION SELECT "Id" FROM "Group" WHERE "Id" IN {{ids}}),
inside(id) AS (SELECT id FROM seeds
    UNION SELECT m."UserOrGroupId" FROM inside i JOIN "GroupMember" m ON m."GroupId" = i.id),
roles(id) AS (SELECT "Id" FROM "UserRole" WHERE "Id" IN {{ids}}),
members(id) AS (
    SELECT u."Id" FROM inside i JOIN "User" u ON u."Id" = i.id
    UNION SELECT u."Id" FROM inside i JOIN "Group" g ON g."Id" = i.id AND g."Type" = 'Organization', "User" u
    UNION SELECT u."Id" FROM inside i JOIN "Group" g ON g."Id" = i.id
        JOIN above a ON a.top = g."RelatedId"
            AND (g."Type" IN {_FOR_SUBORDINATES} OR (g."Type" = 'Role' AND a.role = a.top))
        JOIN "User" u ON u."UserRoleId" = a.role
    UNION SELECT u."Id" FROM roles r JOIN above a ON a.top = r.id JOIN "User" u ON u."UserRoleId" = a.role),
bosses(role) AS (
    SELECT a.top FROM members m JOIN "User" u ON u."Id" = m.id JOIN above a ON a.role = u."UserRoleId"
    UNION SELECT a.top FROM roles r JOIN above a ON a.role = r.id
    UNION SELECT a.top FROM above a WHERE a.role IN {{ids}})
SELECT id FROM members UNION SELECT u."Id" FROM bosses b JOIN "User" u ON u."UserRoleId" = b.role"""


def keeps_grantees(schema: Schema) -> bool:
    """Whether the schema has what grantees are made of."""
    found = (schema.find(each) for each in SOURCES)
    return all(each is not None for each in found) and all(
        schema[name].field(field) is not None
        for name, field in (("User", "UserRoleId"), ("Group", "RelatedId"), ("Group", "DoesIncludeBosses"))
    )


def concerned(connection: Connection, ids: Collection[str], left: Collection[str] = ()) -> set[str]:
    """The users whose grantees may differ where something about these users, roles and groups does.

    The members of a group, those of a role and of the roles below it, and everybody above them; and everybody
    at or above the roles `left`.
    """
    if not ids and not left:
        return set()
    text, roles = json.dumps(sorted(ids)), json.dumps(sorted(left))
    sql = _CONCERNED.format(ids=values_of(connection.dialect))
    return {str(row[0]) for row in connection.rows(sql, (text, text, text, roles))}


def recalculate(tx: Transaction, users: Iterable[str]) -> set[str]:
    """Make the grantees of these users what they should be; returns the users who gained or lost a group of
    their own.
    """
    wanted_users = sorted(users)
    if not wanted_users:
        return set()
    text, listed = json.dumps(wanted_users), values_of(tx.dialect)
    wanted = _by_pair(tx.rows(_WANTED.format(ids=listed), (text,)))
    there = _by_pair(
        tx.rows(
            f'SELECT "user_id", "grantee_id", "own" FROM "isthmus_grantees" WHERE "user_id" IN {listed}',
            (text,),
        )
    )
    gone = [pair for pair, own in there.items() if wanted.get(pair) != own]
    new = [(*pair, own) for pair, own in wanted.items() if there.get(pair) != own]
    tx.execute_many('DELETE FROM "isthmus_grantees" WHERE "user_id" = ? AND "grantee_id" = ?', gone)
    tx.execute_many('INSERT INTO "isthmus_grantees" ("user_id", "grantee_id", "own") VALUES (?, ?, ?)', new)
    lost = {pair[0] for pair in gone if there[pair] or wanted.get(pair)}
    return lost | {user for user, _, own in new if own}


def keep_queues(tx: Transaction) -> None:
    """A queue owns records, and so stands for itself, as users do."""
    tx.execute(
        'DELETE FROM "isthmus_grantees" WHERE "user_id" = "grantee_id" AND "user_id" NOT IN '
        """(SELECT "Id" FROM "User" UNION ALL SELECT "Id" FROM "Group" WHERE "Type" = 'Queue')"""
    )
    tx.execute(
        'INSERT INTO "isthmus_grantees" ("user_id", "grantee_id", "own") SELECT "Id", "Id", 1 FROM "Group" '
        """WHERE "Type" = 'Queue' AND "Id" NOT IN (SELECT "user_id" FROM "isthmus_grantees")"""
    )


def _by_pair(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    return {(str(member), str(grantee)): int(str(own)) for member, grantee, own in rows}
