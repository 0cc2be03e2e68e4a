"""Claims: what the identity service says of a user, in userinfo's words and in the identity URL's.

Sources: Salesforce Help, "Identity URLs", "OpenID Connect: userinfo endpoint"; recorded answers of both.
"""

from datetime import UTC, datetime
from typing import Final

from isthmus.kernel.clock import SECOND
from isthmus.org.schema.time_zones import zone_of
from isthmus.org.security.principal import Principal
from isthmus.org.security.users import Profile

_VERSION: Final = "{version}"
_REST: Final = "/services/data/v{version}/"
_SOAP: Final = {"enterprise": "c", "metadata": "m", "partner": "u"}
_RESOURCES: Final = {
    "rest": "",
    "sobjects": "sobjects/",
    "search": "search/",
    "query": "query/",
    "recent": "recent/",
    "tooling_rest": "tooling/",
    "feeds": "chatter/feeds",
    "groups": "chatter/groups",
    "users": "chatter/users",
    "feed_items": "chatter/feed-items",
    "feed_elements": "chatter/feed-elements",
}
_ADDRESS: Final = ("street_address", "locality", "region", "postal_code", "country")


def identity_url(base_url: str, user: Principal) -> str:
    """The URL that names a user."""
    return f"{base_url}/id/{user.organization_id}/{user.user_id}"


def urls(base_url: str, user: Principal, version: str | None) -> dict[str, str]:
    """Where the APIs are; with `{version}` in them, unless a version (`65.0`) is to stand in its place."""
    organization = user.organization_id[:15]
    found = {
        name: f"{base_url}/services/Soap/{letter}/{_VERSION}/{organization}" for name, letter in _SOAP.items()
    }
    found |= {name: base_url + _REST + path for name, path in _RESOURCES.items()}
    found["tooling_soap"] = f"{base_url}/services/Soap/T/{_VERSION}/{organization}"
    found["profile"] = f"{base_url}/{user.user_id}"
    found["custom_domain"] = base_url
    if version is None:
        return found
    return {name: url.replace(_VERSION, version) for name, url in found.items()}


def utc_offset(time_zone: str, now: int) -> int:
    """By how many milliseconds the zone's standard time is ahead of UTC (0 where the zone is not known)."""
    at = datetime.fromtimestamp(now / SECOND, zone_of(time_zone))
    offset, summer = at.utcoffset(), at.dst()
    if offset is None:
        return 0
    return int((offset.total_seconds() - (summer.total_seconds() if summer else 0)) * SECOND)


def user_info(base_url: str, profile: Profile, now: int) -> dict[str, object]:
    """The answer of userinfo."""
    user = profile.principal
    photos = _photos(base_url)
    parts = (profile.street, profile.city, profile.state, profile.postal_code, profile.country)
    claims: dict[str, object] = {
        "sub": identity_url(base_url, user),
        "user_id": user.user_id,
        "organization_id": user.organization_id,
        "preferred_username": user.username,
        "nickname": profile.nickname,
        "name": profile.name,
        "email": profile.email,
        "email_verified": True,
        "given_name": profile.first_name,
        "family_name": profile.last_name,
        "zoneinfo": user.time_zone,
        "photos": photos,
        "profile": f"{base_url}/{user.user_id}",
        "picture": photos["picture"],
        "address": {name: part for name, part in zip(_ADDRESS, parts, strict=True) if part},
        "is_salesforce_integration_user": False,
        "urls": urls(base_url, user, None),
        "active": True,
        "user_type": profile.user_type.upper(),
        "language": user.language,
        "locale": user.locale,
        "utcOffset": utc_offset(user.time_zone, now),
        "updated_at": _instant(profile.modified_at),
    }
    if profile.phone:
        claims |= {"phone_number": profile.phone, "phone_number_verified": False}
    return claims


def identity(base_url: str, profile: Profile, now: int, version: str | None) -> dict[str, object]:
    """The answer of the identity URL."""
    user = profile.principal
    return {
        "id": identity_url(base_url, user),
        "asserted_user": True,
        "user_id": user.user_id,
        "organization_id": user.organization_id,
        "username": user.username,
        "nick_name": profile.nickname,
        "display_name": profile.name,
        "email": profile.email,
        "email_verified": True,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "timezone": user.time_zone,
        "photos": _photos(base_url),
        "addr_street": profile.street,
        "addr_city": profile.city,
        "addr_state": profile.state,
        "addr_country": profile.country,
        "addr_zip": profile.postal_code,
        "mobile_phone": profile.mobile_phone,
        "mobile_phone_verified": False,
        "is_lightning_login_user": False,
        "status": {"created_date": None, "body": None},
        "urls": urls(base_url, user, version),
        "active": True,
        "user_type": profile.user_type.upper(),
        "language": user.language,
        "locale": user.locale,
        "utcOffset": utc_offset(user.time_zone, now),
        "last_modified_date": _instant(profile.modified_at),
        "is_app_installed": True,
    }


def _photos(base_url: str) -> dict[str, str]:
    return {kind: f"{base_url}/profilephoto/005/{size}" for kind, size in _PHOTOS.items()}


_PHOTOS: Final = {"picture": "F", "thumbnail": "T"}


def _instant(milliseconds: int) -> str:
    """Recorded: `2021-03-05T15:55:20Z`."""
    return datetime.fromtimestamp(milliseconds // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
