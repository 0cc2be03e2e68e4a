"""The login operation: two ends joined, and the order that clients rely on."""

import re

import pytest

from isthmus.wire.login import (
    ENTERPRISE,
    PARTNER,
    LoginRequest,
    LoginResult,
    MalformedLogin,
    UserInfo,
    read_login,
    read_login_reply,
    read_user_info_reply,
    write_login,
    write_login_reply,
    write_user_info_reply,
)
from isthmus.wire.soap import parse_envelope, write_envelope

LIMIT = 10_240
INFO = UserInfo(
    accessibility_mode=False,
    chatter_external=False,
    currency_symbol="$",
    org_attachment_file_size_limit=5_242_880,
    org_default_currency_iso_code="USD",
    org_default_currency_locale="en_US",
    org_disallow_html_attachments=False,
    org_has_person_accounts=False,
    organization_id="00D000000000001EAA",
    organization_multi_currency=False,
    organization_name="A & B",
    profile_id="00e000000000001AAA",
    role_id=None,
    session_seconds_valid=7200,
    user_default_currency_iso_code=None,
    user_email="u@example.com",
    user_full_name="U <X>",
    user_id="005000000000001AAA",
    user_language="en_US",
    user_locale="en_US",
    user_name="u@example.com",
    user_time_zone="America/Los_Angeles",
    user_type="Standard",
    user_ui_skin="Theme3",
)
RESULT = LoginResult(
    metadata_server_url="https://h/services/Soap/m/64.0/00D000000000001",
    password_expired=False,
    sandbox=False,
    server_url="https://h/services/Soap/u/64.0/00D000000000001",
    session_id="00D000000000001!AQ",
    user_id="005000000000001AAA",
    user_info=INFO,
)
# source: Partner WSDL, types LoginResult and GetUserInfoResult (a client's sample reads the 4th, 5th and 7th)
ORDER = (
    "metadataServerUrl passwordExpired sandbox serverUrl sessionId userId userInfo "
    "accessibilityMode chatterExternal currencySymbol orgAttachmentFileSizeLimit "
    "orgDefaultCurrencyIsoCode orgDefaultCurrencyLocale orgDisallowHtmlAttachments "
    "orgHasPersonAccounts organizationId organizationMultiCurrency organizationName profileId "
    "roleId sessionSecondsValid userDefaultCurrencyIsoCode userEmail userFullName userId "
    "userLanguage userLocale userName userTimeZone userType userUiSkin"
)


@pytest.mark.parametrize("namespace", [PARTNER, ENTERPRISE])
@pytest.mark.parametrize("organization", [None, "00D000000000001"])
def test_a_request_comes_back_as_it_went(namespace: str, organization: str | None) -> None:
    request = LoginRequest("u@example.com", "p<&>\" '", organization)
    envelope = parse_envelope(write_login(request, namespace), LIMIT)
    assert (envelope.operation.namespace, envelope.operation.local) == (namespace, "login")
    assert read_login(envelope) == request


def test_what_a_request_lacks_is_empty() -> None:
    assert read_login(parse_envelope(write_envelope("<login/>", PARTNER), LIMIT)) == LoginRequest("", "")


def test_a_reply_comes_back_as_it_went() -> None:
    assert read_login_reply(parse_envelope(write_login_reply(RESULT, PARTNER), LIMIT)) == RESULT
    assert read_user_info_reply(parse_envelope(write_user_info_reply(INFO, PARTNER), LIMIT)) == INFO


def test_a_reply_has_the_platforms_order_and_no_prefixes() -> None:
    reply = write_login_reply(RESULT, PARTNER).decode()
    assert " ".join(re.findall(r"<(\w+)[ />]", reply.partition("<result>")[2])) == ORDER
    assert '<roleId xsi:nil="true"/>' in reply
    assert "<passwordExpired>false</passwordExpired>" in reply
    assert "Header" not in reply


@pytest.mark.parametrize(
    "body",
    [
        "<loginResponse/>",
        "<loginResponse><result/></loginResponse>",
        "<loginResponse><result><userInfo/></result></loginResponse>",
    ],
)
def test_a_reply_that_lacks_something_is_refused(body: str) -> None:
    with pytest.raises(MalformedLogin):
        read_login_reply(parse_envelope(write_envelope(body, PARTNER), LIMIT))


def test_a_reply_with_a_word_for_a_number_is_refused() -> None:
    reply = write_user_info_reply(INFO, PARTNER).replace(b">7200<", b">soon<")
    with pytest.raises(MalformedLogin, match="sessionSecondsValid"):
        read_user_info_reply(parse_envelope(reply, LIMIT))
    with pytest.raises(MalformedLogin):
        read_user_info_reply(parse_envelope(write_envelope("<getUserInfoResponse/>", PARTNER), LIMIT))
