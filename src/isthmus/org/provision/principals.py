"""Principals: the records of roles, public groups and queues that the definition declares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from isthmus.org.org import Running
from isthmus.org.provision.accept import accept
from isthmus.org.provision.matching import existing_records, match
from isthmus.org.provision.selecting import ids_where
from isthmus.org.schema.model import Schema
from isthmus.org.security.metadata.loader import LoadedSecurity
from isthmus.org.security.metadata.principals import Member, MemberKind, Queue, Role

EVERYBODY: Final = {"Type": "Organization", "DeveloperName": "AllInternalUsers", "Name": "All Internal Users"}
"""The group that all internal users are in: every org has one."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class PrincipalMatcher:
    """`before` are the ids declared until now, `declared` those from now on."""

    running: Running
    schema: Schema
    before: frozenset[str]
    declared: list[str] = field(default_factory=list)

    def match(self, security: LoadedSecurity) -> None:
        """Roles, groups and queues; who is in queues is for `match_members`. Raises ProvisionFailed."""
        self._groups(security)
        self._queue_objects(security.queues)
        self._roles(security.roles)

    def match_members(self, security: LoadedSecurity, records: Sequence[Mapping[str, object]]) -> None:
        """Memberships: `records`, and those of queues, whose groups and users are all there by now."""
        groups = self.group_ids() if security.queues else {}
        users = self._ids("User", "Username") if security.queues else {}
        records = list(records)
        for queue in security.queues:
            for member in queue.members:
                who = _id_of(member, groups, users)
                if who is None:
                    _log.warning("a member of a queue is no user", queue=queue.name, username=member.name)
                else:
                    queue_id = groups["Queue", queue.name]
                    records.append({"GroupId": queue_id, "UserOrGroupId": who})
        found = match(
            self.running,
            self.schema,
            "GroupMember",
            ("GroupId", "UserOrGroupId"),
            records,
            may_go=self.before,
        )
        self.declared += found.values()

    def _groups(self, security: LoadedSecurity) -> None:
        public = [
            {
                "Type": "Regular",
                "DeveloperName": each.name,
                "Name": each.label,
                "DoesIncludeBosses": each.include_bosses,
            }
            for each in security.public_groups
        ]
        queues = [
            {
                "Type": "Queue",
                "DeveloperName": each.name,
                "Name": each.label,
                "Email": each.email,
                "DoesSendEmailToMembers": each.send_email_to_members,
                "DoesIncludeBosses": each.include_bosses,
            }
            for each in security.queues
        ]
        key = ("Type", "DeveloperName")
        found = match(
            self.running, self.schema, "Group", key, [EVERYBODY, *public, *queues], may_go=self.before
        )
        self.declared += found.values()

    def _queue_objects(self, queues: Sequence[Queue]) -> None:
        if not queues:
            return
        groups = self.group_ids()
        ids = {each.name: groups["Queue", each.name] for each in queues}
        records = [
            {"QueueId": ids[each.name], "SobjectType": name} for each in queues for name in each.sobjects
        ]
        of_queues = frozenset(ids.values())
        match(
            self.running,
            self.schema,
            "QueueSobject",
            ("QueueId", "SobjectType"),
            records,
            of=lambda each: each.values["QueueId"] in of_queues,
        )

    def _roles(self, roles: Sequence[Role]) -> None:
        """The roles first, then who is above whom: by then all of them have ids."""
        if not roles and not self.before:
            return
        found = match(
            self.running,
            self.schema,
            "UserRole",
            ("DeveloperName",),
            [_role_record(each) for each in roles],
            may_go=self.before,
            release=self._release_roles,
        )
        ids = {name: record_id for (name,), record_id in found.items()}
        self.declared += ids.values()
        there = existing_records(self.running, self.schema["UserRole"], ("DeveloperName",), ["ParentRoleId"])
        above = {each.name: ids[each.parent] if each.parent else None for each in roles}
        moved = [name for name, parent in above.items() if there[(name,)].values["ParentRoleId"] != parent]
        free = [{"Id": ids[name], "ParentRoleId": None} for name in moved]
        accept("UserRole", self.running.update("UserRole", free, all_or_none=True))
        placed = [{"Id": ids[name], "ParentRoleId": above[name]} for name in moved if above[name]]
        accept("UserRole", self.running.update("UserRole", placed, all_or_none=True))

    def _release_roles(self, gone: Sequence[str]) -> Sequence[str]:
        """Nobody has a role that goes, and no role is below it."""
        for sobject, lookup in (("User", "UserRoleId"), ("UserRole", "ParentRoleId")):
            held = ids_where(self.running, sobject, lookup, gone)
            freed = [{"Id": each, lookup: None} for each in held]
            accept(sobject, self.running.update(sobject, freed, all_or_none=True))
        return gone

    def group_ids(self) -> dict[tuple[str, str], str]:
        """The id of every group by type and developer name."""
        found = existing_records(self.running, self.schema["Group"], ("Type", "DeveloperName"), ())
        return {(kind, name): each.id for (kind, name), each in found.items()}

    def _ids(self, sobject: str, name: str) -> dict[str, str]:
        found = existing_records(self.running, self.schema[sobject], (name,), ())
        return {key.lower(): each.id for (key,), each in found.items()}


def _role_record(role: Role) -> Mapping[str, object]:
    return {
        "DeveloperName": role.name,
        "Name": role.label,
        "RollupDescription": role.description,
        "OpportunityAccessForAccountOwner": role.opportunity_access.value,
        "CaseAccessForAccountOwner": role.case_access.value,
        "ContactAccessForAccountOwner": role.contact_access.value,
        "MayForecastManagerShare": role.forecast_manager_may_share,
    }


def _id_of(member: Member, groups: Mapping[tuple[str, str], str], users: Mapping[str, str]) -> str | None:
    if member.kind is MemberKind.USER:
        return users.get(member.name.lower())
    return groups[member.kind.value, member.name or EVERYBODY["DeveloperName"]]
