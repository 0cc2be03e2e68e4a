"""Login book: what becomes records of users who log in: LoginHistory, and UserLogin for each user.

They are the platform's own writes, through the save path, within the unit of work that they tell of.
Source: Object Reference, LoginHistory and UserLogin.
"""

import re
from typing import Final

from isthmus.kernel.clock import DAY
from isthmus.kernel.database import Transaction
from isthmus.org.save.engine import SaveEngine
from isthmus.org.save.operation import Operation
from isthmus.org.save.requests import insert
from isthmus.org.save.unit_of_work import UnitOfWork
from isthmus.org.schema.instants import datetime_text
from isthmus.org.schema.model import Schema
from isthmus.org.schema.store import SchemaStore
from isthmus.org.security.door import Door
from isthmus.org.security.login_attempts import Outcome, Visit
from isthmus.org.security.principal import Principal

_HISTORY: Final = "LoginHistory"
_LOGIN: Final = "UserLogin"
FOLLOWED: Final = frozenset({"User", _LOGIN})
_KEPT_FOR: Final = 183 * DAY
"""Source: Salesforce Help, "Monitor Login History": six months."""
_TEXT_MAX: Final = 255
_UNKNOWN: Final = "Unknown"
_BROWSERS: Final = (
    ("Edge", re.compile(r"Edg/(\d+)")),
    ("Chrome", re.compile(r"Chrome/(\d+)")),
    ("Firefox", re.compile(r"Firefox/(\d+)")),
    ("Safari", re.compile(r"Version/(\d+).*Safari")),
)
_PLATFORMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac OSX"),
    ("Linux", "Linux"),
)


class LoginBook:
    """Writes in the name of who logs in."""

    def __init__(self, saves: SaveEngine, schemas: SchemaStore) -> None:
        self._saves = saves
        self._schemas = schemas

    def record(self, tx: Transaction, user: Principal, visit: Visit, outcome: Outcome) -> None:
        """One line of LoginHistory."""
        now = self._saves.clock.now()
        line: dict[str, object] = {
            "UserId": user.user_id,
            "LoginTime": datetime_text(now, "Z"),
            "LoginType": visit.login_type.value,
            "SourceIp": visit.source_ip,
            "LoginUrl": visit.login_url,
            "TlsProtocol": visit.tls_protocol,
            "CipherSuite": visit.cipher_suite,
            "Browser": _browser(visit.user_agent),
            "Platform": _platform(visit.user_agent),
            "Status": outcome.value,
            "Application": visit.application[:_TEXT_MAX],
            "ClientVersion": visit.client_version[:_TEXT_MAX],
            "ApiType": visit.api_type,
            "ApiVersion": visit.api_version,
        }
        self._insert(tx, self._schemas.current, user, _HISTORY, [line])

    def follow(self, unit: UnitOfWork, door: Door) -> None:
        """What follows on the saves of a unit: each new user has a UserLogin, and one that an administrator
        unlocks may try again at once.
        """
        new: list[dict[str, object]] = [
            {"UserId": each.id, "IsFrozen": False, "IsPasswordLocked": False}
            for each in unit.changes
            if each.sobject == "User" and each.operation is Operation.INSERT
        ]
        if new:
            self._insert(unit.tx, unit.schema, unit.principal, _LOGIN, new)
        for each in unit.changes:
            if each.sobject == _LOGIN and each.after is not None and not each.after.get("IsPasswordLocked"):
                door.unlock(unit.tx, str(each.after["UserId"]))

    def purge(self, tx: Transaction) -> None:
        """Remove what is older than six months."""
        if self._schemas.current.find(_HISTORY) is not None:
            before = self._saves.clock.now() - _KEPT_FOR
            tx.execute('DELETE FROM "LoginHistory" WHERE "LoginTime" < ?', (before,))

    def _insert(
        self,
        tx: Transaction,
        schema: Schema,
        user: Principal,
        sobject: str,
        records: list[dict[str, object]],
    ) -> None:
        if schema.find(sobject) is None:
            return

        def work(unit: UnitOfWork) -> None:
            for each in insert(unit, sobject, records):
                if not each.success:
                    raise RuntimeError(f"{sobject}: {'; '.join(error.message for error in each.errors)}")

        self._saves.transaction(tx, schema, user, work, system=True)


def _browser(user_agent: str | None) -> str:
    for name, pattern in _BROWSERS:
        if found := pattern.search(user_agent or ""):
            return f"{name} {found[1]}"
    return _UNKNOWN


def _platform(user_agent: str | None) -> str:
    return next((name for mark, name in _PLATFORMS if mark in (user_agent or "")), _UNKNOWN)
