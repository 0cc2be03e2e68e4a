"""Deny by default: which routes, and which SOAP operations, may be asked by anyone?

A new one fails here until it is named, with what keeps strangers from what is not theirs.
"""

import ast
from pathlib import Path
from typing import Final

import pytest
from tests.contract.places import sqlite_place
from tests.tidy.reference.evidence import ADAPTERS
from tests.unit.org.api.doors import doors

from isthmus.org.api.routing import Auth
from isthmus.org.api.soap.operations import OPERATIONS
from isthmus.wire.login import PARTNER
from isthmus.wire.soap import parse_envelope, read_fault, write_envelope

API: Final = Path(__file__).parents[2] / "src" / "isthmus" / "org" / "api"
OPEN: Final = {
    "GET /services/data": "tells which API versions there are, nothing else",
    "POST /services/oauth2/token": "asks for a password, a secret or a refresh token",
    "GET /services/oauth2/token": "only refuses",
    "POST /services/oauth2/revoke": "ends the very token that it is given",
    "GET /services/oauth2/revoke": "ends the very token that it is given",
    "POST /services/oauth2/introspect": "asks for an app's secret",
    "GET /services/oauth2/introspect": "only refuses",
    "GET /services/oauth2/userinfo": "asks for a token, and words its refusal in its own way",
    "POST /services/oauth2/userinfo": "asks for a token, and words its refusal in its own way",
    "GET /id/{organization}/{user}": "asks for a token, and words its refusal in its own way",
    "POST /id/{organization}/{user}": "asks for a token, and words its refusal in its own way",
    "GET /services/oauth2/authorize": "only refuses",
    "POST /services/oauth2/authorize": "only refuses",
    "POST /services/Soap/u/{version}": "the session is in the envelope: see OPEN_OPERATIONS",
    "POST /services/Soap/u/{version}/{place:rest}": "the session is in the envelope: see OPEN_OPERATIONS",
    "POST /services/Soap/c/{version}": "the session is in the envelope: see OPEN_OPERATIONS",
    "POST /services/Soap/c/{version}/{place:rest}": "the session is in the envelope: see OPEN_OPERATIONS",
    "POST /cometd": "refuses every message: a version is mandatory",
    "POST /cometd/{version}": "asks each message for a session, and words its refusal in its own way",
    "POST /cometd/{version}/{place:rest}": "asks each message for a session, as above",
    "GET /isthmus/control/metrics": "asks for the control token",
    "GET /isthmus/control/clock": "asks for the control token",
    "POST /isthmus/control/clock": "asks for the control token",
    "POST /isthmus/control/login": "asks for the control token",
    "POST /isthmus/control/cli-login": "asks for the control token",
    "POST /isthmus/control/credentials": "asks for the control token",
    "POST /isthmus/control/reset": "asks for the control token",
    "GET /isthmus/control/encryption": "asks for the control token",
    "POST /isthmus/control/encryption/rotate": "asks for the control token",
    "GET /isthmus/control/requests": "asks for the control token",
}
OPEN_OPERATIONS: Final = {"login": "asks for a password"}


def test_no_route_is_open_that_is_not_named() -> None:
    found = {
        f"{route.method} {route.path}"
        for adapter in ADAPTERS
        for route in adapter.routes
        if route.auth is not Auth.SESSION
    }
    assert found == set(OPEN)


def test_every_adapter_is_looked_at() -> None:
    made = [
        file.name
        for file in API.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Adapter"
    ]
    assert len(made) == len(ADAPTERS), made


@pytest.mark.parametrize("operation", sorted(OPERATIONS.keys() - OPEN_OPERATIONS.keys()))
@pytest.mark.parametrize("header", ["", "<SessionHeader><sessionId>none</sessionId></SessionHeader>"])
def test_a_soap_operation_asks_for_a_session(tmp_path: Path, operation: str, header: str) -> None:
    with sqlite_place(tmp_path) as place, doors(place) as door:
        request = write_envelope(f"<{operation}/>", PARTNER, header)
        answer = door.ask("POST", "/services/Soap/u/64.0", request)
    fault = read_fault(parse_envelope(answer.body, 10_000))
    assert fault is not None
    assert fault.code == "INVALID_SESSION_ID"
