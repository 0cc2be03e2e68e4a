"""Paths: which fields a query of an object can name, through up to five relationships."""

import random
from collections.abc import Callable, Iterator

from tests.fuzz.data import FILLED
from tests.fuzz.days import FUNCTIONS_OF_DAYS, FUNCTIONS_OF_INSTANTS
from tests.fuzz.tables import Tables, Who
from tests.fuzz.tree import DatePart, Distance, Label, Operand, Path

from isthmus.org.schema.model import COMPOUNDS, IDS, Field, FieldType, SObjectType

LEVELS_MAX = 5
LABELLED = frozenset({FieldType.PICKLIST, FieldType.MULTIPICKLIST, FieldType.COMBOBOX})
_ALSO = (
    *("Id", "Name", "CreatedDate", "OwnerId", "IsDeleted", "CaseNumber", "CreatedById", "LastModifiedById"),
    *("LastViewedDate", "LastReferencedDate"),
)
_SCOPES = {"Task": ("delegated",), "Case": ("queue_owned", "user_owned")}
_OTHERS = {
    "User": ("LastName", "Username", "IsActive", "ManagerId", "Title", "UserRoleId", "Email", "Alias"),
    "Group": ("Type", "DoesIncludeBosses", "RelatedId", "Email"),
    "UserRole": ("ParentRoleId", "OpportunityAccessForAccountOwner", "DeveloperName"),
    "Name": ("Type", "FirstName", "LastName", "Email", "Phone", "Title", "Username", "IsActive", "Alias"),
    "Opportunity": ("IsClosed", "IsWon", "ExpectedRevenue", "ForecastCategoryName", "FiscalYear"),
    "Task": ("IsClosed", "AccountId"),
    "Gem__c": ("Place__c",),
    "Account": ("BillingAddress",),
}


class Paths:
    """Picks paths at random."""

    def __init__(self, chance: random.Random, tables: Tables, who: Who) -> None:
        self._chance = chance
        self._tables = tables
        self._who = who
        self._fields: dict[str, tuple[Field, ...]] = {}
        self._parents: dict[str, tuple[str, ...]] = {}

    def fields(self, sobject: SObjectType) -> tuple[Field, ...]:
        """The fields of an object that queries name, as far as they may be read; others have no values."""
        if sobject.name not in self._fields:
            names = {*FILLED.get(sobject.name, ()), *_ALSO, *_OTHERS.get(sobject.name, ())}
            names -= {field for owner, field in self._who.unreadable if owner == sobject.name}
            self._fields[sobject.name] = tuple(each for each in sobject.fields if each.name in names)
        return self._fields[sobject.name]

    def parents(self, sobject: SObjectType) -> tuple[str, ...]:
        """The relationships to parents whose records are known."""
        if sobject.name not in self._parents:
            self._parents[sobject.name] = tuple(self._known_parents(sobject))
        return self._parents[sobject.name]

    def some(
        self,
        sobject: SObjectType,
        wanted: Callable[[Field], bool],
        *,
        levels: int = LEVELS_MAX,
        stay: float = 0.65,
    ) -> Path | None:
        """A path to a field that is wanted, most often one of the object's own; None: there is none."""
        steps: list[str] = []
        owner = sobject
        while len(steps) < levels and self._chance.random() > stay:
            further = self.parents(owner)
            if not further:
                break
            steps.append(self._chance.choice(further))
            owner = self._tables.parent_object(owner, steps[-1])
        fields = [each for each in self.fields(owner) if wanted(each)]
        if not fields:
            return None
        kinds = sorted({each.type.value for each in fields})
        kind = self._chance.choice(kinds) if self._chance.random() < 0.6 else None
        some = [each for each in fields if kind in (None, each.type.value)]
        return Path(tuple(steps), self._chance.choice(some).name)

    def date_part(self, sobject: SObjectType, *, stay: float = 0.65) -> DatePart | None:
        """A function of a date or an instant."""
        path = self.some(sobject, is_dated, stay=stay)
        if path is None:
            return None
        if self._tables.field_at(sobject, path).type is FieldType.DATE:
            return DatePart(self._chance.choice(FUNCTIONS_OF_DAYS), path)
        function = self._chance.choice((*FUNCTIONS_OF_DAYS, *FUNCTIONS_OF_INSTANTS * 2))
        return DatePart(function, path, local=self._chance.random() < 0.5)

    def label(
        self, sobject: SObjectType, wanted: Callable[[Field], bool], *, stay: float = 0.65
    ) -> Label | None:
        """What a picklist's value is called."""
        path = self.some(sobject, lambda field: field.type in LABELLED and wanted(field), stay=stay)
        return None if path is None else Label(path)

    def distance(self, sobject: SObjectType) -> Distance | None:
        """How far a place is from another, or from any position."""
        path = self.some(sobject, lambda field: field.type in COMPOUNDS, stay=0.7)
        if path is None:
            return None
        chance = self._chance
        to: tuple[str, str] | Path | None = None
        if chance.random() < 0.2:
            to = self.some(sobject, lambda field: field.type in COMPOUNDS, stay=0.7)
        if to is None:
            degrees = chance.choice((("37.775", "-122.418"), ("0", "0"), ("-90", "+180.0"), ("47.5", "8.5")))
            some = (f"{chance.uniform(-90, 90):.4f}", f"{chance.uniform(-180, 180):.3f}")
            to = degrees if chance.random() < 0.5 else some
        return Distance(path, to, "km" if chance.random() < 0.5 else "mi")

    def scope(self, sobject: SObjectType) -> str | None:
        """A scope that the object has; mostly none is named."""
        if self._chance.random() > 0.06:
            return None
        unowned = sobject.name in ("Facet__c", "User", "Group", "UserRole")
        owned: tuple[str, ...] = () if unowned else ("mine", "scopingRule")
        return self._chance.choice(("everything", *owned, *_SCOPES.get(sobject.name, ())))

    def lookup(self, sobject: SObjectType, targets: frozenset[str]) -> Field | None:
        """A field that holds ids of one of the targets, the object's own id among them."""
        found = [
            each for each in self.fields(sobject) if each.type in IDS and targets & targets_of(sobject, each)
        ]
        return self._chance.choice(found) if found else None

    def _known_parents(self, sobject: SObjectType) -> Iterator[str]:
        for each in self.fields(sobject):
            if each.relationship_name and sobject.parent_field(each.relationship_name) is each:
                target = "Name" if each.polymorphic else each.reference_to[0]
                if target in self._tables.records:
                    yield each.relationship_name


def path_of(operand: Operand) -> Path:
    """The field that an operand is, or is made of."""
    return operand if isinstance(operand, Path) else path_of(operand.of)


def targets_of(sobject: SObjectType, field: Field) -> frozenset[str]:
    """The objects whose ids a field holds."""
    return frozenset(field.reference_to) or frozenset({sobject.name})


def is_dated(field: Field) -> bool:
    return field.type in (FieldType.DATE, FieldType.DATETIME) and field.filterable


def is_filterable(field: Field) -> bool:
    return field.filterable and field.type not in COMPOUNDS


def is_sortable(field: Field) -> bool:
    return field.sortable and field.type not in COMPOUNDS


def is_groupable(field: Field) -> bool:
    return field.groupable and field.type not in COMPOUNDS and not field.calculated
