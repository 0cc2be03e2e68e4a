"""Reader: walks over a query's tokens, and says what was unexpected."""

import re
from typing import Final, NoReturn

from isthmus.org.query.parser.binds import Binds
from isthmus.org.query.parser.syntax import Literal, Path
from isthmus.org.query.parser.tokens import INTEGER, RUN, UNCLOSED_TEXT, ZONELESS, Token, scan
from isthmus.org.query.problem import SoqlProblem, position

NESTING_MAX: Final = 100
"""Parentheses within parentheses; the platform says only that such a query is too complicated."""

# Characters the platform's lexer knows, though none of its rules may use them.
_LEXED: Final = re.compile(r"[\w@*;/&%?\[\].+\-:=<>(),!]", re.ASCII)


class Reader:
    """The tokens of one text, and a place among them."""

    def __init__(self, soql: str, binds: Binds | None = None) -> None:
        self.soql = soql
        self._tokens = scan(soql, binds)
        self._tokens.append(Token("", "", len(soql)))
        self._place = 0
        self._depth = 0

    @property
    def here(self) -> Token:
        """The next token; at the end one with an empty text."""
        return self._tokens[self._place]

    @property
    def then(self) -> Token:
        """The token after the next."""
        return self._tokens[min(self._place + 1, len(self._tokens) - 1)]

    @property
    def at_end(self) -> bool:
        return self._place == len(self._tokens) - 1

    def take(self) -> Token:
        token = self.here
        if not self.at_end:
            self._place += 1
        return token

    def sees(self, *words: str) -> bool:
        """Whether the next tokens are these keywords or signs."""
        ahead = self._tokens[self._place : self._place + len(words)]
        return tuple(token.word for token in ahead) == words

    def accept(self, *words: str) -> bool:
        """Take the next tokens if they are these."""
        if not self.sees(*words):
            return False
        self._place += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Take the next tokens; each must be the next of `words`. Raises SoqlProblem."""
        for word in words:
            if not self.accept(word):
                self.unexpected()

    def name(self) -> Token:
        """Take a name without dots. Raises SoqlProblem."""
        if not self.here.is_name or "." in self.here.text:
            self.unexpected()
        return self.take()

    def path(self) -> Path:
        """Take a name or a path of names. Raises SoqlProblem."""
        token = self.here
        if not token.is_name:
            self.unexpected()
        self.take()
        names = token.text.split(".")
        while self.sees(".") and self.then.is_name:  # blanks around a dot
            self.take()
            names += self.take().text.split(".")
        return Path(tuple(names), token.at)

    def literal(self) -> Literal:
        """Take a literal; of a run, all of it. Raises SoqlProblem."""
        token = self.here
        if token.marker is None:
            self.unexpected()
        self._refuse_broken(token)
        self.take()
        run = token.marker.endswith(RUN)
        if run:
            while self.then.slot == token.slot and self.sees(","):
                self.take()
                self.take()
        return Literal(token.marker.removesuffix(RUN), token.slot, token.at, run)

    def integer(self) -> Literal:
        """Take a whole number without a sign. Raises SoqlProblem."""
        if self.here.marker != INTEGER:
            self.unexpected()
        return self.literal()

    def deeper(self) -> None:
        """Note that something nests. Raises SoqlProblem where it does so too deeply."""
        self._depth += 1
        if self._depth > NESTING_MAX:
            raise SoqlProblem("query_too_complicated")

    def shallower(self) -> None:
        self._depth -= 1

    def unexpected(self) -> NoReturn:
        """Raise the problem that the next token is none that may stand here."""
        token = self.here
        if self.at_end:
            raise SoqlProblem("unexpected_token", token="<EOF>")
        self._refuse_broken(token)
        at = None if self._place == 0 else token.at
        raise SoqlProblem("unexpected_token", at, token=f"'{token.text}'")

    def _refuse_broken(self, token: Token) -> None:
        """Raise what the platform's lexer, rather than its parser, refuses.

        There the column counts from 0, and the caret stands one to the left, as published messages show.
        """
        if token.marker is not None and token.marker.removesuffix(RUN) == UNCLOSED_TEXT:
            self._refuse_character("unclosed_text", len(self.soql))
        if token.marker is not None and token.marker.removesuffix(RUN) == ZONELESS:
            self._refuse_character("datetime_without_zone", token.at + len(token.text))
        if token.marker is None and not _LEXED.match(token.text):
            self._refuse_character("unexpected_character", token.at)

    def _refuse_character(self, problem: str, at: int) -> NoReturn:
        row, column = position(self.soql, at)
        raise SoqlProblem(
            problem,
            max(at - 1, 0),
            row=row,
            column=column - 1,
            character=self.soql[at : at + 1] or "<EOF>",
        )
