"""Logins over the wire: refused alike whoever it is, limited, recorded; tokens can't be had otherwise."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.contract.places import postgresql_place, sqlite_place
from tests.unit.org.api.doors import Answer, Doors, doors
from tests.unit.org.security.people import ADA, ADAS_NAME, BOB, PASSWORD, PROFILES_NAME

from isthmus.kernel.clock import DAY, HOUR, MINUTE
from isthmus.org.security.apps import App
from isthmus.org.security.metadata.rights import LoginHours, LoginIpRange, Profile
from isthmus.org.security.options import DoorOptions, IdentityOptions
from isthmus.wire.login import LoginRequest, read_login_reply, write_login
from isthmus.wire.soap import parse_envelope, read_fault

TOKEN = "/services/oauth2/token"
PARTNER = "/services/Soap/u/64.0"
NO_SOAP = "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"


@pytest.fixture(params=["sqlite", "postgresql"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Doors]:
    opened = sqlite_place(tmp_path) if request.param == "sqlite" else postgresql_place()
    with opened as place, doors(place) as made:
        asyncio.run(made.people.identity.set_password(ADA, PASSWORD))
        yield made


@pytest.fixture
def app(door: Doors) -> App:
    return asyncio.run(door.people.identity.create_app("Loader", run_as_user_id=ADA))


def by_soap(door: Doors, username: str, password: str) -> Answer:
    return door.ask("POST", PARTNER, write_login(LoginRequest(username, password)), user_agent=AGENT)


def by_oauth(door: Doors, app: App, username: str = ADAS_NAME, password: str = PASSWORD) -> Answer:
    return token(door, app, grant_type="password", username=username, password=password)


def token(door: Doors, app: App, **fields: str) -> Answer:
    form = {"client_id": app.client_id, "client_secret": app.secret or "", **fields}
    return door.ask("POST", TOKEN, form)


def soap_fault(answer: Answer) -> str:
    fault = read_fault(parse_envelope(answer.body, 100_000))
    assert fault is not None
    return fault.faultstring


def history(door: Doors) -> list[tuple[Any, ...]]:
    """LoginHistory's lines, after all that was handed to the writer."""
    door.people.identity.door.settle()
    return door.people.database.read_now(
        lambda connection: connection.rows(
            """SELECT "UserId", "LoginType", "Status", "Application", "ApiType", "ApiVersion"
            FROM "LoginHistory" ORDER BY "Id" """
        )
    )


def freeze(door: Doors) -> None:
    statement = 'UPDATE "UserLogin" SET "IsFrozen" = 1 WHERE "UserId" = ?'
    door.people.database.write(lambda tx: tx.execute(statement, (ADA,))).result()


def lock(door: Doors) -> None:
    for _ in range(10):
        by_soap(door, ADAS_NAME, "wrong")


def deactivate(door: Doors) -> None:
    door.people.change_user(ADA, "IsActive", 0)


def test_nobody_can_tell_by_an_answer_whether_there_is_such_a_user(door: Doors, app: App) -> None:
    strangers = [("nobody@example.com", PASSWORD), (ADAS_NAME, "wrong"), ("bob@example.com", PASSWORD)]
    answers = [(by_soap(door, *each), by_oauth(door, app, *each)) for each in strangers]
    for change in (freeze, deactivate, lock):
        change(door)
        answers.append((by_soap(door, ADAS_NAME, PASSWORD), by_oauth(door, app)))
    by_wire = [{_whole(each) for each in wire} for wire in zip(*answers, strict=True)]
    assert [len(each) for each in by_wire] == [1, 1]
    soap, oauth = answers[0]
    assert (soap.status, soap_fault(soap)) == (500, NO_SOAP)
    assert (oauth.status, oauth.json) == (
        400,
        {"error": "invalid_grant", "error_description": "authentication failure"},
    )


def _whole(answer: Answer) -> tuple[object, ...]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status, answer.body, tuple(sorted(headers.items()))


def test_where_and_when_a_profile_lets_nobody_in_is_said_in_each_wires_words(door: Doors, app: App) -> None:
    elsewhere = Profile(PROFILES_NAME, custom=True, login_ip_ranges=(LoginIpRange("1.1.1.1", "1.1.1.2"),))
    never = Profile(PROFILES_NAME, custom=True, login_hours=LoginHours({}))
    for profile, soap, oauth in (
        (elsewhere, "LOGIN_DURING_RESTRICTED_DOMAIN: cannot log in from current domain", "ip restricted"),
        (never, "LOGIN_DURING_RESTRICTED_TIME: cannot log in during restricted time", "invalid login hours"),
    ):
        door.people.identity.restrict([profile])
        assert soap_fault(by_soap(door, ADAS_NAME, PASSWORD)) == soap
        for answer in (by_oauth(door, app), token(door, app, grant_type="client_credentials")):
            said = {"error": "invalid_grant", "error_description": oauth}
            assert (answer.status, answer.json) == (400, said)
    assert [each[2] for each in history(door)] == ["Restricted IP"] * 3 + ["Restricted Time"] * 3


def test_the_security_token_is_asked_for_in_each_wires_words(tmp_path: Path) -> None:
    options = IdentityOptions(door=DoorOptions(needs_security_token=True))
    with sqlite_place(tmp_path) as place, doors(place, options) as door:
        security_token = asyncio.run(door.people.identity.set_password(ADA, PASSWORD))
        app = asyncio.run(door.people.identity.create_app("Loader"))
        said = soap_fault(by_soap(door, ADAS_NAME, PASSWORD))
        assert said.startswith("LOGIN_MUST_USE_SECURITY_TOKEN: Invalid username, password, security token;")
        assert by_oauth(door, app).json["error_description"] == "authentication failure"
        assert history(door)[0][2] == "Failed: API security token required"
        assert by_soap(door, ADAS_NAME, PASSWORD + security_token).status == 200


def test_each_attempt_of_a_known_user_is_recorded(door: Doors, app: App) -> None:
    by_soap(door, ADAS_NAME, PASSWORD)
    by_soap(door, ADAS_NAME, "wrong")
    by_soap(door, "nobody@example.com", "wrong")
    by_oauth(door, app)
    token(door, app, grant_type="client_credentials")
    refresh = asyncio.run(door.people.identity.issue_refresh_token(app.client_id, ADA))
    token(door, app, grant_type="refresh_token", refresh_token=refresh)
    deactivate(door)
    by_oauth(door, app)
    soap, oauth = (
        ("Other Apex API", "N/A", "SOAP Partner", "64.0"),
        ("Remote Access 2.0", "Loader", "N/A", "N/A"),
    )
    expected = [
        (soap, "Success"),
        (soap, "Invalid Password"),
        *[(oauth, "Success")] * 3,
        (oauth, "User is Inactive"),
    ]
    assert history(door) == [
        (ADA, kind, status, application, api, version)
        for (kind, application, api, version), status in expected
    ]


def test_a_line_tells_where_the_login_came_from(door: Doors) -> None:
    by_soap(door, ADAS_NAME, PASSWORD)
    columns = ("LoginTime", "SourceIp", "LoginUrl", "Browser", "Platform", "TlsProtocol", "CipherSuite")
    names = ", ".join(f'"{each}"' for each in columns)
    line = door.people.database.read_now(lambda one: one.row(f'SELECT {names} FROM "LoginHistory"'))
    now = door.people.clock.now()
    assert line == (now, "127.0.0.1", "localhost:8080", "Chrome 120", "Linux", None, None)
    last = 'SELECT "LastLoginDate" FROM "User" WHERE "Id" = ?'
    assert door.people.database.read_now(lambda one: one.row(last, (ADA,))) == (now,)


def test_history_is_kept_for_six_months(door: Doors) -> None:
    by_soap(door, ADAS_NAME, PASSWORD)
    for later, left in ((183 * DAY, 1), (1, 0)):
        door.people.clock.advance(later)
        door.people.database.write(door.org._logins.purge).result()
        assert len(history(door)) == left


def test_logins_are_limited_by_the_hour_of_the_org(tmp_path: Path) -> None:
    options = IdentityOptions(door=DoorOptions(logins_per_hour=2))
    with sqlite_place(tmp_path) as place, doors(place, options) as door:
        asyncio.run(door.people.identity.set_password(ADA, PASSWORD))
        for _ in range(2):
            assert by_soap(door, ADAS_NAME, PASSWORD).status == 200
        for _ in range(3):
            said = soap_fault(by_soap(door, ADAS_NAME, PASSWORD))
            assert said == "LOGIN_RATE_EXCEEDED: Login Rate Exceeded"
        assert soap_fault(by_soap(door, "nobody@example.com", PASSWORD)) == NO_SOAP
        door.people.clock.advance(HOUR)
        assert by_soap(door, ADAS_NAME, PASSWORD).status == 200
        assert [each[2] for each in history(door)] == ["Success"] * 2 + ["Login Rate Exceeded", "Success"]


def test_the_size_of_a_login_can_be_set(tmp_path: Path) -> None:
    with sqlite_place(tmp_path) as place, doors(place, IdentityOptions(soap_login_bytes=500)) as door:
        said = soap_fault(by_soap(door, ADAS_NAME, "x" * 500))
    assert said == "LIMIT_EXCEEDED: The login request has more than 500 bytes"


def userinfo(door: Doors, access_token: str) -> int:
    return door.ask("GET", "/services/oauth2/userinfo", authorization=f"Bearer {access_token}").status


def test_each_login_has_a_token_of_its_own_which_no_client_can_choose(door: Doors, app: App) -> None:
    chosen = {"access_token": "mine", "session_id": "mine", "token": "mine"}
    form = {"grant_type": "password", "username": ADAS_NAME, "password": PASSWORD, **chosen}
    tokens = [str(token(door, app, **form).json["access_token"]) for _ in range(3)]
    assert len(set(tokens)) == 3
    for each in tokens:
        assert re.fullmatch(r"00D\w{12}!AQ[\w.]{94}", each)
        assert userinfo(door, each) == 200
        assert userinfo(door, each[:-1] + ("A" if each[-1] != "A" else "B")) == 403
        assert userinfo(door, each.lower()) == 403
    assert userinfo(door, "mine") == 403


def test_a_token_that_was_revoked_or_logged_out_opens_nothing_again(door: Doors, app: App) -> None:
    by_revoke = str(by_oauth(door, app).json["access_token"])
    reply = parse_envelope(by_soap(door, ADAS_NAME, PASSWORD).body, 100_000)
    by_logout = read_login_reply(reply).session_id or ""
    assert [userinfo(door, each) for each in (by_revoke, by_logout)] == [200, 200]
    assert door.ask("POST", "/services/oauth2/revoke", {"token": by_revoke}).status == 200
    assert door.ask("POST", PARTNER, _logout(by_logout)).status == 200
    for each in (by_revoke, by_logout):
        assert userinfo(door, each) == 403
        assert door.ask("POST", "/services/oauth2/revoke", {"token": each}).status == 400
        assert door.ask("POST", PARTNER, _logout(each)).status == 500
    door.people.clock.advance(MINUTE)
    assert [userinfo(door, each) for each in (by_revoke, by_logout)] == [403, 403]


def test_a_refresh_token_that_was_revoked_gives_nothing_again(door: Doors, app: App) -> None:
    refresh = asyncio.run(door.people.identity.issue_refresh_token(app.client_id, ADA))
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    session = str(token(door, app, **form).json["access_token"])
    assert userinfo(door, session) == 200
    assert door.ask("POST", "/services/oauth2/revoke", {"token": refresh}).status == 200
    assert userinfo(door, session) == 403
    assert token(door, app, **form).json["error_description"] == "expired access/refresh token"
    assert token(door, app, **form | {"refresh_token": session}).status == 400


def test_what_one_process_revokes_another_refuses_within_ten_seconds(door: Doors, app: App) -> None:
    session = str(by_oauth(door, app).json["access_token"])
    refresh = asyncio.run(door.people.identity.issue_refresh_token(app.client_id, BOB))
    other = door.people.second()
    assert userinfo(door, session) == 200
    for each in (session, refresh):
        assert asyncio.run(other.revoke(each))
    other.close()
    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert token(door, app, **form).json["error_description"] == "expired access/refresh token"
    door.people.clock.advance(10_000)
    assert userinfo(door, session) == 403


def _logout(session_id: str) -> bytes:
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:p="urn:partner.soap.sforce.com">'
        f"<e:Header><p:SessionHeader><p:sessionId>{session_id}</p:sessionId></p:SessionHeader></e:Header>"
        "<e:Body><p:logout/></e:Body></e:Envelope>"
    ).encode()
