"""Random org: roles, groups, records and rules by a seed, made in an org and told to the oracle."""

import random
from collections.abc import Mapping, Sequence

from tests.contract.sharing.oracle import BELOW_ACCOUNTS, Group, Oracle, Record, Rule, Share
from tests.contract.sharing.world import World, custom, objects

from isthmus.kernel.database import Database
from isthmus.org.save import requests
from isthmus.org.security.sharing.criteria import Criteria
from isthmus.org.security.sharing.rules import SharingRule

CUSTOM = ("First__c", "Second__c")
DETAILS = {"Strict__c": (("First__c", False),), "Lenient__c": (("First__c", True),)}
JUNCTION = {"Junction__c": (("First__c", False), ("Second__c", False))}
ACCOUNT_ACCESS = {each: f"{each}AccessForAccountOwner" for each in BELOW_ACCOUNTS}
LEVELS = ("None", "Read", "Edit")
REQUIRED: Mapping[str, Mapping[str, object]] = {
    "Account": {"Name": "a"},
    "Contact": {"LastName": "c"},
    "Opportunity": {"Name": "o", "StageName": "s", "CloseDate": "2026-01-01"},
    "Case": {"Status": "New"},
    "Lead": {"LastName": "l", "Company": "c", "Status": "Open"},
    "Contract": {"Status": "Draft"},
    "Task": {"Status": "Open", "Priority": "Normal"},
}


class RandomOrg:
    """An org of one seed. Every change is made in both, the org and the oracle."""

    def __init__(self, seed: int, database: Database, immediate: Database) -> None:
        self.chance = random.Random(seed)
        defaults = self._defaults()
        more = {**DETAILS, **JUNCTION}
        self.oracle = Oracle(defaults, {name: masters[0][1] for name, masters in more.items()})
        self.world = World(
            database,
            immediate,
            objects(
                defaults,
                *(custom(each, defaults[each]) for each in CUSTOM),
                *(custom(name, "ControlledByParent", *masters) for name, masters in more.items()),
            ),
        )
        [[admin]] = self.world.rows('SELECT "Id" FROM "User"')
        self.oracle.users[str(admin)] = None
        self._people()
        self._records()
        self._rules()
        for _ in range(25):
            self.share()

    def _defaults(self) -> dict[str, str]:
        pick = self.chance.choice
        account = pick(("Private", "Private", "Read", "ReadWrite"))
        return {
            "Account": account,
            "Contact": pick(("Private", "ControlledByParent")),
            "Opportunity": "Private" if account == "Private" else pick(("Private", "Read", "ReadWrite")),
            "Case": "Private" if account == "Private" else pick(("Private", "Read", "ReadWriteTransfer")),
            "Lead": pick(("Private", "Read", "ReadWriteTransfer")),
            "Contract": "ReadWrite",
            "First__c": pick(("Private", "Read")),
            "Second__c": pick(("Private", "Read", "ReadWrite")),
        }

    # Who there is

    def _people(self) -> None:
        levels: list[list[str]] = [[self._role(None)]]
        for _ in range(self.chance.randint(2, 4)):
            above = levels[-1]
            levels.append([self._role(self.chance.choice(above)) for _ in range(self.chance.randint(1, 3))])
        roles = [each for level in levels for each in level]
        for number in range(18):
            role = self.chance.choice([*roles, None])
            user = self.world.user(f"user{number}", role)
            self.oracle.users[user] = role
        everybody = self.world.new("Group", Name="all", Type="Organization")
        self.oracle.groups[everybody] = Group("Organization")
        for number in range(8):
            kind = "Queue" if number % 4 == 3 else "Regular"
            bosses = self.chance.random() < 0.6
            group = self.world.group(f"group{number}", bosses=bosses, kind=kind)
            self.oracle.groups[group] = Group(kind, bosses=bosses)
        for _ in range(22):
            self.join()

    def _role(self, parent: str | None) -> str:
        access = {each: self.chance.choice(LEVELS) for each in BELOW_ACCOUNTS}
        settings = {ACCOUNT_ACCESS[each]: level for each, level in access.items()}
        role = self.world.role(f"role{len(self.oracle.roles)}", parent, **settings)
        self.oracle.roles[role] = parent
        self.oracle.account_access[role] = access
        for kind in ("Role", "RoleAndSubordinates"):
            self.oracle.groups[self.world.group_of(role, kind)] = Group(kind, role)
        return role

    # What there is

    def _records(self) -> None:
        self._many("Account", 15)
        accounts = self._of("Account")
        for sobject, number in (("Contact", 18), ("Opportunity", 18), ("Case", 18), ("Contract", 6)):
            optional = [None] if sobject != "Contract" else []
            self._many(sobject, number, AccountId=[*accounts, *optional])
        self._many("Lead", 10)
        for each in CUSTOM:
            self._many(each, 12, Colour__c=["Red", "green", None], Level__c=[1, 5, 9, None])
        for name, masters in {**DETAILS, **JUNCTION}.items():
            lookups = {f"{target.removesuffix('__c')}__c": self._of(target) for target, _ in masters}
            self._many(name, 8, owned=False, **lookups)
        self._many("Task", 10, WhatId=[*accounts, *self._of("Case"), None])

    def _of(self, sobject: str) -> list[str]:
        return [each for each, record in self.oracle.records.items() if record.sobject == sobject]

    def _many(self, sobject: str, number: int, *, owned: bool = True, **choices: Sequence[object]) -> None:
        made = []
        for _ in range(number):
            values = {name: self.chance.choice(list(some)) for name, some in choices.items()}
            if owned:
                values["OwnerId"] = self._owner(sobject)
            made.append({**REQUIRED.get(sobject, {}), **values})
        for values, result in zip(made, self.world.insert(sobject, *made), strict=True):
            assert result.success, result.errors
            self.oracle.records[str(result.id)] = _told(sobject, values)

    def _owner(self, sobject: str) -> str:
        queues = [each for each, group in self.oracle.groups.items() if group.kind == "Queue"]
        if sobject in ("Case", "Lead", *CUSTOM) and self.chance.random() < 0.2:
            return self.chance.choice(queues)
        return self._user()

    def _user(self) -> str:
        return self.chance.choice(list(self.oracle.users))

    def _group(self) -> str:
        return self.chance.choice(list(self.oracle.groups))

    def _rules(self) -> None:
        shared = [each for each, default in self.oracle.defaults.items() if default in ("Private", "Read")]
        rules: list[SharingRule] = []
        for number in range(12):
            sobject = self.chance.choice(shared)
            level = "Edit" if self.oracle.defaults[sobject] == "Read" else self.chance.choice(LEVELS[1:])
            told = Rule(sobject, self._group(), level)
            criteria = None
            if sobject in CUSTOM and number % 2:
                if self.chance.random() < 0.5:
                    told.colour = "red"
                    criteria = Criteria((("Colour__c", "equals", "RED"),))
                else:
                    told.above = 4
                    criteria = Criteria((("Level__c", "greaterThan", "4"),))
            else:
                told.source = self._group()
            levels: tuple[str, ...] = (level,)
            if sobject == "Account":
                told.below = {each: self.chance.choice(LEVELS) for each in BELOW_ACCOUNTS}
                levels = (level, *(told.below[each] for each in BELOW_ACCOUNTS))
            self.oracle.rules.append(told)
            rules.append(SharingRule(sobject, f"rule{number}", told.target, levels, told.source, criteria))
        self.world.share_by(*rules)

    # What changes

    def change(self) -> None:
        """Change something at random."""
        of_people = (self.move_user, self.move_role, self.move_role, self.join, self.leave, self.set_bosses)
        of_records = (self.give_owner, self.move_to_account, self.paint, self.delete)
        of_sharing = (self.share, self.unshare, self.set_account_access)
        self.chance.choice((*of_people, *of_records, *of_sharing))()

    def join(self) -> None:
        """Somebody, or a group, becomes a member of a group."""
        open_groups = [
            each for each, group in self.oracle.groups.items() if group.kind in ("Regular", "Queue")
        ]
        group = self.chance.choice(open_groups)
        member = self._user() if self.chance.random() < 0.6 else self._group()
        nests = member in self.oracle.groups and self._holds(member, group)
        found = self.oracle.groups[group]
        if member == group or member in found.members or nests or member in self._queues():
            return
        self.world.new("GroupMember", GroupId=group, UserOrGroupId=member)
        found.members.add(member)

    def _queues(self) -> list[str]:
        return [each for each, group in self.oracle.groups.items() if group.kind == "Queue"]

    def _holds(self, group: str, other: str) -> bool:
        members = self.oracle.groups[group].members
        return other in members or any(
            each in self.oracle.groups and self._holds(each, other) for each in members
        )

    def leave(self) -> None:
        """A member leaves a group."""
        filled = [each for each, group in self.oracle.groups.items() if group.members]
        if filled:
            group = self.chance.choice(filled)
            member = self.chance.choice(sorted(self.oracle.groups[group].members))
            [[found]] = self.world.rows(
                'SELECT "Id" FROM "GroupMember" WHERE "GroupId" = ? AND "UserOrGroupId" = ?', group, member
            )
            self.world.delete(str(found))
            self.oracle.groups[group].members.discard(member)

    def give_owner(self) -> None:
        """A record gets another owner; what was shared by hand is not any more."""
        owned = [each for each, record in self.oracle.records.items() if record.owner and not record.deleted]
        record_id = self.chance.choice(owned)
        record = self.oracle.records[record_id]
        owner = self._owner(record.sobject)
        result = self.world.change(record_id, OwnerId=owner)
        assert result.success, result.errors
        if owner != record.owner:
            record.owner = owner
            shares = self.oracle.shares
            self.oracle.shares = {each: share for each, share in shares.items() if share.record != record_id}

    def move_user(self) -> None:
        """A user gets another role, or none."""
        user, role = self._user(), self.chance.choice([*self.oracle.roles, None])
        assert self.world.change(user, UserRoleId=role).success
        self.oracle.users[user] = role

    def move_role(self) -> None:
        """A role moves below another."""
        role, parent = (
            self.chance.choice(list(self.oracle.roles)),
            self.chance.choice(list(self.oracle.roles)),
        )
        if role != parent and not self.oracle.is_above(role, parent):
            assert self.world.change(role, ParentRoleId=parent).success
            self.oracle.roles[role] = parent

    def set_account_access(self) -> None:
        """A role says something else of what belongs to accounts."""
        role, child = self.chance.choice(list(self.oracle.roles)), self.chance.choice(BELOW_ACCOUNTS)
        level = self.chance.choice(LEVELS)
        assert self.world.change(role, **{ACCOUNT_ACCESS[child]: level}).success
        self.oracle.account_access[role][child] = level

    def set_bosses(self) -> None:
        """A group leaves the bosses out, or takes them in."""
        group = self.chance.choice(
            [each for each, found in self.oracle.groups.items() if found.kind in ("Regular", "Queue")]
        )
        bosses = not self.oracle.groups[group].bosses
        assert self.world.change(group, DoesIncludeBosses=bosses).success
        self.oracle.groups[group].bosses = bosses

    def share(self) -> None:
        """A record is shared by hand."""
        live = [
            each
            for each, record in self.oracle.records.items()
            if self.oracle.defaults.get(record.sobject) in ("Private", "Read") and not record.deleted
        ]
        record_id = self.chance.choice(live)
        sobject = self.oracle.records[record_id].sobject
        level = "Edit" if self.oracle.defaults[sobject] == "Read" else self.chance.choice(LEVELS[1:])
        grantee = self._user() if self.chance.random() < 0.5 else self._group()
        own = sobject in CUSTOM
        values: dict[str, object] = {
            "ParentId" if own else f"{sobject}Id": record_id,
            "AccessLevel" if own else f"{sobject}AccessLevel": level,
            "UserOrGroupId": grantee,
            "RowCause": "Manual",
        }
        if sobject == "Account":
            values |= {f"{each}AccessLevel": "None" for each in BELOW_ACCOUNTS}
        table = f"{sobject.removesuffix('__c')}__Share" if own else f"{sobject}Share"
        [result] = self.world.insert(table, values)
        assert result.success, result.errors
        self.oracle.shares[str(result.id)] = Share(record_id, grantee, level)

    def unshare(self) -> None:
        """What was shared by hand is taken back."""
        if self.oracle.shares:
            share = self.chance.choice(list(self.oracle.shares))
            assert self.world.delete(share).success
            del self.oracle.shares[share]

    def move_to_account(self) -> None:
        """A contact, an opportunity or a case moves to another account."""
        children = [
            each
            for each, record in self.oracle.records.items()
            if record.sobject in BELOW_ACCOUNTS and not record.deleted
        ]
        record_id, account = self.chance.choice(children), self.chance.choice([*self._of("Account"), None])
        result = self.world.change(record_id, AccountId=account)
        assert result.success, result.errors
        self.oracle.records[record_id].account = account

    def paint(self) -> None:
        """A record changes in what rules ask about."""
        record_id = self.chance.choice([*self._of(CUSTOM[0]), *self._of(CUSTOM[1])])
        colour, level = self.chance.choice(["Red", "blue", None]), self.chance.choice([2, 7, None])
        result = self.world.change(record_id, Colour__c=colour, Level__c=level)
        assert result.success, result.errors
        record = self.oracle.records[record_id]
        record.colour, record.level = colour, level

    def delete(self) -> None:
        """A contact, an opportunity or a case is deleted, or comes back."""
        record_id = self.chance.choice([*self._of("Opportunity"), *self._of("Contact")])
        record = self.oracle.records[record_id]
        if record.deleted:
            [result] = self.world.run(lambda unit: requests.undelete(unit, [record_id]))
        else:
            result = self.world.delete(record_id)
        assert result.success, result.errors
        record.deleted = not record.deleted


def _told(sobject: str, values: Mapping[str, object]) -> Record:
    """What the oracle knows of a record with these values."""

    def text(name: str) -> str | None:
        value = values.get(name)
        return None if value is None else str(value)

    masters = tuple(str(values[each]) for each in ("First__c", "Second__c") if values.get(each))
    about = tuple(str(values[each]) for each in ("WhoId", "WhatId") if values.get(each))
    level = values.get("Level__c")
    return Record(
        sobject,
        text("OwnerId"),
        text("AccountId"),
        masters,
        about,
        text("Colour__c"),
        None if level is None else float(str(level)),
    )
