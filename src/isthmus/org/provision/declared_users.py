"""Declared users: those that settings name, with their profile, role, permission sets and groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from isthmus.org.org import Running
from isthmus.org.provision.accept import ProvisionFailed, accept
from isthmus.org.provision.matching import existing_records, match
from isthmus.org.schema.model import Schema

_LICENSED: Final = "Standard User"


@dataclass(frozen=True, slots=True)
class DeclaredUser:
    """A user by `username`. Roles, permission sets and groups by developer name, the profile by its name."""

    username: str
    profile: str = _LICENSED
    role: str | None = None
    permission_sets: tuple[str, ...] = ()
    permission_set_groups: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    first_name: str | None = None
    last_name: str | None = None
    time_zone: str = "America/Los_Angeles"
    locale: str = "en_US"


@dataclass(slots=True)
class UserMatcher:
    """`before` are the ids declared until now, `declared` those from now on."""

    running: Running
    schema: Schema
    before: frozenset[str]
    declared: list[str] = field(default_factory=list)

    def match(self, users: Sequence[DeclaredUser]) -> list[Mapping[str, object]]:
        """The users, and what is assigned to them; the records of their memberships, to be matched.

        Raises ProvisionFailed: also for a name that is not there.

        A user cannot be deleted: one that is no longer declared is inactive from then on.
        """
        if not users and not self.before:
            return []
        profiles, roles = self._ids("Profile", "Name"), self._ids("UserRole", "DeveloperName")
        records = [
            {
                **_record(each),
                "ProfileId": _named(profiles, each.profile, each, "profile"),
                "UserRoleId": _named(roles, each.role, each, "role") if each.role else None,
            }
            for each in users
        ]
        found = match(
            self.running,
            self.schema,
            "User",
            ("Username",),
            records,
            may_go=self.before,
            release=self._deactivate,
        )
        ids = {name: record_id for (name,), record_id in found.items()}
        self.declared += ids.values()
        self._assign(users, ids)
        return self._memberships(users, ids)

    def _deactivate(self, gone: Sequence[str]) -> Sequence[str]:
        records = [{"Id": each, "IsActive": False} for each in gone]
        accept("User", self.running.update("User", records, all_or_none=True))
        return ()

    def _assign(self, users: Sequence[DeclaredUser], ids: Mapping[str, str]) -> None:
        sets, groups = self._ids("PermissionSet", "Name"), self._ids("PermissionSetGroup", "DeveloperName")
        records: list[Mapping[str, object]] = []
        for user in users:
            chosen = [
                ("PermissionSetId", _named(sets, name, user, "permission set"))
                for name in user.permission_sets
            ]
            chosen += [
                ("PermissionSetGroupId", _named(groups, name, user, "permission set group"))
                for name in user.permission_set_groups
            ]
            for column, record_id in chosen:
                both: dict[str, object] = {"PermissionSetId": None, "PermissionSetGroupId": None}
                records.append({**both, "AssigneeId": ids[user.username], column: record_id})
        key = ("AssigneeId", "PermissionSetId", "PermissionSetGroupId")
        self.declared += match(
            self.running, self.schema, "PermissionSetAssignment", key, records, may_go=self.before
        ).values()

    def _memberships(
        self, users: Sequence[DeclaredUser], ids: Mapping[str, str]
    ) -> list[Mapping[str, object]]:
        found = existing_records(self.running, self.schema["Group"], ("Type", "DeveloperName"), ())
        groups = {name: each.id for (kind, name), each in found.items() if kind in ("Regular", "Queue")}
        return [
            {"GroupId": _named(groups, name, user, "group"), "UserOrGroupId": ids[user.username]}
            for user in users
            for name in user.groups
        ]

    def _ids(self, sobject: str, name: str) -> dict[str, str]:
        found = existing_records(self.running, self.schema[sobject], (name,), ())
        return {key: each.id for (key,), each in found.items()}


def _named(ids: Mapping[str, str], name: str, user: DeclaredUser, what: str) -> str:
    if name not in ids:
        raise ProvisionFailed(f"user {user.username}: there is no {what} {name}")
    return ids[name]


def _record(user: DeclaredUser) -> dict[str, object]:
    before_at = user.username.partition("@")[0]
    return {
        "Username": user.username,
        "FirstName": user.first_name,
        "LastName": user.last_name or before_at[:80],
        "Alias": before_at[:8],
        "Email": user.username,
        "IsActive": True,
        "UserType": "Standard",
        "TimeZoneSidKey": user.time_zone,
        "LocaleSidKey": user.locale,
        "LanguageLocaleKey": "en_US",
        "EmailEncodingKey": "UTF-8",
    }
