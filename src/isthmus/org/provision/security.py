"""Security: the records of rights, roles, groups and queues, kept up to what the definition declares.

A declared record that is gone from the project goes, with what belongs to it; what a client made stays. As on
the platform, where a deployment is, a change that a client makes to a declared record holds until the
definition itself changes.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from isthmus.kernel.database import Transaction
from isthmus.org.org import Running
from isthmus.org.provision import ledger
from isthmus.org.provision.accept import accept
from isthmus.org.provision.declared_users import DeclaredUser, UserMatcher
from isthmus.org.provision.matching import Existing, existing_records, match
from isthmus.org.provision.principals import PrincipalMatcher
from isthmus.org.provision.selecting import ids_where
from isthmus.org.schema.model import Schema
from isthmus.org.security.metadata.loader import LoadedSecurity
from isthmus.org.security.metadata.rights import PermissionSet, Profile, Rights
from isthmus.org.security.profiles import whole_profiles
from isthmus.org.security.standard_profiles import standard_profiles

_log = structlog.get_logger(__name__)

OBJECT_COLUMNS: Final = (
    ("PermissionsCreate", "create"),
    ("PermissionsRead", "read"),
    ("PermissionsEdit", "edit"),
    ("PermissionsDelete", "delete"),
    ("PermissionsViewAllRecords", "view_all"),
    ("PermissionsModifyAllRecords", "modify_all"),
)


_OF_A_SET: Final = (
    ("ObjectPermissions", "ParentId"),
    ("FieldPermissions", "ParentId"),
    ("SetupEntityAccess", "ParentId"),
    ("PermissionSetGroupComponent", "PermissionSetId"),
)
"""What belongs to a permission set, or to one that mutes."""


@dataclass(frozen=True, slots=True)
class SecuritySettings:
    """What settings say of an org's security, beside its project."""

    strict_field_security: bool = False
    users: tuple[DeclaredUser, ...] = ()


def match_security(
    running: Running, tx: Transaction, schema: Schema, security: LoadedSecurity, settings: SecuritySettings
) -> None:
    """Bring the org's security up to what is declared, where it isn't already. Raises ProvisionFailed."""
    fingerprint = _fingerprint(schema, security, settings)
    if ledger.is_in_force(tx, fingerprint):
        return
    profiles = whole_profiles(schema, security.profiles, strict_field_security=settings.strict_field_security)
    work = _Matching(running, schema, ledger.declared_ids(tx))
    work.rights(profiles, security)
    principals = PrincipalMatcher(running, schema, work.before)
    principals.match(security)
    users = UserMatcher(running, schema, work.before)
    principals.match_members(security, users.match(settings.users))
    ledger.enter(tx, fingerprint, (*work.declared, *principals.declared, *users.declared))


def _fingerprint(schema: Schema, security: LoadedSecurity, settings: SecuritySettings) -> str:
    """A hash of all that these records come from; where and how a project says it is no part of that."""
    parts = (
        schema.version,
        tuple(standard_profiles().values()),
        security.profiles,
        security.permission_sets,
        security.muting_permission_sets,
        security.permission_set_groups,
        security.custom_permissions,
        security.roles,
        security.public_groups,
        security.queues,
        settings,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(slots=True)
class _Matching:
    """`before` are the ids declared until now, `declared` those from now on."""

    running: Running
    schema: Schema
    before: frozenset[str]
    declared: list[str] = field(default_factory=list)

    def rights(self, profiles: Sequence[Profile], security: LoadedSecurity) -> None:
        """Profiles, permission sets, muting sets, groups of them, and what each grants."""
        custom = self._custom_permissions(security)
        owned = self._profiles(profiles)
        sets = self._sets(security.permission_sets)
        muting = self._muting(security.muting_permission_sets)
        rights = {owned[each.name]: each.rights for each in profiles}
        rights |= {sets[each.name]: each.rights for each in security.permission_sets}
        rights |= {muting[each.name]: each.rights for each in security.muting_permission_sets}
        self._object_rows(rights)
        self._field_rows(rights)
        self._custom_rows(rights, custom)
        self._groups(security, {**sets, **muting})

    def _match(
        self,
        sobject: str,
        key: str,
        records: Sequence[Mapping[str, object]],
        release: Callable[[Sequence[str]], Sequence[str]] | None = None,
    ) -> dict[str, str]:
        """Records that are declared singly, by name."""
        found = match(
            self.running, self.schema, sobject, (key,), records, may_go=self.before, release=release
        )
        self.declared += found.values()
        return {name: record_id for (name,), record_id in found.items()}

    def _custom_permissions(self, security: LoadedSecurity) -> dict[str, str]:
        return self._match(
            "CustomPermission",
            "DeveloperName",
            [
                {
                    "DeveloperName": each.name,
                    "MasterLabel": each.label,
                    "Description": each.description,
                    "IsLicensed": each.licensed,
                }
                for each in security.custom_permissions
            ],
        )

    def _profiles(self, profiles: Sequence[Profile]) -> dict[str, str]:
        """The permission set of each profile, by the profile's name."""
        license_id = str(self._ids("UserLicense", "Name")["Salesforce"])
        records = [
            {
                "Name": each.name,
                "UserType": "Standard",
                "UserLicenseId": license_id,
                "Description": each.description,
                **self._flags("Profile", each.rights),
            }
            for each in profiles
        ]
        ids = self._match("Profile", "Name", records, self._without_users)
        own = existing_records(
            self.running, self.schema["PermissionSet"], ("ProfileId",), ["IsOwnedByProfile"], _is_owned
        )
        return {name: own[(record_id,)].id for name, record_id in ids.items()}

    def _sets(self, sets: Sequence[PermissionSet]) -> dict[str, str]:
        return self._match(
            "PermissionSet",
            "Name",
            [
                {
                    "Name": each.name,
                    "Label": each.label,
                    "Description": each.description,
                    "IsCustom": True,
                    "Type": "Regular",
                    "HasActivationRequired": each.activation_required,
                    **self._flags("PermissionSet", each.rights),
                }
                for each in sets
            ],
            lambda gone: self._unassigned(gone, "PermissionSetId"),
        )

    def _muting(self, sets: Sequence[PermissionSet]) -> dict[str, str]:
        return self._match(
            "MutingPermissionSet",
            "DeveloperName",
            [
                {
                    "DeveloperName": each.name,
                    "MasterLabel": each.label,
                    **self._flags("MutingPermissionSet", each.rights),
                }
                for each in sets
            ],
            self._without_rows,
        )

    def _flags(self, sobject: str, rights: Rights) -> dict[str, object]:
        """Every system permission that the object has a field for, given or not."""
        names = (each.name for each in self.schema[sobject].fields if each.name.startswith("Permissions"))
        return {name: rights.permissions.get(name.removeprefix("Permissions"), False) for name in names}

    def _object_rows(self, rights: Mapping[str, Rights]) -> None:
        records = [
            {
                "ParentId": parent,
                "SobjectType": name,
                **{column: getattr(given, attribute) for column, attribute in OBJECT_COLUMNS},
            }
            for parent, each in rights.items()
            for name, given in each.objects.items()
            if given
        ]
        self._of_parents("ObjectPermissions", ("ParentId", "SobjectType"), records, rights)

    def _field_rows(self, rights: Mapping[str, Rights]) -> None:
        records = [
            {
                "ParentId": parent,
                "SobjectType": name.partition(".")[0],
                "Field": name,
                "PermissionsRead": given.read,
                "PermissionsEdit": given.edit,
            }
            for parent, each in rights.items()
            for name, given in each.fields.items()
            if given
        ]
        self._of_parents("FieldPermissions", ("ParentId", "Field"), records, rights)

    def _custom_rows(self, rights: Mapping[str, Rights], custom: Mapping[str, str]) -> None:
        records = [
            {"ParentId": parent, "SetupEntityId": custom[name], "SetupEntityType": "CustomPermission"}
            for parent, each in rights.items()
            for name, given in each.custom_permissions.items()
            if given and name in custom
        ]
        self._of_parents("SetupEntityAccess", ("ParentId", "SetupEntityId"), records, rights)

    def _groups(self, security: LoadedSecurity, sets: Mapping[str, str]) -> None:
        groups = security.permission_set_groups
        ids = self._match(
            "PermissionSetGroup",
            "DeveloperName",
            [
                {
                    "DeveloperName": each.name,
                    "MasterLabel": each.label,
                    "Description": each.description,
                    "HasActivationRequired": each.activation_required,
                    "Status": "Updated",
                }
                for each in groups
            ],
            lambda gone: self._unassigned(gone, "PermissionSetGroupId"),
        )
        records = [
            {"PermissionSetGroupId": ids[each.name], "PermissionSetId": sets[name]}
            for each in groups
            for name in (*each.permission_sets, *each.muting_permission_sets)
        ]
        key = ("PermissionSetGroupId", "PermissionSetId")
        self._of_parents("PermissionSetGroupComponent", key, records, ids.values())

    def _of_parents(
        self,
        sobject: str,
        key: tuple[str, str],
        records: Sequence[Mapping[str, object]],
        parents: Iterable[str],
    ) -> None:
        """Records that belong to declared parents, all of whose they are; `key` begins with the parent."""
        known = frozenset(parents)
        if not records and not self.before:
            return
        match(
            self.running,
            self.schema,
            sobject,
            key,
            records,
            of=lambda each: each.values[key[0]] in known,
        )

    def _unassigned(self, gone: Sequence[str], lookup: str) -> Sequence[str]:
        """Sets that go are taken from their users first."""
        held = ids_where(self.running, "PermissionSetAssignment", lookup, gone)
        accept(
            "PermissionSetAssignment", self.running.delete("PermissionSetAssignment", held, all_or_none=True)
        )
        return gone

    def _without_rows(self, gone: Sequence[str]) -> Sequence[str]:
        """What muting sets mute goes before them: it refers to them as to permission sets."""
        for sobject, lookup in _OF_A_SET:
            held = ids_where(self.running, sobject, lookup, gone)
            accept(sobject, self.running.delete(sobject, held, all_or_none=True))
        return gone

    def _without_users(self, gone: Sequence[str]) -> Sequence[str]:
        """Of profiles, only those go that no user has."""
        free = [each for each in gone if not ids_where(self.running, "User", "ProfileId", [each])]
        for each in set(gone) - set(free):
            _log.warning("a profile is no longer declared, and stays: users have it", profile_id=each)
        self.declared += set(gone) - set(free)
        return free

    def _ids(self, sobject: str, name: str) -> dict[str, str]:
        found = existing_records(self.running, self.schema[sobject], (name,), ())
        return {key: each.id for (key,), each in found.items()}


def _is_owned(record: Existing) -> bool:
    return bool(record.values["IsOwnedByProfile"])
