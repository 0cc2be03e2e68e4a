"""XML from others, parsed without entities, network and document type, within limits; and our own, written.

A document type is refused before the parser sees the document, for with it come entities that grow and
addresses that are fetched. That needs an encoding we can look into, so that too is one of a short list. What
the parser allows at most is libxml2's own limit: 256 levels, 10 million characters in one text.
"""

import re
from typing import Final

from lxml import etree

MEGABYTE: Final = 1 << 20
_ENCODINGS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"})
_DECLARED_ENCODING: Final = re.compile(
    rb"""^<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']"""
)
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_WHERE: Final = re.compile(r", line \d+, column \d+( \(.*\))?$")
_PROLOGUE: Final = re.compile(rb"(?:[ \t\r\n]++|<!--(?s:.*?)-->|<\?(?s:.*?)\?>)*+")
"""What may stand before the root element: declaration, comments, instructions, space."""

INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
"""The namespace of the prefix `xsi`, which a document must declare that `write_element` writes None into."""
_SPECIAL: Final = re.compile('[&<>"\r\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"}


class MalformedXml(ValueError):
    """The document can't be read. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.message = message
        self.line = line
        self.column = column


def parse_xml(data: bytes, limit: int = 10 * MEGABYTE) -> etree._Element:
    """The root element of a document of at most `limit` bytes, without comments and processing instructions.

    Every element knows its `sourceline`. Raises MalformedXml: not well-formed, over a limit, a document type,
    or an encoding other than UTF-8, UTF-16 (with its mark), ASCII, Latin-1 or Windows-1252.
    """
    if len(data) > limit:
        raise MalformedXml(f"the document has {len(data):,} bytes, more than {limit:,}")
    data = _plain_bytes(data)
    _refuse_document_type(data)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise MalformedXml(_WHERE.sub("", error.msg or "not XML"), max(line, 1), max(column, 1)) from None
    except ValueError as error:
        raise MalformedXml(str(error)) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise MalformedXml("a document type (<!DOCTYPE …>) is not accepted")
    return root


def _plain_bytes(data: bytes) -> bytes:
    """The document in an encoding whose markup is ASCII. Raises MalformedXml for others."""
    if data.startswith(_UTF16_MARKS):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise MalformedXml(f"not UTF-16, though marked so: {error.reason}") from None
        return re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode("utf-8", "surrogatepass")
    data = data.removeprefix(_UTF8_MARK)
    if b"\0" in data[:4]:
        raise MalformedXml("UTF-16 and UTF-32 are accepted only with their byte order mark (UTF-16)")
    if data.startswith(b"\x4c\x6f\xa7\x94"):
        raise MalformedXml("the encoding EBCDIC is not accepted")
    declared = _DECLARED_ENCODING.match(data)
    if declared and declared[1].decode("ascii").lower() not in _ENCODINGS:
        raise MalformedXml(f"the encoding {declared[1].decode('ascii')} is not accepted")
    return data


def _refuse_document_type(data: bytes) -> None:
    prologue = _PROLOGUE.match(data)
    at = prologue.end() if prologue else 0
    if data[at : at + 9].upper() == b"<!DOCTYPE":
        line = data.count(b"\n", 0, at) + 1
        column = at - (data.rfind(b"\n", 0, at) + 1) + 1
        raise MalformedXml("a document type (<!DOCTYPE …>) is not accepted", line, column)


def write_element(name: str, value: str | bool | int | None) -> str:
    """`<name>value</name>`, escaped; None is `xsi:nil`, booleans are `true` and `false`."""
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    if isinstance(value, bool):
        value = "true" if value else "false"
    return f"<{name}>{escape(str(value))}</{name}>"


def escape(text: str) -> str:
    """`text` for an element or a double-quoted attribute; characters that XML can't hold become U+FFFD."""
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], "\ufffd"), text)
