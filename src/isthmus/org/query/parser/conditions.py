"""Conditions: what stands after WHERE and HAVING.

    condition := [NOT] term {(AND | OR) term}        AND and OR do not mix without parentheses
    term      := '(' condition ')' | expression operator value | expression [NOT] IN (values | query)
               | expression INCLUDES | EXCLUDES (values)

Source: SOQL and SOSL Reference, conditionExpression.
"""

from collections.abc import Callable
from typing import Final

from isthmus.org.query.parser.expressions import expression, value, values
from isthmus.org.query.parser.reader import Reader
from isthmus.org.query.parser.syntax import (
    And,
    Comparison,
    Condition,
    Expression,
    Membership,
    Not,
    Or,
    Query,
    SemiJoin,
    SetComparison,
)
from isthmus.org.query.parser.tokens import Token
from isthmus.org.query.problem import SoqlProblem

OPERATORS: Final = {word: word for word in ("=", "!=", "<", "<=", ">", ">=", "LIKE")} | {"<>": "!="}
SETS: Final = {"INCLUDES": False, "EXCLUDES": True}


def condition(reader: Reader, subquery: Callable[[Reader], Query]) -> Condition:
    """Parse a condition; `subquery` parses the query of a semi-join. Raises SoqlProblem."""
    start = reader.here
    first = _negatable(reader, subquery)
    terms = [first]
    word = reader.here.word
    if word not in ("AND", "OR"):
        return first
    while reader.accept(word):
        terms.append(_negatable(reader, subquery))
    if reader.sees("AND") or reader.sees("OR"):
        reader.unexpected()
    return (And if word == "AND" else Or)(tuple(terms), start.at)


def _negatable(reader: Reader, subquery: Callable[[Reader], Query]) -> Condition:
    start = reader.here
    if reader.accept("NOT"):
        return Not(_term(reader, subquery), start.at)
    return _term(reader, subquery)


def _term(reader: Reader, subquery: Callable[[Reader], Query]) -> Condition:
    if not reader.accept("("):
        return _test(reader, subquery)
    reader.deeper()
    inside = condition(reader, subquery)
    reader.expect(")")
    reader.shallower()
    return inside


def _test(reader: Reader, subquery: Callable[[Reader], Query]) -> Condition:
    start = reader.here
    left = expression(reader)
    token = reader.here
    if token.word in OPERATORS:
        reader.take()
        if token.word == "LIKE" and reader.sees("NULL"):
            reader.unexpected()
        return Comparison(left, OPERATORS[token.word], value(reader), start.at)
    if token.word in SETS:
        reader.take()
        return SetComparison(left, SETS[token.word], values(reader), start.at)
    negated = reader.accept("NOT", "IN")
    if not negated:
        reader.expect("IN")
    return _membership(reader, subquery, left, negated, start)


def _membership(
    reader: Reader, subquery: Callable[[Reader], Query], left: Expression, negated: bool, start: Token
) -> Condition:
    if reader.sees("(") and reader.then.word == "SELECT":
        reader.take()
        reader.deeper()
        inside = subquery(reader)
        reader.shallower()
        reader.expect(")")
        return SemiJoin(left, negated, inside, start.at)
    if reader.sees("(", ")"):
        said = f"'{left} {'NOT IN' if negated else 'IN'} ()'"
        raise SoqlProblem("unexpected_token", start.at, token=said)
    return Membership(left, negated, values(reader), start.at)
