"""Salesforce connection: a session with an org, shared by the connectors that reach it.

The first that needs a session logs in, and all others wait for that login; who finds the session expired has
it renewed, once for all who found the same. Nothing here tells a session id or a secret.

    org = SalesforceConnection("https://acme.my.salesforce.com", ClientCredentials(key, secret))

Sources: Salesforce Help, "OAuth 2.0 Client Credentials Flow", "OAuth 2.0 Username-Password Flow"; SOAP API
Developer Guide, login(); REST API Developer Guide, "Status Codes and Error Responses".
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol
from urllib.parse import urlencode, urlsplit

import structlog

from isthmus.hub.connectors.http_client import ANSWER_BYTES_MAX, SECONDS, Answer, HttpClient, NoAnswer
from isthmus.hub.options import Options
from isthmus.hub.redelivery import span
from isthmus.kernel.clock import HOUR, MINUTE, SECOND, Clock, SystemClock
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

REFUSED_FOR: Final = 5 * MINUTE
REFUSED_FOR_MAX: Final = HOUR
"""So long no login is tried after one that was refused: twice as long each time, in milliseconds.

An org locks users out who fail often. Source: Salesforce Help, "Set Password Policies": after ten times.
"""
API_VERSION: Final = "65.0"
SOAP_LOGIN_VERSION: Final = "64.0"
"""The newest API version that has login()."""
_TOKEN_PATH: Final = "/services/oauth2/token"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_log: Final = structlog.get_logger(__name__)


class LoginFailed(Exception):
    """No session. `refused` says that the org has refused the credentials: asking again does not help.

    `after` are the milliseconds after which it is asked again at all.
    """

    def __init__(self, reason: str, refused: bool, after: int | None = None) -> None:
        super().__init__(reason)
        self.refused = refused
        self.after = after


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


class _TokenRequest:
    """What both OAuth grants do: ask the token endpoint, and read what it answers."""

    __slots__ = ()
    grant_type: ClassVar[str]

    def __post_init__(self) -> None:
        _check_texts(self)

    def request(self) -> tuple[str, Mapping[str, str], bytes]:
        form = {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type] # each grant is a dataclass
        return _TOKEN_PATH, _FORM, urlencode({"grant_type": self.grant_type, **form}).encode()

    def read(self, answer: Answer) -> Session:
        try:
            reply = oauth.read_token_reply(answer.body)
        except oauth.TokenRefused as refused:
            raise LoginFailed(str(refused), refused=refused.error not in _TRANSIENT) from None
        except oauth.MalformedReply as error:
            raise LoginFailed(f"status {answer.status}, and no token: {error}", refused=False) from None
        return Session(reply.instance_url.rstrip("/"), reply.access_token)


@dataclass(frozen=True, slots=True)
class ClientCredentials(_TokenRequest):
    """OAuth client credentials: the app's own user. Only at the org's own address (My Domain)."""

    grant_type: ClassVar[str] = "client_credentials"

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OAuthPassword(_TokenRequest):
    """OAuth with a user's name and password (with the security token behind it, where one is needed)."""

    grant_type: ClassVar[str] = "password"

    client_id: str
    client_secret: str = field(repr=False)
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SoapLogin:
    """login() of the SOAP API, with name and password (and security token, where one is needed)."""

    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        _check_texts(self)

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
        ca_file: Path | str | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Without `credentials` only sessions that come with messages are used, and `url` is the org's own.

        Raises OptionWrong.
        """
        given = Options("SalesforceConnection")
        given.address("url", url, "https://acme.my.salesforce.com")
        if credentials is not None:
            given.made("credentials", credentials, ("request", "read"), "a way to log in, or None")
        given.matching("api_version", api_version, r"[1-9][0-9]\.0", "an API version, like 65.0")
        parts = urlsplit(url.strip())
        self.url: Final = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self.api_version: Final = api_version
        self._credentials = credentials
        self._client = HttpClient(seconds=seconds, proxy=proxy, ca_file=ca_file, owner="SalesforceConnection")
        self._proxy = proxy
        self._ca_file = ca_file
        self._session: Session | None = None
        self._login = asyncio.Lock()
        self._clock = clock or SystemClock()
        self._refusal: LoginFailed | None = None
        self._refused_for = 0
        self._refused_until = 0

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

    @property
    def has_credentials(self) -> bool:
        """Whether it can log in by itself."""
        return self._credentials is not None

    async def ask(
        self, method: str, path: str, body: bytes | None = None, *, session_id: str | None = None
    ) -> Answer:
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

    async def _ask(self, method: str, path: str, body: bytes | None, session: Session) -> Answer:
        headers = {"Accept": "application/json", **session.headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = f"{session.instance_url}/services/data/v{self.api_version}{path}"
        return await self._client.ask(method, url, body=body, headers=headers)

    async def _renewed(self, old: Session | None) -> Session:
        async with self._login:
            if self._session is None or self._session == old:
                self._session = None
                self._mind_a_refusal()
                try:
                    self._session = await self._log_in()
                except LoginFailed as error:
                    self._note(error)
                    raise
                self._refusal, self._refused_for = None, 0
            return self._session

    def _note(self, error: LoginFailed) -> None:
        """Remember a refusal."""
        if error.refused and self._credentials is not None:
            self._refused_for = min(2 * self._refused_for or REFUSED_FOR, REFUSED_FOR_MAX)
            self._refusal, self._refused_until = error, self._clock.now() + self._refused_for
            error.after = self._refused_for

    def _mind_a_refusal(self) -> None:
        """Raises LoginFailed where a login was refused a moment ago."""
        left = self._refused_until - self._clock.now()
        if self._refusal is not None and left > 0:
            wait = span(-(-left // SECOND) * SECOND)
            raise LoginFailed(f"{self._refusal} (not tried again for {wait})", refused=True, after=left)

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


def _check_texts(credentials: Any) -> None:
    """Raises OptionWrong where something is missing, as it is where the environment did not have it."""
    given = Options(type(credentials).__name__)
    for each in fields(credentials):
        (given.text if each.repr else given.secret)(each.name, getattr(credentials, each.name))
