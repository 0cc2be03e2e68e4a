"""Criteria: the condition of a criteria-based rule, as SQL over its object's table.

Texts are compared as queries compare them: case does not count. A value with commas stands for several, of
which one has to match. A condition that can't be kept here is never met.
Source: Metadata API Developer Guide, SharingCriteriaRule, FilterItem, FilterOperation.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from isthmus.kernel.database import Value
from isthmus.org.schema.model import Field, FieldType, SObjectType
from isthmus.org.schema.tables import has_shadow, search_column
from isthmus.org.schema.values import BadValue, fold, parse_value
from isthmus.org.security.sharing.predicate import NEVER

_COMPARED: Final = {"lessThan": "<", "greaterThan": ">", "lessOrEqual": "<=", "greaterOrEqual": ">="}
_ESCAPED: Final = str.maketrans({"%": "\\%", "_": "\\_", "\\": "\\\\"})


@dataclass(frozen=True, slots=True)
class Criteria:
    """`items` are (field, operation, value as text). `logic` is the number of an item, counted from 1, or
    `["and" | "or", …]`, or `["not", …]`.
    """

    items: tuple[tuple[str, str, str | None], ...]
    logic: Any = field(default_factory=lambda: ["and"])

    def text(self) -> str:
        """The form in which a rule keeps them."""
        return msgspec.json.encode(self).decode()


def criteria_in(text: str) -> Criteria:
    """The criteria that a rule keeps."""
    return msgspec.json.decode(text, type=Criteria)


@dataclass(slots=True)
class CriteriaWriter:
    """Writes the condition for rows of the table `alias`; `parameters` grows in the text's order."""

    sobject: SObjectType
    alias: str
    parameters: list[Value] = field(default_factory=list)

    def write(self, criteria: Criteria) -> str:
        """The condition's SQL: true or false, never unknown."""
        return self._logic(criteria, criteria.logic)

    def _logic(self, criteria: Criteria, logic: Any) -> str:
        if isinstance(logic, int):
            return self._item(*criteria.items[logic - 1])
        word, *parts = logic
        if word == "not":
            return f"NOT ({self._logic(criteria, parts[0])})"
        if not parts:
            parts = list(range(1, len(criteria.items) + 1))
        written = [self._logic(criteria, each) for each in parts]
        return f"({(' AND ' if word == 'and' else ' OR ').join(written)})"

    def _item(self, name: str, operation: str, value: str | None) -> str:
        found = self.sobject.field(name)
        if found is None or not found.filterable:
            return NEVER
        column = f"{self.alias}.{search_column(found)}"
        values = [each.strip() for each in (value or "").split(",")]
        match operation:
            case "equals":
                return self._one_of(found, column, values)
            case "notEqual":
                return f"NOT ({self._one_of(found, column, values)})"
            case "includes":
                return self._includes(column, values)
            case "excludes":
                return f"NOT ({self._includes(column, values)})"
            case "contains" | "notContain" | "startsWith":
                return self._like(found, column, operation, values)
            case _ if operation in _COMPARED:
                return self._compared(found, column, _COMPARED[operation], values)
        return NEVER

    def _one_of(self, found: Field, column: str, values: list[str]) -> str:
        parts = []
        for each in values:
            if not each:
                parts.append(f"{column} IS NULL")
                continue
            parsed, known = self._value(found, each)
            if known:
                self.parameters.append(parsed)
                parts.append(f"({column} IS NOT NULL AND {column} = ?)")
        return f"({' OR '.join(parts)})" if parts else NEVER

    def _compared(self, found: Field, column: str, operator: str, values: list[str]) -> str:
        parsed, known = self._value(found, values[0])
        if not known or len(values) > 1:
            return NEVER
        self.parameters.append(parsed)
        return f"({column} IS NOT NULL AND {column} {operator} ?)"

    def _like(self, found: Field, column: str, operation: str, values: list[str]) -> str:
        if not has_shadow(found):
            return NEVER
        before = "" if operation == "startsWith" else "%"
        parts = []
        for each in filter(None, values):
            self.parameters.append(f"{before}{fold(each).translate(_ESCAPED)}%")
            parts.append(f"({column} IS NOT NULL AND {column} LIKE ? ESCAPE '\\')")
        found_any = f"({' OR '.join(parts)})" if parts else NEVER
        return f"NOT {found_any}" if operation == "notContain" else found_any

    def _includes(self, column: str, values: list[str]) -> str:
        parts = []
        for each in filter(None, values):
            self.parameters.append(f"%;{fold(each).translate(_ESCAPED)};%")
            parts.append(f"({column} IS NOT NULL AND ';' || {column} || ';' LIKE ? ESCAPE '\\')")
        return f"({' OR '.join(parts)})" if parts else NEVER

    def _value(self, found: Field, text: str) -> tuple[Value, bool]:
        """The stored value that a text means, and whether it means one."""
        if found.type is FieldType.BOOLEAN and text in ("1", "0"):
            return int(text), True
        try:
            parsed = parse_value(found, text)
        except BadValue:
            return None, False
        return fold(parsed) if isinstance(parsed, str) and has_shadow(found) else parsed, parsed is not None
