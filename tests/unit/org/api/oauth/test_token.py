"""The token endpoints: each flow's reply, and each refusal in the platform's words."""

import asyncio
import base64
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.contract.places import sqlite_place
from tests.unit.org.api.doors import MY_DOMAIN, Answer, Doors, doors
from tests.unit.org.security.people import ADA, ADAS_NAME, BOB, ORGANIZATION, PASSWORD

from isthmus.kernel.clock import HOUR
from isthmus.org.security.apps import App
from isthmus.org.security.options import DoorOptions, IdentityOptions
from isthmus.wire.oauth import read_token_reply, sign

TOKEN = "/services/oauth2/token"
LOCAL = "http://localhost:8080"


def client(app: App, **fields: str) -> dict[str, str]:
    return {"client_id": app.client_id, "client_secret": app.secret or ""} | fields


def password_form(app: App, **fields: str) -> dict[str, str]:
    return client(app, grant_type="password", username=ADAS_NAME, password=PASSWORD) | fields


def refused(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.json["error"], answer.json["error_description"]


def test_the_password_flow(door: Doors, app: App) -> None:
    answer = door.ask("POST", TOKEN, password_form(app))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert answer.headers["cache-control"] == "no-cache, no-store"
    who = f"{LOCAL}/id/{ORGANIZATION}/{ADA}"
    now = str(door.people.clock.now())
    reply = read_token_reply(answer.body)
    assert answer.json == {
        "access_token": reply.access_token,
        "signature": sign(app.secret or "", who, now),
        "instance_url": LOCAL,
        "id": who,
        "token_type": "Bearer",
        "issued_at": now,
    }
    assert asyncio.run(door.people.identity.authenticate(reply.access_token)).user_id == ADA


@pytest.mark.parametrize("host", ["login.salesforce.com", "test.salesforce.com", MY_DOMAIN])
def test_urls_name_the_host_by_which_the_client_came(door: Doors, app: App, host: str) -> None:
    reply = read_token_reply(door.ask("POST", TOKEN, password_form(app), host=host).body)
    assert reply.instance_url == f"https://{MY_DOMAIN}"
    assert reply.id == f"https://{MY_DOMAIN}/id/{ORGANIZATION}/{ADA}"


def test_the_client_credentials_flow_by_form_and_by_basic(door: Doors, app: App) -> None:
    form = door.ask("POST", TOKEN, client(app, grant_type="client_credentials"))
    basic = base64.b64encode(f"{app.client_id}:{app.secret}".encode()).decode()
    header = door.ask("POST", TOKEN, {"grant_type": "client_credentials"}, authorization=f"Basic {basic}")
    for answer in (form, header):
        assert answer.json["id"].endswith(f"/{BOB}")
        assert "signature" in answer.json
        assert answer.json["scope"] == "api web refresh_token id"
        assert "refresh_token" not in answer.json


@pytest.mark.parametrize(
    "host",
    ["login.salesforce.com", "test.salesforce.com", "LOGIN.salesforce.com:443", "test.salesforce.com:8443"],
)
def test_client_credentials_need_the_orgs_own_host(door: Doors, app: App, host: str) -> None:
    form = client(app, grant_type="client_credentials")
    answer = door.ask("POST", TOKEN, form, host=host)
    assert refused(answer) == (400, "invalid_grant", "request not supported on this domain")
    assert door.ask("POST", TOKEN, form, host=MY_DOMAIN).status == 200


def test_the_refresh_flow(door: Doors, app: App) -> None:
    token = asyncio.run(door.people.identity.issue_refresh_token(app.client_id, ADA))
    answer = door.ask("POST", TOKEN, client(app, grant_type="refresh_token", refresh_token=token))
    assert answer.json["id"].endswith(f"/{ADA}")
    assert "refresh_token" not in answer.json
    assert door.ask("GET", "/services/oauth2/revoke", query={"token": token}).status == 200
    again = door.ask("POST", TOKEN, client(app, grant_type="refresh_token", refresh_token=token))
    assert refused(again) == (400, "invalid_grant", "expired access/refresh token")


def test_the_refresh_flow_of_the_sf_cli(door: Doors) -> None:
    token = asyncio.run(door.people.identity.issue_cli_token(ADAS_NAME))
    form = {"grant_type": "refresh_token", "client_id": "PlatformCLI", "refresh_token": token}
    for secret in ({}, {"client_secret": ""}):
        answer = door.ask("POST", TOKEN, form | secret, host=MY_DOMAIN)
        assert (answer.status, answer.json["instance_url"]) == (200, f"https://{MY_DOMAIN}")
        assert answer.json["scope"] == "refresh_token api web id"


def test_fields_in_the_query_are_read_too(door: Doors, app: App) -> None:
    answer = door.ask("POST", TOKEN, query=password_form(app))
    assert answer.status == 200


@pytest.mark.parametrize(
    ("change", "error", "description"),
    [
        ({"password": "wrong"}, "invalid_grant", "authentication failure"),
        ({"username": "nobody@example.com"}, "invalid_grant", "authentication failure"),
        ({"username": ""}, "invalid_request", "missing required parameter: username"),
        ({"client_id": "3MVG9"}, "invalid_client_id", "client identifier invalid"),
        ({"client_id": ""}, "invalid_client_id", "client identifier invalid"),
        ({"client_secret": "wrong"}, "invalid_client", "invalid client credentials"),
        ({"scope": "api chatter_api"}, "invalid_scope", "the requested scope is not allowed"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type", "grant type not supported"),
        ({"grant_type": ""}, "invalid_request", "missing required parameter: grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request", "missing required parameter: refresh_token"),
    ],
)
def test_refusals(door: Doors, app: App, change: dict[str, str], error: str, description: str) -> None:
    assert refused(door.ask("POST", TOKEN, password_form(app) | change)) == (400, error, description)


def test_an_app_without_a_user_to_run_as(door: Doors) -> None:
    app = asyncio.run(door.people.identity.create_app("None"))
    answer = door.ask("POST", TOKEN, client(app, grant_type="client_credentials"))
    assert refused(answer) == (400, "invalid_grant", "no client credentials user enabled")


def test_an_inactive_user(door: Doors, app: App) -> None:
    token = asyncio.run(door.people.identity.issue_refresh_token(app.client_id, ADA))
    door.people.change_user(ADA, "IsActive", 0)
    no = (400, "invalid_grant", "authentication failure")
    assert refused(door.ask("POST", TOKEN, password_form(app))) == no
    form = client(app, grant_type="refresh_token", refresh_token=token)
    assert refused(door.ask("POST", TOKEN, form)) == (400, "invalid_grant", "inactive user")


def test_too_many_logins(tmp_path: Path) -> None:
    with (
        sqlite_place(tmp_path) as place,
        doors(place, IdentityOptions(door=DoorOptions(logins_per_hour=0))) as door,
    ):
        app = asyncio.run(door.people.identity.create_app("Loader"))
        answer = door.ask("POST", TOKEN, password_form(app))
    assert refused(answer) == (400, "rate_limit_exceeded", "login rate exceeded")


@pytest.mark.parametrize("path", [TOKEN, "/services/oauth2/introspect"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_only_post_is_meant(door: Doors, method: str, path: str) -> None:
    assert refused(door.ask(method, path)) == (400, "invalid_request", "must use HTTP POST")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_browsers_flows_are_refused_clearly(door: Doors, method: str) -> None:
    answer = door.ask(method, "/services/oauth2/authorize", query={"response_type": "code"})
    assert refused(answer) == (400, "unsupported_response_type", "response type not supported")


def test_a_broken_form(door: Doors) -> None:
    status, error, description = refused(door.ask("POST", TOKEN, b"grant_type=%ff"))
    assert (status, error) == (400, "invalid_request")
    assert description.startswith("malformed form: ")


def test_other_forms_of_reply(door: Doors, app: App) -> None:
    xml = door.ask("POST", TOKEN, password_form(app, format="xml"))
    assert xml.headers["content-type"] == "application/xml;charset=UTF-8"
    root = ElementTree.fromstring(xml.text)
    assert root.tag == "OAuth"
    assert root.findtext("instance_url") == LOCAL
    wrong = door.ask("POST", TOKEN, password_form(app, password="x"), accept="application/xml")
    assert "<OAuth><error>invalid_grant</error>" in wrong.text
    form = door.ask("POST", TOKEN, password_form(app, format="urlencoded"))
    assert b"&token_type=Bearer&" in form.body


def test_revoking(door: Doors, app: App) -> None:
    token = door.ask("POST", TOKEN, password_form(app)).json["access_token"]
    answer = door.ask("POST", "/services/oauth2/revoke", {"token": token})
    assert (answer.status, answer.body) == (200, b"")
    again = door.ask("POST", "/services/oauth2/revoke", {"token": token})
    assert refused(again) == (400, "invalid_token", f"invalid token: {token}")
    missing = door.ask("POST", "/services/oauth2/revoke")
    assert refused(missing) == (400, "invalid_request", "missing required parameter: token")


def test_introspection(door: Doors, app: App) -> None:
    token = door.ask("POST", TOKEN, password_form(app)).json["access_token"]
    path, now = "/services/oauth2/introspect", door.people.clock.now() // 1000
    assert door.ask("POST", path, client(app, token=token, token_type_hint="access_token")).json == {
        "active": True,
        "scope": "api web refresh_token id",
        "client_id": app.client_id,
        "username": ADAS_NAME,
        "sub": f"{LOCAL}/id/{ORGANIZATION}/{ADA}",
        "token_type": "access_token",
        "exp": now + 7200,
        "iat": now,
        "nbf": now,
    }
    refresh = asyncio.run(door.people.identity.issue_refresh_token(app.client_id, ADA))
    state = door.ask("POST", path, client(app, token=refresh)).json
    assert state["token_type"] == "refresh_token"
    assert "exp" not in state
    door.people.clock.advance(2 * HOUR)
    assert door.ask("POST", path, client(app, token=token)).json == {"active": False}
    bad = door.ask("POST", path, client(app, token=token, client_secret="x"))
    assert refused(bad) == (400, "invalid_client", "invalid client credentials")
