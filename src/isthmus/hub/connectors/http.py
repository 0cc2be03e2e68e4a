"""HTTP sink: each message is one request with a JSON body and the message's key.

A request whose answer is lost may have been acted on. It is sent again with the same key, by which the other
side knows it: then its effect is there once. A side that ignores the key is reached at least once; say so
with `key_header=None`.

Source: IETF draft-ietf-httpapi-idempotency-key-header, sections 2.1 and 2.6.
"""

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec

from isthmus.hub.connectors.http_client import ANSWER_BYTES_MAX, SECONDS, Answer, HttpClient, NoAnswer
from isthmus.hub.endpoint import SinkFailed
from isthmus.hub.message import Message
from isthmus.hub.options import Options
from isthmus.kernel.clock import Clock, SystemClock

__all__ = ["IN_PROGRESS", "RETRY_STATUSES", "HttpSink", "json_body"]

RETRY_STATUSES: Final = frozenset({408, 423, 425, 429, *range(500, 600)} - {501, 505})
"""Answers after which the same request may fare better. Source: RFC 9110, section 15; RFC 6585, section 4."""
IN_PROGRESS: Final = 409
"""The answer to a key whose first request is still worked on: it is asked again, too, where a key is sent.
Source: IETF draft-ietf-httpapi-idempotency-key-header, section 2.7.
"""
METHODS: Final = ("POST", "PUT", "PATCH", "DELETE", "GET")
_PRINTABLE: Final = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) != "%")


class HttpSink:
    """Sends each message's body to one address."""

    def __init__(
        self,
        url: str,
        *,
        name: str | None = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        key_header: str | None = "Idempotency-Key",
        retry_statuses: Collection[int] | None = None,
        already_done: Collection[int] = (),
        check: Callable[[Any], None] | None = None,
        seconds: float = SECONDS,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        proxy: str | None = None,
        ca_file: Path | str | None = None,
        clock: Clock | None = None,
    ) -> None:
        """2xx is success. `check` sees each such reply, and raises SinkFailed where it tells of an error.

        `already_done` are statuses by which the other side says that it has had this key: success, too.
        `retry_statuses` (None: RETRY_STATUSES, and IN_PROGRESS where a key is sent) are worth another try;
        after any other the message is a dead letter at once.

        `seconds` (real time) and `answer_bytes_max` bound one answer. Raises OptionWrong.
        """
        given = Options("HttpSink")
        given.address("url", url, "https://erp.example/orders")
        if name is not None:
            given.text("name", name)
        given.one_of("method", str(method).upper(), METHODS)
        given.headers("headers", headers or {})
        if key_header is not None:
            given.header_name("key_header", key_header)
        if retry_statuses is None:
            retry_statuses = RETRY_STATUSES if key_header is None else RETRY_STATUSES | {IN_PROGRESS}
        given.statuses("retry_statuses", retry_statuses)
        given.statuses("already_done", already_done)
        if check is not None:
            given.function("check", check, "the reply")
        parts = urlsplit(url)
        self._url = url
        self._shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._name = name or self._shown
        self._method = method.upper()
        self._headers = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        self._key_header = key_header
        self._already_done = frozenset(already_done)
        self._retry_statuses = frozenset(retry_statuses) - self._already_done
        self._check = check
        self._client = HttpClient(
            seconds=seconds,
            answer_bytes_max=answer_bytes_max,
            proxy=proxy,
            ca_file=ca_file,
            owner="HttpSink",
        )
        self._clock = clock or SystemClock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def exactly_once(self) -> bool:
        """True where the key is sent: the other side is taken at its word that it honours it."""
        return self._key_header is not None

    def describe(self) -> str:
        key = f"the key in {self._key_header}" if self._key_header else "no key: at least once"
        return f"{self._method} {self._shown} ({key})"

    async def send(self, message: Message) -> Any:
        """The decoded reply; text where it is not JSON, None where it is empty. Raises SinkFailed."""
        headers = dict(self._headers)
        if self._key_header is not None:
            headers[self._key_header] = quote(message.key, safe=_PRINTABLE)
        body = json_body(message)
        try:
            answer = await self._client.ask(self._method, self._url, body=body, headers=headers)
        except NoAnswer as error:
            raise SinkFailed(f"{self._shown}: {error}") from None
        had = answer.status in self._already_done
        if not had:
            self._refuse_status(answer)
        reply = self._reply(answer)
        if self._check is not None and not had:
            self._check(reply)
        return reply

    async def close(self) -> None:
        """Give the connections up."""
        await self._client.close()

    def _refuse_status(self, answer: Answer) -> None:
        if 200 <= answer.status < 300:
            return
        raise SinkFailed(
            f"{self._shown} answered {answer.status} {_phrase(answer.status)}: {answer.said()}".rstrip(": "),
            retry=answer.status in self._retry_statuses,
            after=answer.retry_after(self._clock.real_now()),
        )

    def _reply(self, answer: Answer) -> Any:
        try:
            return answer.json()
        except ValueError:
            if "json" in answer.headers.get("content-type", ""):
                raise SinkFailed(f"{self._shown} answered with broken JSON: {answer.said()}") from None
            return answer.body.decode("utf-8", "replace")


def json_body(message: Message) -> bytes:
    """The message's body as JSON. Raises SinkFailed, for good, where JSON can't say it."""
    try:
        return msgspec.json.encode(message.body)
    except (TypeError, ValueError, RecursionError) as error:
        raise SinkFailed(f"the body is none that JSON can say: {error}", retry=False) from error


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
