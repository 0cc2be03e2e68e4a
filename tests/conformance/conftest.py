"""Local orgs for the corpus, with its own SFDX project: one on each database, started when a case asks."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import urlencode

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from tests.conformance.corpus import NEEDS, Area, Case
from tests.conformance.local_org import PROJECT, running_org
from tests.conformance.runner import AreaRun, Outcome, Session
from tests.conformance.target import Org
from tests.contract.places import server


class Runs:
    """The areas that have been begun: each makes its shared records once, and removes them at the end."""

    def __init__(self, session: Session, closing_down: ExitStack) -> None:
        self._session = session
        self._closing_down = closing_down
        self._begun: dict[str, AreaRun] = {}

    def outcome(self, area: Area, case: Case) -> Outcome:
        if area.name not in self._begun:
            self._begun[area.name] = self._closing_down.enter_context(AreaRun(self._session, area))
        return self._begun[area.name].outcome(case)


class LocalOrgs:
    """An org on each database, as `sqlite` and `postgresql`."""

    def __init__(self, folders: pytest.TempPathFactory, closing_down: ExitStack) -> None:
        self._folders = folders
        self._closing_down = closing_down
        self._running: dict[str, Runs] = {}

    def on(self, database: str) -> Runs:
        """The runs of the org on this database. Skips the test where there is no such server."""
        if database not in self._running:
            self._running[database] = self._closing_down.enter_context(self._started(database))
        return self._running[database]

    @contextmanager
    def _started(self, database: str) -> Iterator[Runs]:
        folder = self._folders.mktemp(database)
        with ExitStack() as until_the_end:
            place: dict[str, str] = {}
            if database == "postgresql":
                place["org_storage"] = until_the_end.enter_context(_postgresql())
            org = until_the_end.enter_context(running_org(folder, project=PROJECT, **place))
            client = until_the_end.enter_context(closing(Org(org.http, org.token)))
            variables = {
                "username": org.username,
                "password": org.password,
                "client_id": org.client_id,
                "client_secret": org.client_secret,
            }
            session = Session(client, provides=NEEDS, variables=variables)
            yield Runs(session, until_the_end)


@contextmanager
def _postgresql() -> Iterator[str]:
    """The URL of a database of its own, dropped afterwards."""
    where, name = server(), f"conformance_{secrets.token_hex(4)}"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        parts = {key: value for key, value in conninfo_to_dict(where).items() if key != "dbname"}
        try:
            yield f"postgresql:///{name}?{urlencode(parts)}"
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def local_orgs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOrgs]:
    with ExitStack() as closing_down:
        yield LocalOrgs(tmp_path_factory, closing_down)
