"""Profiles: those of an org, with all that each grants: by the platform, and as a project says.

What a project does not say of a standard profile keeps its default; of a custom one it is no right.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from isthmus.org.schema.model import ObjectKind, Schema, SObjectType
from isthmus.org.security.field_level import is_granted_by_name, may_be_editable
from isthmus.org.security.metadata.rights import FieldRights, ObjectRights, Profile, Rights
from isthmus.org.security.rights.governed import ByObjectPermissions, governor_of
from isthmus.org.security.standard_profiles import ADMINISTRATOR, StandardProfile, standard_profiles

_EVENT_RIGHTS = ObjectRights(create=True, read=True)
"""Events are published and received, nothing else. Source: Platform Events Developer Guide."""


def whole_profiles(
    schema: Schema, declared: Iterable[Profile], *, strict_field_security: bool = False
) -> tuple[Profile, ...]:
    """Every profile of an org with all it grants, as far as `schema` has it; the administrator's first.

    The administrator may read and edit every field, unless `strict_field_security`: then a custom field takes
    a permission, as in an org to which it was deployed.
    """
    said = {each.name: each for each in declared}
    standard = [
        _overlaid(_default(schema, each, strict_field_security), said.pop(each.name, None))
        for each in standard_profiles().values()
    ]
    return (*standard, *said.values())


def _default(schema: Schema, profile: StandardProfile, strict: bool) -> Profile:
    custom = profile.name == ADMINISTRATOR
    objects: dict[str, ObjectRights] = {}
    fields: dict[str, FieldRights] = {}
    for sobject in schema:
        if isinstance(governor_of(sobject), ByObjectPermissions) and (rights := _rights(profile, sobject)):
            objects[sobject.name] = rights
        if profile.fields:
            fields.update(_field_rights(sobject, profile.fields, custom=custom and not strict))
    permissions = dict.fromkeys(_known(schema, profile.permissions), True)
    return Profile(profile.name, custom=False, rights=Rights(objects, fields, permissions))


def _rights(profile: StandardProfile, sobject: SObjectType) -> ObjectRights:
    rights = profile.rights_to(sobject.name)
    return _EVENT_RIGHTS if rights and sobject.kind is ObjectKind.PLATFORM_EVENT else rights


def _field_rights(sobject: SObjectType, rights: FieldRights, *, custom: bool) -> Mapping[str, FieldRights]:
    """Rights to each field of its own, or else of the platform's only."""
    return {
        f"{sobject.name}.{field.name}": FieldRights(True, rights.edit and may_be_editable(sobject, field))
        for field in sobject.fields
        if (custom or not field.custom) and is_granted_by_name(sobject, field)
    }


def _known(schema: Schema, permissions: Iterable[str]) -> Iterable[str]:
    sets = schema.find("PermissionSet")
    return [each for each in permissions if sets is not None and sets.field(f"Permissions{each}")]


def _overlaid(profile: Profile, said: Profile | None) -> Profile:
    if said is None:
        return profile
    mine, theirs = profile.rights, said.rights
    return replace(
        said,
        custom=False,
        rights=Rights(
            {**mine.objects, **theirs.objects},
            {**mine.fields, **theirs.fields},
            {**mine.permissions, **theirs.permissions},
            theirs.custom_permissions,
        ),
    )
