"""The search engine: what the façade asks of searches.

For each object: which records have what is looked for, as far as their reader may see it
(`isthmus.org.search.finding`), then what is asked of these (`rows`), then how many of them are given.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from isthmus.kernel.clock import Clock
from isthmus.kernel.database import Connection
from isthmus.org.query.parser.syntax import Path
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.result import QueryResult
from isthmus.org.query.sosl.grammar import parse
from isthmus.org.query.sosl.highlight import Marked, highlights
from isthmus.org.query.sosl.problem import as_search_fault, unsupported
from isthmus.org.query.sosl.rows import Asker, RowPlans
from isthmus.org.query.sosl.syntax import GROUPS, Returned, Search, Source
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.search.expression import loosened
from isthmus.org.search.fields import is_searched
from isthmus.org.search.finding import FOUND_MAX, Reader, Sought, find
from isthmus.org.security.access import Access
from isthmus.org.security.principal import Principal

EACH_MAX: Final = 250
"""Records of an object, unless it is the only one and has a condition or an order."""
OFFSET_MAX: Final = 2_000
HIGHLIGHTS_SINCE: Final = 39
"""Source: SOQL and SOSL Reference, WITH HIGHLIGHT."""
ONLY_NAMED: Final = frozenset(
    {"ContentDocument", "ContentVersion", "Document", "FeedComment", "FeedItem", "Product2", "Solution"}
)
"""Found only where RETURNING names them, and then in all of their fields. Source: SOQL and SOSL Reference,
RETURNING FieldSpec, IN SearchGroup.
"""
_LOOSE: Final = frozenset({"Document", "Solution"})
"""Where OR stands unsaid between words. Source: as above, FIND {SearchQuery}, Operators."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The rows of each object that was searched, in their order. `labels`: they are asked for; `more`: the
    search's limit left some out; `highlights`, where they are asked for: of each object's rows.
    """

    found: tuple[QueryResult, ...]
    labels: bool = False
    more: bool = False
    highlights: tuple[tuple[Marked, ...], ...] = ()


class SearchEngine:
    """Answers searches of one org; `instance` is its three-character tag."""

    def __init__(self, clock: Clock, instance: str) -> None:
        self._clock = clock
        self._instance = instance
        self._plans = RowPlans()

    def run(
        self,
        connection: Connection,
        schema: Schema,
        principal: Principal,
        sosl: str,
        *,
        api_version: int | None = None,
    ) -> SearchResult:
        """What a SOSL statement finds; `api_version` is the client's, None for the newest.

        Faults: those of the catalogue's search.toml, and of queries.
        """
        try:
            search = parse(sosl)
            if search.highlight and api_version is not None and api_version < HIGHLIGHTS_SINCE:
                raise unsupported(f"WITH HIGHLIGHT before {HIGHLIGHTS_SINCE}.0")
        except SoqlProblem as problem:
            raise as_search_fault(sosl, problem) from None
        return self.find(connection, schema, principal, search)

    def find(
        self, connection: Connection, schema: Schema, principal: Principal, search: Search
    ) -> SearchResult:
        """What a search finds. Faults: as above."""
        try:
            objects = _objects(schema, principal.access, search)
        except SoqlProblem as problem:
            raise as_search_fault(search.text, problem) from None
        asker = Asker(connection, schema, principal, self._clock.now())
        named = search.returned is not None
        cut = []
        for sobject, returned in objects:
            ids = self._found(asker, search, sobject)
            if ids or named:
                rows = self._plans.rows(asker, returned, ids)
                cut.append(_cut(rows, returned.offset, _most(returned, len(objects), named=named)))
        wanted = [len(each.rows) for each in cut]
        shares = dealt(wanted, FOUND_MAX if search.limit is None else min(search.limit, FOUND_MAX))
        given = [_cut(rows, 0, share) for rows, share in zip(cut, shares, strict=True)]
        marked: tuple[tuple[Marked, ...], ...] = ()
        if search.highlight and search.expression is not None:
            marked = tuple(highlights(rows, search.expression) for rows in given)
        return SearchResult(tuple(given), search.labels, sum(wanted) > sum(shares), marked)

    def _found(self, asker: Asker, search: Search, sobject: SObjectType) -> list[str]:
        """The ids of the records of an object in which it is found, those that come first first."""
        if search.expression is None:
            return []
        loose, everywhere = sobject.name in _LOOSE, sobject.name in ONLY_NAMED
        sought = Sought(
            loosened(search.expression) if loose else search.expression,
            GROUPS["ALL"] if everywhere else search.groups,
            search.by_name,
        )
        who = asker.principal
        reader = Reader(asker.schema, who.access, who.user_id, self._instance)
        return find(asker.connection, reader, sobject, sought)


def _objects(schema: Schema, access: Access, search: Search) -> list[tuple[SObjectType, Returned]]:
    """What is searched, in the order in which it is given. Raises SoqlProblem."""
    if search.returned is None:
        return [(each, _ids_of(each)) for each in searchable(schema, access) if each.name not in ONLY_NAMED]
    found: dict[str, tuple[SObjectType, Returned]] = {}
    for each in search.returned:
        name, at = str(each.sobject), each.sobject.at
        sobject = schema.find(name)
        if sobject is None or not access.may_read(sobject.name):
            raise SoqlProblem("no_such_object", at, sobject=name)
        if not is_searched(sobject):
            raise SoqlProblem("object_not_searchable", at, sobject=sobject.name)
        if sobject.name in found:
            raise SoqlProblem("search_object_repeated", at, sobject=sobject.name)
        if each.offset and len(search.returned) > 1:
            raise SoqlProblem("search_offset_of_many", at)
        if each.offset > OFFSET_MAX:
            raise SoqlProblem("search_offset_out_of_range", at, maximum=OFFSET_MAX)
        found[sobject.name] = sobject, each
    return list(found.values())


def searchable(schema: Schema, access: Access) -> Iterator[SObjectType]:
    """The objects that are searched and may be read, by their names."""
    found = (each for each in schema if is_searched(each) and access.may_read(each.name))
    yield from sorted(found, key=lambda each: each.name)


def _ids_of(sobject: SObjectType) -> Returned:
    return Returned(Path((sobject.name,), 0), Source("", (sobject.name,), ()))


def _most(returned: Returned, objects: int, *, named: bool) -> int:
    """How many records of an object are given at most. Source: SOQL and SOSL Reference, SOSL Limits on Search
    Results.
    """
    if not named:
        most = EACH_MAX
    elif objects == 1:
        most = FOUND_MAX if returned.where is not None or returned.order_by else EACH_MAX
    else:
        most = min(FOUND_MAX // objects, EACH_MAX)
    return most if returned.limit is None else min(most, returned.limit)


def dealt(wanted: Sequence[int], most: int) -> list[int]:
    """How many of its records each object gives, so that all together give `most`: evenly, and what one has
    not, the others may. Source: SOQL and SOSL Reference, LIMIT n.

    >>> dealt([19, 35], 20), dealt([3, 35], 20), dealt([5, 5, 5], 7)
    ([10, 10], [3, 17], [3, 2, 2])
    """
    shares = [0] * len(wanted)
    left = min(most, sum(wanted))
    while left:
        hungry = [place for place, each in enumerate(wanted) if each > shares[place]]
        each_gets = max(left // len(hungry), 1)
        for place in hungry[:left]:
            share = min(each_gets, wanted[place] - shares[place])
            shares[place] += share
            left -= share
    return shares


def _cut(rows: QueryResult, start: int, most: int) -> QueryResult:
    return replace(rows, rows=rows.rows[start : start + most])
