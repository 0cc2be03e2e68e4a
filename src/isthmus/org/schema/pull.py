"""Pull: how another org's objects differ from ours; the comparison behind `isthmus schema pull`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from isthmus.org.schema.described import CAPABILITIES, read_describes
from isthmus.org.schema.model import Field, Schema, SObjectType

_NAMES_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same here and there, as text. `field` is None where it is the object's."""

    sobject: str
    field: str | None
    aspect: str
    ours: str
    theirs: str

    @property
    def path(self) -> str:
        return self.sobject if self.field is None else f"{self.sobject}.{self.field}"

    def __str__(self) -> str:
        return f"{self.path}: {self.aspect}: here {self.ours}, there {self.theirs}"


def _flag(name: str) -> Callable[[Field], str]:
    return lambda field: "yes" if getattr(field, name) else "no"


_ASPECTS: Final[Mapping[str, Callable[[Field], str]]] = {
    "type": lambda field: field.type.value,
    "length": lambda field: str(field.length),
    "precision": lambda field: str(field.precision),
    "scale": lambda field: str(field.scale),
    "nillable": _flag("nillable"),
    "createable": _flag("createable"),
    "updateable": _flag("updateable"),
    "restricted": _flag("restricted_picklist"),
    "refers to": lambda field: ", ".join(sorted(field.reference_to)) or "nothing",
    "default": lambda field: ", ".join(each.value for each in field.picklist if each.default) or "none",
}
"""What of a field is compared, beside its picklist's values, and how it is said."""


def compare(
    ours: Schema, describes: Iterable[Mapping[str, object]], *, complete: bool = False, custom: bool = False
) -> list[Difference]:
    """The differences between our objects and the described ones, by object and field.

    `complete`: the describes are all of the other org's, so that what is not among them is absent there.
    `custom`: compare custom objects and fields too. Raises NoDescribe.
    """
    return compare_objects(ours, read_describes(describes), complete=complete, custom=custom)


def compare_objects(
    ours: Schema, theirs: Iterable[SObjectType], *, complete: bool = False, custom: bool = False
) -> list[Difference]:
    """As `compare`, for describes that were read already."""
    there = {each.name.lower(): each for each in theirs if custom or not each.custom}
    differences: list[Difference] = []
    for name, their in there.items():
        our = ours.find(name)
        if our is None:
            differences.append(Difference(their.name, None, "object", "absent", "present"))
        else:
            differences += _objects(our, their, custom)
    if complete:
        absent = (each for each in ours if each.name.lower() not in there and (custom or not each.custom))
        differences += [
            Difference(each.name, None, "object", "present", "absent")
            for each in absent
            if each.name != "Name"
        ]
    return sorted(differences, key=lambda each: (each.sobject.lower(), each.field or "", each.aspect))


def _objects(our: SObjectType, their: SObjectType, custom: bool) -> list[Difference]:
    differences = [
        Difference(our.name, None, name, _yes(getattr(our, name)), _yes(getattr(their, name)))
        for name in CAPABILITIES
        if getattr(our, name) != getattr(their, name)
    ]
    for field in their.fields:
        mine = our.field(field.name)
        if mine is not None:
            differences += _fields(our.name, mine, field)
        elif custom or not field.custom:
            differences.append(Difference(our.name, field.name, "field", "absent", field.type.value))
    differences += [
        Difference(our.name, field.name, "field", field.type.value, "absent")
        for field in our.fields
        if their.field(field.name) is None and (custom or not field.custom)
    ]
    return differences


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _fields(sobject: str, ours: Field, theirs: Field) -> list[Difference]:
    found = [
        Difference(sobject, ours.name, aspect, said(ours), said(theirs))
        for aspect, said in _ASPECTS.items()
        if said(ours) != said(theirs)
    ]
    here = [each.value for each in ours.picklist if each.active]
    there = [each.value for each in theirs.picklist if each.active]
    if set(here) != set(there):
        only_here = _only([each for each in here if each not in there])
        only_there = _only([each for each in there if each not in here])
        found.append(Difference(sobject, ours.name, "values", only_here, only_there))
    return found


def _only(values: list[str]) -> str:
    """Values that one side alone has, the first few by name."""
    if not values:
        return "no other"
    more = f" and {len(values) - _NAMES_SHOWN} more" if len(values) > _NAMES_SHOWN else ""
    return f"also {', '.join(repr(each) for each in values[:_NAMES_SHOWN])}{more}"


def render(differences: Iterable[Difference]) -> str:
    """The differences as text: those of each object below its name, and the counts."""
    by_object: dict[str, list[Difference]] = {}
    for each in differences:
        by_object.setdefault(each.sobject, []).append(each)
    whole = {name: found[0] for name, found in by_object.items() if found[0].aspect == "object"}
    out: list[str] = []
    for side, heading in (("absent", "Objects that are not here"), ("present", "Objects that are not there")):
        names = [name for name, each in whole.items() if each.ours == side]
        if names:
            out += [f"{heading} ({len(names)})", f"  {', '.join(names)}", ""]
    for name, found in by_object.items():
        if name not in whole:
            out.append(f"{name} ({len(found)})")
            out += [f"  {_in_object(each)}" for each in found]
            out.append("")
    total = sum(map(len, by_object.values()))
    out.append(
        f"{total} difference{'s' * (total != 1)} in {len(by_object)} objects" if total else "No difference"
    )
    return "\n".join(out) + "\n"


def _in_object(each: Difference) -> str:
    subject = f"{each.field}: " if each.field is not None else ""
    if each.aspect == "field":
        return f"{subject}not here ({each.theirs})" if each.ours == "absent" else f"{subject}not there"
    return f"{subject}{each.aspect}: here {each.ours}, there {each.theirs}"
