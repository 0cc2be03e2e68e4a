"""Salesforce REST sinks: a message updates a record by its id, or is upserted by an external id.

The session of whoever caused the message may come with it, in a header: then what the hub writes back is
written in that user's name, and only where that session has ended in the hub's own.

Sources: REST API Developer Guide, "Update a Record", "Insert or Update (Upsert) a Record Using an External
ID", "Status Codes and Error Responses".
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from isthmus.hub.connectors.http import RETRY_STATUSES, json_body
from isthmus.hub.connectors.http_client import Answer, NoAnswer
from isthmus.hub.connectors.salesforce_connection import (
    LoginFailed,
    SalesforceConnection,
    expired,
    platform_errors,
)
from isthmus.hub.endpoint import SinkFailed
from isthmus.hub.message import Message
from isthmus.hub.options import Options
from isthmus.kernel.clock import Clock, SystemClock
from isthmus.kernel.errors import catalogue

__all__ = ["SESSION_HEADER", "SalesforceUpdateSink", "SalesforceUpsertSink"]

SESSION_HEADER: Final = "session_id"
"""The message header that may hold a session id."""
_API_NAME: Final = r"[A-Za-z][A-Za-z0-9_]*"
_PASSING: Final = frozenset({"UNABLE_TO_LOCK_ROW", "QUERY_TIMEOUT"})
"""The platform's errors that pass, of those that our own org does not answer with."""


class _RestSink:
    """What both sinks do: one PATCH a message."""

    def __init__(
        self,
        org: SalesforceConnection,
        sobject: str,
        key_field: str,
        path: str,
        session_header: str | None,
        clock: Clock | None,
    ) -> None:
        """`path` is where records lie, each by its key. Raises OptionWrong."""
        given = Options(f"{type(self).__name__} {sobject}")
        if not isinstance(org, SalesforceConnection):
            given.refuse("org", org, "a SalesforceConnection")
        given.matching(
            "sobject", sobject, _API_NAME, "the API name of an object, like Opportunity or Order__c"
        )
        given.matching("external_id", key_field, _API_NAME, "the API name of a field, like Number__c")
        if session_header is not None:
            given.text("session_header", session_header)
        self._org = org
        self._sobject = sobject
        self._key_field = key_field
        self._path = path
        self._session_header = session_header
        self._clock = clock or SystemClock()

    @property
    def name(self) -> str:
        return f"salesforce {self._sobject}"

    async def send(self, message: Message) -> Any:
        """What the org answered; for an update, the record's id. Raises SinkFailed."""
        key, values = self._split(message.body)
        session_id = message.headers.get(self._session_header) if self._session_header else None
        try:
            path = f"{self._path}/{quote(key, safe='')}"
            body = json_body(message.with_body(values))
            answer = await self._org.ask("PATCH", path, body, session_id=session_id)
        except NoAnswer as error:
            raise SinkFailed(f"{self._org.url}: {error}") from None
        except LoginFailed as error:  # credentials that are refused will be mended; none will not appear
            raise SinkFailed(str(error), retry=self._org.has_credentials, after=error.after) from None
        if not 200 <= answer.status < 300:
            raise self._failure(answer)
        try:
            return answer.json() or {"id": key, "success": True}
        except ValueError:
            raise SinkFailed(f"{self._org.url} answered without JSON: {answer.said()}") from None

    async def close(self) -> None:
        """Give the connections up."""
        await self._org.close()

    def _split(self, body: Any) -> tuple[str, dict[str, Any]]:
        """The key, and the fields to write."""
        values = dict(body) if isinstance(body, Mapping) else {}
        key = values.pop(self._key_field, None)
        if not isinstance(key, str | int) or isinstance(key, bool) or key == "":
            raise SinkFailed(
                f"the message has no {self._key_field}, which says which {self._sobject} it is for",
                retry=False,
            )
        return str(key), values

    def _failure(self, answer: Answer) -> SinkFailed:
        errors = platform_errors(answer)
        said = "; ".join(f"{code}: {message}" for code, message in errors) or answer.said()
        return SinkFailed(
            f"{self._org.url} answered {answer.status}: {said}",
            retry=answer.status in RETRY_STATUSES
            or (expired(answer) and self._org.has_credentials)
            or any(_passing(code) for code, _ in errors),
            after=answer.retry_after(self._clock.real_now()),
        )


class SalesforceUpdateSink(_RestSink):
    """Updates the record whose `Id` the body holds with the body's other fields.

    It says "at least once": an update that is sent again sets the same values, but over what somebody may
    have changed since, and automation runs again.
    """

    exactly_once = False

    def __init__(
        self,
        org: SalesforceConnection,
        sobject: str,
        *,
        session_header: str | None = SESSION_HEADER,
        clock: Clock | None = None,
    ) -> None:
        """`session_header` names the header with the session to try first; None: never."""
        super().__init__(org, sobject, "Id", f"/sobjects/{sobject}", session_header, clock)

    def describe(self) -> str:
        return f"update {self._sobject} by Id in {self._org.describe()}"


class SalesforceUpsertSink(_RestSink):
    """Upserts by an external id that the body holds: sent twice, there is one record."""

    exactly_once = True

    def __init__(
        self,
        org: SalesforceConnection,
        sobject: str,
        external_id: str,
        *,
        session_header: str | None = SESSION_HEADER,
        clock: Clock | None = None,
    ) -> None:
        """`external_id` is the API name of an external-id field; `session_header` as for updates."""
        super().__init__(
            org, sobject, external_id, f"/sobjects/{sobject}/{external_id}", session_header, clock
        )

    def describe(self) -> str:
        return f"upsert {self._sobject} by {self._key_field} in {self._org.describe()}"


def _passing(code: str) -> bool:
    """Whether a retry can help after the platform's error: the catalogue says so."""
    return code in _PASSING or any(entry.retryable for entry in catalogue().values() if entry.code == code)
