"""Literals: what a field is compared with, mostly drawn from the records, so that something is found."""

import random
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import cached_property

from tests.fuzz.data import ANCHORS, WORDS
from tests.fuzz.tables import Tables
from tests.fuzz.tree import Boolean, Id, Null, Plain, Range, Text, Value
from tests.fuzz.values import DECIMALS, INTEGERS, Val

from isthmus.org.schema.model import IDS, Field, FieldType

_UNITS = {
    "DAYS": 400,
    "WEEKS": 60,
    "MONTHS": 30,
    "QUARTERS": 9,
    "YEARS": 4,
    "FISCAL_QUARTERS": 9,
    "FISCAL_YEARS": 4,
}
RANGES: tuple[str, ...] = (
    *("TODAY", "YESTERDAY", "TOMORROW", "LAST_90_DAYS", "NEXT_90_DAYS"),
    *(
        f"{which}_{unit}"
        for which in ("LAST", "THIS", "NEXT")
        for unit in ("WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR")
    ),
)
COUNTED_RANGES: tuple[str, ...] = tuple(
    pattern.format(unit) for unit in _UNITS for pattern in ("LAST_N_{}", "NEXT_N_{}", "N_{}_AGO")
)
_OFFSETS = (0, 0, 0, 480, -480, 330, -210)
NOWHERE = "nowhere"


class Literals:
    """Makes literals for fields of the objects that there are."""

    def __init__(self, chance: random.Random, tables: Tables) -> None:
        self._chance = chance
        self._tables = tables

    @cached_property
    def _pools(self) -> dict[tuple[str, str], list[Val]]:
        return {}

    def some(self, sobject: str, field: Field) -> Value:
        """A value that some record has, or null."""
        key = (sobject, field.name)
        if key not in self._pools:
            values = (each.get(field.name) for each in self._tables.records[sobject].values())
            self._pools[key] = sorted({each for each in values if each is not None}, key=str)
        pool = self._pools[key]
        if self._chance.random() < 0.08 or (not pool and self._chance.random() < 0.5):
            return Null()
        return self.of(field, self._chance.choice(pool) if pool and self._chance.random() < 0.9 else None)

    def of(self, field: Field, value: Val) -> Value:
        """The literal of a value of a field; of None any that the field may be compared with."""
        match field.type:
            case FieldType.BOOLEAN:
                return Boolean(self._chance.random() < 0.5 if value is None else bool(value))
            case FieldType.DATE | FieldType.DATETIME if value is None or self._chance.random() < 0.5:
                return self.days()
            case FieldType.DATE:
                return Plain("date", str(value))
            case FieldType.DATETIME:
                assert isinstance(value, datetime)
                return Plain("datetime", self._instant(value))
            case FieldType.TIME:
                return Plain("time", _time(41_400_000 if value is None else int(str(value))))
            case FieldType.MULTIPICKLIST:
                return self.choice(field, value)
        if field.type in IDS:
            return Id("0017Ab000009999AAA" if value is None else str(value))
        if field.type in DECIMALS | INTEGERS:
            return Plain(
                "number",
                self._number(self._chance.choice((0, 1, 2, 5, -3, 2026)) if value is None else value),
            )
        return Text(self._chance.choice((*WORDS, "", NOWHERE)) if value is None else self._cased(str(value)))

    def pattern(self, value: Val) -> Text:
        """What follows LIKE: a part of a value, with wildcards about it."""
        text = self._cased(str(value) if value is not None else self._chance.choice(WORDS))
        start = self._chance.randrange(len(text) + 1)
        inside = [
            "_" if self._chance.random() < 0.1 else f"\\{each}" if each in "%_\\" else each
            for each in text[start : self._chance.randint(start, len(text))]
        ]
        if inside and self._chance.random() < 0.2:
            inside.insert(self._chance.randrange(len(inside)), "%")
        kind = self._chance.random()
        before = "%" if start and kind < 0.9 else ""
        return Text(before + "".join(inside) + ("%" if kind < 0.8 else ""))

    def choice(self, field: Field, value: Val) -> Text:
        """Values of a multi-select picklist, in any order."""
        parts = str(value).split(";") if value is not None else [self._chance.choice(field.picklist).value]
        parts = self._chance.sample(parts, self._chance.randint(1, len(parts)))
        if self._chance.random() < 0.1:
            parts.append(self._chance.choice((NOWHERE, parts[0])))
        return Text(self._cased(";".join(parts)))

    def days(self) -> Range:
        if self._chance.random() < 0.5:
            return Range(self._chance.choice(RANGES))
        name = self._chance.choice(COUNTED_RANGES)
        unit = name.removeprefix("LAST_N_").removeprefix("NEXT_N_").removeprefix("N_").removesuffix("_AGO")
        return Range(name, self._chance.choice((1, 2, 3, self._chance.randint(1, _UNITS[unit]))))

    def _cased(self, text: str) -> str:
        chance = self._chance.random()
        if chance < 0.15:
            return text.upper()
        return text.swapcase() if chance < 0.3 else text

    def _number(self, value: Val) -> str:
        text = format(Decimal(repr(value)), "f")
        sign = "+" if not text.startswith("-") and self._chance.random() < 0.1 else ""
        if self._chance.random() < 0.2:
            text += "0" if "." in text else ".0"
        elif text.endswith(".0") and self._chance.random() < 0.5:
            text = text.removesuffix(".0")
        return sign + text

    def _instant(self, value: datetime) -> str:
        minutes = self._chance.choice(_OFFSETS)
        zone = (
            "Z"
            if not minutes
            else f"{'+' if minutes > 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
        )
        local = value.astimezone(timezone(timedelta(minutes=minutes))).replace(tzinfo=None)
        fraction = ".000" if self._chance.random() < 0.2 else ""
        return local.isoformat(timespec="seconds") + fraction + zone


def some_now(chance: random.Random) -> datetime:
    """When a query is asked."""
    return chance.choice(ANCHORS) + timedelta(minutes=chance.choice((0, 0, 29, -31, 240, -600, 1440)))


def _time(value: int) -> str:
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
    return f"{at.time().isoformat('milliseconds')}Z"
