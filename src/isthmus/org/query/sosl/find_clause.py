"""Find clause: the text between the braces of FIND, as the expression that is looked for.

    either := every {OR every}
    every  := term [[AND] every | AND NOT every]            from right to left; unsaid, it is AND
    term   := '(' either ')' | '"' words '"' | word          a word may hold * and ?

Reserved characters stand behind a backslash, in phrases too. Source: SOQL and SOSL Reference, FIND
{SearchQuery}.
"""

from dataclasses import dataclass
from typing import Final, NoReturn

from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sosl.problem import unexpected_character
from isthmus.org.search.expression import (
    Either,
    Every,
    Expression,
    Phrase,
    Without,
    is_long_enough,
    phrase_of,
    phrases,
)
from isthmus.org.search.words import ANY_CHARACTERS, ONE_CHARACTER

TEXT_MAX: Final = 10_000
"""Characters; a longer text finds nothing. Source: SOQL and SOSL Reference, SearchQuery Character Limits."""
OPERATORS_MAX: Final = 4_000
"""In a longer text there are no operators: its words are joined by OR. Source: as above."""
PARENTHESES_MAX: Final = 10
EXCLUSIONS_MAX: Final = 50
"""AND NOT within AND NOT."""
_WILDCARDS: Final = {"*": ANY_CHARACTERS, "?": ONE_CHARACTER}
_RESERVED: Final = frozenset("&|!{[]^~:'+-")
"""Those that mean nothing by themselves."""
_NOT_TEXT: Final = str.maketrans({ANY_CHARACTERS: " ", ONE_CHARACTER: " "})


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is `word`, `phrase`, a parenthesis, or empty for the end."""

    text: str
    at: int
    kind: str

    @property
    def operator(self) -> str:
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True, slots=True)
class FindClause:
    """`expression` is None where nothing can be found; `end` is the place after the closing brace."""

    expression: Expression | None
    end: int


def parse_find(text: str, start: int) -> FindClause:
    """Parse what follows an opening brace, which stands before `start`. Raises SoqlProblem."""
    tokens = _Scanner(text, start).scan()
    end = tokens[-1].at + 1
    return FindClause(_parse(text[start : end - 1], tokens), end)


def parse_text(text: str) -> Expression | None:
    """The expression of a text without braces, in which reserved characters stand for themselves.

    Raises SoqlProblem.
    """
    return _parse(text, _Scanner(text, 0, lenient=True).scan())


def _parse(inner: str, tokens: list[Token]) -> Expression | None:
    if len(inner) > TEXT_MAX:
        return None
    expression = _any_word(tokens) if len(inner) > OPERATORS_MAX else _Parser(tokens).parse()
    if expression is None or not any(map(is_long_enough, phrases(expression))):
        raise SoqlProblem("search_term_too_short", term=inner)
    return expression


def _any_word(tokens: list[Token]) -> Expression | None:
    found = [_phrase(each) for each in tokens if each.kind in ("word", "phrase")]
    known = tuple(each for each in found if each is not None)
    return Either(known) if known else None


def _phrase(token: Token) -> Phrase | None:
    return phrase_of(token.text)


class _Scanner:
    """Cuts the text into tokens; the last is its end."""

    def __init__(self, text: str, start: int, *, lenient: bool = False) -> None:
        self._text = text
        self._at = start
        self._lenient = lenient

    def scan(self) -> list[Token]:
        tokens: list[Token] = []
        while True:
            tokens.append(self._next())
            if not tokens[-1].kind:
                return tokens

    def _next(self) -> Token:
        text = self._text
        while self._at < len(text) and text[self._at].isspace():
            self._at += 1
        at = self._at
        sign = text[at : at + 1]
        if self._is_end(sign):
            return Token("", at, "")
        if sign in "()":
            self._at += 1
            return Token(sign, at, sign)
        if sign == '"':
            self._at += 1
            phrase = self._run('"')
            if text[self._at : self._at + 1] != '"':
                if not self._lenient:
                    raise unexpected_character(text, self._at, '"')
                return Token(phrase, at, "phrase")
            self._at += 1
            return Token(phrase, at, "phrase")
        return Token(self._run('"()'), at, "word")

    def _is_end(self, sign: str) -> bool:
        if self._lenient:
            return not sign
        if not sign:
            raise unexpected_character(self._text, self._at, "}")
        return sign == "}"

    def _run(self, until: str) -> str:
        """The characters up to one of `until`, an end or, of a word, a space; wildcards are marked."""
        found: list[str] = []
        spaced = until == '"'
        while (sign := self._text[self._at : self._at + 1]) and sign not in until:
            if (sign == "}" and not self._lenient) or (sign.isspace() and not spaced):
                break
            if sign == "\\" and self._at + 1 < len(self._text):
                self._at += 1
                found.append(self._text[self._at].translate(_NOT_TEXT))
            elif sign in _WILDCARDS:
                found.append(_WILDCARDS[sign])
            elif sign in _RESERVED or (sign in "()" and not self._lenient):
                if not self._lenient:
                    raise unexpected_character(self._text, self._at, "}")
                found.append(sign)
            else:
                found.append(sign.translate(_NOT_TEXT))
            self._at += 1
        return "".join(found)


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0
        self._depth = 0
        self._exclusions = 0

    def parse(self) -> Expression | None:
        """The expression of all tokens; None: there is no word in it. Raises SoqlProblem."""
        if not self._here.kind:
            return None
        found = self._either()
        if self._here.kind:
            self._unexpected()
        return found

    @property
    def _here(self) -> Token:
        return self._tokens[self._place]

    def _either(self) -> Expression | None:
        parts = [self._every()]
        while self._here.operator == "OR":
            self._place += 1
            parts.append(self._every())
        known = tuple(each for each in parts if each is not None)
        return Either(known) if len(known) > 1 else next(iter(known), None)

    def _every(self) -> Expression | None:
        """Terms that are joined by AND; what follows an AND NOT, to the end of them, is left out."""
        parts = [self._term()]
        implied = True
        hidden: Expression | None = None
        while self._here.kind not in ("", ")") and self._here.operator != "OR":
            if self._here.operator == "AND":
                self._place += 1
                implied = False
                if self._here.operator == "NOT":
                    self._place += 1
                    self._exclusions += 1
                    if self._exclusions > EXCLUSIONS_MAX:
                        raise SoqlProblem("query_too_complicated")
                    hidden = self._every()
                    break
            parts.append(self._term())
        known = [each for each in parts if each is not None]
        if not known:
            return None
        if hidden is not None:
            return Every((*known, Without(hidden)), implied)
        return Every(tuple(known), implied) if len(known) > 1 else known[0]

    def _term(self) -> Expression | None:
        token = self._here
        if token.kind == "(":
            self._place += 1
            self._depth += 1
            if self._depth > PARENTHESES_MAX:
                raise SoqlProblem("query_too_complicated")
            inside = self._either()
            if self._here.kind != ")":
                self._unexpected()
            self._depth -= 1
            self._place += 1
            return inside
        if token.kind not in ("word", "phrase") or token.operator in ("AND", "OR"):
            self._unexpected()
        self._place += 1
        return _phrase(token)

    def _unexpected(self) -> NoReturn:
        token = self._here
        raise SoqlProblem("unexpected_token", token.at, token=f"'{token.text or '}'}'")
