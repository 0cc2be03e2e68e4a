"""XML from others: what is read, what is refused, and where the fault is said to be."""

import sys
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, TypeAlias, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isthmus.wire.xml import MalformedXml, parse_xml

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>
<lolz a="&lol2;">&lol2;</lolz>"""
TraceFunction: TypeAlias = Callable[[FrameType, str, Any], Any]
EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


def test_elements_know_their_line() -> None:
    root = parse_xml(b"<?xml version='1.0' encoding='UTF-8'?>\n<a>\n <!-- c --><b>\n  <c>x</c></b></a>")
    assert [each.tag for each in root.iter()] == ["a", "b", "c"]
    assert [cast(int, each.sourceline) for each in root.iter()] == [2, 3, 4]


def test_comments_and_instructions_leave_the_text_whole() -> None:
    root = parse_xml(b"<!-- <!DOCTYPE no> --><?go on?><a>one<!-- two -->three<?four?></a>")
    assert "".join(str(text) for text in root.itertext()) == "onethree"


def test_a_doctype_in_text_is_text() -> None:
    assert parse_xml(b"<a><![CDATA[<!DOCTYPE html>]]></a>").text == "<!DOCTYPE html>"


@pytest.mark.parametrize(
    "document",
    [
        BOMB,
        EXTERNAL,
        b"<!doctype a><a/>",
        b"\xef\xbb\xbf<!-- c --> <?p?>\n<!DOCTYPE a><a/>",
        BOMB.decode().encode("utf-16"),
    ],
    ids=["bomb", "external", "lower case", "after comments", "utf-16"],
)
def test_a_document_type_is_refused(document: bytes) -> None:
    with pytest.raises(MalformedXml, match="document type"):
        parse_xml(document)


@pytest.mark.parametrize(
    ("document", "line", "column", "says"),
    [
        (b"", 1, 1, "empty"),
        (b"<a>\n<b>\n</a>", 3, 5, "tag mismatch"),
        (b"<a>\n&nope;</a>", 2, 7, "nope"),
        (b"<a>\n<b></b>", 2, 8, "Premature end"),
        (b"<a/>\n<b/>", 2, 1, "Extra content"),
        (b"{}", 1, 1, "Start tag expected"),
        (b"<a>\xff\xfe</a>", 1, 4, "encoding"),
        (b"<p:a/>", 1, 5, "Namespace prefix p"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(document: bytes, line: int, column: int, says: str) -> None:
    with pytest.raises(MalformedXml) as caught:
        parse_xml(document)
    assert says in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("mark", ["utf-16", "utf-8-sig"])
def test_byte_order_marks(mark: str) -> None:
    document = '<?xml version="1.0" encoding="UTF-8"?><a>é</a>'.encode(mark)
    assert parse_xml(document).text == "é"


def test_encodings() -> None:
    assert parse_xml('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1")).text == "é"
    for refused in ("UTF-7", "EBCDIC-CP-US"):
        with pytest.raises(MalformedXml, match="encoding"):
            parse_xml(f'<?xml version="1.0" encoding="{refused}"?><a/>'.encode())
    for marked in ("utf-16-le", "utf-32"):
        with pytest.raises(MalformedXml):
            parse_xml("<a/>".encode(marked))


def test_limits() -> None:
    with pytest.raises(MalformedXml, match="bytes"):
        parse_xml(b"<a>" + b"x" * 100 + b"</a>", limit=100)
    with pytest.raises(MalformedXml):
        parse_xml(b"<a>" * 300 + b"</a>" * 300)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_malformed(data: bytes) -> None:
    try:
        parse_xml(data)
    except MalformedXml:
        return


@pytest.mark.parametrize("filler", [b" ", b"\n", b"<!---->", b"<?a?>", b"<!-- "])
def test_what_stands_before_the_root_is_not_walked_in_python(filler: bytes) -> None:
    """Python takes a hundred times as long as the parser: 50 MB of spaces would keep the org for seconds."""
    document = filler * (100_000 // len(filler)) + b"<a/>"
    assert lines_run(lambda: refused(document)) < 1_000


def refused(document: bytes) -> None:
    with suppress(MalformedXml):
        parse_xml(document)


def lines_run(work: Callable[[], None]) -> int:
    """How many lines of Python `work` runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count
