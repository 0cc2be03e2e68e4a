"""Salesforce connection: a session with an org, shared by the connectors that reach it.

The first that needs a session logs in, and all others wait for that login; who finds the session expired has
it renewed, once for all who found the same. Nothing here tells a session id or a secret.

    org = SalesforceConnection("https://acme.my.salesforce.com", ClientCredentials(key, secret))

Sources: Salesforce Help, "OAuth 2.0 Client Credentials Flow", "OAuth 2.0 Username-Password Flow"; SOAP API
Developer Guide, login(); REST API Developer Guide, "Status Codes and Error Responses".
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

import msgspec
import structlog

from isthmus.hub.connectors.http_client import ANSWER_BYTES_MAX, SECONDS, Answer, HttpClient, NoAnswer
from isthmus.wire import login, oauth, soap, xml

__all__ = [
    "ClientCredentials",
    "LoginFailed",
    "OAuthPassword",
    "SalesforceConnection",
    "Session",
    "SoapLogin",
    "expired",
    "platform_errors",
]

API_VERSION: Final = "65.0"
SOAP_LOGIN_VERSION: Final = "64.0"
"""The newest API version that has login()."""
_TOKEN_PATH: Final = "/services/oauth2/token"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_log: Final = structlog.get_logger(__name__)


class LoginFailed(Exception):
    """No session. `refused` says that the org has refused the credentials: asking again does not help."""

    def __init__(self, reason: str, refused: bool) -> None:
        super().__init__(reason)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Session:
    """A session: the token, which is not shown, and the org's own address."""

    instance_url: str
    token: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Credentials(Protocol):
    """A way to log in."""

    def request(self) -> tuple[str, Mapping[str, str], bytes]:
        """The path to post to, headers and body."""
        ...

    def read(self, answer: Answer) -> Session:
        """The session in the answer. Raises LoginFailed."""
        ...


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth client credentials: the app's own user. Only at the org's own address (My Domain)."""

    client_id: str
    client_secret: str = field(repr=False)

    def request(self) -> tuple[str, Mapping[str, str], bytes]:
        return _token_request(
            grant_type="client_credentials", client_id=self.client_id, client_secret=self.client_secret
        )

    def read(self, answer: Answer) -> Session:
        return _read_token(answer)


@dataclass(frozen=True, slots=True)
class OAuthPassword:
    """OAuth with a user's name and password (with the security token behind it, where one is needed)."""

    client_id: str
    client_secret: str = field(repr=False)
    username: str
    password: str = field(repr=False)

    def request(self) -> tuple[str, Mapping[str, str], bytes]:
        return _token_request(
            grant_type="password",
            client_id=self.client_id,
            client_secret=self.client_secret,
            username=self.username,
            password=self.password,
        )

    def read(self, answer: Answer) -> Session:
        return _read_token(answer)


@dataclass(frozen=True, slots=True)
class SoapLogin:
    """login() of the SOAP API, with name and password (and security token, where one is needed)."""

    username: str
    password: str = field(repr=False)

    def request(self) -> tuple[str, Mapping[str, str], bytes]:
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        body = login.write_login(login.LoginRequest(self.username, self.password))
        return f"/services/Soap/u/{SOAP_LOGIN_VERSION}", headers, body

    def read(self, answer: Answer) -> Session:
        try:
            envelope = soap.parse_envelope(answer.body, ANSWER_BYTES_MAX)
            fault = soap.read_fault(envelope)
            if fault is not None:
                raise LoginFailed(fault.faultstring, refused=fault.code in _REFUSALS)
            result = login.read_login_reply(envelope)
        except (xml.MalformedXml, soap.MalformedEnvelope, login.MalformedLogin) as error:
            raise LoginFailed(f"status {answer.status}, and no login reply: {error}", refused=False) from None
        if not result.session_id or not result.server_url:
            raise LoginFailed("the password has expired", refused=True)
        parts = urlsplit(result.server_url)
        return Session(f"{parts.scheme}://{parts.netloc}", result.session_id)


_REFUSALS: Final = frozenset(
    {"INVALID_LOGIN", "LOGIN_MUST_USE_SECURITY_TOKEN", "API_DISABLED_FOR_ORG", "PASSWORD_LOCKOUT"}
)
_TRANSIENT: Final = frozenset({"unknown_error", "temporarily_unavailable", "server_error", "retry"})
"""OAuth errors that say nothing against the credentials."""


class SalesforceConnection:
    """An org by its address, with what it takes to log in. It belongs to one event loop."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        api_version: str = API_VERSION,
        seconds: float = SECONDS,
        proxy: str | None = None,
        ca_file: Path | None = None,
    ) -> None:
        """Without `credentials` only sessions that come with messages are used, and `url` is the org's own.

        Raises ValueError: no such address.
        """
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of an org: give one like https://acme.my.salesforce.com")
        self.url: Final = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self.api_version: Final = api_version
        self._credentials = credentials
        self._client = HttpClient(seconds=seconds, proxy=proxy, ca_file=ca_file)
        self._proxy = proxy
        self._ca_file = ca_file
        self._session: Session | None = None
        self._login = asyncio.Lock()

    def describe(self) -> str:
        """The org's address, and how it is logged in to."""
        how = "no login of its own" if self._credentials is None else type(self._credentials).__name__
        return f"{self.url} ({how})"

    def new_client(self, answer_bytes_max: int) -> HttpClient:
        """A client with cookies of its own, to the same org by the same way."""
        return HttpClient(answer_bytes_max=answer_bytes_max, proxy=self._proxy, ca_file=self._ca_file)

    async def session(self) -> Session:
        """The session; logs in where there is none. Raises LoginFailed."""
        return await self._renewed(None)

    async def renew(self, expired: Session) -> Session:
        """Another session than the `expired` one. Raises LoginFailed."""
        return await self._renewed(expired)

    async def instance_url(self) -> str:
        """The org's own address. Raises LoginFailed."""
        return self.url if self._credentials is None else (await self.session()).instance_url

    async def ask(self, method: str, path: str, body: Any = None, *, session_id: str | None = None) -> Answer:
        """Ask the org's REST API for a path that begins with a slash, with the API's own prefix left out.

        `session_id` is tried first, where there is one; a session that the org calls invalid is renewed and
        the request sent once more. Raises LoginFailed, NoAnswer.
        """
        if session_id:
            answer = await self._ask(method, path, body, Session(await self.instance_url(), session_id))
            if not expired(answer) or self._credentials is None:
                return answer
            _log.info("a message's session has ended; going on with our own", org=self.url)
        session = await self.session()
        answer = await self._ask(method, path, body, session)
        if expired(answer):
            answer = await self._ask(method, path, body, await self.renew(session))
        return answer

    async def close(self) -> None:
        """Give the connections up; the session stays."""
        await self._client.close()

    async def _ask(self, method: str, path: str, body: Any, session: Session) -> Answer:
        headers = {"Accept": "application/json", **session.headers}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = msgspec.json.encode(body)
        url = f"{session.instance_url}/services/data/v{self.api_version}{path}"
        return await self._client.ask(method, url, body=data, headers=headers)

    async def _renewed(self, old: Session | None) -> Session:
        async with self._login:
            if self._session is None or self._session == old:
                self._session = None
                self._session = await self._log_in()
            return self._session

    async def _log_in(self) -> Session:
        if self._credentials is None:
            raise LoginFailed(f"{self.url}: the hub has no credentials of its own", refused=True)
        path, headers, body = self._credentials.request()
        try:
            answer = await self._client.ask("POST", self.url + path, body=body, headers=headers)
            session = self._credentials.read(answer)
        except NoAnswer as error:
            raise LoginFailed(f"{self.url}: {error}", refused=False) from None
        except LoginFailed as error:
            raise LoginFailed(f"{self.url} refused the login: {error}", error.refused) from None
        _log.info("logged in", org=self.url, instance=session.instance_url)
        return session


def platform_errors(answer: Answer) -> list[tuple[str, str]]:
    """The REST API's own errors in an answer, as (code, message); none where the body holds none."""
    try:
        found = answer.json()
    except ValueError:
        return []
    return [
        (str(each.get("errorCode", "")), str(each.get("message", "")))
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict) and "errorCode" in each
    ]


def expired(answer: Answer) -> bool:
    """Whether the org says that the session is not, or no longer, valid."""
    return answer.status == 401


def _token_request(**form: str) -> tuple[str, Mapping[str, str], bytes]:
    return _TOKEN_PATH, _FORM, urlencode(form).encode()


def _read_token(answer: Answer) -> Session:
    try:
        reply = oauth.read_token_reply(answer.body)
    except oauth.TokenRefused as refused:
        raise LoginFailed(str(refused), refused=refused.error not in _TRANSIENT) from None
    except oauth.MalformedReply as error:
        raise LoginFailed(f"status {answer.status}, and no token: {error}", refused=False) from None
    return Session(reply.instance_url.rstrip("/"), reply.access_token)
