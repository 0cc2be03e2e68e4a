"""The org under test: HTTP to any Salesforce org by URL, and what of it the runner must know.

`http.client` on purpose: it sends exactly what a case says (odd content types, broken bodies, chunks) and
hides nothing of the answer.
"""

import gzip
import http.client
import json
import ssl
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final
from xml.etree import ElementTree

TIMEOUT_SECONDS: Final = 120
_OUT_OF_CALLS: Final = b"REQUEST_LIMIT_EXCEEDED"


class OrgError(Exception):
    """The org can't be tested: no answer, not an org, or the token is refused. The message says which."""


class OutOfCalls(Exception):
    """The org answers no more calls for now: the tests can't go on, and nothing is wrong with its answers."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. Header names are lower-case; a repeated header's values are joined by a comma."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @cached_property
    def body(self) -> bytes:
        """The body without its content encoding."""
        return gzip.decompress(self.raw) if self.headers.get("content-encoding") == "gzip" else self.raw

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @cached_property
    def json(self) -> Any:
        """The decoded body. Raises ValueError."""
        return json.loads(self.body)

    @cached_property
    def xml(self) -> ElementTree.Element:
        """The body's root element. Raises ElementTree.ParseError."""
        return ElementTree.fromstring(self.text)


class Org:
    """One org: where it is and by which token. Connections are kept open between requests."""

    def __init__(self, url: str, token: str, *, ca: str | None = None, insecure: bool = False) -> None:
        parts = urllib.parse.urlsplit(url if "//" in url else f"https://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OrgError(
                f"{url} is not a URL: give the org's address, as in https://acme.my.salesforce.com"
            )
        self.url = f"{parts.scheme}://{parts.netloc}"
        self.token = token
        self._parts = parts
        self._tls = ssl.create_default_context(cafile=ca)
        if insecure:
            self._tls.check_hostname = False
            self._tls.verify_mode = ssl.CERT_NONE
        self._connection: http.client.HTTPConnection | None = None

    def send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", *, encoding: str = ""
    ) -> Answer:
        """Send one request as it is; `encoding` says how the body travels. Raises OrgError, OutOfCalls."""
        sent = dict(headers)
        if "gzip" in encoding:
            body = gzip.compress(body)
            sent["Content-Encoding"] = "gzip"
        chunked = "chunked" in encoding
        if chunked:
            sent["Transfer-Encoding"] = "chunked"
        for attempt in (1, 2):
            fresh = self._connection is None
            connection = self._connection = self._connection or self._connect()
            try:
                payload: Any = _halves(body) if chunked else body or None
                connection.request(method, path, payload, sent, encode_chunked=chunked)
                answer = connection.getresponse()
                pairs: dict[str, str] = {}
                for name, value in answer.getheaders():
                    pairs[name.lower()] = (
                        f"{pairs[name.lower()]}, {value}" if name.lower() in pairs else value
                    )
                return self._checked(Answer(answer.status, pairs, answer.read()))
            except (http.client.HTTPException, OSError) as error:
                connection.close()
                self._connection = None
                kept_alive = isinstance(error, http.client.RemoteDisconnected | ConnectionError)
                if fresh or attempt == 2 or not kept_alive:
                    raise OrgError(f"cannot reach {self.url}: {_reason(error)}") from error
        raise AssertionError("unreachable")

    def _checked(self, answer: Answer) -> Answer:
        if answer.status >= 400 and _OUT_OF_CALLS in answer.body:
            raise OutOfCalls(
                f"{self.url} has answered all the calls that it allows in 24 hours"
                f" ({_OUT_OF_CALLS.decode()}), so the tests stop here. Run them again when it has calls left;"
                " an org of Isthmus has after `isthmus clock advance 24h`, or with a higher DailyApiRequests"
                " under [limits] in isthmus.toml"
            )
        return answer

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=self._tls)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str) -> Answer:
        """GET with the token, as JSON."""
        return self.send("GET", path, {"Authorization": f"Bearer {self.token}", "Accept": "application/json"})

    def check(self, api: str) -> None:
        """Make sure that an org answers here, has this API version, and takes the token. Raises OrgError."""
        answer = self.send("GET", "/services/data/", {"Accept": "application/json"})
        kind = answer.headers.get("content-type", "no content type")
        try:
            versions = [each["version"] for each in answer.json]
        except (ValueError, TypeError, KeyError):
            raise OrgError(
                f"{self.url} doesn't answer like a Salesforce org: GET /services/data/ gave"
                f" HTTP {answer.status} ({kind}), not a list of API versions"
            ) from None
        if api not in versions:
            raise OrgError(f"{self.url} has no API version {api}; it has {versions[0]} to {versions[-1]}")
        answer = self.get(f"/services/data/v{api}/")
        if answer.status != 200:
            raise OrgError(f"{self.url} refuses the token: HTTP {answer.status} {answer.text[:300]}")

    @cached_property
    def user(self) -> Mapping[str, Any]:
        """The token's user, as userinfo gives it. Empty where the org doesn't answer."""
        answer = self.get("/services/oauth2/userinfo")
        try:
            return dict(answer.json) if answer.status == 200 else {}
        except (ValueError, TypeError):
            return {}

    def now(self, api: str) -> datetime:
        """The org's time, which may be ahead of ours: read off a record that is made for this."""
        records = f"/services/data/v{api}/sobjects/Account"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        made = self.send("POST", records, headers, b'{"Name": "what time is it"}')
        if made.status != 201:
            raise OrgError(f"{self.url} doesn't let the token's user create an account: {made.text[:300]}")
        record = f"{records}/{made.json['id']}"
        created = self.get(f"{record}?fields=CreatedDate").json["CreatedDate"]
        self.send("DELETE", record, headers)
        return datetime.strptime(created, "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)

    def has_object(self, api: str, name: str) -> bool:
        """Whether the org has an object of that name."""
        return self.get(f"/services/data/v{api}/sobjects/{name}/describe").status == 200


def _halves(body: bytes) -> Iterator[bytes]:
    middle = len(body) // 2
    yield from (part for part in (body[:middle], body[middle:]) if part)


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate isn't trusted ({error.verify_message}); give its CA with --ca, or --insecure"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
