"""Issued: what a token request gets, and what introspection tells of a token."""

from dataclasses import dataclass

from isthmus.org.security.apps import App
from isthmus.org.security.principal import Principal
from isthmus.org.security.sessions import OpenedSession


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token request gets: a session for an app's user."""

    app: App
    session: OpenedSession


@dataclass(frozen=True, slots=True)
class TokenState:
    """What introspection tells of an active token: `kind` is `access_token` or `refresh_token`.

    Instants in milliseconds since the epoch; `expires_at` is None where the clock does not end it.
    """

    kind: str
    user: Principal
    scopes: tuple[str, ...]
    issued_at: int
    expires_at: int | None
