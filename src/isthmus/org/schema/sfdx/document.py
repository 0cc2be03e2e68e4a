"""Documents: a metadata file's XML as nodes that answer questions and say, with file and line, what is wrong.

Children are asked for by name; what is asked for and isn't well said becomes a finding.
"""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, cast

from lxml import etree

from isthmus.org.schema.sfdx.findings import Findings
from isthmus.wire.xml import MEGABYTE, MalformedXml, parse_xml

METADATA: Final = "http://soap.sforce.com/2006/04/metadata"
INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
FILE_LIMIT: Final = 20 * MEGABYTE
"""Bytes a metadata file may have."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where nodes come from: the file, and the component that its findings are about."""

    file: str
    what: str
    findings: Findings


class Node:
    """One element of a document, and the component that its findings are about."""

    __slots__ = ("_by_name", "_element", "source")

    def __init__(self, element: etree._Element, source: Source) -> None:
        self._element = element
        self._by_name: dict[str, list[Node]] | None = None
        self.source = source

    @property
    def name(self) -> str:
        """The element's name, without its namespace."""
        return _local_name(self._element)

    @property
    def in_metadata(self) -> bool:
        """Whether the element is in the metadata namespace."""
        return etree.QName(self._element).namespace == METADATA

    @property
    def checksum(self) -> str:
        """A sum of the element and all that is in it."""
        return sha256(etree.tostring(self._element, method="c14n")).hexdigest()

    @property
    def line(self) -> int:
        return cast("int | None", self._element.sourceline) or 1

    @property
    def value(self) -> str:
        """The element's own text, without space around it."""
        return (self._element.text or "").strip()

    def attribute(self, name: str, namespace: str = INSTANCE) -> str | None:
        value = self._element.get(f"{{{namespace}}}{name}")
        return None if value is None else str(value)

    def about(self, what: str) -> "Node":
        """The same node, with findings about the component `what`."""
        return Node(self._element, Source(self.source.file, what, self.source.findings))

    def children(self) -> list["Node"]:
        return [Node(each, self.source) for each in self._element]

    def nodes(self, child: str) -> list["Node"]:
        """The children of that name."""
        if self._by_name is None:
            self._by_name = {}
            for each in self._element:
                self._by_name.setdefault(_local_name(each), []).append(Node(each, self.source))
        return self._by_name.get(child, [])

    def node(self, child: str) -> "Node | None":
        """The child of that name; it is an error if it stands more than once."""
        found = self.nodes(child)
        if len(found) > 1:
            found[1].error(f"<{child}> stands more than once")
        return found[0] if found else None

    def text(self, child: str) -> str | None:
        """The text of the child of that name; None where it is absent or empty."""
        node = self.node(child)
        return (node.value or None) if node else None

    def needed(self, child: str) -> str | None:
        """As `text`; it is an error if there is none."""
        text = self.text(child)
        if text is None:
            self.error(f"<{child}> is missing" if self.node(child) is None else f"<{child}> is empty", child)
        return text

    def flag(self, child: str, default: bool = False) -> bool:
        """`true` or `false`; anything else is an error."""
        text = self.text(child)
        if text is None:
            return default
        if text not in ("true", "false"):
            self.error(f"<{child}> must be true or false, not {text!r}", child)
        return text == "true"

    def integer(self, child: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`; anything else is an error."""
        text = self.text(child)
        if text is None:
            return None
        if not (text.isascii() and text.lstrip("-").isdigit() and len(text) < 12):
            self.error(f"<{child}> must be a whole number, not {text!r}", child)
            return None
        number = int(text)
        if not low <= number <= high:
            self.error(f"<{child}> must be from {low} to {high}, not {number}", child)
            return None
        return number

    def choice(self, child: str, allowed: Collection[str]) -> str | None:
        """One of `allowed`; anything else is an error."""
        text = self.text(child)
        if text is not None and text not in allowed:
            self.error(f"<{child}> must be one of {', '.join(sorted(allowed))}, not {text!r}", child)
            return None
        return text

    def error(self, message: str, child: str | None = None) -> None:
        """A finding at the line of `child`, where it is there, else of this element."""
        self.source.findings.error(self.source.file, self._line_of(child), self.source.what, message)

    def warn(self, message: str, child: str | None = None) -> None:
        self.source.findings.warning(self.source.file, self._line_of(child), self.source.what, message)

    def note(self, message: str, child: str | None = None) -> None:
        self.source.findings.note(self.source.file, self._line_of(child), self.source.what, message)

    def _line_of(self, child: str | None) -> int:
        found = self.nodes(child) if child else []
        return found[0].line if found else self.line


def _local_name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def read_document(root: Path, file: str, what: str, findings: Findings) -> Node | None:
    """The root node of a metadata file (relative to `root`); None, and an error, if it can't be read."""
    path = root / file
    try:
        if path.stat().st_size > FILE_LIMIT:
            findings.error(file, 1, what, f"the file has more than {FILE_LIMIT:,} bytes")
            return None
        element = parse_xml(path.read_bytes(), FILE_LIMIT)
    except OSError as error:
        findings.error(file, 1, what, f"the file can't be read: {error.strerror or error}")
        return None
    except MalformedXml as error:
        message = f"not well-formed XML: {error.message} (column {error.column})"
        findings.error(file, error.line, what, message)
        return None
    return Node(element, Source(file, what, findings))
