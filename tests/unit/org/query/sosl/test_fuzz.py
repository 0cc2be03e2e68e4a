"""Is any text a search or a refusal, and does a tree come back from its own text?"""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.org.query.sosl.drawing import drawn

from isthmus.org.query.problem import SoqlProblem
from isthmus.org.query.sosl.find_clause import parse_text
from isthmus.org.query.sosl.grammar import parse
from isthmus.org.query.sosl.problem import as_search_fault

TEXT = (
    "FIND { } IN ALL NAME FIELDS RETURNING Account Contact ( ) , Id Name WHERE = 'x' LIKE ORDER BY LIMIT "
    "OFFSET 5 WITH METADATA 'LABELS' HIGHLIGHT DATA CATEGORY UPDATE TRACKING USING ListView AND OR NOT "
    "joe sm*th ? \\ é 東京 ' \""
)
PIECES = [*TEXT.split(), "\n"]
WORDS = st.sampled_from(["joe", "ann", "acme", "x1", "müller", "sm", "東"])


def check(text: str) -> None:
    """Raises where it is neither."""
    try:
        parse(text)
    except SoqlProblem as problem:
        refused = as_search_fault(text, problem)
    else:
        return
    assert refused.status == 400


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    check(text)
    check(f"FIND {{{text}}}")
    check(f"FIND {{joe}} {text}")


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_row_of_pieces(pieces: list[str]) -> None:
    check(" ".join(pieces))
    check("FIND {joe} " + " ".join(pieces))
    check("FIND {" + " ".join(pieces) + "} RETURNING Account(Id)")


@st.composite
def trees(draw: st.DrawFn, depth: int = 3) -> tuple[str, str]:
    """A text, and how what it looks for is drawn."""
    kind = draw(st.sampled_from(["word", "phrase", "and", "or", "not"])) if depth else "word"
    if kind == "word":
        word = draw(WORDS)
        return word, {"müller": "muller", "x1": "x1"}.get(word, word)
    if kind == "phrase":
        words = draw(st.lists(st.sampled_from(["joe", "ann", "acme"]), min_size=2, max_size=3))
        return f'"{" ".join(words)}"', ".".join(words)
    one, other = draw(trees(depth - 1)), draw(trees(depth - 1))
    sign, written = {"and": (" & ", "AND"), "or": (" | ", "OR"), "not": (" & !", "AND NOT")}[kind]
    return f"({one[0]}) {written} ({other[0]})", f"({one[1]}{sign}{other[1]})"


@given(trees())
def test_a_tree_comes_back_from_its_text(tree: tuple[str, str]) -> None:
    text, expected = tree
    assert drawn(parse_text(f"({text}) AND filler")) == f"({expected} & filler)"
    assert drawn(parse(f"FIND {{({text}) AND filler}}").expression) == f"({expected} & filler)"
