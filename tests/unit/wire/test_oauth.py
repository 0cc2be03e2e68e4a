"""OAuth on the wire: forms, headers, the signature, and replies in three forms."""

import base64

import pytest

from isthmus.wire.oauth import (
    Format,
    MalformedForm,
    MalformedReply,
    TokenRefused,
    TokenReply,
    basic_credentials,
    bearer_token,
    choose_format,
    parse_form,
    read_token_reply,
    sign,
    write_error,
    write_reply,
    write_token_reply,
)

REPLY = TokenReply(
    access_token="00D000000000001!AQ",
    signature="c2ln",
    scope="api id",
    instance_url="https://acme.my.salesforce.com",
    id="https://login.salesforce.com/id/00D000000000001EAA/005000000000001AAA",
    issued_at="1767225600000",
)


def test_a_form_is_read_from_body_and_query() -> None:
    assert parse_form(b"a=1&b=x%20y+z&a=2&c=", "c=3&d=%C3%A9") == {"a": "1", "b": "x y z", "c": "", "d": "é"}


@pytest.mark.parametrize("form", [b"a=%ff", b"\xff", b"&".join([b"a=1"] * 101)])
def test_a_broken_form_is_refused(form: bytes) -> None:
    with pytest.raises(MalformedForm):
        parse_form(form)


@pytest.mark.parametrize(
    ("header", "credentials"),
    [
        ("Basic " + base64.b64encode(b"id:secret").decode(), ("id", "secret")),
        ("basic " + base64.b64encode(b"id:se:cret").decode(), ("id", "se:cret")),
        ("Basic " + base64.b64encode(b"id:se%20cret").decode(), ("id", "se cret")),
        ("Basic " + base64.b64encode(b"nothing").decode(), None),
        ("Basic " + base64.b64encode(b"\xff:\xff").decode(), None),
        ("Basic !", None),
        ("Bearer x", None),
        (None, None),
    ],
)
def test_basic_credentials(header: str | None, credentials: tuple[str, str] | None) -> None:
    assert basic_credentials(header) == credentials


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer t", "t"),
        ("OAuth t", "t"),
        ("bearer  t ", "t"),
        ("Bearer", None),
        ("Basic t", None),
        (None, None),
    ],
)
def test_bearer_token(header: str | None, token: str | None) -> None:
    assert bearer_token(header) == token


def test_the_signature_is_an_hmac_of_id_and_issue_time() -> None:
    # computed with: printf %s "$ID$ISSUED" | openssl dgst -sha256 -hmac secret -binary | base64
    assert sign("secret", REPLY.id, "1767225600000") == "Fc+rwnw5bJrOOIrwCcSJCH/NlfB/j321KBUGYzbZ6q8="


@pytest.mark.parametrize(
    ("parameter", "accept", "form"),
    [
        (None, None, Format.JSON),
        (None, "*/*", Format.JSON),
        (None, "application/xml", Format.XML),
        (None, "application/x-www-form-urlencoded, */*", Format.URLENCODED),
        ("xml", "application/json", Format.XML),
        ("urlencoded", None, Format.URLENCODED),
        ("json", "application/xml", Format.JSON),
        ("odd", None, Format.JSON),
    ],
)
def test_the_form_of_a_reply(parameter: str | None, accept: str | None, form: Format) -> None:
    assert choose_format(parameter, accept) is form


def test_a_reply_comes_back_as_it_went() -> None:
    assert read_token_reply(write_token_reply(REPLY)) == REPLY
    assert b"refresh_token" not in write_token_reply(REPLY)


def test_an_error_comes_back_as_it_went() -> None:
    with pytest.raises(TokenRefused, match="invalid_grant: expired access/refresh token") as refused:
        read_token_reply(write_error("invalid_grant", "expired access/refresh token"))
    assert (refused.value.error, refused.value.description) == (
        "invalid_grant",
        "expired access/refresh token",
    )


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"{}", b"\xff"])
def test_an_answer_that_is_none_is_refused(answer: bytes) -> None:
    with pytest.raises(MalformedReply):
        read_token_reply(answer)


def test_other_forms() -> None:
    error: dict[str, str | int | bool] = {"error": "invalid_grant", "n": 1, "active": True}
    assert write_reply(error, Format.URLENCODED) == b"error=invalid_grant&n=1&active=true"
    assert write_reply(error, Format.XML) == (
        b'<?xml version="1.0" encoding="UTF-8"?>'
        b"<OAuth><error>invalid_grant</error><n>1</n><active>true</active></OAuth>"
    )
