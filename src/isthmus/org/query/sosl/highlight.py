"""Highlight: the words that a search has found, marked in the fields that it returns.

    {"Name": "Acme Labs", "highlight.Name": "<mark>Acme</mark> Labs"}

Source: SOQL and SOSL Reference, WITH HIGHLIGHT: of which objects and types, of 25 records of each, and
nothing of terms with wildcards.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from isthmus.org.query.result import Column, QueryResult, ResultRow
from isthmus.org.schema.model import Field, FieldType, ObjectKind, SObjectType
from isthmus.org.search.expression import Either, Every, Expression, Phrase, Without
from isthmus.org.search.words import Place, spans_of, words_of

RECORDS_MAX: Final = 25
_OBJECTS: Final = frozenset({"Account", "Campaign", "Contact", "Lead", "Opportunity", "Quote", "User"})
_TYPES: Final = frozenset({FieldType.STRING, FieldType.TEXTAREA, FieldType.EMAIL})

Marked: TypeAlias = Mapping[str, str]
"""Texts with marks, by the names of their fields."""


def highlights(found: QueryResult, expression: Expression) -> tuple[Marked, ...]:
    """What is marked in each row, of the first ones; of others there is nothing."""
    sobject = found.shape.sobject
    if sobject.name not in _OBJECTS and sobject.kind is not ObjectKind.CUSTOM:
        return ()
    phrases = tuple(_plain(expression))
    columns = [
        each for each in found.shape.items if isinstance(each, Column) and _is_marked(sobject, each.field)
    ]
    return tuple(_of_row(columns, row, phrases) for row in found.rows[:RECORDS_MAX])


def _of_row(columns: Sequence[Column], row: ResultRow, phrases: Sequence[Phrase]) -> Marked:
    texts = ((each.key, row[each.index]) for each in columns)
    marked = ((key, text, marks(text, phrases)) for key, text in texts if isinstance(text, str))
    return {key: made for key, text, made in marked if made != text}


def _is_marked(sobject: SObjectType, field: Field) -> bool:
    compound = any(each.compound == field.name and each.name != field.name for each in sobject.fields)
    formula = field.calculated and not field.auto_number
    return field.type in _TYPES and not (field.html or compound or formula)


def _plain(expression: Expression) -> Iterator[Phrase]:
    """The phrases without wildcards that are looked for."""
    match expression:
        case Phrase():
            if all(each.whole is None for each in expression.patterns):
                yield expression
        case Every() | Either():
            for part in expression.parts:
                yield from _plain(part)
        case Without():
            pass


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    place: Place


def marks(text: str, phrases: Sequence[Phrase]) -> str:
    """A text with each word of the phrases in marks."""
    words = [_Word(start, end, _ways(text[start:end])) for start, end in spans_of(text)]
    found = {at for phrase in phrases for at in _found(words, phrase)}
    made, last = "", 0
    for at in sorted(found):
        word = words[at]
        made += f"{text[last : word.start]}<mark>{text[word.start : word.end]}</mark>"
        last = word.end
    return made + text[last:]


def _ways(word: str) -> Place:
    return tuple(way for place in words_of(word) for way in place)


def _found(words: Sequence[_Word], phrase: Phrase) -> Iterator[int]:
    """Where the words of a phrase stand."""
    length = len(phrase.patterns)
    for start in range(len(words) - length + 1):
        pairs = zip(phrase.patterns, words[start : start + length], strict=True)
        if all(pattern.start in word.place for pattern, word in pairs):
            yield from range(start, start + length)
