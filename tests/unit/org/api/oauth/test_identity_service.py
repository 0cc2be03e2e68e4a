"""The identity service: what userinfo and the identity URL say, and the one word with which they refuse."""

import asyncio
from xml.etree import ElementTree

import pytest
from tests.unit.org.api.doors import Doors
from tests.unit.org.security.people import ADA, ADAS_NAME, BOB, ORGANIZATION

from isthmus.kernel.clock import HOUR
from isthmus.kernel.ids import record_id
from isthmus.org.api.oauth.claims import utc_offset

USERINFO = "/services/oauth2/userinfo"
IDENTITY = f"/id/{ORGANIZATION}/{ADA}"
LOCAL = "http://localhost:8080"
# source: what clients read of userinfo (sf CLI, jsforce, simple-salesforce)
USERINFO_KEYS = (
    "user_id name email organization_id sub email_verified given_name family_name zoneinfo photos profile "
    "picture address urls active user_type language locale utcOffset updated_at preferred_username nickname "
    "is_salesforce_integration_user"
)
URLS = {
    "enterprise": "/services/Soap/c/{version}/" + ORGANIZATION[:15],
    "metadata": "/services/Soap/m/{version}/" + ORGANIZATION[:15],
    "partner": "/services/Soap/u/{version}/" + ORGANIZATION[:15],
    "rest": "/services/data/v{version}/",
    "sobjects": "/services/data/v{version}/sobjects/",
    "search": "/services/data/v{version}/search/",
    "query": "/services/data/v{version}/query/",
    "recent": "/services/data/v{version}/recent/",
    "tooling_soap": "/services/Soap/T/{version}/" + ORGANIZATION[:15],
    "tooling_rest": "/services/data/v{version}/tooling/",
    "profile": f"/{ADA}",
    "feeds": "/services/data/v{version}/chatter/feeds",
    "groups": "/services/data/v{version}/chatter/groups",
    "users": "/services/data/v{version}/chatter/users",
    "feed_items": "/services/data/v{version}/chatter/feed-items",
    "feed_elements": "/services/data/v{version}/chatter/feed-elements",
    "custom_domain": "",
}


@pytest.fixture
def token(door: Doors) -> str:
    return asyncio.run(door.people.identity.open_session(ADAS_NAME)).token


@pytest.mark.parametrize("scheme", ["Bearer", "OAuth"])
def test_userinfo(door: Doors, token: str, scheme: str) -> None:
    answer = door.ask("GET", USERINFO, authorization=f"{scheme} {token}")
    said = answer.json
    assert set(said) == set(USERINFO_KEYS.split())
    assert said["sub"] == LOCAL + IDENTITY
    assert (said["user_id"], said["organization_id"]) == (ADA, ORGANIZATION)
    assert (said["name"], said["given_name"], said["family_name"]) == ("Ada Lovelace", "Ada", "Lovelace")
    assert said["address"] == {"locality": "London"}
    assert (said["locale"], said["language"], said["zoneinfo"]) == ("de_DE", "de", "Europe/Berlin")
    assert (said["utcOffset"], said["user_type"]) == (HOUR, "STANDARD")
    assert said["updated_at"] == "2026-01-01T00:00:00Z"
    assert said["urls"] == {name: LOCAL + path for name, path in URLS.items()}


def test_userinfo_tells_a_phone_number(door: Doors, token: str) -> None:
    door.people.change_user(ADA, "Phone", "123")
    said = door.ask("GET", USERINFO, authorization=f"Bearer {token}").json
    assert (said["phone_number"], said["phone_number_verified"]) == ("123", False)


def test_a_token_may_come_in_other_places(door: Doors, token: str) -> None:
    assert door.ask("POST", USERINFO, {"access_token": token}).status == 200
    assert door.ask("GET", USERINFO, query={"access_token": token}).status == 200
    assert door.ask("GET", IDENTITY, query={"oauth_token": token}).status == 200


def test_the_identity_url(door: Doors, token: str) -> None:
    said = door.ask("GET", IDENTITY, authorization=f"Bearer {token}").json
    assert said["id"] == LOCAL + IDENTITY
    assert (said["username"], said["display_name"], said["nick_name"]) == (
        ADAS_NAME,
        "Ada Lovelace",
        "Lovelace",
    )
    assert (said["addr_city"], said["addr_zip"], said["mobile_phone"]) == ("London", None, None)
    assert said["status"] == {"created_date": None, "body": None}
    assert said["last_modified_date"] == "2026-01-01T00:00:00Z"
    assert said["urls"] == {name: LOCAL + path for name, path in URLS.items()}
    assert said["photos"] == {
        "picture": f"{LOCAL}/profilephoto/005/F",
        "thumbnail": f"{LOCAL}/profilephoto/005/T",
    }


def test_ids_may_have_15_characters(door: Doors, token: str) -> None:
    answer = door.ask("GET", f"/id/{ORGANIZATION[:15]}/{ADA[:15]}", authorization=f"Bearer {token}")
    assert answer.status == 200


@pytest.mark.parametrize(("version", "shown"), [("latest", "65.0"), ("40.0", "40.0"), ("31", "31.0")])
def test_a_version_is_put_into_the_urls(door: Doors, token: str, version: str, shown: str) -> None:
    answer = door.ask("GET", IDENTITY, query={"version": version}, authorization=f"Bearer {token}")
    assert answer.json["urls"]["rest"] == f"{LOCAL}/services/data/v{shown}/"


def test_the_identity_url_in_xml(door: Doors, token: str) -> None:
    answer = door.ask("GET", IDENTITY, query={"format": "xml"}, authorization=f"Bearer {token}")
    root = ElementTree.fromstring(answer.text)
    assert root.tag == "user"
    assert root.findtext("user_id") == ADA
    assert root.findtext("photos/picture") == f"{LOCAL}/profilephoto/005/F"
    assert root.findtext("utcOffset") == str(HOUR)


@pytest.mark.parametrize("path", [USERINFO, IDENTITY])
def test_without_a_good_token_it_says_one_word(door: Doors, token: str, path: str) -> None:
    missing = door.ask("GET", path)
    assert (missing.status, missing.text) == (403, "Missing_OAuth_Token")
    bad = door.ask("GET", path, authorization="Bearer nonsense")
    assert (bad.status, bad.text) == (403, "Bad_OAuth_Token")
    assert bad.headers["content-type"] == "text/html;charset=UTF-8"
    door.people.clock.advance(2 * HOUR)
    assert door.ask("GET", path, authorization=f"Bearer {token}").text == "Bad_OAuth_Token"


@pytest.mark.parametrize(
    ("path", "version", "status", "word"),
    [
        (f"/id/{record_id('00D', '9Zz', 1)}/{ADA}", "", 403, "Wrong_Org"),
        (f"/id/{ORGANIZATION}/{BOB}", "", 404, "Bad_Id"),
        (f"/id/{ORGANIZATION}/me", "", 404, "Bad_Id"),
        (IDENTITY, "66.0", 500, "Internal Error"),
        (IDENTITY, "x", 500, "Internal Error"),
        (IDENTITY, "²", 500, "Internal Error"),
    ],
)
def test_other_words(door: Doors, token: str, path: str, version: str, status: int, word: str) -> None:
    answer = door.ask("GET", path, query={"version": version}, authorization=f"Bearer {token}")
    assert (answer.status, answer.text) == (status, word)


@pytest.mark.parametrize(
    ("zone", "now", "offset"),
    [
        ("America/Los_Angeles", 1_767_225_600_000, -8 * HOUR),
        ("America/Los_Angeles", 1_782_864_000_000, -8 * HOUR),
        ("Asia/Kolkata", 0, 19_800_000),
        ("UTC", 0, 0),
        ("Nowhere/Land", 0, 0),
        ("../etc/passwd", 0, 0),
    ],
)
def test_the_offset_is_that_of_standard_time(zone: str, now: int, offset: int) -> None:
    assert utc_offset(zone, now) == offset
