"""HTTP client: one request and its whole answer, within limits of time and size.

Timeouts are real time, for they are about sockets. Redirects are not followed: a message goes where its route
says, or nowhere.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from isthmus.hub.options import Options
from isthmus.kernel.clock import SECOND

SECONDS: Final = 30.0
"""For one answer, from connecting to its last byte, unless said otherwise."""
CONNECT_SECONDS: Final = 10.0
ANSWER_BYTES_MAX: Final = 4 << 20
CONNECTIONS_MAX: Final = 100
_SAID_MAX: Final = 300
"""So many characters of an answer are quoted at most."""


class NoAnswer(Exception):
    """No whole answer came; what was asked may have been done all the same. The message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `headers` are by lower-case name."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The decoded body, None where there is none. Raises ValueError where it is no JSON."""
        try:
            return msgspec.json.decode(self.body) if self.body.strip() else None
        except RecursionError:
            raise ValueError("JSON that is nested too deeply") from None

    def said(self) -> str:
        """The body's beginning, for a message to somebody."""
        text = " ".join(self.body[: 4 * _SAID_MAX].decode("utf-8", "replace").split())
        return text if len(text) <= _SAID_MAX else text[:_SAID_MAX] + "…"

    def retry_after(self, now: int) -> int | None:
        """For how many milliseconds after `now` (real time) the server asks to be left alone, where it does.

        Source: RFC 9110, section 10.2.3: seconds, or an HTTP date.
        """
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdecimal():
            return int(value[:9]) * SECOND
        try:
            due = parsedate_to_datetime(value)
        except ValueError:
            return None
        return max(0, int(due.timestamp()) * SECOND - now)


class HttpClient:
    """Connections that are kept; it belongs to one event loop, from the first request to `close`."""

    def __init__(
        self,
        *,
        seconds: float = SECONDS,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        proxy: str | None = None,
        ca_file: Path | str | None = None,
        owner: str = "HttpClient",
    ) -> None:
        """`ca_file` holds the certificate authorities to trust instead of the system's; whose
        options these are, `owner` says. Raises OptionWrong.
        """
        given = Options(owner)
        given.seconds("seconds", seconds)
        given.whole("answer_bytes_max", answer_bytes_max, 1, unit="bytes")
        if proxy is not None:
            given.address("proxy", proxy, "http://proxy.example:3128")
        if ca_file is not None:
            given.file("ca_file", ca_file)
        self._seconds = seconds
        self._answer_bytes_max = answer_bytes_max
        self._proxy = proxy
        self._ca_file = ca_file
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """The answer, whatever its status. Raises NoAnswer."""
        limit = self._seconds if seconds is None else seconds
        timeout = aiohttp.ClientTimeout(total=limit, sock_connect=min(limit, CONNECT_SECONDS))
        try:
            async with self._opened().request(
                method, url, data=body, headers=headers, allow_redirects=False, timeout=timeout
            ) as response:
                received = await self._body(response)
        except TimeoutError:
            raise NoAnswer(f"no answer within {limit:g} s") from None
        except aiohttp.ClientConnectorCertificateError:
            raise NoAnswer("its certificate is not trusted here") from None
        except aiohttp.ClientConnectorError as error:
            raise NoAnswer(f"can't be reached: {error.os_error.strerror or error.os_error}") from None
        except aiohttp.ClientResponseError as error:  # its text has the URL, and that may hold secrets
            raise NoAnswer(f"broke off: {error.status} {error.message}") from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise NoAnswer(f"broke off: {str(error) or type(error).__name__}") from None
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, names, received)

    def forget_cookies(self) -> None:
        """Begin without what the other side has set."""
        if self._session is not None:
            self._session.cookie_jar.clear()

    async def close(self) -> None:
        """Give the connections up; the next request makes new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            tls = True if self._ca_file is None else ssl.create_default_context(cafile=self._ca_file)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, ssl=tls),
                cookie_jar=aiohttp.CookieJar(unsafe=True),  # addresses by number set cookies, too
                proxy=self._proxy,
            )
        return self._session

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(1 << 16):
            body += chunk
            if len(body) > self._answer_bytes_max:
                response.close()
                raise NoAnswer(f"the answer has more than {self._answer_bytes_max:,} bytes")
        return bytes(body)
