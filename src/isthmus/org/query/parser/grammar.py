"""The grammar of a query, clause by clause, in the order in which the language wants them.

    SELECT … FROM … [USING SCOPE …] [WHERE …] [WITH …] [GROUP BY …] [HAVING …] [ORDER BY …] [LIMIT n]
    [OFFSET n] [FOR VIEW | FOR REFERENCE | FOR UPDATE] [UPDATE TRACKING | VIEWSTAT] [ALL ROWS]

The whole language is recognised here; what is not supported is refused by the binder, in so many words.
Source: SOQL and SOSL Reference, SOQL SELECT Syntax.
"""

from typing import Final

from isthmus.org.query.parser.binds import Binds
from isthmus.org.query.parser.conditions import condition
from isthmus.org.query.parser.expressions import expression, value
from isthmus.org.query.parser.reader import Reader
from isthmus.org.query.parser.select_list import alias, select_list
from isthmus.org.query.parser.syntax import Clause, Expression, GroupBy, OrderItem, Path, Query, Source
from isthmus.org.query.problem import SoqlProblem

LENGTH_MAX: Final = 100_000
"""Characters of a query. Source: Salesforce Developer Limits Quick Reference, SOQL and SOSL Limits."""

_ENDINGS: Final = {
    "FOR": ("VIEW", "REFERENCE", "UPDATE"),
    "UPDATE": ("TRACKING", "VIEWSTAT"),
    "ALL": ("ROWS",),
}
# Words that begin a clause only together with the word after them; alone they may be an alias.
_CLAUSES: Final = {("ORDER", "BY"), *((first, each) for first, then in _ENDINGS.items() for each in then)}
_WITH_WORDS: Final = frozenset({"SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"})
_CATEGORY_OPERATORS: Final = frozenset({"AT", "ABOVE", "BELOW", "ABOVE_OR_BELOW"})


def parse(soql: str, binds: Binds | None = None) -> Query:
    """The tree of a query; `binds` are values for what is written `:name`. Raises SoqlProblem."""
    if not soql.strip():
        raise SoqlProblem("query_missing")
    if len(soql) > LENGTH_MAX:
        raise SoqlProblem("query_too_long", maximum=LENGTH_MAX)
    reader = Reader(soql, binds)
    query = _query(reader)
    if not reader.at_end:
        reader.unexpected()
    return query


def _query(reader: Reader) -> Query:
    start = reader.here
    reader.expect("SELECT")
    select = select_list(reader, _query)
    reader.expect("FROM")
    sources = [_source(reader)]
    while reader.accept(","):
        sources.append(_source(reader))
    clauses = _scope(reader)
    where = condition(reader, _query) if reader.accept("WHERE") else None
    clauses += _with(reader)
    group_by = _group_by(reader)
    having = condition(reader, _query) if group_by is not None and reader.accept("HAVING") else None
    order_by = _order_by(reader)
    limit = reader.integer() if reader.accept("LIMIT") else None
    offset = reader.integer() if reader.accept("OFFSET") else None
    clauses += _endings(reader)
    return Query(
        select, tuple(sources), where, group_by, having, order_by, limit, offset, tuple(clauses), start.at
    )


def _source(reader: Reader) -> Source:
    path = reader.path()
    if reader.accept("AS"):
        return Source(path, reader.name().text)
    if (reader.here.word, reader.then.word) in _CLAUSES:
        return Source(path, None)
    if reader.here.word == "OFFSET" and reader.then.marker is not None:
        return Source(path, None)
    return Source(path, alias(reader))


def _scope(reader: Reader) -> list[Clause]:
    start = reader.here
    if not reader.accept("USING"):
        return []
    reader.expect("SCOPE")
    return [Clause("USING SCOPE", start.at, reader.name().text)]


def _with(reader: Reader) -> list[Clause]:
    """The forms of WITH: a mode, data categories, `name = value`, `name(…)`."""
    start = reader.here
    if not reader.accept("WITH"):
        return []
    if reader.here.word in _WITH_WORDS:
        return [Clause(f"WITH {reader.take().word}", start.at)]
    if reader.accept("DATA", "CATEGORY"):
        _category(reader)
        while reader.accept("AND"):
            _category(reader)
        return [Clause("WITH DATA CATEGORY", start.at)]
    name = reader.name().text
    if reader.accept("="):
        value(reader)
    else:
        _in_parentheses(reader)
    return [Clause("WITH", start.at, name)]


def _category(reader: Reader) -> None:
    """`Geography__c ABOVE_OR_BELOW (usa__c, uk__c)`. Source: SOQL and SOSL Reference, WITH DATA CATEGORY."""
    reader.name()
    if reader.here.word not in _CATEGORY_OPERATORS:
        reader.unexpected()
    reader.take()
    if not reader.accept("("):
        reader.name()
        return
    reader.name()
    while reader.accept(","):
        reader.name()
    reader.expect(")")


def _in_parentheses(reader: Reader) -> None:
    reader.expect("(")
    while not reader.sees(")"):
        if reader.at_end or reader.sees("("):
            reader.unexpected()
        reader.take()
    reader.take()


def _group_by(reader: Reader) -> GroupBy | None:
    start = reader.here
    if not reader.accept("GROUP", "BY"):
        return None
    kind = reader.here.word
    if kind in ("ROLLUP", "CUBE") and reader.then.text == "(":
        reader.take()
        reader.take()
        grouped = _expressions(reader)
        reader.expect(")")
        return GroupBy(kind, grouped, start.at)
    return GroupBy("PLAIN", _expressions(reader), start.at)


def _expressions(reader: Reader) -> tuple[Expression, ...]:
    found: list[Expression] = [expression(reader)]
    while reader.accept(","):
        found.append(expression(reader))
    return tuple(found)


def _order_by(reader: Reader) -> tuple[OrderItem, ...]:
    if not reader.accept("ORDER", "BY"):
        return ()
    items = [_order_item(reader)]
    while reader.accept(","):
        items.append(_order_item(reader))
    return tuple(items)


def _order_item(reader: Reader) -> OrderItem:
    start = reader.here
    ordered: Path | Expression = expression(reader)
    descending = reader.accept("DESC")
    if not descending:
        reader.accept("ASC")
    nulls_first = None
    if reader.accept("NULLS"):
        nulls_first = reader.accept("FIRST")
        if not nulls_first:
            reader.expect("LAST")
    return OrderItem(ordered, descending, nulls_first, start.at)


def _endings(reader: Reader) -> list[Clause]:
    """FOR, UPDATE and ALL ROWS, in whatever number they come."""
    clauses: list[Clause] = []
    while (reader.here.word, reader.then.word) in _CLAUSES and reader.here.word in _ENDINGS:
        first = reader.take()
        clauses.append(Clause(f"{first.word} {reader.take().word}", first.at))
        while reader.accept(","):
            reader.accept(first.word)
            at = reader.here.at
            if reader.here.word not in _ENDINGS[first.word]:
                reader.unexpected()
            clauses.append(Clause(f"{first.word} {reader.take().word}", at))
    return clauses


def subquery(reader: Reader) -> Query:
    """Parse the query of a semi-join in another text than a query's own. Raises SoqlProblem."""
    return _query(reader)


def order_by(reader: Reader) -> tuple[OrderItem, ...]:
    """Parse an ORDER BY, if one follows. Raises SoqlProblem."""
    return _order_by(reader)
