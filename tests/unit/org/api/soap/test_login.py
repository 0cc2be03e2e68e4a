"""SOAP: logging in and out, what a session may ask, and faults as clients read them."""

import asyncio
from pathlib import Path

import pytest
from tests.contract.places import sqlite_place
from tests.unit.org.api.doors import MY_DOMAIN, Answer, Doors, doors
from tests.unit.org.api.soap.test_calls import FOR_A_SESSION
from tests.unit.org.security.people import ADA, ADAS_NAME, ORGANIZATION, PASSWORD, PROFILE

from isthmus.kernel.clock import HOUR
from isthmus.org.security.options import DoorOptions, IdentityOptions
from isthmus.wire.login import (
    ENTERPRISE,
    PARTNER,
    LoginRequest,
    LoginResult,
    read_login_reply,
    read_user_info_reply,
    write_login,
)
from isthmus.wire.soap import SoapFault, child_text, parse_envelope, read_fault, write_envelope

PARTNER_64 = "/services/Soap/u/64.0"
LIMIT = 100_000
NO = "Invalid username, password, security token; or user locked out."
# source: simple-salesforce, login.py: its own prefixes, a header it wants understood
SIMPLE_SALESFORCE = f"""<?xml version="1.0" encoding="utf-8" ?>
<env:Envelope
        xmlns:xsd="http://www.w3.org/2001/XMLSchema"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
        xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"
        xmlns:urn="urn:partner.soap.sforce.com">
    <env:Header>
        <urn:CallOptions><urn:client>simple-salesforce</urn:client></urn:CallOptions>
    </env:Header>
    <env:Body>
        <n1:login xmlns:n1="urn:partner.soap.sforce.com">
            <n1:username>{ADAS_NAME}</n1:username>
            <n1:password>{PASSWORD}</n1:password>
        </n1:login>
    </env:Body>
</env:Envelope>""".encode()


def log_in(
    door: Doors, path: str = PARTNER_64, namespace: str = PARTNER, host: str | None = None
) -> LoginResult:
    request = write_login(LoginRequest(ADAS_NAME, PASSWORD), namespace)
    answer = door.ask("POST", path, request, host=host)
    assert answer.status == 200, answer.text
    return read_login_reply(parse_envelope(answer.body, LIMIT))


def fault_of(answer: Answer) -> SoapFault:
    assert answer.status == 500
    assert answer.headers["content-type"] == "text/xml; charset=UTF-8"
    fault = read_fault(parse_envelope(answer.body, LIMIT))
    assert fault is not None
    return fault


def call(door: Doors, operation: str, token: str | None, namespace: str = PARTNER) -> Answer:
    header = "" if token is None else f"<SessionHeader><sessionId>{token}</sessionId></SessionHeader>"
    return door.ask("POST", PARTNER_64, write_envelope(f"<{operation}/>", namespace, header))


def test_a_login(door: Doors) -> None:
    result = log_in(door)
    base = f"http://localhost:8080/services/Soap/%s/64.0/{ORGANIZATION[:15]}"
    assert result.server_url == base % "u"
    assert result.metadata_server_url == base % "m"
    assert (result.user_id, result.password_expired, result.sandbox) == (ADA, False, False)
    assert asyncio.run(door.people.identity.authenticate(result.session_id or "")).user_id == ADA
    info = result.user_info
    assert (info.organization_id, info.organization_name, info.profile_id) == (ORGANIZATION, "Acme", PROFILE)
    assert (info.user_name, info.user_full_name, info.role_id) == (ADAS_NAME, "Ada Lovelace", None)
    assert (info.user_locale, info.user_language, info.user_time_zone) == ("de_DE", "de", "Europe/Berlin")
    assert (info.session_seconds_valid, info.user_type) == (7200, "Standard")


@pytest.mark.parametrize("host", ["login.salesforce.com", "test.salesforce.com", MY_DOMAIN])
def test_the_orgs_own_host_answers_who_came_by_a_login_host(door: Doors, host: str) -> None:
    assert (log_in(door, host=host).server_url or "").startswith(f"https://{MY_DOMAIN}/services/Soap/u/64.0/")


@pytest.mark.parametrize(
    "path",
    [
        "/services/Soap/u/31.0",
        "/services/Soap/u/64.0/",
        "/services/Soap/u/42",
        "/services/soap/U/64.0/",
        f"/services/Soap/u/64.0/{ORGANIZATION[:15]}",
    ],
)
def test_paths_that_clients_use(door: Doors, path: str) -> None:
    assert log_in(door, path).session_id


def test_the_enterprise_api(door: Doors) -> None:
    result = log_in(door, "/services/Soap/c/60.0/0DF000000000001", ENTERPRISE)
    assert "/services/Soap/c/60.0/" in (result.server_url or "")


@pytest.mark.parametrize("action", ["login", "Login", '""', ""])
def test_a_clients_own_prefixes_and_soap_action(door: Doors, action: str) -> None:
    answer = door.ask("POST", PARTNER_64, SIMPLE_SALESFORCE, content_type="text/xml", soapaction=action)
    assert answer.status == 200
    assert f"<serverUrl>http://localhost:8080{PARTNER_64}/" in answer.text


def test_the_security_token_may_follow_the_password(door: Doors) -> None:
    token = asyncio.run(door.people.identity.set_password(ADA, PASSWORD))
    body = write_login(LoginRequest(ADAS_NAME, PASSWORD + token))
    assert door.ask("POST", PARTNER_64, body).status == 200


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (LoginRequest(ADAS_NAME, PASSWORD, ORGANIZATION), 200),
        (LoginRequest(ADAS_NAME, PASSWORD, ORGANIZATION[:15]), 200),
        (LoginRequest(ADAS_NAME, PASSWORD, "00D000000000000"), 500),
        (LoginRequest(ADAS_NAME, PASSWORD, "mine"), 500),
        (LoginRequest(ADAS_NAME, "wrong"), 500),
        (LoginRequest("nobody@example.com", PASSWORD), 500),
        (LoginRequest("", ""), 500),
    ],
)
def test_a_login_that_is_refused(door: Doors, request_: LoginRequest, status: int) -> None:
    answer = door.ask("POST", PARTNER_64, write_login(request_))
    assert answer.status == status
    if status == 500:
        expected = SoapFault("sf:INVALID_LOGIN", f"INVALID_LOGIN: {NO}", "LoginFault", "INVALID_LOGIN", NO)
        assert fault_of(answer) == expected


def test_an_inactive_user_is_refused_like_a_wrong_password(door: Doors) -> None:
    door.people.change_user(ADA, "IsActive", 0)
    answer = door.ask("POST", PARTNER_64, write_login(LoginRequest(ADAS_NAME, PASSWORD)))
    assert fault_of(answer).message == NO


def test_too_many_logins(tmp_path: Path) -> None:
    with (
        sqlite_place(tmp_path) as place,
        doors(place, IdentityOptions(door=DoorOptions(logins_per_hour=0))) as door,
    ):
        answer = door.ask("POST", PARTNER_64, write_login(LoginRequest(ADAS_NAME, PASSWORD)))
    assert fault_of(answer).faultcode == "sf:LOGIN_RATE_EXCEEDED"


def test_login_is_gone_from_65_on(door: Doors) -> None:
    answer = door.ask("POST", "/services/Soap/u/65.0", write_login(LoginRequest(ADAS_NAME, PASSWORD)))
    fault = fault_of(answer)
    assert (fault.kind, fault.code) == ("LoginFault", "INVALID_OPERATION")
    assert fault.message == (
        "The SOAP Login operation is not available in the API version specified (65.0). "
        "Refer to the documentation for supported versions."
    )


def test_a_setting_allows_login_at_65(tmp_path: Path) -> None:
    with sqlite_place(tmp_path) as place, doors(place, IdentityOptions(soap_login_from_65=True)) as door:
        asyncio.run(door.people.identity.set_password(ADA, PASSWORD))
        assert log_in(door, "/services/Soap/u/65.0").session_id


@pytest.mark.parametrize("version", ["30.0", "66.0", "64.1", "v64.0", "x", "064.0"])
def test_a_version_that_the_org_does_not_have(door: Doors, version: str) -> None:
    fault = fault_of(door.ask("POST", f"/services/Soap/u/{version}", SIMPLE_SALESFORCE))
    assert fault.faultcode == "sf:UNSUPPORTED_API_VERSION"
    assert fault.faultstring == "UNSUPPORTED_API_VERSION: Invalid Api version specified on URL"


def test_a_login_request_has_at_most_10_kb(door: Doors) -> None:
    body = write_login(LoginRequest(ADAS_NAME, PASSWORD + "x" * 11_000))
    fault = fault_of(door.ask("POST", PARTNER_64, body))
    assert fault.message == "The login request has more than 10240 bytes"


@pytest.mark.parametrize(
    ("operation", "namespace"),
    [("frobnicate", PARTNER), ("login", ENTERPRISE), ("Login", PARTNER), ("login", "urn:other")],
)
def test_an_operation_that_is_not_there(door: Doors, operation: str, namespace: str) -> None:
    asked = f"{{{namespace}}}{operation}"
    assert fault_of(call(door, operation, None, namespace)) == SoapFault(
        "soapenv:Client",
        f"No operation available for request {asked}, please check the WSDL for the service.",
    )


@pytest.mark.parametrize("body", [b"", b"<login>", b"<login/>", b"<!DOCTYPE x []><login/>", b"{}"])
def test_what_is_no_message(door: Doors, body: bytes) -> None:
    fault = fault_of(door.ask("POST", PARTNER_64, body))
    assert (fault.faultcode, fault.kind) == ("UNKNOWN_EXCEPTION", "UnexpectedErrorFault")


def test_faults_of_the_enterprise_api_are_in_its_namespace(door: Doors) -> None:
    answer = door.ask("POST", "/services/Soap/c/64.0", write_login(LoginRequest("", ""), ENTERPRISE))
    assert 'xmlns:sf="urn:fault.enterprise.soap.sforce.com"' in answer.text


def test_get_user_info(door: Doors) -> None:
    result = log_in(door)
    door.people.clock.advance(HOUR // 2)
    answer = call(door, "getUserInfo", result.session_id)
    info = read_user_info_reply(parse_envelope(answer.body, LIMIT))
    assert info.session_seconds_valid == 5400
    assert (info.user_id, info.user_email) == (ADA, ADAS_NAME)


def test_the_servers_time(door: Doors) -> None:
    answer = call(door, "getServerTimestamp", log_in(door).session_id)
    result = parse_envelope(answer.body, LIMIT).body[0]
    assert child_text(result, "timestamp") == "2026-01-01T00:00:00.000Z"


def test_logging_out(door: Doors) -> None:
    token = log_in(door).session_id
    answer = call(door, "logout", token)
    assert answer.status == 200
    assert "<logoutResponse/>" in answer.text
    assert fault_of(call(door, "logout", token)).faultcode == "sf:INVALID_SESSION_ID"


@pytest.mark.parametrize("operation", FOR_A_SESSION)
@pytest.mark.parametrize("token", [None, "", "nonsense"])
def test_without_a_session(door: Doors, operation: str, token: str | None) -> None:
    message = "Invalid Session ID found in SessionHeader: Illegal Session"
    assert fault_of(call(door, operation, token)) == SoapFault(
        "sf:INVALID_SESSION_ID",
        f"INVALID_SESSION_ID: {message}",
        "UnexpectedErrorFault",
        "INVALID_SESSION_ID",
        message,
    )
