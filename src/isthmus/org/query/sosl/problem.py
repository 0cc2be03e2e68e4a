"""Problem: what is wrong with a search, said as it is of queries, under the code of searches."""

from isthmus.kernel.errors import Fault, fault
from isthmus.org.query.problem import SoqlProblem, as_fault, position

_OF_QUERIES = "MALFORMED_QUERY"


def as_search_fault(text: str, problem: SoqlProblem) -> Fault:
    """The request's fault, which points at the place in the text where there is one."""
    found = as_fault(text, problem)
    if found.code != _OF_QUERIES:
        return found
    return fault("search_malformed", reason=found.message, position=found.position)


def unexpected_character(text: str, at: int, expected: str) -> SoqlProblem:
    """The problem that a character, or the end of the text, is none that may stand there, to be raised.

    The column counts from 0, and the caret stands one to the left, as recorded answers show.
    """
    row, column = position(text, at)
    return SoqlProblem(
        "search_character_unexpected",
        max(at - 1, 0),
        row=row,
        column=column - 1,
        character=text[at : at + 1] or "<EOF>",
        expected=expected,
    )


def unsupported(feature: str, at: int | None = None) -> SoqlProblem:
    """The problem that something is not supported here, to be raised."""
    return SoqlProblem("search_feature_unsupported", at, feature=feature)
