"""Scopes: what USING SCOPE leaves of an object's records, as conditions. Each `?` stands for the caller.

Source: SOQL and SOSL Reference, USING SCOPE; Metadata API Developer Guide, ListView, FilterScope. An org
without scoping rules is asked: that scope leaves all records.
"""

from isthmus.org.query.bound import BoundQuery
from isthmus.org.schema.scopes import SCOPING_RULE, TEAMS, Team
from isthmus.org.schema.tables import quoted

_BELOW = (
    """(SELECT "grantee_id" FROM "isthmus_grantees" WHERE "user_id" = ? AND "own" = 0 """
    """AND substr("grantee_id", 1, 3) = '005')"""
)
"""The users who are below the caller in the role hierarchy."""
_OWNED = {
    "mine": "{owner} = ?",
    "delegated": "{creator} = ? AND {owner} <> ?",
    "queue_owned": "substr({owner}, 1, 3) = '00G'",
    "user_owned": "substr({owner}, 1, 3) = '005'",
    "team": f"{{owner}} IN {_BELOW}",
    "team_by_role": f"{{owner}} IN {_BELOW}",
}


def scoped(query: BoundQuery) -> str:
    """The condition of a query's scope; '' where it leaves all records."""
    scope, alias = query.clauses.scope, query.root.alias
    if scope is None or scope == SCOPING_RULE:
        return ""
    team = TEAMS.get((query.root.sobject.name, scope))
    if team is not None:
        return _of_team(team, alias)
    return _OWNED[scope].format(
        owner=f"{alias}.{quoted('OwnerId')}", creator=f"{alias}.{quoted('CreatedById')}"
    )


def _of_team(team: Team, alias: str) -> str:
    return (
        f"{alias}.{quoted('Id')} IN (SELECT {quoted(team.record)} FROM {quoted(team.members)} "
        f"WHERE {quoted(team.user)} = ? AND {quoted('IsDeleted')} = 0)"
    )
