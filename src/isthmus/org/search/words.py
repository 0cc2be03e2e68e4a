"""Words: how text is cut up, that of records and that of searches alike.

Text is split at spaces and punctuation; a run of letters and digits is also found by its letters and its
digits (`blue12` by `blue` and by `12`). Case and accents make no difference. Chinese, Japanese, Korean and
Thai are written without spaces: each of their characters is a word. Every word has a place, so that phrases
can be told: the ways to write the word at a place stand together.

>>> words_of("Müller & blue12")
[('muller',), ('blue12', 'blue', '12')]

Source: SOQL and SOSL Reference, FIND {SearchQuery}; Salesforce Answers blog, "Inside Search: Make Your Search
Terms Work for You" (tokenization). Decision: docs/decisions/0164-words-of-a-search.md.
"""

import re
import unicodedata
from html import unescape
from typing import Final, TypeAlias

Place: TypeAlias = tuple[str, ...]
"""The words that stand at one place of a text."""

ANY_CHARACTERS: Final = "\ue000"
"""`*` in a search: any number of characters."""
ONE_CHARACTER: Final = "\ue001"
"""`?` in a search: exactly one character."""

WORD_MAX: Final = 100
"""Longer words are cut off."""
_UNSPACED_CHARACTERS: Final = (
    "\u0e00-\u0e7f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_UNSPACED: Final = re.compile(f"[{_UNSPACED_CHARACTERS}]")
_RUNS: Final = re.compile(f"[{_UNSPACED_CHARACTERS}]|(?:[^\\W_{_UNSPACED_CHARACTERS}]|[\ue000\ue001])+")
_WRITTEN_RUNS: Final = re.compile(
    f"[{_UNSPACED_CHARACTERS}]|[^\\W_{_UNSPACED_CHARACTERS}](?:[^\\W_{_UNSPACED_CHARACTERS}]|[\u0300-\u036f])*"
)
_ASCII_RUNS: Final = re.compile("[a-z0-9]+")
_PARTS: Final = re.compile(r"\d+|\D+")
_DIGITS: Final = re.compile(r"\d+")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_LETTERS: Final = str.maketrans(
    {
        "\u0142": "l",
        "\u00f8": "o",
        "\u0111": "d",
        "\u0127": "h",
        "\u0131": "i",
        "\u00e6": "ae",
        "\u0153": "oe",
    }
)
"""Letters that Unicode does not take apart: ł, ø, đ, ħ, ı, æ, œ."""
_TAGS: Final = re.compile("<[^>]*>")


def folded(text: str) -> str:
    """The text without what makes no difference: case, accents, the width of characters.

    >>> folded("Éclair") == folded("ECLAIR") == "eclair"
    True
    >>> folded("Łukasz Øre")
    'lukasz ore'
    """
    if text.isascii():
        return text.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFC", bare.translate(_LETTERS))


def runs_of(text: str) -> list[str]:
    """The words of a text in their order, each whole."""
    text = folded(text)
    runs: list[str] = (_ASCII_RUNS if text.isascii() else _RUNS).findall(text)
    return [each[:WORD_MAX] for each in runs] if any(len(each) > WORD_MAX for each in runs) else runs


def spans_of(text: str) -> list[tuple[int, int]]:
    """Where the words of a text as it is written begin and end."""
    return [each.span() for each in _WRITTEN_RUNS.finditer(text)]


def words_of(text: str) -> list[Place]:
    """The places of a text."""
    return [_parted(each) for each in runs_of(text)]


def words_of_phone(text: str) -> list[Place]:
    """The places of a phone number: from each group of its digits on, the rest is a word as well.

    >>> words_of_phone("(415) 555-1212")
    [('415', '4155551212'), ('555', '5551212'), ('1212',)]
    """
    places = words_of(text)
    rest = ""
    for at in range(len(places) - 1, -1, -1):
        digits = "".join(_DIGITS.findall(places[at][0]))
        rest = digits + rest
        if digits and rest not in places[at]:
            places[at] = (*places[at], rest)
    return places


def words_of_number(text: str) -> list[Place]:
    """The places of an auto-number, which is found without its leading zeros, too.

    >>> words_of_number("00001026")
    [('00001026', '1026')]
    """
    return [tuple(dict.fromkeys((*place, *map(_unpadded, place)))) for place in words_of(text)]


def words_of_html(text: str) -> list[Place]:
    """The places of a rich text, without its tags."""
    return words_of(unescape(_TAGS.sub(" ", text)))


def is_unspaced(word: str) -> bool:
    """Whether a word is a character of a script that is written without spaces."""
    return _UNSPACED.fullmatch(word) is not None


def _parted(run: str) -> Place:
    if run.isalpha() or run.isdecimal():
        return (run,)
    parts = _PARTS.findall(run)
    return (run,) if len(parts) < 2 else tuple(dict.fromkeys((run, *parts)))


def _unpadded(word: str) -> str:
    return word.lstrip("0") or "0" if word.isdecimal() else word
