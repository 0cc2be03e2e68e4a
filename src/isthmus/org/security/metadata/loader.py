"""Loader: the security metadata of a project, each part checked against the others, and what is wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.sfdx.document import Node, read_document
from isthmus.org.schema.sfdx.findings import Finding, Findings, Severity
from isthmus.org.schema.sfdx.project import Project
from isthmus.org.schema.sfdx.reading import Documents, unique
from isthmus.org.security.metadata.names import Names
from isthmus.org.security.metadata.principals import PublicGroup, Queue, Role
from isthmus.org.security.metadata.principals_reader import Known, read_public_group, read_queue, read_role
from isthmus.org.security.metadata.rights import (
    CustomPermission,
    PermissionSet,
    PermissionSetGroup,
    Profile,
    Rights,
)
from isthmus.org.security.metadata.rights_reader import (
    read_custom_permission,
    read_group,
    read_permission_set,
    read_profile,
)
from isthmus.org.security.metadata.sharing_reader import DefaultOf, read_sharing_rules
from isthmus.org.security.metadata.sharing_rules import SharingRules

TYPES: Final = frozenset(
    {
        "Profile",
        "PermissionSet",
        "MutingPermissionSet",
        "PermissionSetGroup",
        "CustomPermission",
        "Role",
        "Group",
        "Queue",
        "SharingRules",
    }
)
"""The metadata types that are read here."""


@dataclass(frozen=True, slots=True)
class LoadedSecurity:
    """What a project says of rights, principals and sharing. Roles stand after the roles above them."""

    profiles: tuple[Profile, ...] = ()
    permission_sets: tuple[PermissionSet, ...] = ()
    muting_permission_sets: tuple[PermissionSet, ...] = ()
    permission_set_groups: tuple[PermissionSetGroup, ...] = ()
    custom_permissions: tuple[CustomPermission, ...] = ()
    roles: tuple[Role, ...] = ()
    public_groups: tuple[PublicGroup, ...] = ()
    queues: tuple[Queue, ...] = ()
    sharing_rules: tuple[SharingRules, ...] = ()
    findings: tuple[Finding, ...] = field(default=())
    documents: frozenset[str] = frozenset()
    """The files that this was read from."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)


def _as_said(sobject: SObjectType) -> str:
    return sobject.sharing_model or ""


def load_security(project: Project, default_of: DefaultOf = _as_said) -> LoadedSecurity:
    """The security metadata of a project, read against its objects. What is wrong is among the findings.

    `default_of` gives the organization-wide default of an object: without it, what the project says.
    """
    findings = Findings()
    return _Loading(Schema(project.objects), _documents(project, findings), findings, default_of).whole()


def _documents(project: Project, findings: Findings) -> dict[str, Documents]:
    by_type: dict[str, Documents] = {each: [] for each in TYPES}
    for component in project.components:
        kind = component.type.name
        if kind not in TYPES or component.document is None:
            continue
        node = read_document(project.root, component.document, component.what, findings)
        if node is not None and node.name == kind and node.in_metadata:
            by_type[kind].append((component, node))
    return {kind: unique(documents) for kind, documents in by_type.items()}


class _Loading:
    """One reading of a project."""

    def __init__(
        self, schema: Schema, documents: dict[str, Documents], findings: Findings, default_of: DefaultOf
    ) -> None:
        self._schema = schema
        self._default_of = default_of
        self._documents = documents
        self._findings = findings

    def whole(self) -> LoadedSecurity:
        permissions = self._custom_permissions()
        known_permissions = frozenset(each.name for each in permissions)
        profiles = self._profiles(known_permissions)
        sets = self._sets("PermissionSet", known_permissions)
        muting = self._sets("MutingPermissionSet", known_permissions)
        roles = self._roles()
        groups = tuple(read_public_group(node, name) for name, node in self._of("Group"))
        queue_names = [name for name, _ in self._of("Queue")]
        known = Known((each.name for each in roles), (each.name for each in groups), queue_names)
        return LoadedSecurity(
            profiles=profiles,
            permission_sets=sets,
            muting_permission_sets=muting,
            permission_set_groups=self._groups(sets, muting),
            custom_permissions=permissions,
            roles=roles,
            public_groups=groups,
            queues=self._queues(known),
            sharing_rules=self._sharing_rules(known),
            findings=self._findings.sorted(),
            documents=frozenset(node.source.file for each in self._documents.values() for _, node in each),
        )

    def _of(self, kind: str) -> list[tuple[str, Node]]:
        return [(component.name, node) for component, node in self._documents[kind]]

    def _custom_permissions(self) -> tuple[CustomPermission, ...]:
        return tuple(read_custom_permission(node, name) for name, node in self._of("CustomPermission"))

    def _profiles(self, permissions: frozenset[str]) -> tuple[Profile, ...]:
        made: dict[str, Profile] = {}
        for name, node in self._of("Profile"):
            names = Names(self._schema, node)
            profile = read_profile(node, name, names)
            if profile.name.lower() in made:
                node.error(f"there are two files of the profile {profile.name}")
            made.setdefault(profile.name.lower(), profile)
            _check_custom_permissions(node, profile.rights, permissions)
            names.tell()
        return tuple(made.values())

    def _sets(self, kind: str, permissions: frozenset[str]) -> tuple[PermissionSet, ...]:
        made: list[PermissionSet] = []
        for name, node in self._of(kind):
            names = Names(self._schema, node)
            made.append(read_permission_set(node, name, names, muting=kind == "MutingPermissionSet"))
            _check_custom_permissions(node, made[-1].rights, permissions)
            names.tell()
        return tuple(made)

    def _groups(
        self, sets: Sequence[PermissionSet], muting: Sequence[PermissionSet]
    ) -> tuple[PermissionSetGroup, ...]:
        made: list[PermissionSetGroup] = []
        for name, node in self._of("PermissionSetGroup"):
            made.append(read_group(node, name))
            _check_members(node, "permissionSets", "permission set", (each.name for each in sets))
            _check_members(
                node, "mutingPermissionSets", "muting permission set", (each.name for each in muting)
            )
        return tuple(made)

    def _roles(self) -> tuple[Role, ...]:
        """The roles, those above first. A parent that is missing, or above itself, is an error."""
        nodes = dict(self._of("Role"))
        names = {name.lower(): name for name in nodes}
        roles = {name: read_role(node, name) for name, node in nodes.items()}
        placed: dict[str, Role] = {}
        for name in roles:
            way: list[str] = []
            at: str | None = name
            while at is not None and at not in placed:
                if at in way:
                    nodes[at].error(f"{at} is above itself: {' under '.join((*way, at))}", "parentRole")
                    break
                way.append(at)
                parent = roles[at].parent
                if parent is not None and parent.lower() not in names:
                    nodes[at].error(f"there is no role {parent}", "parentRole")
                at = names.get(parent.lower()) if parent is not None else None
            placed.update((each, roles[each]) for each in reversed(way) if each not in placed)
        return tuple(placed.values())

    def _queues(self, known: Known) -> tuple[Queue, ...]:
        made: list[Queue] = []
        for name, node in self._of("Queue"):
            names = Names(self._schema, node)
            made.append(read_queue(node, name, names, known))
            names.tell()
        return tuple(made)

    def _sharing_rules(self, known: Known) -> tuple[SharingRules, ...]:
        made: list[SharingRules] = []
        for name, node in self._of("SharingRules"):
            names = Names(self._schema, node)
            rules = read_sharing_rules(node, name, names, known, self._default_of)
            if rules is not None:
                made.append(rules)
            names.tell()
        return tuple(made)


def _check_custom_permissions(node: Node, rights: Rights, known: frozenset[str]) -> None:
    for name in rights.custom_permissions:
        if name not in known and "__" not in name:
            node.error(f"there is no custom permission {name}", "customPermissions")


def _check_members(node: Node, child: str, what: str, known: Iterable[str]) -> None:
    names = frozenset(known)
    for each in node.nodes(child):
        if each.value not in names:
            each.error(f"there is no {what} {each.value}")
