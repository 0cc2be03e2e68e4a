"""Tables: the records that both databases hold, as the evaluator reads them, and who sees which of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import Enum
from typing import TypeAlias
from zoneinfo import ZoneInfo

from tests.fuzz.days import Fiscal, part_of
from tests.fuzz.distances import between
from tests.fuzz.tree import DatePart, Distance, Label, Made, Path
from tests.fuzz.values import Val, label_of

from isthmus.org.schema.model import Field, FieldType, Schema, SObjectType

Record: TypeAlias = Mapping[str, Val]


@dataclass(frozen=True)
class Who:
    """A user: where they are, when a week begins there, and which records they see.

    `hidden` are the ids of the records that they do not see, `unreadable` the fields (object and field) that
    they may not read. `clear`: encrypted text is not masked for them.
    """

    name: str
    user_id: str
    zone: str
    locale: str
    week_starts: int
    hidden: frozenset[str] = frozenset()
    unreadable: frozenset[tuple[str, str]] = frozenset()
    clear: bool = True


class Breadth(Enum):
    """How much a caller is said to see, by which a plan's statement is chosen; none changes an answer."""

    MEASURED = "measured"
    NARROW = "narrow"
    WIDE = "wide"


@dataclass(frozen=True)
class Asked:
    """Who asks, at which instant, whether for deleted records too, and for how many at a time."""

    who: Who
    now: datetime
    all_rows: bool = False
    batch: int = 2_000
    breadth: Breadth = Breadth.MEASURED


SEEN = ("LastViewedDate", "LastReferencedDate")
"""Fields whose values are the user's own."""


@dataclass
class Tables:
    """Records by object and id. `Name` has a row for every record that has a name.

    `seen_at`: by user and record, what the fields of `SEEN` are.
    """

    schema: Schema
    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    fiscal: Fiscal = field(default_factory=Fiscal)
    seen_at: dict[tuple[str, str], Mapping[str, Val]] = field(default_factory=dict)

    def object(self, name: str) -> SObjectType:
        return self.schema[name]

    def field_at(self, sobject: SObjectType, path: Path) -> Field:
        """The field at the end of a path. Raises KeyError."""
        for step in path.steps:
            sobject = self.parent_object(sobject, step)
        found = sobject.field(path.field)
        if found is None:
            raise KeyError(f"{sobject.name}.{path.field}")
        return found

    def parent_object(self, sobject: SObjectType, relationship: str) -> SObjectType:
        lookup = self._lookup(sobject, relationship)
        return self.schema["Name" if lookup.polymorphic else lookup.reference_to[0]]

    def parent(self, asked: Asked, sobject: SObjectType, record: Record, relationship: str) -> Record | None:
        """The record that a lookup leads to, if it leads to one that is seen."""
        lookup = self._lookup(sobject, relationship)
        record_id = record[lookup.name]
        if record_id is None or record_id in asked.who.hidden:
            return None
        return self.records[self.parent_object(sobject, relationship).name].get(str(record_id))

    def value(self, asked: Asked, sobject: SObjectType, record: Record, path: Path) -> Val:
        """What a path leads to: null where a record on the way is missing, and a boolean then false."""
        found: Record | None = record
        owner = sobject
        for step in path.steps:
            if found is not None:
                found = self.parent(asked, owner, found, step)
            owner = self.parent_object(owner, step)
        if found is None:
            return False if self.field_at(sobject, path).type is FieldType.BOOLEAN else None
        return self.held(asked, found, path.field)

    def held(self, asked: Asked, record: Record, name: str) -> Val:
        """What a record has in a field, for the user."""
        if name in SEEN:
            return self.seen_at.get((asked.who.user_id, str(record["Id"])), {}).get(name)
        return record[name]

    def key(self, asked: Asked, sobject: SObjectType, record: Record, key: Made) -> Val:
        """What a field, or a function of one, is of a record."""
        if isinstance(key, Path):
            return self.value(asked, sobject, record, key)
        if isinstance(key, Distance):
            start = self._position(asked, sobject, record, key.of)
            end = self._position(asked, sobject, record, key.to)
            return None if start is None or end is None else between(start, end, key.unit)
        if isinstance(key, Label):
            return label_of(self.field_at(sobject, key.of), self.value(asked, sobject, record, key.of))
        moment = self.value(asked, sobject, record, key.of)
        if moment is None:
            return None
        assert isinstance(moment, date)
        if key.local:
            assert isinstance(moment, datetime)
            moment = moment.astimezone(ZoneInfo(asked.who.zone))
        return part_of(key.function, moment, self.fiscal)

    def _position(
        self, asked: Asked, sobject: SObjectType, record: Record, place: Path | tuple[str, str]
    ) -> tuple[float, float] | None:
        """A latitude and a longitude; None where one of them is not known."""
        if not isinstance(place, Path):
            return float(place[0]), float(place[1])
        owner = sobject
        for step in place.steps:
            owner = self.parent_object(owner, step)
        parts = [each.name for each in owner.fields if each.compound == place.field]
        names = [next(each for each in parts if name in each) for name in ("Latitude", "Longitude")]
        found = [self.value(asked, sobject, record, Path(place.steps, name)) for name in names]
        if None in found:
            return None
        return float(str(found[0])), float(str(found[1]))

    def key_field(self, sobject: SObjectType, key: Made) -> Field:
        """The field that a key is, or what its values are like."""
        if isinstance(key, Distance):
            return Field("DISTANCE", "", FieldType.DOUBLE)
        if isinstance(key, Label):
            of = self.field_at(sobject, key.of)
            labels = tuple(replace(each, value=each.label) for each in of.picklist)
            return replace(of, picklist=labels)
        if isinstance(key, DatePart):
            return Field(key.function, "", FieldType.DATE if key.function == "DAY_ONLY" else FieldType.INT)
        return self.field_at(sobject, key)

    def seen(self, asked: Asked, sobject: SObjectType) -> list[Record]:
        """The records of an object that the user sees, by their ids."""
        records = self.records[sobject.name]
        return [
            records[each]
            for each in sorted(records)
            if each not in asked.who.hidden and (asked.all_rows or not records[each]["IsDeleted"])
        ]

    @staticmethod
    def _lookup(sobject: SObjectType, relationship: str) -> Field:
        lookup = sobject.parent_field(relationship)
        if lookup is None:
            raise KeyError(f"{sobject.name}: {relationship}")
        return lookup
