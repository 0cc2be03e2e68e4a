"""Texts: templates with `{!…}` in them, and the formulas that are run: references and texts, joined.

Source: Salesforce Help, Flow Resources: Text Template, Formula.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from isthmus.org.automation.flow.elements import Expression
from isthmus.org.automation.flow.interview import Interview
from isthmus.org.automation.flow.kinds import Kind, Value, converter, display, formula_text
from isthmus.org.automation.flow.problem import broken, not_run
from isthmus.org.automation.flow.references import NOW, SESSION_ID, TODAY

Resolve: TypeAlias = Callable[[str], Expression]

FORMULA_MAX: Final = 3_900
"""Characters. Source: Salesforce Help, Formula Field Limits and Restrictions."""

_MERGE: Final = re.compile(r"\{!([^{}]*)\}")
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<merge>\{![^{}]*\})|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<number>\d+(?:\.\d+)?|\.\d+)|(?P<call>[A-Za-z]+)\s*\(|(?P<word>[A-Za-z]+)|(?P<mark>[&)]))"""
)
_ESCAPED: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}
_WORDS: Final = {"true": (Kind.BOOLEAN, 1), "false": (Kind.BOOLEAN, 0), "null": (Kind.TEXT, None)}
_CALLS: Final = {"now": NOW, "today": TODAY, "getsessionid": SESSION_ID}


def constant(kind: Kind, value: Value) -> Expression:
    return Expression(kind, lambda interview: value)


def template(text: str, resolve: Resolve) -> Expression:
    """A text, with the values of what it refers to put in. Raises FlowProblem."""
    pieces = _MERGE.split(text)
    if len(pieces) == 1:
        return constant(Kind.TEXT, text.rstrip() or None)
    parts: list[str | Expression] = []
    for place, piece in enumerate(pieces):
        parts.append(resolve(piece.strip()) if place % 2 else piece)

    def value(interview: Interview) -> str | None:
        zone = interview.batch.unit.principal.time_zone
        shown = (
            each if isinstance(each, str) else display(each.kind, each.of(interview), zone) for each in parts
        )
        return "".join(shown).rstrip() or None

    return Expression(Kind.TEXT, value)


def formula(text: str, resolve: Resolve) -> Expression:
    """A reference, a literal, NOW(), TODAY(), GETSESSIONID(), TEXT(…), or several of them joined by `&`.

    Raises FlowProblem; a formula that has more to it is not run.
    """
    if len(text) > FORMULA_MAX:
        raise broken(f"the formula is too long ({len(text):,} characters). Maximum length is {FORMULA_MAX:,}")
    tokens = _tokens(text)
    terms: list[Expression] = []
    while True:
        terms.append(_term(tokens, resolve))
        if not tokens:
            break
        if tokens.pop(0) != ("mark", "&"):
            raise _too_much()
    return terms[0] if len(terms) == 1 else _joined(terms)


def convert(expression: Expression, target: Kind) -> Expression:
    """The expression as one of another kind. Raises FlowProblem where the two don't go together."""
    change = converter(expression.kind, target)
    if change is None:
        raise broken(f"a {expression.kind.value} value can't be used where a {target.value} is needed")
    if expression.kind is target:
        return expression
    made = change

    def value(interview: Interview) -> Value:
        return made(expression.of(interview), interview.batch.unit.principal.time_zone)

    return Expression(target, value)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise _too_much()
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    if not tokens:
        raise broken("the formula is empty")
    return tokens


def _too_much() -> Exception:
    return not_run("formulas beyond references, texts and their joining are not calculated")


def _term(tokens: list[tuple[str, str]], resolve: Resolve) -> Expression:
    group, text = tokens.pop(0) if tokens else ("", "")
    match group:
        case "merge":
            return resolve(text[2:-1].strip())
        case "text":
            plain = _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])
            return constant(Kind.TEXT, plain or None)
        case "number":
            return constant(Kind.NUMBER, float(text))
        case "word" if text.lower() in _WORDS:
            return constant(*_WORDS[text.lower()])
        case "call" if text.lower() == "text":
            inner = _term(tokens, resolve)
            _close(tokens)
            return _as_text(inner)
        case "call" if text.lower() in _CALLS:
            _close(tokens)
            return _CALLS[text.lower()]
    raise _too_much()


def _close(tokens: list[tuple[str, str]]) -> None:
    if not tokens or tokens.pop(0) != ("mark", ")"):
        raise _too_much()


def _as_text(inner: Expression) -> Expression:
    return Expression(Kind.TEXT, lambda interview: formula_text(inner.kind, inner.of(interview)) or None)


def _joined(terms: Sequence[Expression]) -> Expression:
    for each in terms:
        if each.kind is not Kind.TEXT:
            received = each.kind.value.title()
            raise broken(f"Incorrect parameter type for operator '&'. Expected Text, received {received}")
    return Expression(
        Kind.TEXT, lambda interview: "".join(each.of(interview) or "" for each in terms).rstrip() or None
    )
