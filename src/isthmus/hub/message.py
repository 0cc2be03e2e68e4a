"""Message: what travels through the hub's channels and routes."""

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["Message"]


class Message(msgspec.Struct, frozen=True):  # two are made of each message on its way
    """A key, a body and headers; a value, which steps replace and never change.

    `key` is the source's own (an EventUuid, a notification's id, a file and a row): the idempotent receiver
    knows a message by it, and a keyed sink sends it along. `body` is what JSON can say. `headers` carry what
    is about the message and not of it; their values are text.
    """

    key: str
    body: Any
    headers: Mapping[str, str] = {}

    def with_body(self, body: Any) -> "Message":
        """This message with another body."""
        return Message(self.key, body, self.headers)

    def with_headers(self, **headers: str) -> "Message":
        """This message with `headers` set beside those it has."""
        return Message(self.key, self.body, {**self.headers, **headers})
