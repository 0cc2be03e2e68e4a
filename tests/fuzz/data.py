"""Data: random values of every type, many of them equal, null, or close to a place where time zones jump."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from isthmus.org.schema.model import Field, FieldType, SObjectType

ANCHORS = (
    datetime(2026, 3, 8, 10, 30, tzinfo=UTC),  # clocks go forward in Los Angeles
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # and back in Berlin
    datetime(2026, 4, 4, 15, 10, tzinfo=UTC),  # and back by half an hour on Lord Howe Island
    datetime(2026, 4, 23, 21, 50, tzinfo=UTC),  # and forward at midnight in Cairo
    datetime(2026, 1, 1, 1, 0, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 30, tzinfo=UTC),
)
"""When queries are asked, and around which instants and days lie."""

WORDS = (
    *("Acme", "ACME", "acme", "Beta", "Gamma ray", "delta", "Zürich", "ZÜRICH", "Straße", "STRASSE"),
    *("École", "école", "E\u0301cole", "Ærø", "Łódź", "İstanbul", "ıstanbul", "ΣΊΣΥΦΟΣ", "σίσυφος", "日本語"),
    *("🦀 crab", "naïve", "O'Neill", "50% off_", "50x offy", "back\\slash", "a_b", "axb", "%", "_", "null"),
    *("two  blanks", 'say "so"', "line\nbreak", "tab\tbed", "ﬁne", "FINE", "Ω", "Ω", "x", "X", "2026-01-09"),
)
NULLS = 0.25
_PLACES_MAX = 8
"""Of degrees; those of more places are not added exactly: docs/decisions/0055-aggregates.md."""

FILLED: Mapping[str, Sequence[str]] = {
    "Account": (
        *("Name", "Industry", "AnnualRevenue", "NumberOfEmployees", "BillingCity", "BillingCountry"),
        *("BillingStreet", "BillingLatitude", "BillingLongitude", "Phone", "Website", "Rating", "ParentId"),
        *("Site", "Description", "OwnerId"),
    ),
    "Contact": (
        *("FirstName", "LastName", "Email", "Birthdate", "AccountId", "ReportsToId", "LeadSource", "Title"),
        *("MailingCity", "MailingPostalCode", "OwnerId"),
    ),
    "Opportunity": (
        *("Name", "StageName", "Amount", "CloseDate", "AccountId", "LeadSource", "NextStep", "Probability"),
        *("TotalOpportunityQuantity", "OwnerId"),
    ),
    "Lead": ("FirstName", "LastName", "Company", "Status", "City", "Rating", "Email", "OwnerId"),
    "Case": ("Subject", "Status", "Priority", "Origin", "AccountId", "ContactId", "ParentId", "OwnerId"),
    "Task": (
        *("Subject", "Status", "Priority", "ActivityDate", "WhatId", "WhoId", "OwnerId"),
        *("CallDurationInSeconds", "ReminderDateTime"),
    ),
    "Gem__c": (
        *(
            "Name",
            "Note__c",
            "Code__c",
            "Legend__c",
            "Story__c",
            "Shade__c",
            "Cuts__c",
            "Sold__c",
            "Weight__c",
        ),
        *("Price__c", "Purity__c", "Found__c", "Seen__c", "Opens__c", "Mail__c", "Phone__c", "Site__c"),
        *("Place__Latitude__s", "Place__Longitude__s", "Secret__c", "Hidden__c", "Exact__c", "Account__c"),
        *("Whole__c", "OwnerId"),
    ),
    "Facet__c": ("Gem__c", "Side__c", "Angle__c", "Polished__c", "Bright__c"),
}
"""The fields that get values."""
COUNTS = {
    "Account": 40,
    "Contact": 60,
    "Opportunity": 50,
    "Lead": 30,
    "Case": 40,
    "Gem__c": 90,
    "Facet__c": 250,
    "Task": 60,
}
"""How many records there are, in the order in which they are made. Facets fill more than a page of 200."""
OF_ONE_SPELLING = ("one", "Two", "THREE")
"""What an encrypted text that is found without its case is: a group of it has one value to show."""


class Values:
    """Makes values. `ids` are those of the records that there are, by object."""

    def __init__(self, chance: random.Random, ids: Mapping[str, Sequence[str]]) -> None:
        self._chance = chance
        self._ids = ids
        self._codes = 0

    def of(self, field: Field) -> object:
        """A wire value; often null where it may be."""
        if field.nillable and self._chance.random() < NULLS:
            return None
        return self._some(field)

    def _some(self, field: Field) -> object:
        chance = self._chance
        match field.type:
            case FieldType.REFERENCE:
                return self._reference(field)
            case FieldType.PICKLIST if field.restricted_picklist or chance.random() < 0.9:
                return chance.choice(field.picklist[:6]).value
            case FieldType.MULTIPICKLIST:
                count = chance.choice((1, 1, 2, 3))
                return ";".join(each.value for each in chance.sample(field.picklist, count))
            case FieldType.BOOLEAN:
                return chance.random() < 0.4
            case FieldType.INT:
                return chance.choice((0, 1, 7, 10, 250, 99999))
            case FieldType.DOUBLE | FieldType.CURRENCY | FieldType.PERCENT:
                return self._number(field)
            case FieldType.DATE:
                return self.instant().date().isoformat()
            case FieldType.DATETIME:
                return self.instant().strftime("%Y-%m-%dT%H:%M:%SZ")
            case FieldType.TIME:
                return chance.choice(("00:00:00.000Z", "09:30:00.000Z", "09:30:00.001Z", "23:59:59.999Z"))
            case FieldType.EMAIL:
                return chance.choice(("ann@x.org", "ANN@X.org", "bo@y.example", "cy.z@x.org"))
            case _:
                return self._text(field)[: field.length]

    def _text(self, field: Field) -> str:
        if field.unique:
            self._codes += 1
            return f"{self._chance.choice('aAbBcC')}{self._codes:03}"
        if field.encryption is not None and field.encryption.deterministic:
            return self._chance.choice(OF_ONE_SPELLING)
        word = self._chance.choice(WORDS)
        return word if self._chance.random() < 0.7 else f"{word} {self._chance.choice(WORDS)}"

    def _number(self, field: Field) -> float:
        most = 80.0 if field.compound else min(10.0 ** (field.precision - field.scale) - 1, 2_000.0)
        scale = min(field.scale, _PLACES_MAX)
        special = [each for each in (0.0, 1.0, -1.0, 0.1, 0.3, 12.5, most) if round(each, scale) == each]
        if self._chance.random() < 0.5:
            return self._chance.choice(special)
        return round(self._chance.uniform(-most, most), scale)

    def _reference(self, field: Field) -> str | None:
        targets = [each for each in field.reference_to if self._ids.get(each)]
        if not targets:
            return None
        return self._chance.choice(self._ids[self._chance.choice(targets)])

    def instant(self) -> datetime:
        """An instant, mostly near one of the anchors, or a whole day from it."""
        chance = self._chance
        if chance.random() < 0.05:
            return chance.choice((datetime(1700, 1, 2, tzinfo=UTC), datetime(4000, 12, 30, 23, tzinfo=UTC)))
        near = timedelta(minutes=chance.choice((0, 0, 10, 30, 60, 90, 300, 700)) * chance.choice((1, -1)))
        away = timedelta(
            days=chance.choice((0, 0, 0, 1, 1, 2, 6, 7, 8, 29, 30, 31, 89, 90, 91, 180, 364, 366, 800))
        )
        return chance.choice(ANCHORS) + near + away * chance.choice((1, -1, -1))


def is_filled(sobject: SObjectType, field: Field) -> bool:
    return field.name in FILLED.get(sobject.name, ())
