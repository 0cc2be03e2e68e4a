"""simple-salesforce, unmodified, pages 25,000 rows with their children: each row once?"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.clients.child import apart
from tests.conformance.local_org import running_org

from isthmus.kernel.ids import record_id

pytestmark = pytest.mark.skipif(
    find_spec("simple_salesforce") is None, reason="simple-salesforce is not installed"
)
ROWS = 25_000
CHILDREN = {0: 1, 1_999: 200, 2_000: 201, 12_345: 450, 24_999: 1_001}
"""How many contacts these accounts have; the others have none."""
SOQL = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account ORDER BY Name"
_STAMPS = ("CreatedDate", "LastModifiedDate", "SystemModstamp")
_USERS = ("OwnerId", "CreatedById", "LastModifiedById")


def every_page(login: Mapping[str, str]) -> dict[str, Any]:
    sf = import_module("simple_salesforce").Salesforce(**login)
    names: list[str] = []
    children: dict[str, list[str]] = {}
    told: dict[str, int] = {}
    for row in sf.query_all_iter(SOQL):
        names.append(row["Name"])
        page = row["Contacts"]
        if page is None:
            continue
        told[row["Name"]] = page["totalSize"]
        found = children.setdefault(row["Name"], [])
        while True:
            found += [each["LastName"] for each in page["records"]]
            if page["done"]:
                break
            page = sf.query_more(page["nextRecordsUrl"], identifier_is_url=True)
    return {"names": names, "children": children, "told": told}


@pytest.fixture(scope="module")
def login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("many-pages")
    with running_org(folder, project=None) as org:
        fill(folder / "data" / "org.db")
        yield {"session_id": org.token, "instance_url": org.https, "version": "65.0", "ca": org.ca_bundle}


def test_each_row_comes_once(login: dict[str, str]) -> None:
    trusting = {"REQUESTS_CA_BUNDLE": login.pop("ca")}
    seen = apart(every_page, trusting, login=login)
    assert seen["names"] == [account_name(number) for number in range(ROWS)]
    wanted = {
        account_name(number): [f"c{each:04}" for each in range(count)] for number, count in CHILDREN.items()
    }
    assert seen["children"] == wanted
    assert seen["told"] == {name: len(names) for name, names in wanted.items()}


def account_name(number: int) -> str:
    return f"a{number:05}"


def fill(file: Path) -> None:
    """Write the rows into a running org's database, as another program may: saving them would take longer
    than reading them.
    """
    with closing(sqlite3.connect(file, timeout=20)) as connection, connection:
        user: str = connection.execute('SELECT "Id" FROM "User" LIMIT 1').fetchone()[0]
        instance = user[3:6]
        accounts = [record_id("001", instance, 1_000_000 + number) for number in range(ROWS)]
        insert(
            connection, "Account", "Name", user, zip(accounts, map(account_name, range(ROWS)), strict=True)
        )
        contacts = [(accounts[number], each) for number, count in CHILDREN.items() for each in range(count)]
        ids = (record_id("003", instance, 1_000_000 + number) for number in range(len(contacts)))
        insert(
            connection,
            "Contact",
            "LastName",
            user,
            ((each, f"c{number:04}", account) for each, (account, number) in zip(ids, contacts, strict=True)),
            "AccountId",
        )


def insert(
    connection: sqlite3.Connection,
    table: str,
    name: str,
    user: str,
    rows: Iterator[tuple[str, ...]],
    *more: str,
) -> None:
    """Rows of an id, a name, and the columns `more`."""
    columns = ("Id", name, *more, f"{name}~", *_USERS, *_STAMPS)
    marks = ", ".join("?" * len(columns))
    named = ", ".join(f'"{each}"' for each in columns)
    connection.executemany(
        f'INSERT INTO "{table}" ({named}) VALUES ({marks})',
        ((*row, row[1], user, user, user, 0, 0, 0) for row in rows),
    )
