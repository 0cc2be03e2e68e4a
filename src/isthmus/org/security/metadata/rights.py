"""Rights: what profiles, permission sets and their groups grant, as a project says it. Names are canonical.

Source: Metadata API Developer Guide, Profile, PermissionSet, PermissionSetGroup, MutingPermissionSet.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True)
class ObjectRights:
    """What may be done with the records of one object."""

    create: bool = False
    read: bool = False
    edit: bool = False
    delete: bool = False
    view_all: bool = False
    modify_all: bool = False

    def completed(self) -> "ObjectRights":
        """With the rights that these ask for: who edits, reads.

        Source: Salesforce Help, Object Permissions: each permission and those that it depends on.
        """
        delete = self.delete or self.modify_all
        edit = self.edit or delete
        view_all = self.view_all or self.modify_all
        read = self.read or self.create or edit or view_all
        return ObjectRights(self.create, read, edit, delete, view_all, self.modify_all)

    def __bool__(self) -> bool:
        return self != ObjectRights()


@dataclass(frozen=True, slots=True)
class FieldRights:
    """What may be done with one field."""

    read: bool = False
    edit: bool = False

    def __bool__(self) -> bool:
        return self.read or self.edit


@dataclass(frozen=True, slots=True)
class Rights:
    """What a set grants. Fields are named `Account.Industry`; permissions as metadata names them.

    What is not named is not said: no right in a permission set, the default in a standard profile. A
    permission may be named to say that it is not given.
    """

    objects: Mapping[str, ObjectRights] = field(default_factory=dict)
    fields: Mapping[str, FieldRights] = field(default_factory=dict)
    permissions: Mapping[str, bool] = field(default_factory=dict)
    custom_permissions: Mapping[str, bool] = field(default_factory=dict)


class Day(Enum):
    """A day of the week; the value is as login hours name it."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@dataclass(frozen=True, slots=True)
class LoginHours:
    """When users of a profile may log in: `(start, end)` in minutes since midnight, by day of the week.

    A day that is absent allows no login; None instead of a mapping: at any time.
    Source: Metadata API Developer Guide, ProfileLoginHours.
    """

    by_day: Mapping[Day, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class LoginIpRange:
    """Addresses from which users of a profile may log in, both ends included; IPv4 or IPv6, as text."""

    start: str
    end: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile. `name` is as records show it (`System Administrator`, where files say `Admin`)."""

    name: str
    custom: bool
    rights: Rights = field(default_factory=Rights)
    user_license: str | None = None
    description: str | None = None
    login_ip_ranges: tuple[LoginIpRange, ...] = ()
    login_hours: LoginHours | None = None


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """One permission set, or what one is muted with."""

    name: str
    label: str
    rights: Rights = field(default_factory=Rights)
    license: str | None = None
    description: str | None = None
    activation_required: bool = False


@dataclass(frozen=True, slots=True)
class PermissionSetGroup:
    """Permission sets that are assigned together, less what the muting ones take away."""

    name: str
    label: str
    permission_sets: tuple[str, ...] = ()
    muting_permission_sets: tuple[str, ...] = ()
    description: str | None = None
    activation_required: bool = False


@dataclass(frozen=True, slots=True)
class CustomPermission:
    """A permission that the project itself asks for."""

    name: str
    label: str
    description: str | None = None
    licensed: bool = False
