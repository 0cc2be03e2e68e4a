"""Fixtures: an org with the standard objects, without adapters."""

from collections.abc import Iterator
from functools import partial

import pytest
from tests.contract.save.saves import Saves
from tests.contract.save.world import codes

from isthmus.kernel.database.sqlite import SqliteDatabase
from isthmus.org.save import requests
from isthmus.org.schema.standard import standard_objects, standard_records


@pytest.fixture(scope="module")
def saves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Saves]:
    """An org with the standard objects and the status tables of a new one."""
    folder = tmp_path_factory.mktemp("org")
    database = SqliteDatabase(folder / "org.db", synchronous="OFF")
    immediate = SqliteDatabase(folder / "org.events.db", readers=1, synchronous="OFF")
    made = Saves(database, immediate, standard_objects())
    for sobject, records in standard_records().items():
        named = [{"ApiName": each["MasterLabel"], **each} for each in records]
        results = made.run(partial(requests.insert, sobject=sobject, records=named), system=True)
        assert codes(results) == ["ok"] * len(records)
    yield made
    database.close()
    immediate.close()
