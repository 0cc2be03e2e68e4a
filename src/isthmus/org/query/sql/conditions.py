"""Conditions as SQL. Every leaf is true or false, never unknown: a negated one takes nulls in."""

from collections.abc import Callable, Sequence
from typing import Final

from isthmus.org.query import literals
from isthmus.org.query.bound import (
    All,
    AnyOf,
    BoundCondition,
    BoundLabel,
    BoundValue,
    Contains,
    InQuery,
    Some,
    Test,
)
from isthmus.org.query.parser.syntax import Boolean, DateRange, Literal, Null
from isthmus.org.query.parser.tokens import (
    DATE,
    DATETIME,
    EMPTY_TEXT,
    NUMBERS,
    OPEN_PATTERN,
    PREFIX_PATTERN,
    TEXT,
    TIME,
)
from isthmus.org.query.plan import Parameter
from isthmus.org.query.sql import parameters
from isthmus.org.query.sql.expressions import Expressions
from isthmus.org.schema.model import FieldType

_OPPOSITE: Final = {"=": "<>", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_EITHER_END: Final = {"<": ("<", 0), "<=": ("<", 1), ">": (">=", 1), ">=": (">=", 0)}
"""How a range compares: with which of its ends, and how."""
_FLAT_MAX: Final = 50
"""Longer lists of AND or OR are written as a balanced tree: databases limit an expression's depth."""
_NEVER: Final = "1 = 0"
_ALWAYS: Final = "1 = 1"
_UNQUOTED_LISTS: Final = NUMBERS | {DATE, DATETIME, TIME}


class ConditionWriter:
    """Writes conditions; `parameters` grows in the text's order. `inner` writes the query of a semi-join."""

    def __init__(self, expressions: Expressions, inner: Callable[[InQuery, list[Parameter]], str]) -> None:
        self._forms = expressions.forms
        self._expressions = expressions
        self._inner = inner
        self.parameters: list[Parameter] = []

    def write(self, condition: BoundCondition) -> str:
        """The condition's SQL."""
        match condition:
            case All():
                return self._joined(" AND ", condition.conditions)
            case Some():
                return self._joined(" OR ", condition.conditions)
            case Test():
                return self._test(condition)
            case AnyOf():
                return self._any_of(condition)
            case Contains():
                return self._contains(condition)
            case InQuery():
                return self._in_query(condition)

    def _joined(self, word: str, conditions: tuple[BoundCondition, ...]) -> str:
        if len(conditions) > _FLAT_MAX:
            middle = len(conditions) // 2
            return (
                f"({self._joined(word, conditions[:middle])}{word}{self._joined(word, conditions[middle:])})"
            )
        return f"({word.join(map(self.write, conditions))})"

    def _test(self, test: Test) -> str:
        field, operand = test.field, test.operand
        column = self._expressions.searched(field)
        if field.field.type is FieldType.BOOLEAN:
            value = isinstance(operand, Boolean) and operand.value
            return f"{self._expressions.flag(field)} = {int(value != test.negated)}"
        if isinstance(operand, Null) or (_is_empty(operand) and test.operator in ("=", "LIKE")):
            if test.operator not in ("=", "LIKE") or (test.operator == "LIKE" and isinstance(operand, Null)):
                return _ALWAYS if test.negated else _NEVER
            return f"{column} IS {'NOT ' if test.negated else ''}NULL"
        if isinstance(operand, DateRange):
            return self._in_range(test, operand, column)
        assert isinstance(operand, Literal)
        if test.operator == "LIKE":
            return self._like(test, operand)
        if _is_listed(field):
            found = self._listed(field, [operand], column)
            return f"({column} IS NULL OR NOT {found})" if test.negated else found
        self._add(parameters.value(operand, parameters.converter(field.field), field.at))
        if not test.negated:
            return f"{column} {test.operator} ?"
        return f"({column} {_OPPOSITE[test.operator]} ? OR {column} IS NULL)"

    def _in_range(self, test: Test, operand: DateRange, column: str) -> str:
        field = test.field
        if test.operator == "=":
            self._add(parameters.bound(operand, field.field, 0, field.at))
            self._add(parameters.bound(operand, field.field, 1, field.at))
            if test.negated:
                return f"({column} < ? OR {column} >= ? OR {column} IS NULL)"
            return f"({column} >= ? AND {column} < ?)"
        operator, end = _EITHER_END[test.operator]
        self._add(parameters.bound(operand, field.field, end, field.at))
        if test.negated:
            return f"({column} {_OPPOSITE[operator]} ? OR {column} IS NULL)"
        return f"{column} {operator} ?"

    def _like(self, test: Test, operand: Literal) -> str:
        """A prefix is a range of the shadow column, whose index serves; other wildcards are SQL's LIKE."""
        field, at = test.field, test.field.at
        if isinstance(field, BoundLabel):
            found = self._label_like(field, operand)
            return f"({self._expressions.searched(field)} IS NULL OR NOT {found})" if test.negated else found
        exact = parameters.compares_exactly(field.field)
        prefix = literals.exact_prefix if exact else literals.prefix
        column = self._expressions.searched(field) if exact else self._expressions.folded(field)
        if operand.marker == TEXT:
            self._add(parameters.value(operand, prefix, at))
            return f"({column} <> ? OR {column} IS NULL)" if test.negated else f"{column} = ?"
        parts = []
        if operand.marker != OPEN_PATTERN:
            self._add(parameters.value(operand, prefix, at))
            self._add(parameters.value(operand, lambda text: literals.after_prefix(prefix(text)), at))
            parts.append(f"{column} >= ? AND {column} < ?")
        if operand.marker != PREFIX_PATTERN:
            forms = self._expressions.forms
            self._add(parameters.value(operand, forms.exact_pattern if exact else literals.pattern, at))
            parts.append(forms.exact_like.format(column=column) if exact else f"{column} LIKE ? ESCAPE '\\'")
        matches = " AND ".join(parts)
        return f"({column} IS NULL OR NOT ({matches}))" if test.negated else f"({matches})"

    def _label_like(self, label: BoundLabel, operand: Literal) -> str:
        """The SQL that a label matches: that of a defined value, or another value, which is its own label."""
        column, texts = self._expressions.searched(label), self._forms.texts
        self._add(parameters.bearers_like(operand, label.of.field, label.at))
        self._add(parameters.value(operand, literals.pattern, label.at))
        self._add(parameters.defined(label.of.field))
        return f"({column} IN {texts} OR ({column} LIKE ? ESCAPE '\\' AND {column} NOT IN {texts}))"

    def _any_of(self, test: AnyOf) -> str:
        if not test.operands:
            return _ALWAYS if test.negated else _NEVER
        column = self._expressions.searched(test.field)
        nullable = any(isinstance(each, Null) or _is_empty(each) for each in test.operands)
        if test.field.field.type is FieldType.BOOLEAN:
            values = {int(isinstance(each, Boolean) and each.value) for each in test.operands}
            wanted = sorted({0, 1} - values if test.negated else values)
            flag = self._expressions.flag(test.field)
            return f"{flag} IN ({', '.join(map(str, wanted))})" if wanted else _NEVER
        found = self._found(test, column)
        if not found:
            return f"{column} IS {'NOT ' if test.negated else ''}NULL"
        if test.negated:
            return f"({column} IS {'NOT NULL AND' if nullable else 'NULL OR'} NOT ({found}))"
        return f"({found} OR {column} IS NULL)" if nullable else f"({found})"

    def _found(self, test: AnyOf, column: str) -> str:
        """The SQL that a value is one of those given, nulls aside; '' where only nulls are given."""
        field, at = test.field, test.field.at
        given = [each for each in test.operands if isinstance(each, Literal) and not _is_empty(each)]
        if _is_listed(field):
            return self._listed(field, given, column) if given else ""
        convert = parameters.converter(field.field)
        singles = [each for each in given if not each.run]
        parts = []
        if singles:
            self.parameters += [parameters.value(each, convert, at) for each in singles]
            marks = ", ".join("?" * len(singles))
            parts.append(f"{column} = ?" if len(singles) == 1 else f"{column} IN ({marks})")
        for each in given:
            if each.run:
                self._add(parameters.values(each, convert, at))
                numbers = each.marker in _UNQUOTED_LISTS
                parts.append(f"{column} IN {self._forms.numbers if numbers else self._forms.texts}")
        for operand in test.operands:
            if isinstance(operand, DateRange):
                parts.append(self._in_range(Test(field, "=", operand, False), operand, column))
        return " OR ".join(parts)

    def _listed(self, field: BoundValue, given: Sequence[Literal], column: str) -> str:
        """The SQL that a column has one of the values that the literals stand for.

        Of an encrypted field those under whatever key, of a label those that are called so.
        """
        if isinstance(field, BoundLabel):
            self._add(parameters.bearers(given, field.of.field, field.at))
        else:
            cipher = field.field.cipher
            assert cipher is not None
            self._add(parameters.tokens(given, cipher, field.at))
        return f"{column} IN {self._forms.texts}"

    def _contains(self, test: Contains) -> str:
        column = self._expressions.searched(test.field)
        label = test.field.of.field if isinstance(test.field, BoundLabel) else None
        self._add(parameters.choices(test.literals, test.field.at, label))
        contains = self._forms.contains.format(column=column)
        if test.negated:
            return f"({column} IS NULL OR NOT {contains})"
        return f"({column} IS NOT NULL AND {contains})"

    def _in_query(self, test: InQuery) -> str:
        column = self._expressions.searched(test.field)
        inner = self._inner(test, self.parameters)
        return (
            f"({column} IS NULL OR {column} NOT IN ({inner}))" if test.negated else f"{column} IN ({inner})"
        )

    def _add(self, parameter: Parameter) -> None:
        self.parameters.append(parameter)


def _is_listed(value: BoundValue) -> bool:
    """Whether a literal stands for several stored values."""
    return isinstance(value, BoundLabel) or value.field.encryption is not None


def _is_empty(operand: object) -> bool:
    return isinstance(operand, Literal) and operand.marker == EMPTY_TEXT
