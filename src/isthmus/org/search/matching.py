"""Matching: whether a record has what is looked for, decided on its own text.

The index only says which records may have it (see `index`): so both databases find the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from isthmus.kernel.database import Value
from isthmus.org.search.expression import Either, Every, Expression, Pattern, Phrase
from isthmus.org.search.fields import Group, SearchedField
from isthmus.org.search.words import Place

Test: TypeAlias = "Callable[[Text], bool]"


@dataclass
class Text:
    """The text of one field."""

    group: Group
    places: Sequence[Place]
    words: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.words = frozenset(word for place in self.places for word in place)


class Record:
    """The text of one record, as far as its reader may see it."""

    def __init__(self, fields: Sequence[SearchedField], values: Sequence[Value]) -> None:
        self._fields = fields
        self._values = values

    @cached_property
    def texts(self) -> list[Text]:
        return [
            Text(each.group, each.words(value))
            for each, value in zip(self._fields, self._values, strict=True)
            if isinstance(value, str)
        ]

    def has(self, expression: Expression, groups: frozenset[Group]) -> bool:
        """Whether what is looked for is in fields of these groups."""
        return _has([each for each in self.texts if each.group in groups], expression)


def _has(texts: Sequence[Text], expression: Expression) -> bool:
    match expression:
        case Phrase():
            return any(is_in(expression, each) for each in texts)
        case Every():
            return all(_has(texts, each) for each in expression.parts)
        case Either():
            return any(_has(texts, each) for each in expression.parts)
        case _:
            return not _has(texts, expression.part)


def is_in(phrase: Phrase, text: Text) -> bool:
    """Whether a phrase is in a text."""
    patterns = phrase.patterns
    if not all(_has_word(text, each) for each in patterns):
        return False
    return len(patterns) == 1 or any(
        all(_stands(each, text.places[start + n]) for n, each in enumerate(patterns))
        for start in range(len(text.places) - len(patterns) + 1)
    )


def _has_word(text: Text, pattern: Pattern) -> bool:
    if pattern.whole is None:
        return pattern.start in text.words
    return any(map(pattern.matches, text.words))


def _stands(pattern: Pattern, place: Place) -> bool:
    return any(map(pattern.matches, place))
