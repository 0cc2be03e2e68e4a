"""A local org for the corpus, started once a session, with the corpus's own SFDX project."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from tests.conformance.corpus import Area
from tests.conformance.local_org import LocalOrg, running_org
from tests.conformance.runner import AreaRun, Session
from tests.conformance.target import Org


class Runs:
    """The areas that have been begun: each makes its shared records once, and removes them at the end."""

    def __init__(self, session: Session, closing_down: ExitStack) -> None:
        self._session = session
        self._closing_down = closing_down
        self._begun: dict[str, AreaRun] = {}

    def of(self, area: Area) -> AreaRun:
        if area.name not in self._begun:
            self._begun[area.name] = self._closing_down.enter_context(AreaRun(self._session, area))
        return self._begun[area.name]


@pytest.fixture(scope="session")
def local_org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalOrg]:
    with running_org(tmp_path_factory.mktemp("conformance")) as org:
        yield org


@pytest.fixture(scope="session")
def runs(local_org: LocalOrg) -> Iterator[Runs]:
    variables = {
        "username": local_org.username,
        "password": local_org.password,
        "client_id": local_org.client_id,
        "client_secret": local_org.client_secret,
    }
    with closing(Org(local_org.http, local_org.token)) as org, ExitStack() as closing_down:
        provides = frozenset({"admin", "custom", "login", "app", "en_US"})
        yield Runs(Session(org, provides=provides, variables=variables), closing_down)
