"""Unsupported: what the grammar knows and the engine does not run yet is refused in so many words."""

from typing import Final

from isthmus.org.query.bound import Mode
from isthmus.org.query.parser.syntax import Query
from isthmus.org.query.problem import SoqlProblem

_DEFAULT_SCOPE: Final = "USING SCOPE EVERYTHING"
_MODES: Final = {f"WITH {each.value}": each for each in Mode}


def refuse_unsupported(query: Query, *, modes: bool = False) -> None:
    """Raises SoqlProblem where the query has a clause that is not run here. `modes`: it may name one."""
    for clause in query.clauses:
        if modes and clause.words in _MODES:
            continue
        if clause.words == "ALL ROWS":
            raise SoqlProblem("all_rows_not_allowed", clause.at)
        if clause.words.upper() != _DEFAULT_SCOPE:
            raise unsupported(clause.words, clause.at)


def mode_of(query: Query) -> Mode | None:
    """The mode that the query names."""
    return next((_MODES[each.words] for each in query.clauses if each.words in _MODES), None)


def unsupported(feature: str, at: int) -> SoqlProblem:
    """The problem that a feature is not supported here, to be raised."""
    return SoqlProblem("query_feature_unsupported", at, feature=feature)
