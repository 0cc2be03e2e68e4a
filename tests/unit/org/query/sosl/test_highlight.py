"""Which words of a text are marked?"""

import pytest

from isthmus.org.query.sosl.find_clause import parse_text
from isthmus.org.query.sosl.highlight import marks
from isthmus.org.search.expression import Phrase, phrases


@pytest.mark.parametrize(
    ("sought", "text", "marked"),
    [
        ("acme", "Acme Labs, acme", "<mark>Acme</mark> Labs, <mark>acme</mark>"),
        ("labs acme", "Acme Labs", "<mark>Acme</mark> <mark>Labs</mark>"),
        ('"labs acme"', "Acme Labs", "Acme Labs"),
        ('"san francisco"', "San Francisco, san", "<mark>San</mark> <mark>Francisco</mark>, san"),
        ("salesforce", "Salesforce.com", "<mark>Salesforce</mark>.com"),
        ("muller", "Müller & Söhne", "<mark>Müller</mark> & Söhne"),
        ("cafe", "Cafe\u0301 Noir", "<mark>Cafe\u0301</mark> Noir"),
        ("blue", "blue12 deep", "<mark>blue12</mark> deep"),
        ("京都", "東京都", "東<mark>京</mark><mark>都</mark>"),
        ("zzz", "", ""),
    ],
)
def test_words_are_marked_where_they_stand(sought: str, text: str, marked: str) -> None:
    expression = parse_text(sought)
    assert expression is not None
    found: list[Phrase] = list(phrases(expression))
    assert marks(text, found) == marked
