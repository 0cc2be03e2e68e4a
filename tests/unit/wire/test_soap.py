"""SOAP messages: two ends joined, what others send, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from isthmus.wire.soap import (
    MalformedEnvelope,
    QName,
    SoapFault,
    child_text,
    parse_envelope,
    read_fault,
    write_envelope,
    write_fault,
)
from isthmus.wire.xml import MalformedXml, write_element

LIMIT = 100_000
NAMESPACE = "urn:partner.soap.sforce.com"
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff").filter(
        lambda char: char >= " " or char in "\t\n\r"
    )
)
# source: jsforce, lib/soap.js: prefixes of its own, header before body
JSFORCE = b"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<soapenv:Header xmlns="urn:partner.soap.sforce.com"><SessionHeader><sessionId>s</sessionId></SessionHeader>
</soapenv:Header><soapenv:Body xmlns="urn:partner.soap.sforce.com"><query><queryString>q</queryString></query>
</soapenv:Body></soapenv:Envelope>"""


def test_a_message_is_its_headers_and_its_operation() -> None:
    envelope = parse_envelope(JSFORCE, LIMIT)
    assert envelope.operation == QName(NAMESPACE, "query")
    assert str(envelope.operation) == "{urn:partner.soap.sforce.com}query"
    session = envelope.header("SessionHeader")
    assert session is not None
    assert child_text(session, "sessionId") == "s"
    assert envelope.header("CallOptions") is None


@given(TEXTS)
def test_text_comes_back_as_it_went(text: str) -> None:
    message = write_envelope(f"<op>{write_element('value', text)}</op>", NAMESPACE)
    assert child_text(parse_envelope(message, LIMIT).body, "value") == text


def test_what_xml_cannot_hold_is_replaced() -> None:
    message = write_envelope(write_element("value", "a\0b\ud800c\ufffe"), NAMESPACE)
    assert parse_envelope(message, LIMIT).body.text == "a\ufffdb\ufffdc\ufffd"


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (7, "7"), ("", "")])
def test_values_become_text(value: str | bool | int, text: str) -> None:
    body = parse_envelope(write_envelope(f"<op>{write_element('value', value)}</op>", NAMESPACE), LIMIT).body
    assert child_text(body, "value") == text


def test_nil_and_absent_are_none() -> None:
    body = parse_envelope(write_envelope(f"<op>{write_element('value', None)}</op>", NAMESPACE), LIMIT).body
    assert child_text(body, "value") is None
    assert child_text(body, "other") is None


@pytest.mark.parametrize(
    "fault",
    [
        SoapFault("soapenv:Client", "no & <such> operation"),
        SoapFault("sf:INVALID_LOGIN", "INVALID_LOGIN: no", "LoginFault", "INVALID_LOGIN", "no"),
        SoapFault("sf:MALFORMED_QUERY", "x", "MalformedQueryFault", "MALFORMED_QUERY", "x", (1, 8)),
        SoapFault("sf:INVALID_FIELD", "x", "InvalidFieldFault", "INVALID_FIELD", "x", (-1, -1)),
    ],
)
def test_a_fault_comes_back_as_it_went(fault: SoapFault) -> None:
    assert read_fault(parse_envelope(write_fault(fault, "urn:fault.partner.soap.sforce.com"), LIMIT)) == fault


def test_an_answer_holds_no_fault() -> None:
    assert read_fault(parse_envelope(JSFORCE, LIMIT)) is None


def test_a_fault_uses_the_prefixes_that_clients_look_for() -> None:
    message = write_fault(
        SoapFault("sf:A", "A: b", "ApiFault", "A", "b"), "urn:fault.partner.soap.sforce.com"
    )
    assert b"<soapenv:Fault><faultcode>sf:A</faultcode><faultstring>A: b</faultstring>" in message
    assert b'<detail><sf:ApiFault xsi:type="sf:ApiFault"><sf:exceptionCode>A</sf:exceptionCode>' in message


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (b"<a>", MalformedXml),
        (b"", MalformedXml),
        (b"<Envelope><Body><a/></Body></Envelope>", MalformedEnvelope),
        (
            b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body/></e:Envelope>',
            MalformedEnvelope,
        ),
        (b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>', MalformedEnvelope),
        (
            b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body/></e:Envelope>',
            MalformedEnvelope,
        ),
        (b'<!DOCTYPE e><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>', MalformedXml),
        (JSFORCE + b" " * LIMIT, MalformedXml),
    ],
)
def test_what_is_no_message_is_refused(document: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_envelope(document, LIMIT)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        parse_envelope(data, LIMIT)
    except (MalformedXml, MalformedEnvelope):
        return
    etree.fromstring(data)
