"""Drawing: what a search looks for, as a line of text."""

from isthmus.org.search.expression import Either, Every, Expression, Pattern, Phrase
from isthmus.org.search.words import ANY_CHARACTERS, ONE_CHARACTER


def drawn(expression: Expression | None) -> str:
    """`(a & b | !c)`; words of a phrase have `.` between them, wildcards `*` after what is before them."""
    match expression:
        case None:
            return "nothing"
        case Phrase():
            return ".".join(map(_word, expression.patterns))
        case Every():
            return f"({(' ' if expression.implied else ' & ').join(map(drawn, expression.parts))})"
        case Either():
            return f"({' | '.join(map(drawn, expression.parts))})"
        case _:
            return f"!{drawn(expression.part)}"


def _word(pattern: Pattern) -> str:
    return pattern.start if pattern.whole is None else f"{pattern.start}*"


def marked(text: str) -> str:
    """A text with the marks of wildcards for `*` and `?`."""
    return text.replace("*", ANY_CHARACTERS).replace("?", ONE_CHARACTER)
