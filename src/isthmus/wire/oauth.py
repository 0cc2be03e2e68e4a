"""OAuth 2.0 as the platform speaks it: token requests and replies, written and read, for either end.

Sources: RFC 6749 (sections 2.3.1, 4.3, 4.4, 5, 6); Salesforce Help, "OAuth 2.0 Username-Password Flow",
"OAuth 2.0 Client Credentials Flow", "OAuth 2.0 Refresh Token Flow".
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode

import msgspec

from isthmus.wire.xml import write_element

FIELDS_MAX: Final = 100
"""More fields than that in one form are refused."""


class MalformedForm(ValueError):
    """Not a form: broken UTF-8, or too many fields."""


class MalformedReply(ValueError):
    """Neither a token reply nor an OAuth error."""


class TokenRefused(Exception):
    """The other end's OAuth error: `error` is the code, `description` its text."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


class Format(Enum):
    """The forms of a reply: the value is its media type."""

    JSON = "application/json;charset=UTF-8"
    XML = "application/xml;charset=UTF-8"
    URLENCODED = "application/x-www-form-urlencoded;charset=UTF-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenReply:
    """What a granted token comes with, in the platform's order. What is None is left out.

    `issued_at` is in milliseconds since the epoch, as text. `id` is the identity URL.
    """

    access_token: str
    refresh_token: str | None = None
    signature: str | None = None
    scope: str | None = None
    instance_url: str
    id: str
    token_type: str = "Bearer"
    issued_at: str | None = None


def parse_form(*forms: bytes | str) -> dict[str, str]:
    """The fields of one or more url-encoded forms (a body, a query string); the first value of a name counts.

    Raises MalformedForm.
    """
    fields: dict[str, str] = {}
    for form in forms:
        try:
            text = form.decode("utf-8") if isinstance(form, bytes) else form
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
        except ValueError as error:
            raise MalformedForm(str(error)) from None
        for name, value in pairs:
            fields.setdefault(name.strip(), value)
    return fields


def basic_credentials(header: str | None) -> tuple[str, str] | None:
    """Client id and secret of an `Authorization: Basic` header, which may percent-encode them; else None."""
    kind, _, encoded = (header or "").strip().partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (unquote(client_id), unquote(secret)) if colon else None


def bearer_token(header: str | None) -> str | None:
    """The token of an `Authorization: Bearer` (or `OAuth`) header; else None."""
    kind, _, token = (header or "").strip().partition(" ")
    return token.strip() or None if kind.lower() in ("bearer", "oauth") else None


def sign(secret: str, identity_url: str, issued_at: str) -> str:
    """The signature by which a client knows that its token reply was not changed on the way."""
    digest = hmac.digest(secret.encode(), (identity_url + issued_at).encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def choose_format(parameter: str | None, accept: str | None) -> Format:
    """The form that a request asks for, by its `format` parameter or else by its Accept header."""
    if parameter:
        return {"xml": Format.XML, "urlencoded": Format.URLENCODED}.get(parameter.lower(), Format.JSON)
    first = (accept or "").split(",")[0].split(";")[0].strip().lower()
    for each in (Format.XML, Format.URLENCODED):
        if first == each.value.partition(";")[0]:
            return each
    return Format.JSON


def write_reply(values: Mapping[str, str | int | bool], form: Format, root: str = "OAuth") -> bytes:
    """Flat values in one of the three forms; in XML they are the children of `root`."""
    if form is Format.JSON:
        return msgspec.json.encode(values)
    if form is Format.URLENCODED:
        return urlencode({name: _text(value) for name, value in values.items()}).encode()
    children = "".join(write_element(name, value) for name, value in values.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><{root}>{children}</{root}>'.encode()


def write_token_reply(reply: TokenReply, form: Format = Format.JSON) -> bytes:
    """A granted token's reply."""
    return write_reply({name: value for name, value in asdict(reply).items() if value is not None}, form)


def write_error(error: str, description: str, form: Format = Format.JSON) -> bytes:
    """A refusal: `error` is the code, `description` its text."""
    return write_reply({"error": error, "error_description": description}, form)


def read_token_reply(data: bytes) -> TokenReply:
    """The reply in a JSON answer. Raises TokenRefused for an OAuth error, else MalformedReply."""
    try:
        values = msgspec.json.decode(data)
        if isinstance(values, dict) and "error" in values:
            raise TokenRefused(str(values["error"]), str(values.get("error_description", "")))
        return msgspec.convert(values, TokenReply)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedReply(str(error)) from None


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
