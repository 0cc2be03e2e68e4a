"""Unsupported: what the grammar knows and the engine does not run yet is refused in so many words."""

from typing import Final

from isthmus.org.query.parser.syntax import Query
from isthmus.org.query.problem import SoqlProblem

_DEFAULT_SCOPE: Final = "USING SCOPE EVERYTHING"


def refuse_unsupported(query: Query) -> None:
    """Raises SoqlProblem where the query has a clause that is not run here."""
    for clause in query.clauses:
        if clause.words == "ALL ROWS":
            raise SoqlProblem("all_rows_not_allowed", clause.at)
        if clause.words.upper() != _DEFAULT_SCOPE:
            raise unsupported(clause.words, clause.at)


def unsupported(feature: str, at: int) -> SoqlProblem:
    """The problem that a feature is not supported here, to be raised."""
    return SoqlProblem("query_feature_unsupported", at, feature=feature)
