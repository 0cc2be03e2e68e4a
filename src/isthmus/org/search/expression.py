"""Expression: what is looked for, as a tree of phrases.

A phrase is a row of words, each of which may hold wildcards; a single word is a phrase of one. Source: SOQL
and SOSL Reference, FIND {SearchQuery}.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from isthmus.org.search.words import ANY_CHARACTERS, ONE_CHARACTER, is_unspaced, runs_of

_WILD: Final = re.compile(f"[{ANY_CHARACTERS}{ONE_CHARACTER}]")
_LEADING: Final = ANY_CHARACTERS + ONE_CHARACTER


@dataclass(frozen=True, slots=True)
class Pattern:
    """A word, or, with wildcards, what begins with `start` and matches `whole`; of so many `letters`."""

    start: str
    letters: int
    whole: "re.Pattern[str] | None" = None

    def matches(self, word: str) -> bool:
        return word == self.start if self.whole is None else self.whole.fullmatch(word) is not None


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one after the other in one field."""

    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Every:
    """All of them are found in the record. `implied`: nothing stood between them."""

    parts: "tuple[Expression, ...]"
    implied: bool = False


@dataclass(frozen=True, slots=True)
class Either:
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Without:
    """What is not found. It only stands in an `Every`, beside something that is."""

    part: "Expression"


Expression: TypeAlias = Phrase | Every | Either | Without


def phrase_of(text: str, *, open_end: bool = False) -> Phrase | None:
    """The phrase of a text, in which wildcards are `ANY_CHARACTERS` and `ONE_CHARACTER`; None: there is no
    word in it. A wildcard that a word begins with counts for nothing. `open_end`: the last word is the
    beginning of one.
    """
    runs = [run for each in runs_of(text) if (run := each.lstrip(_LEADING))]
    if not runs:
        return None
    if open_end and not is_unspaced(runs[-1]):
        runs[-1] += ANY_CHARACTERS
    return Phrase(tuple(map(_pattern, runs)))


def phrases(expression: Expression) -> Iterator[Phrase]:
    """Every phrase in an expression, from left to right."""
    match expression:
        case Phrase():
            yield expression
        case Without():
            yield from phrases(expression.part)
        case Every() | Either():
            for part in expression.parts:
                yield from phrases(part)


def loosened(expression: Expression) -> Expression:
    """The expression with OR where nothing stood between words."""
    match expression:
        case Phrase():
            return expression
        case Without():
            return Without(loosened(expression.part))
        case Either():
            return Either(tuple(map(loosened, expression.parts)))
        case Every():
            parts = tuple(map(loosened, expression.parts))
            hidden = any(isinstance(each, Without) for each in parts)
            return Either(parts) if expression.implied and not hidden else Every(parts)


def is_long_enough(phrase: Phrase) -> bool:
    """Whether a phrase has a word of two characters, or a character that is a word by itself."""
    return any(each.letters > 1 or is_unspaced(each.start) for each in phrase.patterns)


def _pattern(run: str) -> Pattern:
    wild = _WILD.search(run)
    if wild is None:
        return Pattern(run, len(run))
    first, *others = map(_piece, run.split(ANY_CHARACTERS))
    whole = first
    if others:  # a piece that was found is not looked for again further on: that could take very long
        whole += "".join(f"(?>.*?{each})" for each in others[:-1]) + f".*{others[-1]}"
    letters = len(run) - len(_WILD.findall(run))
    return Pattern(run[: wild.start()], letters, re.compile(whole, re.DOTALL))


def _piece(text: str) -> str:
    """The expression for a part of a pattern that has no `ANY_CHARACTERS`."""
    return re.escape(text).replace(ONE_CHARACTER, ".")
