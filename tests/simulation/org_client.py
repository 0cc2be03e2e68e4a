"""A client of the org: logs in, creates and updates accounts over REST, and says what it was told."""

import http.client
import json
import random
import threading
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from tests.simulation.ledger import Ledger

DATA: Final = "/services/data/v65.0"
_SECONDS: Final = 30


class Refused(Exception):
    """The org answered, but not as it should."""


class OrgClient:
    """One connection with a session."""

    def __init__(self, url: str, token: str = "") -> None:
        place = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            place.hostname or "", place.port or 80, timeout=_SECONDS
        )
        self.token = token

    def log_in(self, credentials: dict[str, str]) -> None:
        """Get a session by user name and password."""
        form = {
            "grant_type": "password",
            "client_id": credentials["client_id"],
            "client_secret": credentials["client_secret"],
            "username": credentials["username"],
            "password": credentials["password"] + credentials["security_token"],
        }
        self.token = self.ask(
            "POST", "/services/oauth2/token", urlencode(form), "application/x-www-form-urlencoded"
        )["access_token"]

    def close(self) -> None:
        self._connection.close()

    def create(self, name: str) -> str:
        """The id of the new account."""
        made = self.ask("POST", f"{DATA}/sobjects/Account", json.dumps({"Name": name}))
        return str(made["id"])

    def update(self, account: str, employees: int) -> None:
        """Returns when the org has said that it is kept."""
        self.ask("PATCH", f"{DATA}/sobjects/Account/{account}", json.dumps({"NumberOfEmployees": employees}))

    def accounts(self) -> list[dict[str, Any]]:
        """Every account that is there."""
        return self.query("SELECT Id, Name, NumberOfEmployees FROM Account")

    def query(self, soql: str) -> list[dict[str, Any]]:
        """Every record that it finds."""
        page = self.ask("GET", f"{DATA}/query?q={quote(soql)}")
        records = list(page["records"])
        while not page["done"]:
            page = self.ask("GET", page["nextRecordsUrl"])
            records += page["records"]
        return records

    def ask(self, method: str, path: str, body: str | None = None, kind: str = "application/json") -> Any:
        """The answer, read from JSON. Raises Refused, and what a broken connection raises."""
        headers = (
            {"Authorization": f"Bearer {self.token}", "Content-Type": kind} if body or self.token else {}
        )
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise Refused(f"{method} {path.partition('?')[0]}: {response.status} {text.decode()[:200]}")
        return json.loads(text) if text else None


class Told:
    """What all clients attempted and were told: accounts by name, and each one's number of employees."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.refusals: set[str] = set()
        self._lock = threading.Lock()
        self._attempted: dict[str, int] = {}
        self._kept: dict[str, int] = {}
        self._until: int | None = None
        self._then: Callable[[], None] = lambda: None

    def at(self, acknowledged: int | None, then: Callable[[], None]) -> None:
        """Do something, once, when so many are acknowledged."""
        self._until, self._then = acknowledged, then

    def create(self, client: OrgClient, name: str) -> str:
        """Create an account, and note what comes of it."""
        self.ledger.attempt(name)
        account = client.create(name)
        self.ledger.acknowledge(name)
        self._check()
        return account

    def update(self, client: OrgClient, account: str, employees: int) -> None:
        """Update an account, and note what comes of it."""
        self._attempted[account] = employees
        client.update(account, employees)
        self._kept[account] = employees
        self._check()

    def _check(self) -> None:
        with self._lock:
            if self._until is not None and self.acknowledged >= self._until:
                self._until = None
                self._then()

    @property
    def acknowledged(self) -> int:
        """How many creations and changes of accounts were acknowledged."""
        return self.ledger.acknowledged + sum(list(self._kept.values()))

    def differences(self, accounts: list[dict[str, Any]]) -> list[str]:
        """What is wrong with the accounts that are there; nothing, where all is well."""
        problems = self.ledger.differences(each["Name"] for each in accounts) + sorted(self.refusals)
        self.refusals.clear()
        if len({each["Id"] for each in accounts}) != len(accounts):
            problems.append("an id was given twice")
        there = {each["Id"]: each["NumberOfEmployees"] or 0 for each in accounts}
        for account, attempted in self._attempted.items():
            kept = self._kept.get(account, 0)
            if not kept <= there.get(account, -1) <= attempted:
                problems.append(f"{account} was told {kept}, attempted {attempted}, has {there.get(account)}")
        return problems


def work(url: str, token: str, told: Told, name: str, seed: int) -> None:
    """Create and update accounts, one request after the other, until the connection breaks."""
    chance = random.Random(seed)
    client = OrgClient(url, token)
    mine: list[tuple[str, int]] = []
    try:
        for n in range(1_000_000):
            if mine and chance.random() < 0.3:
                place = chance.randrange(len(mine))
                account, employees = mine[place]
                told.update(client, account, employees + 1)
                mine[place] = account, employees + 1
            else:
                mine.append((told.create(client, f"{name}.{n}"), 0))
    except (OSError, http.client.HTTPException):
        return
    except Refused as refused:
        told.refusals.add(str(refused))
    finally:
        client.close()
