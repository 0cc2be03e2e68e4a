"""Scopes: what a query's USING SCOPE may name of an object, as describes list it.

Source: SOQL and SOSL Reference, USING SCOPE; describes of real orgs. `team` stands for the members of a
record's team where the object has one, else for those who are below the user in the role hierarchy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.org.schema.model import ObjectKind, Schema, SObjectType

EVERYTHING: Final = "everything"
SCOPING_RULE: Final = "scopingRule"
MINE: Final = "mine"


@dataclass(frozen=True, slots=True)
class Team:
    """The object whose records say who is in a record's team: fields of the record and of the user."""

    members: str
    record: str
    user: str


TEAMS: Final[Mapping[tuple[str, str], Team]] = {
    ("Account", "team"): Team("AccountTeamMember", "AccountId", "UserId"),
    ("Opportunity", "team"): Team("OpportunityTeamMember", "OpportunityId", "UserId"),
    ("Case", "genericteam"): Team("CaseTeamMember", "ParentId", "MemberId"),
}
_MORE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "Account": (("team", "My team's accounts"),),
    "Case": (
        ("genericteam", "My case teams cases"),
        ("queue_owned", "Queue owned cases"),
        ("team_by_role", "My role-based team's cases"),
        ("user_owned", "User owned cases"),
    ),
    "Event": (("delegated", "My delegated events"), ("team", "My team's events")),
    "Opportunity": (("team", "My team's opportunities"),),
    "Task": (("delegated", "My delegated tasks"),),
}


def scopes_of(schema: Schema, sobject: SObjectType) -> list[tuple[str, str]]:
    """The scopes of an object and their labels, by name."""
    if not sobject.layoutable or not sobject.queryable:
        return []
    many = sobject.label_plural.lower()
    scopes = [(EVERYTHING, f"All {many}")]
    for name, label in _MORE.get(sobject.name, ()):
        team = TEAMS.get((sobject.name, name))
        if team is None or _is_there(schema, team):
            scopes.append((name, label))
    if looked_up(sobject) and sobject.field("OwnerId") is not None:
        scopes += [(MINE, f"My {many}"), (SCOPING_RULE, "Filter by scope")]
    return sorted(scopes)


def looked_up(sobject: SObjectType) -> bool:
    """Whether users open its records by themselves: it has record types and a list of those seen last."""
    return sobject.layoutable and (sobject.searchable or sobject.kind is ObjectKind.CUSTOM)


def _is_there(schema: Schema, team: Team) -> bool:
    members = schema.find(team.members)
    return members is not None and members.stored and members.field(team.user) is not None
