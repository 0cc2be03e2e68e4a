"""Parameters: how a literal becomes the value that its field's column is compared with."""

import json
from collections.abc import Callable, Sequence
from typing import Final

from isthmus.kernel.database import Value
from isthmus.org.query import date_ranges, literals
from isthmus.org.query.labels import Bearers
from isthmus.org.query.parser.syntax import DateRange, Literal
from isthmus.org.query.plan import Parameter, Run
from isthmus.org.schema.fiscal_year import CALENDAR
from isthmus.org.schema.model import DECIMALS, IDS, INTEGERS, TEXTS, Field, FieldType
from isthmus.org.schema.schemes import FieldCipher
from isthmus.org.schema.values import fold

_BY_TYPE: Final[dict[FieldType, Callable[[str], Value]]] = {
    **dict.fromkeys(TEXTS, literals.folded),
    **dict.fromkeys(IDS, literals.record_id),
    **dict.fromkeys(DECIMALS, literals.number),
    **dict.fromkeys(INTEGERS, literals.integer),
    FieldType.DATE: literals.date,
    FieldType.DATETIME: literals.datetime,
    FieldType.TIME: literals.time,
}


def converter(field: Field) -> Callable[[str], Value]:
    """What makes a literal of a field's type a value of its column (the shadow column of a text)."""
    if field.type is FieldType.MULTIPICKLIST:
        order = {fold(each.value): place for place, each in enumerate(field.picklist)}

        def chosen(literal: str) -> Value:
            parts = dict.fromkeys(filter(None, literals.folded(literal).split(";")))
            return ";".join(sorted(parts, key=lambda part: order.get(part, len(order))))

        return chosen
    if compares_exactly(field):
        return literals.text
    return _BY_TYPE[field.type]


def compares_exactly(field: Field) -> bool:
    """Whether a text field's case counts."""
    return field.case_sensitive and field.type in TEXTS


def value(literal: Literal, convert: Callable[[str], Value], at: int) -> Parameter:
    """A literal's value."""
    slot = literal.slot

    def make(run: Run) -> Value:
        return convert(run.slots[slot])  # type: ignore[arg-type] # only a run's slot holds a list

    return Parameter(make, at)


def tokens(found: Sequence[Literal], cipher: FieldCipher, at: int) -> Parameter:
    """What the shadow column of an encrypted field may hold for any of the literals, as a JSON array."""

    def make(run: Run) -> Value:
        wanted: list[str] = []
        for literal in found:
            for each in run.texts(literal):
                wanted += cipher.tokens(literals.text(each))
        return json.dumps(wanted)

    return Parameter(make, at)


def values(literal: Literal, convert: Callable[[str], Value], at: int) -> Parameter:
    """The values of a run of literals, as a JSON array."""
    return Parameter(lambda run: json.dumps([convert(each) for each in run.slots[literal.slot]]), at)


def bound(date_range: DateRange, field: Field, end: int, at: int) -> Parameter:
    """One end of a date range: 0 its first instant, 1 the first after it."""
    name, count, of_dates = date_range.name, date_range.count, field.type is FieldType.DATE
    fiscal = date_ranges.FISCAL in name

    def make(run: Run) -> Value:
        written = None if count is None else str(run.slots[count])
        who = run.principal
        return date_ranges.bounds(
            name,
            written,
            now=run.now,
            zone=who.time_zone,
            locale=who.locale,
            of_dates=of_dates,
            fiscal_year=run.fiscal_year if fiscal else CALENDAR,
        )[end]

    return Parameter(make, at)


def bearers(found: Sequence[Literal], field: Field, at: int) -> Parameter:
    """The values of a picklist that are called as one of the literals says, as a JSON array."""
    by_label = Bearers(field)

    def make(run: Run) -> Value:
        return json.dumps(
            [
                value
                for literal in found
                for each in run.texts(literal)
                for value in by_label.called(literals.folded(each))
            ]
        )

    return Parameter(make, at)


def bearers_like(literal: Literal, field: Field, at: int) -> Parameter:
    """The values of a picklist that are called as a LIKE literal says, as a JSON array."""
    by_label = Bearers(field)
    return value(literal, lambda text: json.dumps(list(by_label.like(literals.pattern(text)))), at)


def defined(field: Field) -> Parameter:
    """The values that a picklist defines, as a JSON array."""
    return constant(json.dumps(Bearers(field).defined))


def choices(found: tuple[Literal, ...], at: int, called: Field | None = None) -> Parameter:
    """The value sets of INCLUDES, each value between semicolons, as a JSON array of arrays. `called`: the
    literals are labels of that field.
    """
    by_label = None if called is None else Bearers(called)

    def make(run: Run) -> Value:
        sets = []
        for literal in found:
            for each in run.texts(literal):
                text = literals.folded(each)
                for chosen in (text,) if by_label is None else by_label.called(text):
                    sets.append([f";{part.strip()};" for part in chosen.split(";")])
        return json.dumps(sets)

    return Parameter(make, at)


def constant(text: str) -> Parameter:
    """A value that the schema gives."""
    return Parameter(lambda _: text)
