"""Text: a tree as SOQL, spelled in one of the many ways in which it may be."""

import random
from collections.abc import Iterable

from tests.fuzz.tree import (
    Aggregate,
    And,
    AnyOf,
    Boolean,
    Children,
    Chosen,
    Compare,
    Condition,
    CountAll,
    DatePart,
    Distance,
    Fields,
    Format,
    Grouping,
    Id,
    Item,
    Label,
    Not,
    Null,
    Operand,
    Or,
    Order,
    Path,
    Plain,
    Query,
    Range,
    Selected,
    SemiJoin,
    Text,
    Typeof,
    Value,
)

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", '"': '\\"', "'": "\\'"}
_BLANKS = (" ", " ", " ", "  ", "\n", "\t")


def written(query: Query, spelling: int) -> str:
    """The text of a query; the same `spelling` spells it alike. 0: as plainly as can be."""
    return _Writer(random.Random(spelling) if spelling else None).query(query)


class _Writer:
    def __init__(self, chance: random.Random | None) -> None:
        self._chance = chance
        self._aliases: dict[tuple[str, ...], str] = {}
        """What the FROM of the query at hand calls its parents, and, by (), its own object."""
        self._count = 0

    def query(self, query: Query) -> str:
        outer = self._aliases
        source = self._source(query)
        parts = [
            self._word("SELECT"),
            self._listed(map(self._selected, query.select)),
            self._word("FROM"),
            source,
        ]
        if query.scope is not None:
            parts += [self._word("USING SCOPE"), self._name(query.scope)]
        if query.where is not None:
            parts += [self._word("WHERE"), self._condition(query.where)]
        if query.group_by:
            keys = self._listed(map(self._operand, query.group_by))
            parts += [self._word("GROUP BY"), f"{self._word(query.totals)}({keys})" if query.totals else keys]
        if query.having is not None:
            parts += [self._word("HAVING"), self._condition(query.having)]
        if query.order_by:
            parts += [self._word("ORDER BY"), self._listed(map(self._order, query.order_by))]
        for word, number in (("LIMIT", query.limit), ("OFFSET", query.offset)):
            if number is not None:
                parts += [self._word(word), str(number)]
        if query.marks is not None:
            parts.append(self._word(query.marks))
        self._aliases = outer
        return self._between().join(parts)

    # Spelling

    def _luck(self, chance: float) -> bool:
        return self._chance is not None and self._chance.random() < chance

    def _between(self) -> str:
        return self._chance.choice(_BLANKS) if self._chance is not None else " "

    def _word(self, word: str) -> str:
        if self._chance is None:
            return word
        return self._chance.choice((word, word, word.lower(), word.title())).replace(" ", self._between())

    def _name(self, name: str) -> str:
        if self._luck(0.1) and self._chance is not None:
            return self._chance.choice((name.lower(), name.upper()))
        return name

    def _listed(self, parts: Iterable[str]) -> str:
        return (", " if not self._luck(0.2) else ",").join(parts)

    # What is read

    def _source(self, query: Query) -> str:
        self._aliases = {}
        source = self._name(query.source)
        if not query.parents:
            if self._luck(0.15):
                source = f"{source}{' AS' if self._luck(0.3) else ''} {self._alias(())}"
            return source
        first = self._alias(())
        parts = [f"{source} {first}"]
        for path in query.parents:
            above = max((each for each in self._aliases if path[: len(each)] == each), key=len)
            names = [self._aliases[above], *map(self._name, path[len(above) :])]
            parts.append(f"{'.'.join(names)} {self._alias(path)}")
        return ", ".join(parts)

    def _alias(self, path: tuple[str, ...]) -> str:
        self._count += 1
        self._aliases[path] = f"x{self._count}"
        return self._aliases[path]

    def _operand(self, operand: Operand) -> str:
        match operand:
            case Path():
                return self._path(operand)
            case Aggregate():
                return f"{self._word(operand.function)}({self._operand(operand.of)})"
            case Distance():
                to = operand.to
                end = self._position(to) if isinstance(to, tuple) else self._operand(to)
                return f"{self._word('DISTANCE')}({self._operand(operand.of)}, {end}, '{operand.unit}')"
            case Format():
                return f"{self._word('FORMAT')}({self._operand(operand.of)})"
            case Label():
                return f"{self._name('toLabel')}({self._operand(operand.of)})"
            case Grouping():
                return f"{self._word('GROUPING')}({self._operand(operand.of)})"
            case DatePart():
                of = self._operand(operand.of)
                inner = f"{self._name('convertTimezone')}({of})" if operand.local else of
                return f"{self._word(operand.function)}({inner})"

    def _path(self, path: Path) -> str:
        known = [each for each in self._aliases if path.steps[: len(each)] == each]
        if not known or not self._luck(0.8):
            return ".".join(map(self._name, (*path.steps, path.field)))
        above = max(known, key=len)
        return ".".join((self._aliases[above], *map(self._name, (*path.steps[len(above) :], path.field))))

    def _selected(self, item: Selected) -> str:
        match item:
            case CountAll():
                return f"{self._word('COUNT')}()"
            case Fields():
                return f"{self._word('FIELDS')}({self._word(item.group)})"
            case Children():
                return f"({self.query(item.query)})"
            case Typeof():
                return self._typeof(item)
            case Item():
                return self._operand(item.value) + (f" {item.alias}" if item.alias else "")

    def _position(self, position: tuple[str, str]) -> str:
        return f"{self._word('GEOLOCATION')}({', '.join(position)})"

    def _typeof(self, item: Typeof) -> str:
        parts = [self._word("TYPEOF"), self._path(Path(item.steps[:-1], item.steps[-1]))]
        for when in item.whens:
            fields = self._listed(map(self._unaliased, when.fields))
            parts += [self._word("WHEN"), self._name(when.sobject), self._word("THEN"), fields]
        if item.otherwise:
            fields = self._listed(map(self._unaliased, item.otherwise))
            parts += [self._word("ELSE"), fields]
        return self._between().join((*parts, self._word("END")))

    def _unaliased(self, operand: Operand) -> str:
        """A path that begins at a parent; anything else is wrong there."""
        if isinstance(operand, Path):
            return ".".join(map(self._name, (*operand.steps, operand.field)))
        return self._operand(operand)

    def _order(self, order: Order) -> str:
        text = self._operand(order.value)
        if order.descending:
            text += f" {self._word('DESC')}"
        elif self._luck(0.3):
            text += f" {self._word('ASC')}"
        if order.nulls_first is None:
            return text
        return f"{text} {self._word('NULLS FIRST' if order.nulls_first else 'NULLS LAST')}"

    # Conditions

    def _condition(self, condition: Condition) -> str:
        match condition:
            case Compare():
                like = condition.operator == "LIKE"
                operator = self._word("LIKE") if like else condition.operator
                return f"{self._operand(condition.left)} {operator} {self._value(condition.right, like)}"
            case AnyOf():
                word = self._word("NOT IN" if condition.negated else "IN")
                return f"{self._operand(condition.left)} {word} ({self._values(condition.values)})"
            case Chosen():
                word = self._word("EXCLUDES" if condition.excludes else "INCLUDES")
                return f"{self._operand(condition.left)} {word} ({self._values(condition.values)})"
            case SemiJoin():
                word = self._word("NOT IN" if condition.negated else "IN")
                return f"{self._operand(condition.left)} {word} ({self.query(condition.query)})"
            case Not():
                inner = condition.condition
                text = f"({self._condition(inner)})" if isinstance(inner, Not) else self._term(inner)
                return f"{self._word('NOT')} {text}"
            case And() | Or():
                word = self._word("AND" if isinstance(condition, And) else "OR")
                return f" {word} ".join(map(self._term, condition.conditions))

    def _values(self, values: Iterable[Value]) -> str:
        return self._listed(map(self._value, values))

    def _term(self, condition: Condition) -> str:
        text = self._condition(condition)
        if isinstance(condition, Not):
            return text if self._luck(0.5) else f"({text})"
        return f"({text})" if isinstance(condition, And | Or) or self._luck(0.1) else text

    def _value(self, value: Value, pattern: bool = False) -> str:
        match value:
            case Null():
                return self._word("NULL")
            case Boolean():
                return self._word("TRUE" if value.value else "FALSE")
            case Text():
                return f"'{''.join(self._character(each, pattern) for each in value.value)}'"
            case Id():
                return f"'{value.value[:15] if self._luck(0.3) else value.value}'"
            case Plain():
                return value.text
            case Range():
                return self._word(value.name) + ("" if value.count is None else f":{value.count}")

    def _character(self, character: str, pattern: bool) -> str:
        if character in _ESCAPES:
            return _ESCAPES[character]
        if character == "\\":
            return "\\" if pattern else "\\\\"
        if ord(character) > 0x7F and self._luck(0.2):
            units = character.encode("utf-16-be").hex()
            return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
        return character
