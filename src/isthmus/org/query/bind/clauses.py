"""Binding clauses: what they mean of an object, and where they may stand.

Source: SOQL and SOSL Reference, USING SCOPE, WITH, FOR VIEW and FOR REFERENCE, FOR UPDATE, UPDATE TRACKING,
UPDATE VIEWSTAT; Apex Developer Guide, Locking Statements, Querying All Records with a SOQL Statement.
"""

from dataclasses import replace
from typing import Final

from isthmus.org.query.bind.grouping import is_grouped
from isthmus.org.query.bound import Clauses, Mode
from isthmus.org.query.parser.syntax import Clause, CountAll, Query
from isthmus.org.query.problem import SoqlProblem
from isthmus.org.schema.model import Schema, SObjectType
from isthmus.org.schema.scopes import EVERYTHING, scopes_of

_MODES: Final = {f"WITH {each.value}": each for each in Mode}
_LOCK: Final = "FOR UPDATE"
_OF_ARTICLES: Final = frozenset({"UPDATE TRACKING", "UPDATE VIEWSTAT", "WITH DATA CATEGORY"})


def clauses_of(
    query: Query, schema: Schema, sobject: SObjectType, *, whole: bool = True, within: bool = False
) -> Clauses:
    """What the query's clauses say of its object. Raises SoqlProblem.

    `whole`: it stands in no other query. `within`: it is asked within a transaction.
    """
    found = Clauses()
    for clause in query.clauses:
        if clause.words == "USING SCOPE":
            found = replace(found, scope=_scope(clause, schema, sobject))
        elif clause.words in _OF_ARTICLES:
            raise SoqlProblem("clause_not_for_object", clause.at, clause=clause.words, sobject=sobject.name)
        elif clause.words == "WITH":
            named = f"WITH {clause.argument}"
            raise SoqlProblem("clause_not_for_object", clause.at, clause=named, sobject=sobject.name)
        elif not whole:
            raise _not_allowed(clause)
        else:
            found = _of_whole(found, clause, within)
    if found.locks:
        _check_lock(query)
    return found


def _of_whole(found: Clauses, clause: Clause, within: bool) -> Clauses:
    match clause.words:
        case "FOR VIEW":
            return replace(found, views=True)
        case "FOR REFERENCE":
            return replace(found, references=True)
        case _ if not within:
            raise _not_allowed(clause)
        case "FOR UPDATE":
            return replace(found, locks=True)
        case "ALL ROWS":
            return replace(found, all_rows=True)
        case words:
            return replace(found, mode=_MODES[words])


def _scope(clause: Clause, schema: Schema, sobject: SObjectType) -> str | None:
    """The scope's name as describes have it. Every object has that of everything."""
    wanted = clause.argument.lower()
    if wanted == EVERYTHING:
        return None
    for name, _ in scopes_of(schema, sobject):
        if name.lower() == wanted:
            return name
    raise SoqlProblem("query_scope_unsupported", clause.at, scope=clause.argument, sobject=sobject.name)


def _check_lock(query: Query) -> None:
    """Source: Apex Developer Guide, Locking Statements."""
    what = None
    if query.order_by:
        what = "ORDER BY"
    elif isinstance(query.select[0], CountAll) or is_grouped(query):
        what = "An aggregate"
    if what is not None:
        at = next(each.at for each in query.clauses if each.words == _LOCK)
        raise SoqlProblem("not_with_lock", at, what=what)


def _not_allowed(clause: Clause) -> SoqlProblem:
    return SoqlProblem("clause_not_allowed", clause.at, clause=clause.words.removeprefix("WITH "))
