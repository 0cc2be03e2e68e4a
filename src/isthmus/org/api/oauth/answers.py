"""Answers of the token endpoints: what a request asked in, and how a refusal looks."""

from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.responses import Response

from isthmus.kernel.errors import Fault, fault
from isthmus.org.api.routing import Call
from isthmus.wire.oauth import Format, MalformedForm, choose_format, parse_form, write_error

NOT_STORED: Final = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}
OAUTH_WORDS: Final = {
    "invalid_login": "oauth_authentication_failure",
    "login_needs_security_token": "oauth_authentication_failure",
    "login_from_restricted_address": "oauth_ip_restricted",
    "login_at_restricted_time": "oauth_login_hours",
    "login_rate_exceeded": "oauth_rate_limit_exceeded",
    "method_not_allowed": "oauth_must_post",
}
"""What OAuth calls a fault that other wires know under another name."""


def read_form(call: Call) -> dict[str, str]:
    """The request's fields, from its body and its query. Fault: `oauth_malformed_form`."""
    try:
        return parse_form(call.body, call.request.url.query)
    except MalformedForm as error:
        raise fault("oauth_malformed_form", reason=error) from None


def required(form: Mapping[str, str], name: str) -> str:
    """A field that may not be missing or empty. Fault: `oauth_missing_parameter`."""
    value = form.get(name)
    if not value:
        raise fault("oauth_missing_parameter", parameter=name)
    return value


def reply_format(call: Call) -> Format:
    """The form in which the client wants its reply; JSON where it can't be told."""
    try:
        parameter = parse_form(call.body, call.request.url.query).get("format")
    except MalformedForm:
        parameter = None
    return choose_format(parameter, call.header(b"accept"))


def json_answer(value: object) -> Response:
    """A JSON answer that no cache keeps."""
    return Response(msgspec.json.encode(value), media_type=Format.JSON.value, headers=NOT_STORED)


def render_fault(call: Call, error: Fault) -> Response:
    """The identity service answers with a word, the token endpoints with `error` and `error_description`."""
    if error.entry.name in OAUTH_WORDS:
        error = fault(OAUTH_WORDS[error.entry.name])
    entry = error.entry
    if entry.name.startswith("identity_"):
        return Response(error.message, entry.status, NOT_STORED, "text/html;charset=UTF-8")
    form = reply_format(call)
    body = write_error(entry.code, error.message, form)
    return Response(body, entry.status, NOT_STORED, form.value)
