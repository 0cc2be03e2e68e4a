"""Message: what travels through the hub's channels and routes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["Message"]


@dataclass(frozen=True, slots=True)
class Message:
    """A key, a body and headers; a value, which steps replace and never change.

    `key` is the source's own (an EventUuid, a notification's id, a file and a row): the idempotent receiver
    knows a message by it, and a keyed sink sends it along. `body` is what JSON can say. `headers` carry what
    is about the message and not of it; their values are text.
    """

    key: str
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_body(self, body: Any) -> "Message":
        """This message with another body."""
        return replace(self, body=body)

    def with_headers(self, **headers: str) -> "Message":
        """This message with `headers` set beside those it has."""
        return replace(self, headers={**self.headers, **headers})
