"""Parameters: a search that is no statement: a text, and values by name.

Source: REST API Developer Guide, "Parameterized Search", "Search for Records Suggested by Autocomplete and
Instant Results".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from isthmus.kernel.errors import fault
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sosl.find_clause import parse_text
from isthmus.org.query.sosl.grammar import parse_returned
from isthmus.org.query.sosl.problem import as_search_fault
from isthmus.org.query.sosl.syntax import GROUPS, Returned, Search
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.search.expression import phrase_of
from isthmus.org.search.fields import is_searched
from isthmus.org.search.words import is_unspaced
from isthmus.org.security.access import Access

LIMIT_MAX: Final = 2_000
SUGGESTED: Final = 5
"""Records that are suggested unless the request says."""
SUGGESTED_OBJECTS_MAX: Final = 10
SUGGESTIONS_FROM: Final = 3
"""Characters of a text for which there are suggestions; of a script without spaces, one is enough."""
SUGGESTIONS_TO: Final = 255
_WITHOUT_SUGGESTIONS: Final = frozenset(
    {"ContentNote", "Event", "FeedComment", "FeedPost", "IdeaComment", "Pricebook2", "Reply", "Task"}
)
_IGNORED_SIGNS: Final = str.maketrans(dict.fromkeys('"*?', " "))


@dataclass(frozen=True, slots=True)
class ObjectParameters:
    """One object, and what of it; `where` and `order_by` as in queries."""

    name: str
    fields: tuple[str, ...] = ()
    where: str | None = None
    order_by: str | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class SearchParameters:
    """A search; without `objects`, of all."""

    text: str
    group: str = "ALL"
    fields: tuple[str, ...] = ()
    objects: tuple[ObjectParameters, ...] = ()
    overall_limit: int | None = None
    default_limit: int | None = None
    offset: int = 0
    labels: bool = False


def search_of(asked: SearchParameters) -> Search:
    """The search that these parameters ask for. Faults: those of searches, `search_parameter_invalid`."""
    if asked.group.upper() not in GROUPS:
        raise _invalid("in", f"one of {', '.join(GROUPS)}")
    if asked.fields and not asked.objects:
        raise _invalid("sobject", "given where fields are")
    if asked.offset and len(asked.objects) != 1:
        raise _invalid("offset", "given with a single object alone")
    limits = {"overallLimit": asked.overall_limit, "defaultLimit": asked.default_limit}
    for name, limit in (*limits.items(), *((f"{each.name}.limit", each.limit) for each in asked.objects)):
        if limit is not None and not 0 <= limit <= LIMIT_MAX:
            raise _invalid(name, f"a number from 0 to {LIMIT_MAX}")
    try:
        expression = parse_text(asked.text)
    except SoqlProblem as problem:
        raise as_search_fault(asked.text, problem) from None
    returned = tuple(_returned(each, asked) for each in asked.objects)
    return Search(
        asked.text,
        expression,
        GROUPS[asked.group.upper()],
        returned or None,
        asked.overall_limit,
        asked.labels,
    )


def _returned(wanted: ObjectParameters, asked: SearchParameters) -> Returned:
    returned = returned_of(wanted.name, wanted.fields or asked.fields, wanted.where, wanted.order_by)
    limit = asked.default_limit if wanted.limit is None else wanted.limit
    return replace(returned, limit=limit, offset=asked.offset)


def returned_of(name: str, fields: Sequence[str], where: str | None, order_by: str | None) -> Returned:
    """What a RETURNING of these parts asks. Faults: those of searches."""
    text = f"{name}({', '.join(fields) or 'Id'}"
    text += (f" WHERE {where}" if where else "") + (f" ORDER BY {order_by}" if order_by else "") + ")"
    try:
        return parse_returned(text)
    except SoqlProblem as problem:
        raise as_search_fault(text, problem) from None


@dataclass(frozen=True, slots=True)
class SuggestionParameters:
    """The beginning of a name, and the objects whose records may be meant."""

    text: str
    objects: tuple[ObjectParameters, ...]
    limit: int | None = None
    passing_over: bool = False
    """Whether objects that have no suggestions are passed over."""


def suggestions_of(asked: SuggestionParameters, schema: Schema, access: Access) -> Search | None:
    """The search for what is suggested; None: there is too little to go by.

    Faults: those of searches, `search_parameter_invalid`, `object_not_suggestible`.
    """
    if len(asked.text) > SUGGESTIONS_TO:
        raise _invalid("q", f"a text of at most {SUGGESTIONS_TO} characters")
    if not 1 <= len(asked.objects) <= SUGGESTED_OBJECTS_MAX:
        raise _invalid("sobject", f"one to {SUGGESTED_OBJECTS_MAX} objects")
    found = [
        (sobject, each)
        for each in asked.objects
        if (sobject := _suggestible(schema, access, each.name, asked.passing_over)) is not None
    ]
    text = asked.text.translate(_IGNORED_SIGNS).strip()
    phrase = phrase_of(text, open_end=True)
    if phrase is None or not found or not (len(text) >= SUGGESTIONS_FROM or is_unspaced(text[0])):
        return None
    returned = tuple(
        returned_of(sobject.name, tuple(_shown(sobject, each.fields)), each.where, None)
        for sobject, each in found
    )
    limit = SUGGESTED if asked.limit is None else min(asked.limit, LIMIT_MAX)
    return Search(asked.text, phrase, GROUPS["NAME"], returned, limit, by_name=True)


def _suggestible(schema: Schema, access: Access, name: str, passing_over: bool) -> SObjectType | None:
    sobject = schema.find(name)
    if sobject is None or not access.may_read(sobject.name):
        if passing_over:
            return None
        raise fault("no_such_object", sobject=name)
    if is_searched(sobject) and sobject.name_field is not None and sobject.name not in _WITHOUT_SUGGESTIONS:
        return sobject
    if passing_over:
        return None
    raise fault("object_not_suggestible", sobject=sobject.name)


def _shown(sobject: SObjectType, fields: Sequence[str]) -> Iterator[str]:
    """The id, the name, and the other fields that are asked for."""
    assert sobject.name_field is not None
    own = ("Id", sobject.name_field.name)
    yield from own
    yield from (each for each in fields if each.lower() not in map(str.lower, own))


def _invalid(parameter: str, wanted: str) -> Exception:
    return fault("search_parameter_invalid", parameter=parameter, wanted=wanted)
