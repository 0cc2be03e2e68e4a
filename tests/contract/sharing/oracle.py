"""Oracle: who may do what with which record, by the platform's documented rules, one question at a time.

Slow and plain on purpose, and without a line of what it is compared with. Source: Record-Level Access: Under
the Hood; Salesforce Help, "Organization-Wide Default Access Settings", "Sharing Rule Types"; Object
Reference, Group, AccountShare, UserRole.
"""

from dataclasses import dataclass, field

NONE, READ, EDIT, TRANSFER, ALL = range(5)
OPEN = {"Private": NONE, "Read": READ, "ReadWrite": EDIT, "ReadWriteTransfer": TRANSFER, "FullAccess": ALL}
SHARED = {"None": NONE, "Read": READ, "Edit": EDIT}
BELOW_ACCOUNTS = ("Contact", "Opportunity", "Case")


@dataclass
class Group:
    kind: str
    role: str | None = None
    bosses: bool = True
    members: set[str] = field(default_factory=set)


@dataclass
class Record:
    sobject: str
    owner: str | None = None
    account: str | None = None
    masters: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    colour: str | None = None
    level: float | None = None
    deleted: bool = False


@dataclass
class Share:
    record: str
    grantee: str
    level: str


@dataclass
class Rule:
    """Of the records of `source`'s members, or of those that are of a colour, or above a level."""

    sobject: str
    target: str
    level: str
    below: dict[str, str] = field(default_factory=dict)
    source: str | None = None
    colour: str | None = None
    above: float | None = None


@dataclass
class Oracle:
    defaults: dict[str, str]
    details: dict[str, bool]
    """Objects that are details, and whether reading the masters is enough to edit."""
    roles: dict[str, str | None] = field(default_factory=dict)
    account_access: dict[str, dict[str, str]] = field(default_factory=dict)
    """By role, what owners of accounts may do with records of others below them, by object."""
    users: dict[str, str | None] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    shares: dict[str, Share] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)

    def is_above(self, upper: str | None, lower: str | None) -> bool:
        """Whether a role is above another."""
        while upper is not None and lower is not None:
            lower = self.roles[lower]
            if lower == upper:
                return True
        return False

    def is_in(self, user: str, group: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a user is in a group, through any nesting."""
        found, role = self.groups[group], self.users[user]
        if group in seen:
            return False
        if found.kind == "Organization":
            return True
        if found.kind == "Role":
            return role == found.role
        if found.kind == "RoleAndSubordinates":
            return role == found.role or self.is_above(found.role, role)
        return any(
            member == user or (member in self.groups and self.is_in(user, member, seen | {group}))
            for member in found.members
        )

    def stands_for(self, user: str, grantee: str) -> bool:
        """Whether what is shared with a user or group is shared with this user."""
        if user == grantee or (grantee in self.groups and self.is_in(user, grantee)):
            return True
        bosses = grantee not in self.groups or self.groups[grantee].bosses
        return bosses and any(
            self.is_above(self.users[user], role)
            and (other == grantee or (grantee in self.groups and self.is_in(other, grantee)))
            for other, role in self.users.items()
        )

    def level(self, user: str, record_id: str) -> int:
        """How far a user may go with a record."""
        record = self.records[record_id]
        if record.masters:
            return self._of_detail(user, record)
        if record.sobject == "Task":
            return self._of_task(user, record)
        default = self.defaults[record.sobject]
        if default == "ControlledByParent":
            if record.account is None:
                return ALL if record.owner == user else NONE
            return self.level(user, record.account)
        found = max(OPEN[default], self._given(user, record_id))
        if record.sobject == "Account" and default == "Private" and found < READ:
            found = READ if self._by_what_it_has(user, record_id) else found
        if record.sobject in BELOW_ACCOUNTS and default in ("Private", "Read") and record.account:
            found = max(found, self._by_its_account(user, record))
        return found

    def _given(self, user: str, record_id: str) -> int:
        """As owner, by hand or by a rule."""
        record = self.records[record_id]
        assert record.owner is not None
        if self.stands_for(user, record.owner):
            return ALL
        if self.defaults[record.sobject] not in ("Private", "Read"):
            return NONE
        found = [
            SHARED[each.level]
            for each in self.shares.values()
            if each.record == record_id and self.stands_for(user, each.grantee)
        ]
        found += [
            SHARED[rule.level]
            for rule in self.rules
            if self.meets(record, rule) and self.stands_for(user, rule.target)
        ]
        return max(found, default=NONE)

    def meets(self, record: Record, rule: Rule) -> bool:
        """Whether a rule is about a record."""
        if rule.sobject != record.sobject:
            return False
        if rule.source is not None:
            owner = record.owner or ""
            return owner == rule.source or (owner in self.users and self.is_in(owner, rule.source))
        if rule.colour is not None:
            return (record.colour or "").lower() == rule.colour.lower()
        return record.level is not None and rule.above is not None and record.level > rule.above

    def _by_what_it_has(self, user: str, account: str) -> bool:
        for record_id, record in self.records.items():
            if record.account != account or record.deleted:
                continue
            if record.sobject == "Contract" and self.stands_for(user, record.owner or ""):
                return True
            private = self.defaults.get(record.sobject) == "Private"
            if record.sobject in BELOW_ACCOUNTS and private and self._given(user, record_id) >= READ:
                return True
        return False

    def _by_its_account(self, user: str, record: Record) -> int:
        account = self.records[record.account or ""]
        owner = account.owner or ""
        found = NONE
        if self.stands_for(user, owner):
            role = self.users.get(owner)
            found = SHARED[self.account_access[role][record.sobject]] if role else NONE
        for rule in self.rules:
            if self.meets(account, rule) and self.stands_for(user, rule.target):
                found = max(found, SHARED[rule.below.get(record.sobject, "None")])
        return found

    def _of_detail(self, user: str, record: Record) -> int:
        levels = [self.level(user, each) for each in record.masters]
        enough = READ if self.details[record.sobject] else EDIT
        if min(levels) >= enough:
            return ALL
        return READ if min(levels) >= READ else NONE

    def _of_task(self, user: str, record: Record) -> int:
        if self.stands_for(user, record.owner or ""):
            return ALL
        return READ if any(self.level(user, each) >= READ for each in record.about) else NONE
