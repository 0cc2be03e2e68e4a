"""SOAP 1.1 envelopes and faults, from bytes and to bytes. It knows neither client nor server.

Reading goes through `parse_xml`; writing is done with escaped strings. Prefixes are free on the way in. On
the way out they are the platform's: `soapenv` for the envelope, `sf` for what a fault holds, the API's own
namespace by default. Source: Simple Object Access Protocol (SOAP) 1.1, sections 4 and 4.4; SOAP API Developer
Guide, "Core Data Types Used in API Calls" (faults).
"""

from dataclasses import dataclass
from typing import Final

from lxml import etree

from isthmus.wire.xml import INSTANCE, escape, parse_xml

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
CONTENT_TYPE: Final = "text/xml; charset=UTF-8"
_NIL: Final = f"{{{INSTANCE}}}nil"


class MalformedEnvelope(ValueError):
    """The document is well-formed XML, but no SOAP 1.1 message."""


@dataclass(frozen=True, slots=True)
class QName:
    """A qualified name; as text `{namespace}local`."""

    namespace: str
    local: str

    def __str__(self) -> str:
        return f"{{{self.namespace}}}{self.local}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message: its header entries, and the body's first element, which names the operation."""

    headers: tuple[etree._Element, ...]
    body: etree._Element

    @property
    def operation(self) -> QName:
        return qname(self.body)

    def header(self, name: str) -> etree._Element | None:
        """The header entry of that local name, whatever its namespace."""
        return next((each for each in self.headers if qname(each).local == name), None)


@dataclass(frozen=True, slots=True)
class SoapFault:
    """A fault. `faultcode` as on the wire (`sf:INVALID_LOGIN`, `soapenv:Client`).

    `kind` is the detail's element (`LoginFault`); None: the fault has no detail. `position` is (row, column)
    in the text of a query, from 1, or (-1, -1) where it is not known.
    """

    faultcode: str
    faultstring: str
    kind: str | None = None
    code: str = ""
    message: str = ""
    position: tuple[int, int] | None = None


def qname(element: etree._Element) -> QName:
    """An element's qualified name; the namespace is '' where it has none."""
    namespace, _, local = str(element.tag).rpartition("}")
    return QName(namespace.removeprefix("{"), local)


def parse_envelope(data: bytes, limit: int) -> Envelope:
    """The message in `data`, which may have `limit` bytes at most. Raises MalformedXml, MalformedEnvelope."""
    root = parse_xml(data, limit)
    if qname(root) != QName(ENVELOPE, "Envelope"):
        raise MalformedEnvelope(f"expected the element Envelope of SOAP 1.1, found {qname(root)}")
    body = root.find(f"{{{ENVELOPE}}}Body")
    if body is None or not len(body):
        raise MalformedEnvelope("the envelope's Body holds no element")
    header = root.find(f"{{{ENVELOPE}}}Header")
    return Envelope(headers=() if header is None else tuple(header), body=body[0])


def child(element: etree._Element, name: str) -> etree._Element | None:
    """The first child of that local name, whatever its namespace."""
    return next((each for each in element if qname(each).local == name), None)


def child_text(element: etree._Element, name: str) -> str | None:
    """The text of the first child of that local name: '' where it is empty, None where absent or nil."""
    found = child(element, name)
    if found is None or found.get(_NIL) in ("true", "1"):
        return None
    return found.text or ""


def write_envelope(body: str, namespace: str, header: str = "") -> bytes:
    """A message. `body` and `header` are XML, whose unprefixed elements are in `namespace`."""
    if header:
        header = f"<soapenv:Header>{header}</soapenv:Header>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns="{escape(namespace)}" xmlns:xsi="{INSTANCE}">'
        f"{header}<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def write_fault(fault: SoapFault, namespace: str) -> bytes:
    """A message that holds `fault`; `namespace` is the API's fault namespace (prefix `sf`)."""
    detail = ""
    if fault.kind is not None:
        place = ""
        if fault.position is not None:
            place = f"<sf:row>{fault.position[0]}</sf:row><sf:column>{fault.position[1]}</sf:column>"
        detail = (
            f'<detail><sf:{fault.kind} xsi:type="sf:{fault.kind}">'
            f"<sf:exceptionCode>{escape(fault.code)}</sf:exceptionCode>"
            f"<sf:exceptionMessage>{escape(fault.message)}</sf:exceptionMessage>"
            f"{place}</sf:{fault.kind}></detail>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns:sf="{escape(namespace)}" xmlns:xsi="{INSTANCE}">'
        f"<soapenv:Body><soapenv:Fault><faultcode>{escape(fault.faultcode)}</faultcode>"
        f"<faultstring>{escape(fault.faultstring)}</faultstring>{detail}"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    ).encode()


def read_fault(envelope: Envelope) -> SoapFault | None:
    """The fault that a message holds; None where it holds something else."""
    if envelope.operation != QName(ENVELOPE, "Fault"):
        return None
    fault = SoapFault(
        faultcode=(child_text(envelope.body, "faultcode") or "").strip(),
        faultstring=child_text(envelope.body, "faultstring") or "",
    )
    detail = child(envelope.body, "detail")
    if detail is None or not len(detail):
        return fault
    row, column = child_text(detail[0], "row"), child_text(detail[0], "column")
    return SoapFault(
        fault.faultcode,
        fault.faultstring,
        kind=qname(detail[0]).local,
        code=(child_text(detail[0], "exceptionCode") or "").strip(),
        message=child_text(detail[0], "exceptionMessage") or "",
        position=(int(row), int(column)) if row and column else None,
    )
