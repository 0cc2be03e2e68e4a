"""The grammar of a search, clause by clause.

    FIND {…} [IN group FIELDS] [RETURNING object[(field, … [WHERE …] [ORDER BY …] [LIMIT n] [OFFSET n])], …]
    [WITH …] [LIMIT n] [UPDATE TRACKING | VIEWSTAT]

The whole language is recognised; what is not run here is refused in so many words. Source: SOQL and SOSL
Reference, SOSL Syntax, RETURNING FieldSpec. Decision: docs/decisions/0165-clauses-of-a-search.md.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from isthmus.org.query import literals
from isthmus.org.query.parser import grammar
from isthmus.org.query.parser.conditions import condition
from isthmus.org.query.parser.expressions import expression
from isthmus.org.query.parser.reader import Reader
from isthmus.org.query.parser.select_list import alias
from isthmus.org.query.parser.syntax import FieldItem, Literal
from isthmus.org.query.parser.tokens import EMPTY_TEXT, TEXT, lift
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sosl.find_clause import parse_find
from isthmus.org.query.sosl.problem import unsupported
from isthmus.org.query.sosl.syntax import GROUPS, Returned, Search, Source
from isthmus.org.search.fields import Group

LENGTH_MAX: Final = 100_000
"""Characters. Source: SOQL and SOSL Reference, SOSL Syntax."""
NUMBER_MAX: Final = 2**31
_FIND: Final = re.compile(r"\s*FIND\s*\{", re.IGNORECASE)
_ENDS_FIELDS: Final = frozenset({("WHERE",), ("USING",), ("LIMIT",), ("ORDER", "BY"), ("OFFSET",)})
PRODUCT: Final = "product2"


def parse(sosl: str) -> Search:
    """The tree of a search. Raises SoqlProblem."""
    if len(sosl) > LENGTH_MAX:
        raise SoqlProblem("search_too_long", maximum=LENGTH_MAX)
    opened = _FIND.match(sosl)
    if opened is None:
        raise SoqlProblem("search_term_missing")
    find = parse_find(sosl, opened.end())
    rest = sosl[: opened.end() - 1] + " " * (find.end - opened.end() + 1) + sosl[find.end :]
    return _Parser(rest, sosl).parse(Search(sosl, find.expression))


def parse_returned(text: str) -> Returned:
    """The tree of `object(field, … [WHERE …] [ORDER BY …])`, as RETURNING has it. Raises SoqlProblem."""
    parser = _Parser(text, text)
    returned = parser.returned(0)
    parser.end()
    return returned


@dataclass(slots=True)
class _With:
    """What WITH asks for."""

    labels: bool = False
    highlight: bool = False
    price_book: Literal | None = None


class _Parser:
    """Parses a text in which what stood between braces is blank, so that places stay what they are."""

    def __init__(self, text: str, whole: str) -> None:
        self._reader = Reader(text)
        key, self._slots = lift(text)
        self._source = Source(whole, key, self._slots)

    def parse(self, search: Search) -> Search:
        reader = self._reader
        reader.expect("FIND")
        groups = self._groups() if reader.accept("IN") else search.groups
        returned = self._all_returned() if reader.accept("RETURNING") else None
        asked = _With()
        while reader.sees("WITH"):
            self._with(asked)
        limit = self._number() if reader.accept("LIMIT") else None
        if reader.sees("UPDATE"):
            start = reader.take()
            raise unsupported(f"UPDATE {reader.name().word}", start.at)
        self.end()
        if asked.price_book is not None:
            returned = _priced(returned, asked.price_book)
        return replace(
            search,
            groups=groups,
            returned=returned,
            limit=limit,
            labels=asked.labels,
            highlight=asked.highlight,
        )

    def end(self) -> None:
        """Raises SoqlProblem where more follows."""
        if not self._reader.at_end:
            self._reader.unexpected()

    def _groups(self) -> frozenset[Group]:
        token = self._reader.here
        if token.word not in GROUPS:
            self._refuse_token()
        self._reader.take()
        if not self._reader.accept("FIELDS"):
            self._refuse_token()
        return GROUPS[token.word]

    def _refuse_token(self) -> None:
        """The caret stands one to the left, as a recorded answer shows."""
        token = self._reader.here
        if not token.text:
            self._reader.unexpected()
        raise SoqlProblem("malformed_search_token", max(token.at - 1, 0), token=token.text)

    def _all_returned(self) -> tuple[Returned, ...]:
        found = [self.returned(0)]
        while self._reader.accept(","):
            found.append(self.returned(len(found)))
        return tuple(found)

    def returned(self, place: int) -> Returned:
        """Parse an object of RETURNING. Raises SoqlProblem."""
        reader = self._reader
        named = Returned(reader.path(), self._source, place)
        if not reader.accept("("):
            return named
        items = [self._item()]
        while reader.accept(","):
            items.append(self._item())
        where = condition(reader, grammar.subquery) if reader.accept("WHERE") else None
        start = reader.here
        if reader.accept("USING"):
            raise unsupported(f"USING {reader.name().text}", start.at)
        order_by = grammar.order_by(reader)
        limit = self._number() if reader.accept("LIMIT") else None
        offset = self._number() if reader.accept("OFFSET") else 0
        reader.expect(")")
        return replace(named, items=tuple(items), where=where, order_by=order_by, limit=limit, offset=offset)

    def _item(self) -> FieldItem:
        start = self._reader.here
        if self._ends_fields():
            self._reader.unexpected()
        expressed = expression(self._reader)
        return FieldItem(expressed, None if self._ends_fields() else alias(self._reader), start.at)

    def _ends_fields(self) -> bool:
        here, then = self._reader.here.word, self._reader.then
        if here == "OFFSET":
            return then.marker is not None
        return (here,) in _ENDS_FIELDS or (here, then.word) in _ENDS_FIELDS

    def _number(self) -> int:
        return literals.count(str(self._slots[self._reader.integer().slot]), NUMBER_MAX)

    def _with(self, asked: _With) -> None:
        """One WITH clause. Raises SoqlProblem for those that are not run here."""
        reader = self._reader
        start = reader.take()
        word = reader.name().word
        match word:
            case "HIGHLIGHT":
                asked.highlight = True
            case "METADATA":
                reader.expect("=")
                if self._text().upper() != "LABELS":
                    reader.unexpected()
                reader.literal()
                asked.labels = True
            case "SPELL_CORRECTION":
                reader.expect("=")
                if not (reader.accept("TRUE") or reader.accept("FALSE")):
                    reader.unexpected()
            case "PRICEBOOKID":
                reader.expect("=")
                asked.price_book = reader.literal()
            case "DATA":
                raise unsupported("WITH DATA CATEGORY", start.at)
            case _:
                raise unsupported(f"WITH {word}", start.at)

    def _text(self) -> str:
        """The text literal that comes next; '' where none does."""
        token = self._reader.here
        return token.text[1:-1] if token.marker in (TEXT, EMPTY_TEXT) else ""


def _priced(returned: tuple[Returned, ...] | None, price_book: Literal) -> tuple[Returned, ...]:
    """Only products have prices. Source: SOQL and SOSL Reference, WITH PricebookId."""
    if returned is None or not any(str(each.sobject).lower() == PRODUCT for each in returned):
        raise unsupported("WITH PricebookId without Product2 in RETURNING", price_book.at)
    return tuple(
        replace(each, price_book=price_book) if str(each.sobject).lower() == PRODUCT else each
        for each in returned
    )
