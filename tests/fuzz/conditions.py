"""Conditions: whether a record, or a group of records, meets one: true or false, never unknown.

Source: SOQL and SOSL Reference, conditionExpression, Comparison Operators, Date Formats and Date Literals.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tests.fuzz.days import Days, Fiscal, days_of
from tests.fuzz.tables import Asked
from tests.fuzz.tree import (
    And,
    AnyOf,
    Boolean,
    Chosen,
    Compare,
    Condition,
    Id,
    Not,
    Null,
    Operand,
    Or,
    Plain,
    Range,
    SemiJoin,
    Text,
    Value,
)
from tests.fuzz.values import INTEGERS, Key, Val, chosen, compared, is_exact, matches

from isthmus.org.schema.model import Field, FieldType

_TESTS: dict[str, Callable[[Key, Key], bool]] = {
    "<": lambda left, right: left < right,  # type: ignore[operator] # both are of the field's type
    "<=": lambda left, right: left <= right,  # type: ignore[operator] # as above
    ">": lambda left, right: left > right,  # type: ignore[operator] # as above
    ">=": lambda left, right: left >= right,  # type: ignore[operator] # as above
}


@dataclass(frozen=True)
class Conditions:
    """`value` says what an operand is, and of which field; `within` whether a semi-join holds a value."""

    asked: Asked
    value: Callable[[Operand], tuple[Field, Val]]
    within: Callable[[SemiJoin, Val], bool]
    fiscal: Fiscal

    def meets(self, condition: Condition) -> bool:
        match condition:
            case And():
                return all(map(self.meets, condition.conditions))
            case Or():
                return any(map(self.meets, condition.conditions))
            case Not():
                return not self.meets(condition.condition)
            case SemiJoin():
                _, value = self.value(condition.left)
                return self.within(condition, value) != condition.negated
            case Chosen():
                return self._has_chosen(condition) != condition.excludes
            case AnyOf():
                field, value = self.value(condition.left)
                return any(self._equals(field, value, each) for each in condition.values) != condition.negated
            case Compare():
                return self._compares(condition)

    def _compares(self, condition: Compare) -> bool:
        field, value = self.value(condition.left)
        operator, right = condition.operator, condition.right
        if operator == "=":
            return self._equals(field, value, right)
        if operator in ("!=", "<>"):
            return not self._equals(field, value, right)
        if operator == "LIKE":
            return self._is_like(field, value, right)
        if isinstance(right, Range):
            return value is not None and self._beside(field, value, operator, self._days(right))
        meant = right.value if isinstance(right, Text) else meaning(field, right)  # '' is before every text
        left, other = compared(field, value), compared(field, meant)
        return left is not None and other is not None and _TESTS[operator](left, other)

    def _equals(self, field: Field, value: Val, right: Value) -> bool:
        if field.type is FieldType.BOOLEAN:  # it is never null, not even in a subtotal
            return bool(value) == meaning(field, right)
        if isinstance(right, Range):
            start, end = self._days(right)
            return value is not None and start <= self._day(field, value) < end
        other = meaning(field, right)
        if field.type is FieldType.MULTIPICKLIST and isinstance(value, str) and isinstance(other, str):
            return chosen(field, value) == chosen(field, other)
        return compared(field, value) == compared(field, other)

    def _is_like(self, field: Field, value: Val, right: Value) -> bool:
        if not isinstance(right, Text):
            return False
        if value is None:
            return right.value == ""
        return matches(str(value), right.value, exact=is_exact(field))

    def _has_chosen(self, condition: Chosen) -> bool:
        field, value = self.value(condition.left)
        if value is None:
            return False
        have = set(chosen(field, str(value)).split(";"))
        return any(set(chosen(field, each.value).split(";")) <= have for each in condition.values)

    # Days

    def _days(self, literal: Range) -> Days:
        who = self.asked.who
        today = self.asked.now.astimezone(ZoneInfo(who.zone)).date()
        return days_of(literal.name, literal.count, today, week_starts=who.week_starts, fiscal=self.fiscal)

    def _day(self, field: Field, value: Val) -> date:
        """The day of a date, or the one on which an instant falls where the user is."""
        if isinstance(value, datetime):
            return value.astimezone(ZoneInfo(self.asked.who.zone)).date()
        assert isinstance(value, date), field.name
        return value

    def _beside(self, field: Field, value: Val, operator: str, days: Days) -> bool:
        start, end = days
        day = self._day(field, value)
        return {"<": day < start, "<=": day < end, ">": day >= end, ">=": day >= start}[operator]


def meaning(field: Field, literal: Value) -> Val:
    """The value that a literal is, to be compared with a field's."""
    match literal:
        case Null():
            return False if field.type is FieldType.BOOLEAN else None
        case Boolean():
            return literal.value
        case Text() | Id():
            return literal.value or None
        case Plain(kind="number"):
            whole = field.type in INTEGERS and literal.text.lstrip("+-").isdigit()
            return int(literal.text) if whole else float(literal.text)
        case Plain(kind="date"):
            return date.fromisoformat(literal.text)
        case Plain(kind="datetime"):
            return datetime.fromisoformat(literal.text).astimezone(UTC)
        case Plain():
            at = datetime.fromisoformat(f"2000-01-01T{literal.text}")
            return ((at.hour * 60 + at.minute) * 60 + at.second) * 1000 + at.microsecond // 1000
        case Range():
            raise AssertionError("a range is many values")
