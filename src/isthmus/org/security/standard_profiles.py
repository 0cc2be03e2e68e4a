"""Standard profiles: those that every org has, with their rights, out of `standard_profiles.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from isthmus.org.security.metadata.rights import FieldRights, ObjectRights

ADMINISTRATOR: Final = "System Administrator"
EVERY_OBJECT: Final = "*"
_FIELDS: Final = {
    None: FieldRights(),
    "read": FieldRights(read=True),
    "edit": FieldRights(read=True, edit=True),
}


@dataclass(frozen=True, slots=True)
class StandardProfile:
    """One profile. `objects`: rights by name, or those to `EVERY_OBJECT`; `fields` hold for all of theirs."""

    name: str
    objects: Mapping[str, ObjectRights]
    fields: FieldRights
    permissions: tuple[str, ...]

    def rights_to(self, sobject: str) -> ObjectRights:
        return self.objects.get(sobject) or self.objects.get(EVERY_OBJECT) or ObjectRights()


@cache
def standard_profiles() -> Mapping[str, StandardProfile]:
    """Every standard profile by name, the administrator's first."""
    text = files(__package__).joinpath("standard_profiles.toml").read_text("utf-8")
    return {name: _profile(name, told) for name, told in tomllib.loads(text).items()}


def _profile(name: str, told: Mapping[str, Any]) -> StandardProfile:
    objects = {sobject: _object_rights(letters) for sobject, letters in told.get("objects", {}).items()}
    permissions = sorted(told["permissions"].split())
    return StandardProfile(name, objects, _FIELDS[told.get("fields")], tuple(permissions))


def _object_rights(letters: str) -> ObjectRights:
    return ObjectRights(
        create="C" in letters,
        read="R" in letters,
        edit="E" in letters,
        delete="D" in letters,
        view_all="V" in letters,
        modify_all="M" in letters,
    )
