"""People: roles, users, groups, rules and shares by hand, made in a world and told to the oracle.

Source of the oracle's rules: see `tests.contract.sharing.oracle`.
"""

import random
from dataclasses import dataclass, field

from tests.contract.sharing.oracle import BELOW_ACCOUNTS, READ, Group, Oracle, Record, Rule, Share
from tests.contract.sharing.random_org import ACCOUNT_ACCESS
from tests.contract.sharing.world import ADMIN_ID, Limited, World
from tests.fuzz.days import MONDAY, SATURDAY, SUNDAY
from tests.fuzz.schema import DEFAULTS
from tests.fuzz.tables import Tables, Who

from isthmus.org.security.sharing.rules import SharingRule

ADMIN = Who("admin", ADMIN_ID, "America/Los_Angeles", "en_US", SUNDAY)
_PLACES = {
    "ada": ("Europe/Berlin", "de_DE", MONDAY),
    "bert": ("Australia/Lord_Howe", "en_GB", MONDAY),
    "chiara": ("Africa/Cairo", "ar_EG", SATURDAY),
    "dalia": ("America/Sao_Paulo", "pt_BR", SUNDAY),
}
NARROW = "chiara"
"""Who may not read all fields."""
UNREADABLE = frozenset(
    {("Gem__c", "Price__c"), ("Gem__c", "Shade__c"), ("Account", "Industry"), ("Contact", "Birthdate")}
    | {("Facet__c", "Angle__c"), ("Task", "Priority"), ("Opportunity", "Amount"), ("Gem__c", "Hidden__c")}
)
_ROLES = {"ada": "boss", "bert": "middle", "chiara": "below", "dalia": None}
_SHARED = ("Account", "Contact", "Opportunity", "Case", "Lead", "Gem__c")


@dataclass(frozen=True, slots=True)
class Narrow(Limited):
    """The rights of who may not read all fields."""

    shape: str = "narrow"

    def may_read(self, sobject: str, field: str | None = None) -> bool:
        return (sobject, field) not in UNREADABLE


@dataclass
class People:
    """Who there is, by name, and what the oracle was told of them."""

    oracle: Oracle
    users: dict[str, str] = field(default_factory=dict)
    queue: str = ""
    group: str = ""

    def learn(self, tables: Tables) -> None:
        """Tell the oracle of the records that there are."""
        for sobject in (*DEFAULTS, "Task"):
            for record_id, values in tables.records[sobject].items():
                about = tuple(str(values[each]) for each in ("WhoId", "WhatId") if values.get(each))
                masters = (str(values["Gem__c"]),) if sobject == "Facet__c" else ()
                self.oracle.records[record_id] = Record(
                    sobject,
                    owner=_text(values.get("OwnerId")),
                    account=_text(values.get("AccountId")) if sobject in BELOW_ACCOUNTS else None,
                    masters=masters,
                    about=about if sobject == "Task" else (),
                    deleted=bool(values["IsDeleted"]),
                )

    def all(self) -> tuple[Who, ...]:
        """The administrator, and the others with what they don't see."""
        return (ADMIN, *map(self._who, _PLACES))

    def _who(self, name: str) -> Who:
        user = self.users[name]
        hidden = frozenset(each for each in self.oracle.records if self.oracle.level(user, each) < READ)
        zone, locale, week_starts = _PLACES[name]
        unreadable = UNREADABLE if name == NARROW else frozenset[tuple[str, str]]()
        return Who(name, user, zone, locale, week_starts, hidden, unreadable, clear=False)


def settle(world: World) -> People:
    """Make everybody, and the rules that share records."""
    people = People(Oracle(dict(DEFAULTS), {"Facet__c": False}))
    oracle = people.oracle
    oracle.users[ADMIN_ID] = None
    roles: dict[str | None, str | None] = {None: None}
    for name, above, level in (
        ("boss", None, "Read"),
        ("middle", "boss", "Edit"),
        ("below", "middle", "None"),
    ):
        settings = {ACCOUNT_ACCESS[each]: level for each in BELOW_ACCOUNTS}
        role = world.role(name, roles[above], **settings)
        roles[name] = role
        oracle.roles[role] = roles[above]
        oracle.account_access[role] = dict.fromkeys(BELOW_ACCOUNTS, level)
        for kind in ("Role", "RoleAndSubordinates"):
            oracle.groups[world.group_of(role, kind)] = Group(kind, role)
    for name in _PLACES:
        people.users[name] = world.user(name, roles[_ROLES[name]])
        oracle.users[people.users[name]] = roles[_ROLES[name]]
    people.queue = world.group("queue", people.users["bert"], kind="Queue")
    oracle.groups[people.queue] = Group("Queue", members={people.users["bert"]})
    members = {people.users["chiara"], people.users["dalia"]}
    people.group = world.group("group", *sorted(members), bosses=False)
    oracle.groups[people.group] = Group("Regular", bosses=False, members=members)
    assert world.change(people.users["bert"], ManagerId=people.users["ada"], Title="Größe").success
    assert world.change(people.users["dalia"], ManagerId=people.users["bert"], IsActive=False).success
    return people


def share(world: World, people: People, tables: Tables, chance: random.Random) -> None:
    """Share by rules, and some records by hand."""
    rules = []
    below = [each for each, group in people.oracle.groups.items() if group.kind == "RoleAndSubordinates"][-1]
    for number, sobject in enumerate(("Gem__c", "Lead", "Opportunity")):
        people.oracle.rules.append(Rule(sobject, people.group, "Read", source=below))
        rules.append(SharingRule(sobject, f"rule{number}", people.group, ("Read",), below, None))
    world.share_by(*rules)
    world.settle()
    for sobject in _SHARED:
        live = [each for each, values in tables.records[sobject].items() if not values["IsDeleted"]]
        for record_id in chance.sample(sorted(live), len(live) // 6):
            user = people.users[chance.choice(("chiara", "dalia"))]
            if tables.records[sobject][record_id]["OwnerId"] != user:
                people.oracle.shares[_shared(world, sobject, record_id, user)] = Share(
                    record_id, user, "Read"
                )


def _shared(world: World, sobject: str, record_id: str, user: str) -> str:
    own = sobject.endswith("__c")
    values: dict[str, object] = {
        "ParentId" if own else f"{sobject}Id": record_id,
        "AccessLevel" if own else f"{sobject}AccessLevel": "Read",
        "UserOrGroupId": user,
        "RowCause": "Manual",
    }
    if sobject == "Account":
        values |= {f"{each}AccessLevel": "None" for each in BELOW_ACCOUNTS}
    [result] = world.insert(f"{sobject.removesuffix('__c')}__Share" if own else f"{sobject}Share", values)
    assert result.success, result.errors
    return str(result.id)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
